/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

/* One a line, the last to be pushed first. */
static void read_lines (json_t *commands)
{
    char *line = NULL;
    size_t size = 0;

    while (getline (&line, &size, stdin) >= 0) {
        line[strcspn (line, "\n")] = '\0';
        if (*line)
            json_array_insert_new (commands, 0, json_string (line));
    }
    free (line);
}

static int run_cleanup_push (struct opts *o)
{
    json_t *commands = json_array ();
    flux_t *h;

    if (o->argc > 0) {
        char *s = join_words (o->argc, o->argv);

        json_array_append_new (commands, json_string (s));
        free (s);
    }
    else
        read_lines (commands);
    if (json_array_size (commands) == 0)
        die ("there is no command");
    h = cmd_open ();
    call (h,
          "runat.push",
          0,
          json_pack ("{s:s s:o}", "name", "cleanup", "commands", commands));
    flux_close (h);
    return 0;
}

static const struct command cmd_cleanup_push = {
    .name = "cleanup-push",
    .summary = "run a command when the initial program has ended",
    .usage = "[COMMAND...]",
    .verbatim = true,
    .run = run_cleanup_push,
};

static const struct command cmd_system_scripts = {
    .name = "system-scripts",
    .summary = "show prolog, epilog and housekeeping (not available yet)",
    .usage = "...",
    .absent = "'flux config get job-manager' prints what is configured",
};

static const struct command *const subs[] = {
    &cmd_cleanup_push,
    &cmd_system_scripts,
    NULL,
};

const struct command cmd_admin = {
    .name = "admin",
    .summary = "administer the instance",
    .usage = "SUBCOMMAND ...",
    .subs = subs,
    .section = "instance",
};
