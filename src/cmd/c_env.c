/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/paths.h"

extern char **environ;

static int run (struct opts *o)
{
    setup_environment ();
    if (o->argc > 0)
        exec_or_die (o->argv[0], o->argv);
    for (char **v = environ; *v; v++)
        printf ("%s\n", *v);
    return 0;
}

const struct command cmd_env = {
    .name = "env",
    .summary = "print the environment of commands, or run one in it",
    .usage = "[COMMAND...]",
    .verbatim = true,
    .section = "other",
    .run = run,
};
