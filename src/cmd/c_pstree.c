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
#include "cmd/joblist.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/uri.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 'a', "all", NULL, "Jobs in all states." },
    { 'c', "count", "N", "At most N jobs at every level (default 1000)." },
    { 'f', "filter", "STATE|RESULT,...", "Jobs in these states." },
    { 'x', "extended", NULL, "Print details before the tree." },
    { 'l', "long", NULL, "Do not cut long lines." },
    { 'L', "level", "N", "Go N levels deep at most." },
    { 'p', "parent-ids", NULL, "Put job ids before labels of parents." },
    { 'n', "no-header", NULL, "Leave out the header of details." },
    { 'X', "no-combine", NULL, "Do not combine children that look alike." },
    { 'o', "label", "FORMAT", "What to print for a job ({name})." },
    { 0, "parent-label", "FORMAT", "What to print for an instance." },
    { 0, "detail-format", "FORMAT", "What to print before the tree." },
    { 'd', "details", "NAME", "Named details: default." },
    { 'C', "compact", NULL, "Draw a narrow tree." },
    { 0, "ascii", NULL, "Draw with ASCII characters." },
    { 0,
      "skip-root",
      "yes|no",
      "Leave out the enclosing instance, or do not." },
    { 0 },
};

#define DEFAULT_DETAILS                                              \
    "{id.f58:>12} {username:<8.8} {status_abbrev:>2.2} {ntasks:>6} " \
    "{nnodes:>6} {runtime!F:>8h}"

struct connectors {
    const char *child;
    const char *last;
    const char *pass; /* below a child that is not the last */
    const char *none;
};

static const struct connectors drawings[] = {
    { "├── ", "└── ", "│   ", "    " },
    { "├─", "└─", "│ ", "  " },
    { "|-- ", "`-- ", "|   ", "    " },
    { "|-", "`-", "| ", "  " },
};

struct pstree {
    const struct opts *o;
    const struct connectors *draw;
    struct format label;
    struct format parent;
    struct format details;
    bool extended;
    bool combine;
    long width; /* -1: no limit */
    json_t *attrs;
};

/* The root of the tree is no job and has no id. */
static void get (const char *name, void *row, struct value *v)
{
    bool root = json_object_get (row, "root") != NULL;

    if (root && (!strncmp (name, "id", 2) || !strcmp (name, "name"))
        && name[2] != 's')
        value_str (v, ".");
    else
        job_format_ops.get (name, row, v);
}

static const char *head (const char *name)
{
    return job_format_ops.head (name);
}

static const struct format_ops ops = { .get = get, .head = head };

static void parse (struct format *f, const char *option, const char *text)
{
    flux_error_t e;

    if (format_parse (f, text, &ops, &e) < 0)
        die_usage ("--%s: %s", option, e.text);
}

static const char *uri_of (json_t *job)
{
    json_t *uri = json_get_path (job, "annotations.user.uri");

    return json_integer_value (json_object_get (job, "state"))
                   == FLUX_JOB_STATE_RUN
               ? json_string_value (uri)
               : NULL;
}

static bool is_parent (json_t *job)
{
    return uri_of (job) || json_object_get (job, "root");
}

static void print_line (const struct pstree *t,
                        json_t *job,
                        const char *before,
                        const char *label)
{
    char *details = t->extended ? format_text (&t->details, job) : xstrdup ("");
    char *line =
        xasprintf ("%s%s%s%s", details, t->extended ? " " : "", before, label);
    long left = t->width;

    for (char *s = line; *s && t->width >= 0; s++) {
        if (((unsigned char)*s & 0xc0) != 0x80 && left-- == 0) {
            *s = '\0';
            break;
        }
    }
    printf ("%s\n", line);
    free (details);
    free (line);
}

/* The jobs below job, or of the instance at h; new, empty if it is no
 * instance or cannot be reached.
 */
static json_t *children_of (const struct pstree *t, const char *uri, long level)
{
    long max = opt_int (t->o, "level", 1L << 30, 0, 1L << 30);
    char *local = uri ? uri_local (uri) : NULL;
    flux_t *h = uri && level <= max ? flux_open (local, 0) : NULL;
    json_t *jobs = json_array ();

    if (h) {
        json_decref (jobs);
        jobs = joblist_matching (h,
                                 t->o,
                                 t->attrs,
                                 opt_int (t->o, "count", 1000, 0, 1L << 30));
        flux_close (h);
    }
    free (local);
    return jobs;
}

struct group {
    json_t *job;
    char *label;
    int count;
};

/* Put alike leaves together, where the first of them is. */
static size_t group_jobs (const struct pstree *t,
                          json_t *jobs,
                          struct group *groups)
{
    size_t n = 0;
    size_t i;
    json_t *job;

    json_array_foreach (jobs, i, job)
    {
        char *label =
            format_text (is_parent (job) ? &t->parent : &t->label, job);
        size_t k = n;

        for (k = 0; t->combine && !is_parent (job) && k < n; k++) {
            if (!is_parent (groups[k].job) && !strcmp (groups[k].label, label))
                break;
        }
        if (!t->combine || is_parent (job))
            k = n;
        if (k < n) {
            groups[k].count++;
            free (label);
            continue;
        }
        groups[n++] = (struct group){ job, label, 1 };
    }
    return n;
}

/* below is NULL for a level that has no root above it. */
static void print_jobs (const struct pstree *t,
                        json_t *jobs,
                        const char *below,
                        long level)
{
    struct group *groups =
        xcalloc (json_array_size (jobs) + 1, sizeof (*groups));
    size_t n = group_jobs (t, jobs, groups);

    for (size_t i = 0; i < n; i++) {
        struct group *g = &groups[i];
        bool last = i + 1 == n;
        const char *link = last ? t->draw->last : t->draw->child;
        const char *pass = last ? t->draw->none : t->draw->pass;
        char *before = below ? xasprintf ("%s%s", below, link) : xstrdup ("");
        char *under = below ? xasprintf ("%s%s", below, pass) : xstrdup ("");
        char *label = g->count > 1 ? xasprintf ("%d*[%s]", g->count, g->label)
                                   : xstrdup (g->label);
        json_t *children = children_of (t, uri_of (g->job), level + 1);

        print_line (t, g->job, before, label);
        print_jobs (t, children, under, level + 1);
        json_decref (children);
        free (before);
        free (under);
        free (label);
        free (g->label);
    }
    free (groups);
}

static json_t *make_root (flux_t *h)
{
    const char *size = flux_attr_get (h, "size");
    const char *owner = flux_attr_get (h, "security.owner");
    double start = 0.;

    (void)flux_get_instance_starttime (h, &start);
    return json_pack ("{s:b s:i s:i s:i s:I s:f}",
                      "root",
                      1,
                      "state",
                      FLUX_JOB_STATE_RUN,
                      "ntasks",
                      size ? atoi (size) : 1,
                      "nnodes",
                      size ? atoi (size) : 1,
                      "userid",
                      (json_int_t)(owner ? atoll (owner) : 0),
                      "t_run",
                      start);
}

static long line_width (const struct opts *o)
{
    const char *columns = getenv ("COLUMNS");
    struct winsize ws;

    if (opt_count (o, "long"))
        return -1;
    if (columns && atoi (columns) > 0)
        return atoi (columns);
    if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0)
        return ws.ws_col;
    return -1;
}

static void choose_formats (struct pstree *t)
{
    const struct opts *o = t->o;
    const char *details = opt_str (o, "details", NULL);
    const char *label = opt_str (o, "label", NULL);
    const char *parent = opt_str (o, "parent-label", label);
    char *text;

    if (details && strcmp (details, "default") != 0)
        die ("not available yet: --details=%s tells about instances inside "
             "of jobs",
             details);
    t->extended =
        details || opt_count (o, "extended") || opt_count (o, "detail-format");
    t->combine = !t->extended && !opt_count (o, "no-combine");
    text = xasprintf ("%s%s",
                      opt_count (o, "parent-ids") ? "{id.f58} " : "",
                      parent ? parent : "{name}");
    parse (&t->parent, "parent-label", text);
    free (text);
    if (!label)
        label = opt_count (o, "all") ? "{name}:{status_abbrev}" : "{name}";
    parse (&t->label, "label", label);
    parse (&t->details,
           "detail-format",
           opt_str (o, "detail-format", DEFAULT_DETAILS));
}

static json_t *named_jobs (const struct pstree *t, flux_t *h)
{
    json_t *jobs = json_array ();

    for (int i = 0; i < t->o->argc; i++) {
        json_t *job = joblist_id (h, parse_id (t->o->argv[i]), t->attrs);
        if (job)
            json_array_append_new (jobs, job);
        else
            fprintf (stderr, "JobID %s unknown\n", t->o->argv[i]);
    }
    return jobs;
}

/* --all is a form of --filter. */
static json_t *own_jobs (const struct pstree *t, flux_t *h)
{
    long max = opt_int (t->o, "count", 1000, 0, 1L << 30);

    return joblist_matching (h, t->o, t->attrs, max);
}

static bool skips_root (const struct pstree *t)
{
    const char *s = opt_str (t->o, "skip-root", NULL);

    if (!s)
        return t->extended || t->o->argc > 0;
    if (strcmp (s, "yes") != 0 && strcmp (s, "no") != 0)
        die_usage ("--skip-root: '%s' is neither yes nor no", s);
    return !strcmp (s, "yes");
}

static int run (struct opts *o)
{
    static const struct option_def filter = { 'f', "filter", "", "" };
    struct pstree t = { .o = o };
    int drawing =
        (opt_count (o, "ascii") ? 2 : 0) + (opt_count (o, "compact") ? 1 : 0);
    json_t *jobs;
    flux_t *h;

    if (opt_count (o, "all") && !opt_count (o, "filter"))
        o->uses[o->nuses++] =
            (struct opt_use){ &filter, "pending,running,inactive" };
    else if (!opt_count (o, "filter"))
        o->uses[o->nuses++] = (struct opt_use){ &filter, "running" };
    t.draw = &drawings[drawing];
    t.width = line_width (o);
    choose_formats (&t);
    t.attrs = json_pack ("[s]", "all");
    h = cmd_open ();
    jobs = o->argc > 0 ? named_jobs (&t, h) : own_jobs (&t, h);
    if (t.extended && !opt_count (o, "no-header")) {
        char *s = format_text (&t.details, NULL);
        printf ("%s\n", s);
        free (s);
    }
    if (!skips_root (&t)) {
        json_t *root = make_root (h);
        char *label = format_text (&t.parent, root);
        print_line (&t, root, "", label);
        free (label);
        json_decref (root);
    }
    print_jobs (&t, jobs, skips_root (&t) ? NULL : "", 1);
    json_decref (jobs);
    json_decref (t.attrs);
    format_clear (&t.label);
    format_clear (&t.parent);
    format_clear (&t.details);
    flux_close (h);
    return 0;
}

const struct command cmd_pstree = {
    .name = "pstree",
    .summary = "draw the jobs of an instance as a tree",
    .usage = "[OPTIONS] [JOBID...]",
    .options = { options },
    .usage_status = 2,
    .section = "jobs",
    .run = run,
};
