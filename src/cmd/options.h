/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A command line read against the tables of a command. */

#ifndef SLUICE_CMD_OPTIONS_H
#define SLUICE_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include <flux/types.h>

#include "cmd/cmd.h"

struct opt_use {
    const struct option_def *def;
    const char *value; /* NULL: given without a value */
};

struct opts {
    const struct command *cmd;
    struct opt_use *uses; /* in the order given; has room for one more */
    size_t nuses;
    int argc; /* words that are not options */
    char **argv;
};

/* Read argv[1..argc) by the tables of c.  Long names may not be shortened.
 * An optional value must be attached (--color=auto, -Lauto).  With
 * c->verbatim the first other word ends the options; otherwise options and
 * words mix, and "--" ends the options.  Returns 0, or -1 with EINVAL and a
 * sentence naming the bad option.  The result points into argv; release it
 * with opts_free.  "--help" and "-h" are known to every command.
 */
int opts_parse (struct opts *o,
                const struct command *c,
                int argc,
                char **argv,
                flux_error_t *e);
void opts_free (struct opts *o);

/* How often it was given. */
int opt_count (const struct opts *o, const char *name);
/* The last value given; def if the option was not, or not with a value. */
const char *opt_str (const struct opts *o, const char *name, const char *def);
/* The i-th value, in the order given; NULL after the last. */
const char *opt_nth (const struct opts *o, const char *name, int i);

/* As opt_str, read as a number in [min,max], or as a duration (RFC 23) in
 * seconds.  A value that is none ends the program with a line naming it.
 */
long opt_int (const struct opts *o,
              const char *name,
              long def,
              long min,
              long max);
double opt_fsd (const struct opts *o, const char *name, double def);

#endif
