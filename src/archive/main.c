/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "cmd/list.h"
#include "cmd/util.h"

void archive_cmd_progress (const struct opts *o,
                           const char *verb,
                           const char *name,
                           unsigned int count)
{
    if (opt_count (o, "verbose")) {
        if (name)
            fprintf (stderr, "%s\n", name);
    }
    else if (!opt_count (o, "quiet")) {
        if (!name)
            fprintf (stderr, "\rflux-%s: %u keys\n", verb, count);
        else if (count % 100 == 0 && isatty (STDERR_FILENO))
            fprintf (stderr, "\rflux-%s: %u keys", verb, count);
    }
}

int main (int argc, char **argv)
{
    const struct command *c;
    struct command mine;

    setlocale (LC_ALL, "");
    if (argc < 2)
        die ("dump or restore is required");
    c = !strcmp (argv[1], "restore") ? &cmd_restore : &cmd_dump;
    mine = *c;
    mine.run = c == &cmd_restore ? archive_cmd_restore : archive_cmd_dump;
    return command_run (&mine,
                        c == &cmd_restore ? "flux-restore" : "flux-dump",
                        argc - 1,
                        argv + 1);
}
