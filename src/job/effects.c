/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include "job/effects.h"

static int effects_of_run (const struct job *job, const struct job_inflight *f)
{
    if (job->started || f->start || job->perilogs > 0 || f->prologs)
        return 0;
    return OWE_START;
}

/* CLEANUP ends when the set of obligations is empty: nothing with the
 * scheduler, nothing with the executor, no prolog or epilog, no resources.
 */
static int effects_of_cleanup (const struct job *job,
                               const struct job_inflight *f)
{
    bool perilogs = job->perilogs > 0 || f->prologs || f->epilogs;

    if (f->alloc)
        return OWE_ALLOC_CANCEL;
    if (f->start)
        return job->finished ? 0 : OWE_KILL;
    if (perilogs)
        return 0;
    if (job->has_resources)
        return f->free ? 0 : OWE_FREE;
    return f->clean ? 0 : OWE_CLEAN;
}

int job_effects (const struct job *job, const struct job_inflight *f)
{
    switch (job->state) {
    case FLUX_JOB_STATE_DEPEND:
        if (job->ndeps > 0 || f->depend_adds || f->depend)
            return 0;
        return OWE_DEPEND;
    case FLUX_JOB_STATE_PRIORITY:
        /* Back from SCHED: the scheduler must not start it meanwhile. */
        return f->alloc ? OWE_ALLOC_CANCEL : 0;
    case FLUX_JOB_STATE_SCHED:
        if (f->alloc || (job->flags & JOB_FLAG_ALLOC_BYPASS))
            return 0;
        return OWE_ALLOC;
    case FLUX_JOB_STATE_RUN:
        return effects_of_run (job, f);
    case FLUX_JOB_STATE_CLEANUP:
        return effects_of_cleanup (job, f);
    default:
        return 0;
    }
}
