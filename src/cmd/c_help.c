/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/help.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/paths.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 0, "words", NULL, "Print the table that shell completion uses." },
    { 0 },
};

/* The manual page, when it is installed beside us and someone can read it. */
static void try_man (const char *name)
{
    char *page = name ? xasprintf ("flux-%s", name) : xstrdup ("flux");
    char *rel = xasprintf ("share/man/man1/%s.1", page);
    char *path = prefix_path (rel);

    if (isatty (STDOUT_FILENO) && access (path, R_OK) == 0)
        execlp ("man", "man", path, NULL);
    free (path);
    free (rel);
    free (page);
}

static int run (struct opts *o)
{
    const struct command *c;
    const struct command *sub;
    char path[128];

    if (opt_count (o, "words")) {
        help_words (stdout);
        return 0;
    }
    try_man (o->argc > 0 ? o->argv[0] : NULL);
    if (o->argc == 0) {
        help_all (stdout);
        return 0;
    }
    if (!(c = command_find (commands, o->argv[0])))
        die ("'%s' is not a command", o->argv[0]);
    snprintf (path, sizeof (path), "flux %s", c->name);
    if (o->argc > 1 && c->subs) {
        if (!(sub = command_find (c->subs, o->argv[1])))
            die ("'%s' is not a subcommand of %s", o->argv[1], path);
        snprintf (path, sizeof (path), "flux %s %s", c->name, sub->name);
        c = sub;
    }
    help_command (stdout, c, path);
    return 0;
}

const struct command cmd_help = {
    .name = "help",
    .summary = "describe a command",
    .usage = "[COMMAND [SUBCOMMAND]]",
    .options = { options },
    .section = "other",
    .run = run,
};
