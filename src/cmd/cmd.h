/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What a command is: data that describes it, and one function.
 *
 * Usage errors, help and shell completion are all made from these tables.
 */

#ifndef SLUICE_CMD_CMD_H
#define SLUICE_CMD_CMD_H

#include <stdbool.h>

struct opts;

struct option_def {
    char letter;      /* 0: long form only */
    const char *name; /* long form, without the dashes */
    const char *arg;  /* NULL: takes none; "[WHEN]": optional; else its name */
    const char *help; /* one sentence */
};

#define OPTION_TABLES 5

struct command {
    const char *name;
    const char *summary; /* one line, for lists of commands */
    const char *usage;   /* what follows the name in the synopsis */
    const struct option_def *options[OPTION_TABLES]; /* each ends in {0} */
    const struct command *const *subs;               /* NULL ends the list */
    bool verbatim;       /* the first word that is no option ends the options */
    bool raw;            /* arguments are handed on unread */
    const char *absent;  /* why this release lacks it: it only says so */
    int usage_status;    /* exit status for bad command lines; 0 means 1 */
    const char *section; /* heading in "flux help"; NULL: not listed */

    /* Do it; the value is the exit status.  Words that are not options are
     * o->argv[0..o->argc).
     */
    int (*run) (struct opts *o);
};

/* All of them, in the order of the sections of "flux help"; NULL ends. */
extern const struct command *const commands[];

/* The command (or subcommand of list) called name; NULL if there is none. */
const struct command *command_find (const struct command *const *list,
                                    const char *name);

/* Run c with argv[0] its name, prefix what errors are prefixed with
 * ("flux-job"); returns the exit status.
 */
int command_run (const struct command *c,
                 const char *prefix,
                 int argc,
                 char **argv);

#endif
