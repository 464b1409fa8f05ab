/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The end of a manager: jobs are ended, or stay for the next one. */

#include <stdlib.h>

#include "manager/manager_private.h"
#include "manager/requests.h"

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

/* Has all that was to end left memory, and so is durable? */
static bool is_over (const struct manager *m)
{
    if (m->broken || m->shutdown->how == MANAGER_END_NONE)
        return true;
    if (m->shutdown->how == MANAGER_END_ALL || m->running_count > 0)
        return m->active_count == 0;
    for (const struct job *job = m->jobs; job; job = job->hh.next) {
        if (!job_is_pending (job))
            return false;
    }
    return true;
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

bool manager_leaves_jobs (const struct manager *m)
{
    return m->broken
           || (m->shutdown && m->shutdown->how == MANAGER_END_NONE
               && m->running_count > 0);
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
    HASH_ITER (hh, m->jobs, job, tmp)
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
