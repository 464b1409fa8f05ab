/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stddef.h>

#include "job/fsm.h"

static bool in (const struct job *job, int states)
{
    return job->state & states;
}

/* States that cannot be skipped, and whether their time was noted. */
static bool times_hold (const struct job *job)
{
    static const int states[JOB_T_MAX] = {
        [JOB_T_DEPEND] = FLUX_JOB_STATE_DEPEND,
        [JOB_T_PRIORITY] = FLUX_JOB_STATE_PRIORITY,
        [JOB_T_SCHED] = FLUX_JOB_STATE_SCHED,
        [JOB_T_RUN] = FLUX_JOB_STATE_RUN,
        [JOB_T_CLEANUP] = FLUX_JOB_STATE_CLEANUP,
        [JOB_T_INACTIVE] = FLUX_JOB_STATE_INACTIVE,
    };

    for (int i = 0; i < JOB_T_MAX; i++) {
        if (job->state == states[i] && job->t[i] == 0.)
            return false;
    }
    if (!in (job, FLUX_JOB_STATE_INACTIVE) && job->t[JOB_T_INACTIVE] != 0.)
        return false;
    if (in (job, FLUX_JOB_STATE_NEW | FLUX_JOB_STATE_PENDING)
        && (job->t[JOB_T_RUN] != 0. || job->t[JOB_T_CLEANUP] != 0.))
        return false;
    return true;
}

/* In the order, and with the numbers, of the list in fsm.h. */
const char *job_check (const struct job *job)
{
    if (in (job, FLUX_JOB_STATE_NEW)
        && (job->priority != -1 || job->R || job->has_resources
            || job->end_event))
        return "1: NEW with a priority, R, resources or an end event";
    if (in (job, FLUX_JOB_STATE_NEW | FLUX_JOB_STATE_DEPEND)
        && (job->has_resources || job->started))
        return "2: resources or start before PRIORITY";
    if (in (job, FLUX_JOB_STATE_SCHED) && job->priority < 0)
        return "3: SCHED without a priority";
    if (in (job, FLUX_JOB_STATE_RUN) && !job->has_resources)
        return "4: RUN without resources";
    if (job->started && !(job->posted & (1U << EVENT_ALLOC)))
        return "5: started without alloc";
    if (in (job, FLUX_JOB_STATE_CLEANUP | FLUX_JOB_STATE_INACTIVE)
        && !job->end_event)
        return "6: over without an end event";
    if (in (job, FLUX_JOB_STATE_INACTIVE)
        && (job->has_resources || job->perilogs > 0))
        return "7: INACTIVE with resources, or in a prolog or epilog";
    if (job->ndeps > 0
        && in (job,
               FLUX_JOB_STATE_PRIORITY | FLUX_JOB_STATE_SCHED
                   | FLUX_JOB_STATE_RUN))
        return "8: outstanding dependencies after DEPEND";
    if (__builtin_popcount (job->state) != 1 || job->state > 64
        || !times_hold (job))
        return "9: state is not one bit, or its time is missing";
    return NULL;
}
