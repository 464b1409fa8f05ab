/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The end of a manager: jobs are ended, or stay for the next one. */

#include <stdlib.h>

#include "manager/manager_private.h"
#include "manager/requests.h"
#include "store/store.h"

struct shutdown {
    enum manager_end how;
    void (*done) (void *arg);
    void *arg;
    struct loop_source *work;
};

static void report (struct loop_source *src, int revents, void *arg)
{
    struct manager *m = arg;

    m->shutdown->done (m->shutdown->arg);
}

/* Is there a job that runs, or that has ended and not durably so? */
static bool has_begun (const struct manager *m)
{
    return manager_count_in (m, ~FLUX_JOB_STATE_PENDING) > 0;
}

static bool is_over (const struct manager *m)
{
    if (m->broken || m->shutdown->how == MANAGER_END_NONE)
        return true;
    return m->shutdown->how == MANAGER_END_ALL ? m->active_count == 0
                                               : !has_begun (m);
}

void shutdown_check (struct manager *m)
{
    if (m->shutdown && is_over (m))
        loop_kick (m->shutdown->work);
}

static void cancel (struct manager *m, struct job *job)
{
    if (manager_raise (m,
                       job,
                       "cancel",
                       0,
                       UINT32_MAX,
                       "the instance is shutting down",
                       NULL)
        < 0)
        log_errno (PART, "canceling job %ju", (uintmax_t)job->id);
}

bool shutdown_holds (struct manager *m, struct job *job)
{
    if (!m->shutdown)
        return false;
    if (m->shutdown->how != MANAGER_END_NONE)
        cancel (m, job);
    return true;
}

/* What an agent has reported and could not be stored it tells the next one. */
bool manager_leaves_jobs (const struct manager *m)
{
    return m->broken || m->leave || (m->store && store_full (m->store, NULL))
           || (m->shutdown && m->shutdown->how == MANAGER_END_NONE
               && has_begun (m));
}

void manager_shutdown (struct manager *m,
                       enum manager_end how,
                       void (*done) (void *arg),
                       void *arg)
{
    static const int ended[] = {
        [MANAGER_END_ALL] = FLUX_JOB_STATE_PENDING | FLUX_JOB_STATE_RUN,
        [MANAGER_END_RUNNING] = FLUX_JOB_STATE_RUN,
        [MANAGER_END_NONE] = 0,
    };
    struct job *job, *tmp;

    if (m->stopping || !(m->shutdown = calloc (1, sizeof (*m->shutdown))))
        return;
    m->stopping = true;
    m->shutdown->how = how;
    m->shutdown->done = done;
    m->shutdown->arg = arg;
    m->shutdown->work = loop_work_create (m->loop, LOOP_ALWAYS, report, m);
    alloc_stop (m->alloc, true);
    ingest_go_on (m->ingest);
    JOB_FOREACH_SAFE (manager_jobs (m), job, tmp)
    {
        if (job->state & ended[how])
            cancel (m, job);
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
