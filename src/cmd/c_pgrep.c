/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux pgrep, flux pkill */

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/jobfield.h"
#include "cmd/joblist.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def select_options[] = {
    { 'A', NULL, NULL, "Jobs of all users." },
    { 'u', "user", "USER", "Jobs of this user, or of all." },
    { 'f', "filter", "STATE|RESULT,...", "Jobs in these states." },
    { 'q', "queue", "QUEUE,...", "Jobs in these queues." },
    { 'c', "count", "N", "At most the first N that match." },
    { 0, "max-entries", "N", "Look at N jobs at most (default 1000)." },
    { 0 },
};

static const struct option_def pgrep_options[] = {
    { 'a', NULL, NULL, "Jobs in all states." },
    { 'n', "no-header", NULL, "Leave out the header." },
    { 'o', "format", "NAME|FORMAT", "Choose the output (help: list names)." },
    { 0 },
};

static const struct option_def pkill_options[] = {
    { 'w', "wait", NULL, "Wait until the jobs have ended." },
    { 0 },
};

/* What a job must be: in the range of ids, and named like the pattern. */
struct expression {
    flux_jobid_t first;
    flux_jobid_t last;
    regex_t pattern;
    int count; /* of patterns: 0 or 1 */
};

/* "ID..ID" */
static bool parse_range (struct expression *e, const char *s)
{
    const char *dots = strstr (s, "..");
    char *left;
    bool good;

    if (!dots || dots == s || !dots[2])
        return false;
    left = xasprintf ("%.*s", (int)(dots - s), s);
    good = flux_job_id_parse (left, &e->first) == 0
           && flux_job_id_parse (dots + 2, &e->last) == 0;
    free (left);
    if (!good) {
        e->first = 0;
        e->last = FLUX_JOBID_ANY;
    }
    else if (e->first > e->last) {
        flux_jobid_t id = e->first;
        e->first = e->last;
        e->last = id;
    }
    return good;
}

static void expression_init (struct expression *e, const struct opts *o)
{
    char why[256];

    memset (e, 0, sizeof (*e));
    e->last = FLUX_JOBID_ANY;
    for (int i = 0; i < o->argc; i++) {
        const char *s = o->argv[i];
        regex_t *re = &e->pattern;
        int rc;

        if (parse_range (e, s))
            continue;
        if (e->count == 1)
            die_usage ("expression error: Only one pattern can be provided");
        if (!strncmp (s, "name:", 5))
            s += 5;
        if ((rc = regcomp (re, s, REG_EXTENDED | REG_NOSUB)) != 0) {
            regerror (rc, re, why, sizeof (why));
            die_usage ("expression error: %s: %s", s, why);
        }
        e->count++;
    }
}

static void expression_clear (struct expression *e)
{
    if (e->count > 0)
        regfree (&e->pattern);
}

static bool matches (const struct expression *e, json_t *job)
{
    const char *name = json_string_value (json_object_get (job, "name"));
    flux_jobid_t id = json_integer_value (json_object_get (job, "id"));

    if (id < e->first || id > e->last)
        return false;
    return e->count == 0
           || regexec (&e->pattern, name ? name : "", 0, NULL, 0) == 0;
}

/* The jobs that match, new; attrs is consumed. */
static json_t *find_jobs (flux_t *h,
                          const struct opts *o,
                          json_t *attrs,
                          struct expression *e)
{
    size_t count = opt_int (o, "count", 1000, 0, 1L << 30);
    json_t *found = json_array ();
    json_t *jobs;
    json_t *job;
    size_t i;

    json_array_append_new (attrs, json_string ("name"));
    jobs = joblist_matching (h,
                             o,
                             attrs,
                             opt_int (o, "max-entries", 1000, 0, 1L << 30));
    json_array_foreach (jobs, i, job)
    {
        if (matches (e, job) && (count == 0 || json_array_size (found) < count))
            json_array_append (found, job);
    }
    json_decref (jobs);
    json_decref (attrs);
    return found;
}

/* The names of flux-jobs(1), but by default ids only. */
static void choose_format (struct format *f, const struct opts *o, bool *header)
{
    struct named_format formats[16] = {
        { "default", "job ids only", "{id.f58}" },
    };
    flux_error_t e;
    char *text;
    int n = 1;

    for (int i = 0; job_formats[i].name && n < 15; i++) {
        if (strcmp (job_formats[i].name, "default") != 0)
            formats[n++] = job_formats[i];
        else
            formats[n++] = (struct named_format){
                "full",
                "the default of flux jobs",
                job_formats[i].format,
            };
    }
    text = format_choose (formats,
                          opt_str (o, "format", NULL),
                          "FLUX_PGREP_FORMAT_DEFAULT",
                          "flux-jobs",
                          "formats");
    if (format_parse (f, text, &job_format_ops, &e) < 0)
        die_usage ("--format: %s", e.text);
    *header = !opt_count (o, "no-header") && strcmp (text, "{id.f58}") != 0;
    free (text);
}

static int run_pgrep (struct opts *o)
{
    struct expression e;
    struct format f;
    json_t *jobs;
    void **rows;
    size_t count;
    flux_t *h;
    bool header;

    choose_format (&f, o, &header);
    if (o->argc == 0)
        die_usage ("a name pattern or a range of job ids is required");
    expression_init (&e, o);
    h = cmd_open ();
    jobs = find_jobs (h, o, job_attrs_for (&f, NULL), &e);
    count = json_array_size (jobs);
    rows = xcalloc (count + 1, sizeof (*rows));
    for (size_t i = 0; i < count; i++)
        rows[i] = json_array_get (jobs, i);
    format_fit (&f, rows, count, header);
    if (header && count > 0)
        format_header (&f, stdout);
    for (size_t i = 0; i < count; i++)
        format_row (&f, rows[i], stdout);
    free (rows);
    json_decref (jobs);
    format_clear (&f);
    expression_clear (&e);
    flux_close (h);
    return count > 0 ? 0 : 1;
}

static int cancel (flux_t *h, json_t *jobs)
{
    size_t count = json_array_size (jobs);
    flux_future_t **f = xcalloc (count + 1, sizeof (*f));
    size_t canceled = 0;
    int status = 0;

    for (size_t i = 0; i < count; i++) {
        json_t *id = json_object_get (json_array_get (jobs, i), "id");
        if (!(f[i] = flux_job_cancel (h, json_integer_value (id), NULL)))
            die ("%s", strerror (errno));
    }
    for (size_t i = 0; i < count; i++) {
        json_t *id = json_object_get (json_array_get (jobs, i), "id");
        if (flux_rpc_get (f[i], NULL) < 0) {
            warn_msg ("%s: %s",
                      id_str (json_integer_value (id)),
                      future_text (f[i]));
            status = 1;
        }
        else
            canceled++;
        flux_future_destroy (f[i]);
    }
    fprintf (stderr,
             "%s: INFO: Canceled %zu job%s\n",
             get_prefix (),
             canceled,
             canceled == 1 ? "" : "s");
    free (f);
    return status;
}

/* Until every job has had its clean event. */
static void wait_clean (flux_t *h, json_t *jobs)
{
    size_t count = json_array_size (jobs);
    flux_future_t **f = xcalloc (count + 1, sizeof (*f));

    for (size_t i = 0; i < count; i++) {
        json_t *id = json_object_get (json_array_get (jobs, i), "id");
        f[i] = flux_job_result (h, json_integer_value (id), 0);
    }
    for (size_t i = 0; i < count; i++) {
        if (!f[i] || flux_future_get (f[i], NULL) < 0)
            die ("waiting for a job: %s", future_text (f[i]));
        flux_future_destroy (f[i]);
    }
    free (f);
}

static int run_pkill (struct opts *o)
{
    struct expression e;
    json_t *jobs;
    flux_t *h;
    int status;

    if (o->argc == 0)
        die_usage ("a name pattern or a range of job ids is required");
    expression_init (&e, o);
    h = cmd_open ();
    jobs = find_jobs (h, o, json_array (), &e);
    status = json_array_size (jobs) == 0 ? 1 : cancel (h, jobs);
    if (status == 0 && opt_count (o, "wait"))
        wait_clean (h, jobs);
    json_decref (jobs);
    expression_clear (&e);
    flux_close (h);
    return status;
}

const struct command cmd_pgrep = {
    .name = "pgrep",
    .summary = "list jobs by name or range of ids",
    .usage = "[OPTIONS] EXPRESSION...",
    .options = { pgrep_options, select_options },
    .usage_status = 2,
    .section = "jobs",
    .run = run_pgrep,
};

const struct command cmd_pkill = {
    .name = "pkill",
    .summary = "cancel jobs by name or range of ids",
    .usage = "[OPTIONS] EXPRESSION...",
    .options = { pkill_options, select_options },
    .usage_status = 2,
    .section = "jobs",
    .run = run_pkill,
};
