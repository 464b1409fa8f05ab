/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux job wait: waitable jobs, each result once. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 'a', "all", NULL, "Wait for all waitable jobs." },
    { 'v', "verbose", NULL, "Report successful jobs too." },
    { 0 },
};

enum {
    EXIT_FAILED = 1,
    EXIT_NOT_WAITABLE = 2,
};

/* Returns 0, 1 for a failed job, 2 when there is nothing to wait for. */
static int wait_one (flux_t *h, flux_jobid_t id, bool *ok)
{
    flux_future_t *f = flux_job_wait (h, id);
    const char *text = "";
    flux_jobid_t got = id;
    bool success = false;

    if (!f)
        die ("%s", strerror (errno));
    if (flux_job_wait_get_status (f, &success, &text) < 0
        || (id == FLUX_JOBID_ANY && flux_job_wait_get_id (f, &got) < 0)) {
        bool end = errno == ECHILD;
        warn_msg ("%s", future_text (f));
        flux_future_destroy (f);
        return end ? EXIT_NOT_WAITABLE : EXIT_FAILED;
    }
    *ok = success;
    if (id == FLUX_JOBID_ANY)
        printf ("%s\n", id_str (got));
    if (!success)
        fprintf (stderr, "flux-job: %s\n", text);
    flux_future_destroy (f);
    fflush (stdout);
    return 0;
}

static int wait_all (flux_t *h, bool verbose)
{
    int status = 0;

    while (true) {
        flux_future_t *f = flux_job_wait (h, FLUX_JOBID_ANY);
        const char *text = "";
        flux_jobid_t id;
        bool success;

        if (!f)
            die ("%s", strerror (errno));
        if (flux_job_wait_get_status (f, &success, &text) < 0
            || flux_job_wait_get_id (f, &id) < 0) {
            if (errno != ECHILD)
                die ("%s", future_text (f));
            flux_future_destroy (f);
            return status;
        }
        if (!success) {
            fprintf (stderr, "%s: %s\n", id_str (id), text);
            status = EXIT_FAILED;
        }
        else if (verbose)
            fprintf (stderr, "%s: job completed successfully\n", id_str (id));
        flux_future_destroy (f);
    }
}

static int run (struct opts *o)
{
    flux_jobid_t id = FLUX_JOBID_ANY;
    bool success = true;
    flux_t *h;
    int status;

    if (o->argc > 1)
        die ("at most one job id can be given");
    if (o->argc == 1 && opt_count (o, "all"))
        die ("--all cannot be used with a job id");
    if (o->argc == 1)
        id = parse_id (o->argv[0]);
    h = cmd_open ();
    if (opt_count (o, "all"))
        status = wait_all (h, opt_count (o, "verbose") > 0);
    else {
        status = wait_one (h, id, &success);
        if (status == 0 && !success)
            status = EXIT_FAILED;
    }
    flux_close (h);
    return status;
}

const struct command cmd_job_wait = {
    .name = "wait",
    .summary = "wait for waitable jobs",
    .usage = "[--all] [-v] [JOBID]",
    .options = { options },
    .run = run,
};
