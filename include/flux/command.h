/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_COMMAND_H
#define FLUX_COMMAND_H

#include <flux/types.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What to run, as data: arguments, environment, directory, options, channels.
 * -1 or NULL with EINVAL or ENOMEM; texts returned belong to cmd unless noted.
 */
typedef struct flux_command flux_cmd_t;

flux_cmd_t *flux_cmd_create (int argc, char *argv[], char **env);

flux_cmd_t *flux_cmd_copy (const flux_cmd_t *cmd);

void flux_cmd_destroy (flux_cmd_t *cmd);

int flux_cmd_argv_appendf (flux_cmd_t *cmd, const char *fmt, ...)
    __attribute__ ((format (printf, 2, 3)));

int flux_cmd_argv_append (flux_cmd_t *cmd, const char *arg);

int flux_cmd_argv_delete (flux_cmd_t *cmd, int n);

int flux_cmd_argv_insert (flux_cmd_t *cmd, int n, const char *arg);

int flux_cmd_argc (const flux_cmd_t *cmd);

const char *flux_cmd_arg (const flux_cmd_t *cmd, int n);

/* The arguments with blanks between; the caller frees the text. */
char *flux_cmd_stringify (const flux_cmd_t *cmd);

/* EEXIST if the variable is set and overwrite is 0. */
int flux_cmd_setenvf (flux_cmd_t *cmd,
                      int overwrite,
                      const char *name,
                      const char *fmt,
                      ...) __attribute__ ((format (printf, 4, 5)));

/* name may be a glob. */
void flux_cmd_unsetenv (flux_cmd_t *cmd, const char *name);

const char *flux_cmd_getenv (const flux_cmd_t *cmd, const char *name);

int flux_cmd_env_replace (flux_cmd_t *cmd, char **env);

int flux_cmd_setcwd (flux_cmd_t *cmd, const char *cwd);
const char *flux_cmd_getcwd (const flux_cmd_t *cmd);

/* EEXIST if there is one of that name. */
int flux_cmd_add_channel (flux_cmd_t *cmd, const char *name);

int flux_cmd_setopt (flux_cmd_t *cmd, const char *var, const char *val);
const char *flux_cmd_getopt (flux_cmd_t *cmd, const char *var);

int flux_cmd_add_message_channel (flux_cmd_t *cmd,
                                  const char *name,
                                  const char *uri);

int flux_cmd_set_label (flux_cmd_t *cmd, const char *label);
const char *flux_cmd_get_label (flux_cmd_t *cmd);

#ifdef __cplusplus
}
#endif

#endif
