/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The end of an instance: pending jobs are canceled, running ones ended. */

#include <stdlib.h>

#include "manager/manager_private.h"
#include "manager/requests.h"

struct shutdown {
    void (*done) (void *arg);
    void *arg;
    struct loop_source *work;
};

static void report (struct loop_source *src, int revents, void *arg)
{
    struct manager *m = arg;

    m->shutdown->done (m->shutdown->arg);
}

void shutdown_check (struct manager *m)
{
    if (m->shutdown && (m->active_count == 0 || m->broken))
        loop_kick (m->shutdown->work);
}

void manager_shutdown (struct manager *m, void (*done) (void *arg), void *arg)
{
    struct job *job, *tmp;

    if (m->stopping || !(m->shutdown = calloc (1, sizeof (*m->shutdown))))
        return;
    m->stopping = true;
    m->shutdown->done = done;
    m->shutdown->arg = arg;
    m->shutdown->work = loop_work_create (m->loop, LOOP_ALWAYS, report, m);
    alloc_stop (m->alloc, true);
    HASH_ITER (hh, m->jobs, job, tmp)
    {
        if (job->state & (FLUX_JOB_STATE_PENDING | FLUX_JOB_STATE_RUN))
            manager_raise (m,
                           job,
                           "cancel",
                           0,
                           UINT32_MAX,
                           "the instance is shutting down",
                           NULL);
    }
    shutdown_check (m);
}

void shutdown_destroy (struct manager *m)
{
    if (!m->shutdown)
        return;
    loop_source_destroy (m->shutdown->work);
    free (m->shutdown);
}
