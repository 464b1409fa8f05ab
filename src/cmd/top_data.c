/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/joblist.h"
#include "cmd/resview.h"
#include "cmd/top.h"
#include "cmd/util.h"

static const char *queue_name (const struct top *t)
{
    return json_string_value (json_array_get (t->queues, t->queue));
}

static void count_use (struct top *t, struct resview *v, const char *queue)
{
    struct rset *sets[] = {
        queue_rset (v, queue, RES_ALLOCATED),
        queue_rset (v, queue, RES_DOWN),
        queue_rset (v, queue, RES_ALL),
    };

    t->nodes = (struct top_use){ rset_nnodes (sets[0]),
                                 rset_nnodes (sets[1]),
                                 rset_nnodes (sets[2]) };
    t->cores = (struct top_use){ rset_ncores (sets[0]),
                                 rset_ncores (sets[1]),
                                 rset_ncores (sets[2]) };
    t->gpus = (struct top_use){ rset_ngpus (sets[0]),
                                rset_ngpus (sets[1]),
                                rset_ngpus (sets[2]) };
    for (size_t i = 0; i < 3; i++)
        rset_destroy (sets[i]);
}

static void get_resources (struct top *t)
{
    struct resview v = { 0 };

    resview_get (&v, t->h);
    count_use (t, &v, queue_name (t));
    resview_clear (&v);
}

static int state_count (json_t *stats, const char *name)
{
    json_t *states = json_object_get (stats, "job_states");

    return json_integer_value (json_object_get (states, name));
}

static int count (json_t *stats, const char *name)
{
    return json_integer_value (json_object_get (stats, name));
}

static void get_stats (struct top *t)
{
    json_t *all =
        call_json (t->h, "job-list.job-stats", FLUX_NODEID_ANY, json_object ());
    json_t *stats = all;
    json_t *q;
    size_t i;

    json_array_foreach (json_object_get (all, "queues"), i, q)
    {
        const char *name = json_string_value (json_object_get (q, "name"));
        if (*queue_name (t) && name && !strcmp (name, queue_name (t)))
            stats = q;
    }
    t->pending = state_count (stats, "depend") + state_count (stats, "priority")
                 + state_count (stats, "sched");
    t->running = state_count (stats, "run") + state_count (stats, "cleanup");
    t->completed = count (stats, "successful");
    t->failed = count (stats, "failed") + count (stats, "canceled")
                + count (stats, "timeout");
    json_decref (all);
}

static void get_jobs (struct top *t)
{
    const char *queue = queue_name (t);
    json_t *list = json_pack ("[{s:[i]}]", "states", FLUX_JOB_STATE_RUNNING);
    json_t *request;

    if (*queue)
        json_array_append_new (list, json_pack ("{s:[s]}", "queue", queue));
    request = json_pack ("{s:i s:[s] s:f s:{s:o}}",
                         "max_entries",
                         1000,
                         "attrs",
                         "all",
                         "since",
                         0.,
                         "constraint",
                         "and",
                         list);
    json_decref (t->jobs);
    t->jobs = json_array ();
    joblist_receive (t->h, request, t->jobs);
    json_decref (request);
    if (t->cursor >= json_array_size (t->jobs))
        t->cursor =
            json_array_size (t->jobs) ? json_array_size (t->jobs) - 1 : 0;
}

void top_get_queues (struct top *t)
{
    json_t *r =
        call_json (t->h, "job-manager.queue-list", FLUX_NODEID_ANY, NULL);

    t->queues = json_pack ("[s]", "");
    json_array_extend (t->queues, json_object_get (r, "queues"));
    json_decref (r);
}

void top_update (struct top *t)
{
    (void)flux_get_instance_starttime (t->h, &t->start);
    get_resources (t);
    get_stats (t);
    get_jobs (t);
}

void top_clear (struct top *t)
{
    json_decref (t->queues);
    json_decref (t->jobs);
}
