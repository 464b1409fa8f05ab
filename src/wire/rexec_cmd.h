/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What to run, as data: flux_cmd_t of <flux/command.h> from the inside, and
 * the command object of RFC 42.
 */

#ifndef SLUICE_WIRE_REXEC_CMD_H
#define SLUICE_WIRE_REXEC_CMD_H

#include <flux/command.h>
#include <jansson.h>

#include "base/err.h"

/* A list of strings, of which every second may be the value of the first. */
struct strings {
    char **v;
    int n;
};

struct flux_command {
    struct strings argv;
    struct strings env;  /* name, value, ... */
    struct strings opts; /* name, value, ... */
    struct strings channels;
    struct strings msgchans; /* name, uri, ... */
    char *cwd;
    char *label;
};

void strings_clear (struct strings *s);
int strings_insert (struct strings *s, int at, const char *text);
int strings_append (struct strings *s, const char *text);
void strings_delete (struct strings *s, int at);
int strings_copy (struct strings *to, const struct strings *from);
/* The index of a name in a list of pairs, or -1. */
int pair_find (const struct strings *s, const char *name);
int pair_set (struct strings *s, const char *name, const char *value);

void rexec_cmd_destroy (struct flux_command *cmd);
/* The object of RFC 42; NULL and ENOMEM, or EINVAL for what is not UTF-8. */
json_t *rexec_cmd_encode (const struct flux_command *cmd);
/* A new command.  NULL and EPROTO with a sentence that names what is wrong,
 * or ENOMEM.
 */
struct flux_command *rexec_cmd_decode (json_t *o, flux_error_t *error);

#endif
