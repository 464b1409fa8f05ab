/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/joblist.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/submit_wait.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 'a', "active", NULL, "Watch all active jobs." },
    { 'A', "all", NULL, "Watch all jobs." },
    { 'c', "count", "N", "At most N jobs (0: all; default 1000)." },
    { 0, "since", "WHEN", "Jobs that were active after WHEN (-1h, ...)." },
    { 'f', "filter", "STATE|RESULT,...", "Jobs in these states." },
    { 'l', "label-io", NULL, "Put the task rank before each line." },
    { 'v', "verbose", NULL, "Say more on stderr." },
    { 0, "progress", NULL, "Show a progress bar." },
    { 0, "jps", NULL, "Show jobs per second in the progress bar." },
    { 0 },
};

static json_t *named_jobs (flux_t *h, const struct opts *o, json_t *attrs)
{
    json_t *jobs = json_array ();

    for (int i = 0; i < o->argc; i++) {
        json_t *job = joblist_id (h, parse_id (o->argv[i]), attrs);

        if (job)
            json_array_append_new (jobs, job);
        else if (errno == ENOENT)
            warn_msg ("JobID %s unknown", o->argv[i]);
        else
            die ("%s: %s", o->argv[i], strerror (errno));
    }
    return jobs;
}

/* --active and --all are forms of --filter. */
static json_t *select_jobs (flux_t *h, const struct opts *o, json_t *attrs)
{
    static const struct option_def filter = { 'f', "filter", "", "" };
    struct opt_use use = { .def = &filter };
    struct opts instead = *o;

    if (opt_count (o, "filter") || opt_count (o, "since"))
        return joblist_matching (h,
                                 o,
                                 attrs,
                                 opt_int (o, "count", 1000, 0, 1L << 30));
    use.value =
        opt_count (o, "all") ? "pending,running,inactive" : "pending,running";
    instead.uses = &use;
    instead.nuses = 1;
    return joblist_matching (h,
                             &instead,
                             attrs,
                             opt_int (o, "count", 1000, 0, 1L << 30));
}

static int run (struct opts *o)
{
    bool selects = opt_count (o, "active") || opt_count (o, "all")
                   || opt_count (o, "filter") || opt_count (o, "since");
    json_t *attrs = json_pack ("[s,s]", "state", "t_submit");
    struct waiter *w;
    json_t *jobs;
    size_t count;
    flux_t *h;
    int status;

    if (o->argc == 0 && !selects)
        die ("At least one job selection option is required");
    if (opt_count (o, "jps") && !opt_count (o, "progress"))
        die_usage ("--jps requires --progress");
    if (opt_count (o, "progress") && !isatty (STDOUT_FILENO))
        fprintf (stderr,
                 "flux-watch: WARNING: stdout is not a tty. Ignoring "
                 "--progress option\n");
    h = cmd_open ();
    jobs = o->argc > 0 ? named_jobs (h, o, attrs) : select_jobs (h, o, attrs);
    count = json_array_size (jobs);
    if (count == 0)
        info_msg ("No matching jobs");
    else if (opt_count (o, "verbose"))
        info_msg ("Watching %zu jobs", count);
    w = waiter_create (h, o, (int)count);
    waiter_watch (w);
    /* the list begins with the newest */
    for (size_t i = count; i > 0; i--) {
        json_t *job = json_array_get (jobs, o->argc > 0 ? count - i : i - 1);
        json_t *id = json_object_get (job, "id");
        waiter_submitted (w, json_integer_value (id), -1);
    }
    status = waiter_run (w);
    waiter_destroy (w);
    json_decref (jobs);
    json_decref (attrs);
    flux_close (h);
    return status;
}

const struct command cmd_watch = {
    .name = "watch",
    .summary = "show the output of jobs and wait for them",
    .usage = "[OPTIONS] [JOBID...]",
    .options = { options },
    .usage_status = 2,
    .section = "jobs",
    .run = run,
};
