/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/paths.h"
#include "cmd/util.h"

static int run (struct opts *o)
{
    char **argv = xcalloc (o->argc + 2, sizeof (*argv));
    char *path = find_exec ("broker");

    if (!path)
        die ("cannot find flux-broker in FLUX_EXEC_PATH or beside this "
             "program");
    argv[0] = path;
    memcpy (argv + 1, o->argv, o->argc * sizeof (*argv));
    setup_environment ();
    exec_or_die (path, argv);
}

const struct command cmd_broker = {
    .name = "broker",
    .summary = "run the broker itself",
    .usage = "[OPTIONS] [COMMAND...]",
    .raw = true,
    .section = "instance",
    .run = run,
};
