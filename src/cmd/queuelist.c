/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    static const char *const heads[][2] = {
        { "nnodes", "NODES" },
        { "ncores", "CORES" },
        { "ngpus", "GPUS" },
    };
    char state[32];
    char what[32];

    if (sscanf (name, "resources.%31[a-z].%31[a-z]", state, what) != 2
        || res_state_parse (state) < 0)
        return NULL;
    for (int i = 0; i < 3; i++) {
        if (!strcmp (what, heads[i][0]))
            return heads[i][1];
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

static const struct named_format formats[] = {
    { "default",
      "the columns most people want",
      "?:{queuem:<8.8} {enabled:>2} {started:>2} "
      "{defaults.timelimit!F:>8} {limits.timelimit!F:>8} "
      "{limits.range.nnodes:>10} {limits.range.ncores:>10} "
      "{limits.range.ngpus:>10}" },
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

static json_t *make_row (flux_t *h, struct resview *v, const char *name)
{
    json_t *row = json_object ();
    json_t *r =
        call_json (h,
                   "job-manager.queue-status",
                   0,
                   *name ? json_pack ("{s:s}", "name", name) : json_object ());
    const char *def = json_string_value (
        json_get_path (v->config, "policy.jobspec.defaults.system.queue"));
    int enable = 0;
    int start = 0;
    char *marked =
        xasprintf ("%s%s", name, def && !strcmp (def, name) ? "*" : "");

    json_unpack (r, "{s?b s?b}", "enable", &enable, "start", &start);
    json_object_set_new (row, "queue", json_string (name));
    json_object_set_new (row, "queuem", json_string (marked));
    json_object_set_new (row,
                         "submission",
                         json_string (enable ? "enabled" : "disabled"));
    json_object_set_new (row,
                         "scheduling",
                         json_string (start ? "started" : "stopped"));
    json_object_set_new (row, "enabled", json_string (enable ? "✔" : "✗"));
    json_object_set_new (row, "started", json_string (start ? "✔" : "✗"));
    json_object_set_new (row,
                         "enabled.ascii",
                         json_string (enable ? "y" : "n"));
    json_object_set_new (row, "started.ascii", json_string (start ? "y" : "n"));
    queue_limits (row, v->config, name);
    set_resources (row, v, name);
    free (marked);
    json_decref (r);
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
