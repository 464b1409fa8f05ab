/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdio.h>

#include <flux/core.h>
#include <flux/idset.h>

#include "cmd/attach.h"
#include "cmd/cmd.h"
#include "cmd/jobspec_build.h"
#include "cmd/list.h"
#include "cmd/submit.h"
#include "cmd/util.h"

static const struct option_def run_options[] = {
    { 0, "wait-event", "NAME", "Leave the eventlog at NAME (finish)." },
    { 0 },
};

static int run (struct opts *o)
{
    struct attach_config c;
    const char *input = opt_str (o, "input", NULL);
    flux_jobid_t id;
    flux_t *h;
    int status;

    if (opt_count (o, "dry-run"))
        return submit_dry_run (o);
    h = submit_one (o, &id);
    if (opt_count (o, "verbose"))
        fprintf (stderr, "jobid: %s\n", id_str (id));
    attach_config_init (&c, o);
    if (input) {
        struct idset *ids = idset_decode (input);
        if (ids)
            c.stdin_ranks = input;
        idset_destroy (ids);
    }
    status = attach_run (h, id, &c);
    flux_close (h);
    return status;
}

const struct command cmd_run = {
    .name = "run",
    .summary = "run a job in the foreground",
    .usage = "[OPTIONS] [--ntasks=N] COMMAND...",
    .options = { resource_options, job_options, io_options, run_options },
    .verbatim = true,
    .usage_status = 2,
    .section = "submission",
    .run = run,
};
