/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* One plugin callback that reads id and urgency, compared with one that reads
 * nothing, and that with a bare call of a function.
 */

#include <flux/core.h>
#include <flux/jobtap.h>
#include <stdlib.h>

#include "bench.h"
#include "inproc.h"

#define CALLS 1000000

static volatile long sink;
static bool reads;

static int cb (flux_plugin_t *p,
               const char *topic,
               flux_plugin_arg_t *args,
               void *arg)
{
    flux_jobid_t id;
    int urgency;

    if (!reads)
        return 0;
    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:I s:i}",
                                "id",
                                &id,
                                "urgency",
                                &urgency)
        < 0)
        return -1;
    sink = id + urgency;
    return 0;
}

static int init (flux_plugin_t *p)
{
    return flux_plugin_add_handler (p, "job.priority.get", cb, NULL);
}

static const struct jobtap_builtin plugins[] = {
    { ".reader", init },
    { NULL, NULL },
};

static __attribute__ ((noinline)) int bare (void *arg, int64_t *out)
{
    __asm__ volatile("" : : "r"(arg), "r"(out) : "memory");
    return 1;
}

static double ns_each (const struct plugin_ops *ops, struct job *job)
{
    double t = now ();
    int64_t priority;

    for (long i = 0; i < CALLS; i++)
        sink = ops ? ops->priority_get (ops->arg, job, &priority)
                   : bare (job, &priority);
    return 1e9 * (now () - t) / CALLS;
}

int main (int argc, char **argv)
{
    struct inproc_opt opt = { .cores = 1, .run = 1e6, .plugins = plugins };
    struct inproc *in;
    struct job *job;
    const struct plugin_ops *ops;
    struct figure f = {
        .name = "callback reading id and urgency, over an empty one",
        .unit = "ns",
        .floor = "empty callback",
        .target = "200",
    };
    struct figure whole = {
        .name = "empty callback",
        .unit = "ns",
        .floor = "bare function call",
    };

    in = inproc_create (&opt);
    ops = jobtap_ops (in->jt);
    inproc_submit (in, 2, 2, false);
    inproc_settle (in);
    if (!(job = manager_job (in->m, in->last_id)))
        die ("the job is gone");
    for (int i = 0; i < runs (); i++) {
        double empty, full;

        series_add (&whole.floor_s, ns_each (NULL, job));
        reads = false;
        empty = ns_each (ops, job);
        reads = true;
        full = ns_each (ops, job);
        series_add (&whole.s, empty);
        series_add (&f.floor_s, empty);
        series_add (&f.s, full - empty);
    }
    figure_print (&whole);
    figure_print (&f);
    inproc_destroy (in);
    return 0;
}
