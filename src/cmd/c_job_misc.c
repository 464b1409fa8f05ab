/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux job memo, purge, submit */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/jobspec_build.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def memo_options[] = {
    { 0, "volatile", NULL, "Do not keep the memo over a restart." },
    { 0 },
};

static const struct option_def purge_options[] = {
    { 0, "age-limit", "FSD", "Purge jobs that ended longer ago." },
    { 0, "num-limit", "N", "Keep at most N jobs." },
    { 0, "batch", "N", "Purge N jobs at a time." },
    { 'f', "force", NULL, "Really do it." },
    { 0 },
};

static const struct option_def submit_options_[] = {
    { 'u', "urgency", "N", "0 to 31, hold, default or expedite." },
    { 'f', "flags", "FLAGS", "Set flags: waitable, novalidate, debug." },
    { 0 },
};

static int run_memo (struct opts *o)
{
    json_t *memo = json_object ();
    flux_t *h;

    if (o->argc < 2)
        die ("a job id and KEY=VAL words are required");
    for (int i = 1; i < o->argc; i++) {
        char *copy = xstrdup (o->argv[i]);
        char *eq = strchr (copy, '=');
        json_t *val;

        if (!eq)
            die ("memo: no value for key=%s", o->argv[i]);
        val = !strcmp (eq, "=") ? json_null () : json_or_string (eq + 1);
        *eq = '\0';
        if (json_set_path (memo, copy, val) < 0)
            die ("'%s': cannot set this key", o->argv[i]);
        free (copy);
    }
    h = cmd_open ();
    call (h,
          "job-manager.memo",
          FLUX_NODEID_ANY,
          json_pack ("{s:I s:b s:o}",
                     "id",
                     (json_int_t)parse_id (o->argv[0]),
                     "volatile",
                     opt_count (o, "volatile") > 0,
                     "memo",
                     memo));
    flux_close (h);
    return 0;
}

static int inactive_jobs (flux_t *h)
{
    json_t *r = call_json (h, "job-manager.stats-get", 0, NULL);
    int count = 0;

    json_unpack (r, "{s?i}", "inactive_jobs", &count);
    json_decref (r);
    return count;
}

static int purge_ids (flux_t *h, const struct opts *o, bool force)
{
    int count = 0;

    for (int i = 0; i < o->argc; i++) {
        flux_future_t *f = flux_rpc_pack (h,
                                          "job-manager.purge-id",
                                          0,
                                          0,
                                          "{s:I s:i}",
                                          "id",
                                          (json_int_t)parse_id (o->argv[i]),
                                          "force",
                                          force);
        json_t *r = get_json_or_die (f, "purge");
        int n = 0;

        json_unpack (r, "{s?i}", "count", &n);
        count += n;
        json_decref (r);
        flux_future_destroy (f);
    }
    return count;
}

/* The broker purges at most batch jobs at a time. */
static int purge_oldest (flux_t *h, const struct opts *o, bool force)
{
    int batch = opt_int (o, "batch", 50, 1, 100);
    double age = opt_fsd (o, "age-limit", -1.);
    int num = opt_int (o, "num-limit", -1, -1, 1 << 30);
    int total = 0;
    int count;

    /* without a limit no job is too many */
    if (age < 0. && num < 0)
        return 0;
    do {
        json_t *r = call_json (h,
                               "job-manager.purge",
                               0,
                               json_pack ("{s:f s:i s:i s:b}",
                                          "age_limit",
                                          age,
                                          "num_limit",
                                          num,
                                          "batch",
                                          batch,
                                          "force",
                                          force));
        count = 0;
        json_unpack (r, "{s?i}", "count", &count);
        json_decref (r);
        total += count;
    } while (force && count == batch);
    return total;
}

static int run_purge (struct opts *o)
{
    bool force = opt_count (o, "force") > 0;
    flux_t *h;
    int count;
    int inactive;

    if (o->argc > 0
        && (opt_count (o, "age-limit") || opt_count (o, "num-limit")))
        die ("purge: job ids and limits exclude each other");
    h = cmd_open ();
    count = o->argc > 0 ? purge_ids (h, o, force) : purge_oldest (h, o, force);
    inactive = inactive_jobs (h);
    if (force)
        printf ("purged %d inactive jobs, %d remaining\n", count, inactive);
    else
        printf ("use --force to purge %d of %d inactive jobs\n",
                count,
                inactive);
    flux_close (h);
    return 0;
}

static int run_submit (struct opts *o)
{
    flux_error_t e;
    flux_future_t *f;
    flux_jobid_t id;
    json_t *jobspec;
    char *s;
    int flags = jobspec_flags (o, &e);
    bool from_file = o->argc > 0 && strcmp (o->argv[0], "-") != 0;
    json_error_t why;
    flux_t *h;

    if (flags < 0)
        die ("%s", e.text);
    jobspec = from_file ? json_load_file (o->argv[0], 0, &why)
                        : json_loadf (stdin, 0, &why);
    if (!jobspec)
        die ("%s: %s", from_file ? o->argv[0] : "stdin", why.text);
    s = json_dumps (jobspec, JSON_COMPACT);
    h = cmd_open ();
    f = flux_job_submit (h,
                         s,
                         parse_urgency (opt_str (o, "urgency", "default")),
                         flags);
    if (!f)
        die ("%s", strerror (errno));
    if (flux_job_submit_get_id (f, &id) < 0)
        die ("%s", future_text (f));
    printf ("%s\n", id_str (id));
    flux_future_destroy (f);
    free (s);
    json_decref (jobspec);
    flux_close (h);
    return 0;
}

const struct command cmd_job_memo = {
    .name = "memo",
    .summary = "write a note to a job",
    .usage = "[--volatile] JOBID KEY=VAL...",
    .options = { memo_options },
    .run = run_memo,
};

const struct command cmd_job_purge = {
    .name = "purge",
    .summary = "forget inactive jobs",
    .usage = "[OPTIONS] [JOBID...]",
    .options = { purge_options },
    .run = run_purge,
};

const struct command cmd_job_submit = {
    .name = "submit",
    .summary = "submit a jobspec",
    .usage = "[OPTIONS] [FILE]",
    .options = { submit_options_ },
    .run = run_submit,
};
