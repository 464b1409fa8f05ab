/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <flux/core.h>

#include "base/fsd.h"
#include "cmd/fsd.h"
#include "cmd/queuelist.h"
#include "cmd/resview.h"
#include "cmd/rowformat.h"
#include "cmd/util.h"

static const struct row_field fields[] = {
    { "queue", "QUEUE" },
    { "queuem", "QUEUE" },
    { "parent", "PARENT" },
    { "color_enabled", "" },
    { "color_started", "" },
    { "color_off", "" },
    { "submission", "SUBMIT" },
    { "scheduling", "SCHED" },
    { "enabled", "EN" },
    { "started", "ST" },
    { "enabled.ascii", "EN" },
    { "started.ascii", "ST" },
    { "defaults.timelimit", "TDEFAULT" },
    { "limits.timelimit", "TLIMIT" },
    { "limits.range.nnodes", "NNODES" },
    { "limits.range.ncores", "NCORES" },
    { "limits.range.ngpus", "NGPUS" },
    { "limits.range.effective.nnodes", "NNODES" },
    { "limits.range.effective.ncores", "NCORES" },
    { "limits.range.effective.ngpus", "NGPUS" },
    { "limits.min.nnodes", "MINNODES" },
    { "limits.max.nnodes", "MAXNODES" },
    { "limits.min.ncores", "MINCORES" },
    { "limits.max.ncores", "MAXCORES" },
    { "limits.min.ngpus", "MINGPUS" },
    { "limits.max.ngpus", "MAXGPUS" },
    { 0 },
};

/* resources.STATE.{nnodes,ncores,ngpus} */
static const char *resource_head (const char *name)
{
    static const char *const sizes[] = { "nnodes", "ncores", "ngpus" };
    static const char *const heads[3][NR_RES_STATES] = {
        { "NODES", "NODES:UP", "NODES:DOWN", "NODES:ALLOC", "NODES:FREE" },
        { "CORES", "CORES:UP", "CORES:DOWN", "CORES:ALLOC", "CORES:FREE" },
        { "GPUS", "GPUS:UP", "GPUS:DOWN", "GPUS:ALLOC", "GPUS:FREE" },
    };
    char state[32];
    char what[32];
    int s;

    if (sscanf (name, "resources.%31[a-z].%31[a-z]", state, what) != 2
        || (s = res_state_parse (state)) < 0)
        return NULL;
    for (int i = 0; i < 3; i++) {
        if (!strcmp (what, sizes[i]))
            return heads[i][s];
    }
    return NULL;
}

static const char *head (const char *name)
{
    const char *s = row_head (fields, name);

    return s ? s : resource_head (name);
}

static const struct format_ops ops = {
    .get = row_get,
    .head = head,
};

#define WHICH                                 \
    "?:{queuem:<8.8} ?:{parent:<8.8} "        \
    "{color_enabled}{enabled:>2}{color_off} " \
    "{color_started}{started:>2}{color_off} "
#define TIMES "{defaults.timelimit!F:>8} {limits.timelimit!F:>8} "

static const struct named_format formats[] = {
    { "default",
      "the columns most people want",
      WHICH TIMES "{limits.range.effective.nnodes:>10} "
                  "{limits.range.effective.ncores:>10} "
                  "{limits.range.effective.ngpus:>10}" },
    { "policy",
      "limits as they are configured, whatever resources there are",
      WHICH TIMES "{limits.range.nnodes:>10} {limits.range.ncores:>10} "
                  "{limits.range.ngpus:>10}" },
    { "nodes",
      "nodes by state in place of limits",
      WHICH "{resources.all.nnodes:>6} {resources.up.nnodes:>10} "
            "{resources.down.nnodes:>10} {resources.allocated.nnodes:>11} "
            "{resources.free.nnodes:>10}" },
    { 0 },
};

static double duration_of (json_t *o)
{
    double d;

    if (json_is_string (o) && fsd_decode (json_string_value (o), &d) == 0)
        return d;
    return json_is_number (o) ? json_number_value (o) : INFINITY;
}

/* The queue's own value, else the general one. */
static json_t *policy (json_t *config, const char *name, const char *path)
{
    json_t *queue = json_object_get (json_object_get (config, "queues"), name);
    char *full = xasprintf ("policy.%s", path);
    json_t *o = queue ? json_get_path (queue, full) : NULL;

    if (!o)
        o = json_get_path (config, full);
    free (full);
    return o;
}

static void set_new (json_t *row,
                     const char *prefix,
                     const char *what,
                     json_t *o)
{
    char *key = xasprintf ("%s%s", prefix, what);

    json_object_set_new (row, key, o);
    free (key);
}

void queue_limits (json_t *row, json_t *config, const char *name)
{
    static const char *const sizes[] = { "nnodes", "ncores", "ngpus" };

    /* JSON has no infinity: no limit is text */
    for (int i = 0; i < 2; i++) {
        double d = duration_of (policy (
            config,
            name,
            i ? "limits.duration" : "jobspec.defaults.system.duration"));
        json_object_set_new (row,
                             i ? "limits.timelimit" : "defaults.timelimit",
                             isinf (d) || d == 0 ? json_string ("inf")
                                                 : json_real (d));
    }
    for (int i = 0; i < 3; i++) {
        char path[64];
        char range[64];
        json_t *o;
        long long min;
        long long max = -1;

        snprintf (path, sizeof (path), "limits.job-size.min.%s", sizes[i]);
        o = policy (config, name, path);
        min = json_is_integer (o) ? json_integer_value (o) : 0;
        snprintf (path, sizeof (path), "limits.job-size.max.%s", sizes[i]);
        o = policy (config, name, path);
        if (json_is_integer (o))
            max = json_integer_value (o);
        set_new (row, "limits.min.", sizes[i], json_integer (min));
        if (max >= 0) {
            snprintf (range, sizeof (range), "%lld-%lld", min, max);
            set_new (row, "limits.max.", sizes[i], json_integer (max));
        }
        else {
            snprintf (range, sizeof (range), "%lld-inf", min);
            set_new (row, "limits.max.", sizes[i], json_string ("inf"));
        }
        set_new (row, "limits.range.", sizes[i], json_string (range));
    }
}

static void set_resources (json_t *row, struct resview *v, const char *name)
{
    for (int s = 0; s < NR_RES_STATES; s++) {
        struct rset *r = queue_rset (v, name, s);
        long long have[3] = { rset_nnodes (r),
                              rset_ncores (r),
                              rset_ngpus (r) };
        static const char *const sizes[] = { "nnodes", "ncores", "ngpus" };

        for (int i = 0; i < 3; i++) {
            char key[64];
            snprintf (key,
                      sizeof (key),
                      "resources.%s.%s",
                      res_state_name (s),
                      sizes[i]);
            json_object_set_new (row, key, json_integer (have[i]));
            if (s == RES_ALL) {
                char path[64];
                char range[64];
                json_t *max;
                snprintf (path, sizeof (path), "limits.max.%s", sizes[i]);
                max = json_object_get (row, path);
                if (json_is_integer (max) && json_integer_value (max) < have[i])
                    have[i] = json_integer_value (max);
                snprintf (path, sizeof (path), "limits.min.%s", sizes[i]);
                snprintf (range,
                          sizeof (range),
                          "%lld-%lld",
                          json_integer_value (json_object_get (row, path)),
                          have[i]);
                set_new (row,
                         "limits.range.effective.",
                         sizes[i],
                         json_string (range));
            }
        }
        rset_destroy (r);
    }
}

static void set_text (json_t *row, const char *key, const char *s)
{
    json_object_set_new (row, key, json_string (s));
}

/* Green for what goes on, red for what does not, yellow for what waits. */
static void set_color (json_t *row, const char *key, int how)
{
    static const char *const codes[] = { "\033[31m", "\033[32m", "\033[33m" };
    bool color = isatty (STDOUT_FILENO) && !getenv ("NO_COLOR");

    set_text (row, key, color ? codes[how] : "");
    set_text (row, "color_off", color ? "\033[0m" : "");
}

/* A queue that is started waits if its parent is not (RFC 33).  name is ""
 * for the anonymous one.
 */
static void set_status (json_t *row, flux_t *h, const char *name)
{
    static const char *const sched[] = { "stopped",
                                         "started",
                                         "stopped (parent)" };
    static const char *const marks[] = { "✗", "✔", "⏸" };
    static const char *const letters[] = { "n", "y", "p" };
    json_t *r =
        call_json (h,
                   "job-manager.queue-status",
                   0,
                   *name ? json_pack ("{s:s}", "name", name) : json_object ());
    const char *parent = "", *blocked = NULL;
    int enable = 0, start = 0;

    json_unpack (r,
                 "{s?b s?b s?s s?s}",
                 "enable",
                 &enable,
                 "start",
                 &start,
                 "parent",
                 &parent,
                 "blocked",
                 &blocked);
    if (blocked && !strcmp (blocked, "parent"))
        start = 2;
    set_text (row, "parent", parent);
    set_text (row, "submission", enable ? "enabled" : "disabled");
    set_text (row, "scheduling", sched[start]);
    set_text (row, "enabled", marks[enable]);
    set_text (row, "started", marks[start]);
    set_text (row, "enabled.ascii", letters[enable]);
    set_text (row, "started.ascii", letters[start]);
    set_color (row, "color_enabled", enable);
    set_color (row, "color_started", start);
    json_decref (r);
}

static json_t *make_row (flux_t *h, struct resview *v, const char *name)
{
    json_t *row = json_object ();
    const char *def = json_string_value (
        json_get_path (v->config, "policy.jobspec.defaults.system.queue"));
    char *marked =
        xasprintf ("%s%s", name, def && !strcmp (def, name) ? "*" : "");

    set_text (row, "queue", name);
    set_text (row, "queuem", marked);
    set_status (row, h, name);
    queue_limits (row, v->config, name);
    set_resources (row, v, name);
    free (marked);
    return row;
}

int queue_list_run (struct opts *o)
{
    char *text = format_choose (formats,
                                opt_str (o, "format", NULL),
                                "FLUX_QUEUE_LIST_FORMAT_DEFAULT",
                                "flux-queue",
                                "list.formats");
    const char *queues = opt_str (o, "queue", NULL);
    json_t *rows = json_array ();
    struct resview v = { 0 };
    flux_t *h = cmd_open ();
    json_t *table;
    const char *name;
    json_t *q;

    if (o->argc > 0)
        die_usage ("there are no arguments");
    resview_get (&v, h);
    table = json_object_get (v.config, "queues");
    if (queues) {
        char *copy = xstrdup (queues);
        char *save = NULL;
        for (char *w = strtok_r (copy, ",", &save); w;
             w = strtok_r (NULL, ",", &save)) {
            if (!json_object_get (table, w))
                die ("No such queue: %s", w);
            json_array_append_new (rows, make_row (h, &v, w));
        }
        free (copy);
    }
    else if (json_object_size (table) == 0)
        json_array_append_new (rows, make_row (h, &v, ""));
    else {
        json_object_foreach (table, name, q)
            json_array_append_new (rows, make_row (h, &v, name));
    }
    rows_print (o, text, &ops, rows);
    json_decref (rows);
    resview_clear (&v);
    flux_close (h);
    free (text);
    return 0;
}
