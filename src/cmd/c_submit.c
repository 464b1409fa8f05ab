/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include "cmd/cmd.h"
#include "cmd/jobspec_build.h"
#include "cmd/list.h"
#include "cmd/submit.h"

static int run (struct opts *o)
{
    if (opt_count (o, "dry-run"))
        return submit_dry_run (o);
    return submit_run (o);
}

const struct command cmd_submit = {
    .name = "submit",
    .summary = "enqueue a job and print its id",
    .usage = "[OPTIONS] [--ntasks=N] COMMAND...",
    .options = { resource_options, job_options, io_options, submit_options },
    .verbatim = true,
    .usage_status = 2,
    .section = "submission",
    .run = run,
};
