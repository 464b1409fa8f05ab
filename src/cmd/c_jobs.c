/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/jobfield.h"
#include "cmd/jobfilter.h"
#include "cmd/joblist.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 'a', NULL, NULL, "List jobs in all states." },
    { 'A', NULL, NULL, "List jobs of all users." },
    { 'n', "no-header", NULL, "Leave out the header." },
    { 0, "suppress-header", NULL, "The same as --no-header." },
    { 'u', "user", "USER", "List jobs of this user, or of all." },
    { 0, "name", "NAME", "List jobs of this name." },
    { 'q', "queue", "QUEUE,...", "List jobs in these queues." },
    { 'i',
      "include",
      "HOSTS|RANKS",
      "List jobs that have some of these nodes." },
    { 'c', "count", "N", "List at most N jobs (0: all; default 1000)." },
    { 0, "since", "WHEN", "List jobs that were active after WHEN (-1h, ...)." },
    { 'f', "filter", "STATE|RESULT,...", "List jobs in these states." },
    { 'o', "format", "NAME|FORMAT", "Choose the output (help: list names)." },
    { 'w', "width", "[N]", "Cut lines at N columns (of the terminal)." },
    { 0, "sort", "[-]KEY,...", "Sort by fields." },
    { 0, "json", NULL, "Print JSON." },
    { 'L', "color", "[WHEN]", "Color: always, never or auto." },
    { 'R', "recursive", NULL, "List jobs inside of jobs (not available yet)." },
    { 0, "threads", "N", "Has no effect: it is one request." },
    { 0, "stats", NULL, "Print counts first." },
    { 0, "stats-only", NULL, "Print counts only; fail if no job is active." },
    { 0 },
};

struct listing {
    json_t *jobs;
    void **rows;
    size_t count;
};

static void list_matching (flux_t *h,
                           const struct opts *o,
                           json_t *attrs,
                           struct listing *l)
{
    long count = opt_int (o, "count", 1000, 0, 1L << 30);
    flux_error_t e;
    double since;
    json_t *constraint = jobfilter_build (o, flux_reactor_time (), &since, &e);
    json_t *request;

    if (!constraint)
        die ("%s", e.text);
    /* one more than asked for tells whether there are more */
    request = json_pack ("{s:i s:O s:f s:o}",
                         "max_entries",
                         (int)(count > 0 ? count + 1 : 0),
                         "attrs",
                         attrs,
                         "since",
                         since,
                         "constraint",
                         constraint);
    joblist_receive (h, request, l->jobs);
    json_decref (request);
    if (count > 0 && json_array_size (l->jobs) > (size_t)count) {
        json_array_remove (l->jobs, json_array_size (l->jobs) - 1);
        if (!opt_count (o, "no-header"))
            fprintf (stderr,
                     "flux-jobs: WARNING: output truncated at %ld jobs, use "
                     "-c to adjust limit\n",
                     count);
    }
}

static int list_ids (flux_t *h,
                     const struct opts *o,
                     json_t *attrs,
                     struct listing *l)
{
    flux_future_t **f = xcalloc (o->argc, sizeof (*f));
    char *s;
    int status = 0;

    for (int i = 0; i < o->argc; i++) {
        json_t *request = json_pack ("{s:I s:O}",
                                     "id",
                                     (json_int_t)parse_id (o->argv[i]),
                                     "attrs",
                                     attrs);
        s = json_dumps (request, JSON_COMPACT);
        f[i] = flux_rpc (h, "job-list.list-id", s, FLUX_NODEID_ANY, 0);
        free (s);
        json_decref (request);
    }
    for (int i = 0; i < o->argc; i++) {
        const char *payload;
        json_t *response;

        if (!f[i] || flux_rpc_get (f[i], &payload) < 0) {
            if (errno == ENOENT)
                fprintf (stderr, "JobID %s unknown\n", o->argv[i]);
            else
                warn_msg ("%s: %s", o->argv[i], future_text (f[i]));
            status = 1;
        }
        else if ((response = json_loads (payload ? payload : "{}", 0, NULL))) {
            json_array_append (l->jobs, json_object_get (response, "job"));
            json_decref (response);
        }
        flux_future_destroy (f[i]);
    }
    free (f);
    return status;
}

static void print_json (const struct opts *o, struct listing *l)
{
    json_t *out = json_array ();
    size_t i;
    json_t *job;

    json_array_foreach (l->jobs, i, job)
        json_array_append_new (out, job_to_json (job));
    if (o->argc == 1 && json_array_size (out) == 1)
        json_dumpf (json_array_get (out, 0), stdout, JSON_COMPACT);
    else {
        out = json_pack ("{s:o}", "jobs", out);
        json_dumpf (out, stdout, JSON_COMPACT);
    }
    printf ("\n");
    json_decref (out);
}

static const char *color_of (json_t *job)
{
    int state = json_integer_value (json_object_get (job, "state"));
    int result = json_integer_value (json_object_get (job, "result"));

    if (json_get_path (job, "annotations.user.uri")
        && state == FLUX_JOB_STATE_RUN)
        return "\033[34;1m";
    if (state != FLUX_JOB_STATE_INACTIVE)
        return NULL;
    switch (result) {
    case FLUX_JOB_RESULT_FAILED:
    case FLUX_JOB_RESULT_TIMEOUT:
        return "\033[31m";
    case FLUX_JOB_RESULT_CANCELED:
        return "\033[37m";
    default:
        return NULL;
    }
}

static long line_width (const struct opts *o)
{
    struct winsize ws;
    long width;

    if (!opt_count (o, "width"))
        return -1;
    width = opt_int (o, "width", 0, -1, 1L << 20);
    if (width == 0) {
        if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &ws) < 0 || ws.ws_col == 0)
            return -1;
        width = ws.ws_col;
    }
    return width;
}

/* Print what print writes, cut at width columns. */
static void print_line (const struct format *f, void *row, long width)
{
    char *line = NULL;
    size_t size;
    FILE *out;

    if (width < 0) {
        row ? format_row (f, row, stdout) : format_header (f, stdout);
        return;
    }
    if (!(out = open_memstream (&line, &size)))
        die ("out of memory");
    row ? format_row (f, row, out) : format_header (f, out);
    fclose (out);
    line[strcspn (line, "\n")] = '\0';
    for (char *s = line; *s; s++) {
        if (((unsigned char)*s & 0xc0) != 0x80 && width-- == 0) {
            *s = '\0';
            break;
        }
    }
    printf ("%s\n", line);
    free (line);
}

static void print_table (const struct opts *o,
                         struct format *f,
                         struct listing *l)
{
    bool header =
        !opt_count (o, "no-header") && !opt_count (o, "suppress-header");
    bool color = want_color (o);
    const char *sort = opt_str (o, "sort", f->sort);
    long width = line_width (o);
    flux_error_t e;

    l->count = json_array_size (l->jobs);
    l->rows = xcalloc (l->count + 1, sizeof (*l->rows));
    for (size_t i = 0; i < l->count; i++)
        l->rows[i] = json_array_get (l->jobs, i);
    if (sort && format_sort (f->ops, sort, l->rows, l->count, &e) < 0)
        die ("--sort: %s", e.text);
    format_fit (f, l->rows, l->count, header);
    if (header)
        print_line (f, NULL, width);
    for (size_t i = 0; i < l->count; i++) {
        const char *on = color ? color_of (l->rows[i]) : NULL;
        if (on)
            fputs (on, stdout);
        print_line (f, l->rows[i], width);
        if (on)
            fputs ("\033[0m", stdout);
    }
    free (l->rows);
}

static json_t *queue_stats (json_t *stats, const char *name)
{
    size_t i;
    json_t *q;
    const char *s;

    json_array_foreach (json_object_get (stats, "queues"), i, q)
    {
        if (json_unpack (q, "{s:s}", "name", &s) == 0 && !strcmp (s, name))
            return q;
    }
    die ("no stats available for queue %s", name);
}

/* Returns whether any job is active. */
static bool print_stats (flux_t *h, const struct opts *o)
{
    const char *queue = opt_str (o, "queue", NULL);
    json_t *stats =
        call_json (h, "job-list.job-stats", FLUX_NODEID_ANY, json_object ());
    json_t *from = queue ? queue_stats (stats, queue) : stats;
    int depend = 0, priority = 0, sched = 0, run = 0, cleanup = 0;
    int successful = 0, failed = 0, canceled = 0, timeout = 0, purged = 0;
    int pending;
    int running;

    json_unpack (from,
                 "{s:{s?i s?i s?i s?i s?i} s?i s?i s?i s?i s?i}",
                 "job_states",
                 "depend",
                 &depend,
                 "priority",
                 &priority,
                 "sched",
                 &sched,
                 "run",
                 &run,
                 "cleanup",
                 &cleanup,
                 "successful",
                 &successful,
                 "failed",
                 &failed,
                 "canceled",
                 &canceled,
                 "timeout",
                 &timeout,
                 "inactive_purged",
                 &purged);
    pending = depend + priority + sched;
    running = run + cleanup;
    printf ("%d running, %d completed, %d failed, %d pending",
            running,
            successful,
            failed + canceled + timeout,
            pending);
    printf (", %d inactive purged\n", purged);
    json_decref (stats);
    return pending + running > 0;
}

static json_t *all_attrs (void)
{
    return json_pack ("[s]", "all");
}

static int run (struct opts *o)
{
    struct listing l = { .jobs = json_array () };
    bool as_json = opt_count (o, "json") > 0;
    struct format f = { 0 };
    flux_error_t e;
    json_t *attrs;
    char *text;
    flux_t *h;
    int status = 0;

    if (opt_count (o, "recursive"))
        die ("not available yet: --recursive, since instances cannot run "
             "inside of jobs");
    text = format_choose (job_formats,
                          opt_str (o, "format", NULL),
                          "FLUX_JOBS_FORMAT_DEFAULT",
                          "flux-jobs",
                          "formats");
    if (format_parse (&f, text, &job_format_ops, &e) < 0)
        die ("--format: %s", e.text);
    free (text);
    if (as_json && (opt_count (o, "stats") || opt_count (o, "stats-only")))
        die ("--json cannot be used with --stats or --stats-only");
    attrs =
        as_json ? all_attrs () : job_attrs_for (&f, opt_str (o, "sort", NULL));
    h = cmd_open ();
    if (opt_count (o, "stats-only"))
        status = print_stats (h, o) ? 0 : 1;
    else {
        if (opt_count (o, "stats"))
            print_stats (h, o);
        if (o->argc > 0)
            status = list_ids (h, o, attrs, &l);
        else
            list_matching (h, o, attrs, &l);
        if (as_json)
            print_json (o, &l);
        else if (status == 0 || json_array_size (l.jobs) > 0)
            print_table (o, &f, &l);
    }
    json_decref (attrs);
    json_decref (l.jobs);
    format_clear (&f);
    flux_close (h);
    return status;
}

const struct command cmd_jobs = {
    .name = "jobs",
    .summary = "list jobs",
    .usage = "[OPTIONS] [JOBID...]",
    .options = { options },
    .usage_status = 2,
    .section = "jobs",
    .run = run,
};
