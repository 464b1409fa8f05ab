/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <flux/command.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/rexec_cmd.h"

static int invalid (void)
{
    errno = EINVAL;
    return -1;
}

/* Entries of env without "=" are no variables. */
static int env_add (struct strings *s, char **env)
{
    for (; env && *env; env++) {
        const char *eq = strchr (*env, '=');
        char *name;
        int rc;

        if (!eq)
            continue;
        if (!(name = strndup (*env, eq - *env)))
            return -1;
        rc = pair_set (s, name, eq + 1);
        free (name);
        if (rc < 0)
            return -1;
    }
    return 0;
}

static int replace (char **s, const char *with)
{
    char *copy = NULL;

    if (with && !(copy = strdup (with)))
        return -1;
    free (*s);
    *s = copy;
    return 0;
}

void flux_cmd_destroy (flux_cmd_t *cmd)
{
    rexec_cmd_destroy (cmd);
}

flux_cmd_t *flux_cmd_create (int argc, char *argv[], char **env)
{
    flux_cmd_t *cmd;

    if (argc < 0 || (argc > 0 && !argv)) {
        errno = EINVAL;
        return NULL;
    }
    if (!(cmd = calloc (1, sizeof (*cmd))))
        return NULL;
    for (int i = 0; i < argc; i++) {
        if (!argv[i]) {
            errno = EINVAL;
            goto error;
        }
        if (strings_append (&cmd->argv, argv[i]) < 0)
            goto error;
    }
    if (env_add (&cmd->env, env) < 0)
        goto error;
    return cmd;
error:
    flux_cmd_destroy (cmd);
    return NULL;
}

flux_cmd_t *flux_cmd_copy (const flux_cmd_t *cmd)
{
    flux_cmd_t *copy;

    if (!cmd) {
        errno = EINVAL;
        return NULL;
    }
    if (!(copy = calloc (1, sizeof (*copy))))
        return NULL;
    if (strings_copy (&copy->argv, &cmd->argv) < 0
        || strings_copy (&copy->env, &cmd->env) < 0
        || strings_copy (&copy->opts, &cmd->opts) < 0
        || strings_copy (&copy->channels, &cmd->channels) < 0
        || strings_copy (&copy->msgchans, &cmd->msgchans) < 0
        || replace (&copy->cwd, cmd->cwd) < 0
        || replace (&copy->label, cmd->label) < 0) {
        flux_cmd_destroy (copy);
        return NULL;
    }
    return copy;
}

int flux_cmd_argv_append (flux_cmd_t *cmd, const char *arg)
{
    if (!cmd || !arg)
        return invalid ();
    return strings_append (&cmd->argv, arg);
}

int flux_cmd_argv_appendf (flux_cmd_t *cmd, const char *fmt, ...)
{
    va_list ap;
    char *arg;
    int rc;

    if (!cmd || !fmt)
        return invalid ();
    va_start (ap, fmt);
    rc = vasprintf (&arg, fmt, ap);
    va_end (ap);
    if (rc < 0)
        return -1;
    rc = strings_append (&cmd->argv, arg);
    free (arg);
    return rc;
}

int flux_cmd_argv_delete (flux_cmd_t *cmd, int n)
{
    if (!cmd || n < 0 || n >= cmd->argv.n)
        return invalid ();
    strings_delete (&cmd->argv, n);
    return 0;
}

int flux_cmd_argv_insert (flux_cmd_t *cmd, int n, const char *arg)
{
    if (!cmd || !arg || n < 0 || n > cmd->argv.n)
        return invalid ();
    return strings_insert (&cmd->argv, n, arg);
}

int flux_cmd_argc (const flux_cmd_t *cmd)
{
    return cmd ? cmd->argv.n : invalid ();
}

const char *flux_cmd_arg (const flux_cmd_t *cmd, int n)
{
    if (!cmd || n < 0 || n >= cmd->argv.n) {
        errno = EINVAL;
        return NULL;
    }
    return cmd->argv.v[n];
}

char *flux_cmd_stringify (const flux_cmd_t *cmd)
{
    char *s = NULL;
    size_t size;
    FILE *f;

    if (!cmd) {
        errno = EINVAL;
        return NULL;
    }
    if (!(f = open_memstream (&s, &size)))
        return NULL;
    for (int i = 0; i < cmd->argv.n; i++)
        fprintf (f, "%s%s", i > 0 ? " " : "", cmd->argv.v[i]);
    if (fclose (f) != 0) {
        free (s);
        return NULL;
    }
    return s;
}

int flux_cmd_setenvf (flux_cmd_t *cmd,
                      int overwrite,
                      const char *name,
                      const char *fmt,
                      ...)
{
    va_list ap;
    char *value;
    int rc;

    if (!cmd || !name || !*name || strchr (name, '=') || !fmt)
        return invalid ();
    if (!overwrite && pair_find (&cmd->env, name) >= 0) {
        errno = EEXIST;
        return -1;
    }
    va_start (ap, fmt);
    rc = vasprintf (&value, fmt, ap);
    va_end (ap);
    if (rc < 0)
        return -1;
    rc = pair_set (&cmd->env, name, value);
    free (value);
    return rc;
}

void flux_cmd_unsetenv (flux_cmd_t *cmd, const char *name)
{
    int i = 0;

    while (cmd && name && i < cmd->env.n) {
        if (strcmp (cmd->env.v[i], name) == 0
            || fnmatch (name, cmd->env.v[i], 0) == 0) {
            strings_delete (&cmd->env, i + 1);
            strings_delete (&cmd->env, i);
        }
        else
            i += 2;
    }
}

const char *flux_cmd_getenv (const flux_cmd_t *cmd, const char *name)
{
    int i = cmd && name ? pair_find (&cmd->env, name) : -1;

    return i >= 0 ? cmd->env.v[i + 1] : NULL;
}

int flux_cmd_env_replace (flux_cmd_t *cmd, char **env)
{
    struct strings fresh = { 0 };

    if (!cmd)
        return invalid ();
    if (env_add (&fresh, env) < 0) {
        strings_clear (&fresh);
        return -1;
    }
    strings_clear (&cmd->env);
    cmd->env = fresh;
    return 0;
}

int flux_cmd_setcwd (flux_cmd_t *cmd, const char *cwd)
{
    if (!cmd || !cwd)
        return invalid ();
    return replace (&cmd->cwd, cwd);
}

const char *flux_cmd_getcwd (const flux_cmd_t *cmd)
{
    return cmd ? cmd->cwd : NULL;
}

int flux_cmd_add_channel (flux_cmd_t *cmd, const char *name)
{
    if (!cmd || !name)
        return invalid ();
    for (int i = 0; i < cmd->channels.n; i++) {
        if (strcmp (cmd->channels.v[i], name) == 0) {
            errno = EEXIST;
            return -1;
        }
    }
    return strings_append (&cmd->channels, name);
}

int flux_cmd_setopt (flux_cmd_t *cmd, const char *var, const char *val)
{
    if (!cmd || !var || !val)
        return invalid ();
    return pair_set (&cmd->opts, var, val);
}

const char *flux_cmd_getopt (flux_cmd_t *cmd, const char *var)
{
    int i = cmd && var ? pair_find (&cmd->opts, var) : -1;

    return i >= 0 ? cmd->opts.v[i + 1] : NULL;
}

int flux_cmd_add_message_channel (flux_cmd_t *cmd,
                                  const char *name,
                                  const char *uri)
{
    if (!cmd || !name || !uri)
        return invalid ();
    if (pair_find (&cmd->msgchans, name) >= 0) {
        errno = EEXIST;
        return -1;
    }
    return pair_set (&cmd->msgchans, name, uri);
}

int flux_cmd_set_label (flux_cmd_t *cmd, const char *label)
{
    if (!cmd || !label)
        return invalid ();
    return replace (&cmd->label, label);
}

const char *flux_cmd_get_label (flux_cmd_t *cmd)
{
    return cmd ? cmd->label : NULL;
}
