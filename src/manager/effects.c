/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What an event that was just applied means to the parts of the manager. */

#include <stdlib.h>

#include "manager/manager_private.h"
#include "wire/requests_job.h"

static void count_states (struct manager *m, const struct job *job, int prev)
{
    bool was = prev & FLUX_JOB_STATE_RUNNING;
    bool is = job_is_running (job);

    m->running_count += is - was;
    m->in_state[__builtin_ctz (prev)]--;
    m->in_state[__builtin_ctz (job->state)]++;
    tally_move (m, job, prev);
}

/* As it was given; what became of it is in the job's row. */
static void store_R (struct manager *m, struct job *job)
{
    if (!job->R)
        return;
    if (store_value_put (m->store, job->id, "R", job->R->s, job->R->len) < 0)
        log_errno (PART, "storing R");
}

static void publish_exception (struct manager *m,
                               const struct job *job,
                               const struct event *ev)
{
    char *json = wire_job_exception_encode (job->id, ev);

    if (json)
        outbox_publish (m->outbox, "job-exception", json);
    free (json);
}

static void ended (struct manager *m, struct job *job)
{
    hosts_row_dirty (m, job);
    if (!job->released)
        outbox_guest_done (m->outbox, job->id);
    waits_inactive (m->waits, job);
    acts_add (m->acts, job);
}

void effects_of_event (struct manager *m,
                       struct job *job,
                       const struct event *ev,
                       int prev)
{
    if (job->state != prev)
        count_states (m, job, prev);
    switch (ev->kind) {
    case EVENT_VALIDATE:
        waits_active (m->waits, job);
        hosts_row_dirty (m, job);
        break;
    case EVENT_SUBMIT:
        tally_enter (m, job);
        break;
    case EVENT_JOBSPEC_UPDATE:
        tally_enter (m, job);
        hosts_row_dirty (m, job);
        break;
    case EVENT_PRIORITY:
        alloc_prioritize (m->alloc, job);
        break;
    case EVENT_ALLOC:
        alloc_cancel (m->alloc, job); /* it may have come from elsewhere */
        store_R (m, job);
        break;
    case EVENT_RESOURCE_UPDATE:
        host_of (job)->row_lacks_R = true;
        hosts_row_dirty (m, job);
        deadline_arm (m, job);
        alloc_expiration (m->alloc, job);
        break;
    case EVENT_START:
        deadline_arm (m, job);
        break;
    case EVENT_EXCEPTION:
        publish_exception (m, job, ev);
        break;
    case EVENT_RELEASE:
        if (ev->final)
            outbox_guest_done (m->outbox, job->id);
        break;
    case EVENT_FREE:
        if (!housekeeping_take (m->housekeeping, job))
            alloc_free (m->alloc, job);
        break;
    case EVENT_CLEAN:
        ended (m, job);
        break;
    default:
        break;
    }
    if (prev != job->state && job->state == FLUX_JOB_STATE_CLEANUP)
        deadline_stop (job);
    if ((prev & FLUX_JOB_STATE_RUNNING) && !job_is_running (job))
        drains_check (m->drains);
}
