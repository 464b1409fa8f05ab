/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/help.h"
#include "cmd/options.h"
#include "cmd/run.h"
#include "cmd/util.h"

const struct command *command_find (const struct command *const *list,
                                    const char *name)
{
    for (; *list; list++) {
        if (!strcmp ((*list)->name, name))
            return *list;
    }
    return NULL;
}

static int run_parsed (const struct command *c,
                       const char *path,
                       int argc,
                       char **argv)
{
    struct opts o = { .cmd = c };
    flux_error_t e;
    int status;

    if (c->absent) {
        if (argc < 2 || strcmp (argv[1], "--help") != 0)
            die ("not available yet: %s", c->absent);
        help_command (stdout, c, path);
        return 0;
    }
    if (c->raw) {
        o.argc = argc - 1;
        o.argv = argv + 1;
        return c->run (&o);
    }
    if (c->usage_status)
        set_usage_status (c->usage_status);
    if (opts_parse (&o, c, argc, argv, &e) < 0)
        die_usage ("%s.  See '%s --help'", e.text, path);
    if (opt_count (&o, "help")) {
        help_command (stdout, c, path);
        status = 0;
    }
    else
        status = c->run (&o);
    opts_free (&o);
    if (fflush (stdout) != 0 || ferror (stdout))
        die ("writing to standard output failed");
    return status;
}

/* A command of commands: its first word chooses. */
static int run_sub (const struct command *c,
                    const char *path,
                    int argc,
                    char **argv)
{
    const struct command *sub;
    char longer[128];

    if (argc > 1 && (!strcmp (argv[1], "-h") || !strcmp (argv[1], "--help"))) {
        help_command (stdout, c, path);
        return 0;
    }
    if (argc < 2)
        die_usage ("a subcommand is required.  See '%s --help'", path);
    if (!(sub = command_find (c->subs, argv[1])))
        die_usage ("'%s' is not a subcommand of %s.  See '%s --help'",
                   argv[1],
                   path,
                   path);
    snprintf (longer, sizeof (longer), "%s %s", path, sub->name);
    if (sub->subs)
        return run_sub (sub, longer, argc - 1, argv + 1);
    return run_parsed (sub, longer, argc - 1, argv + 1);
}

int command_run (const struct command *c,
                 const char *prefix,
                 int argc,
                 char **argv)
{
    char path[64];

    set_prefix (prefix);
    if (c->usage_status)
        set_usage_status (c->usage_status);
    snprintf (path, sizeof (path), "flux %s", c->name);
    if (c->subs)
        return run_sub (c, path, argc, argv);
    return run_parsed (c, path, argc, argv);
}

int command_main (int argc, char **argv)
{
    const struct command *c = command_find (commands, argv[0]);
    char prefix[64];

    if (!c)
        return 1;
    snprintf (prefix, sizeof (prefix), "flux-%s", c->name);
    return command_run (c, prefix, argc, argv);
}
