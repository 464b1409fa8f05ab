/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the world owes a job, derived from what it is now.
 *
 * Idempotent: asked twice it says the same, so a restart simply asks.  The
 * caller says what is already under way.
 */

#ifndef SLUICE_JOB_EFFECTS_H
#define SLUICE_JOB_EFFECTS_H

#include "job/job.h"

struct job_inflight {
    bool alloc;       /* the scheduler has the job */
    bool start;       /* the executor has it: asked, and not yet released */
    bool depend_adds; /* a dependency-add is queued */
    bool prologs;     /* a prolog-start is queued */
    bool epilogs;     /* an epilog-start is queued */
    bool depend, free, clean; /* that event is queued */
};

enum {
    OWE_DEPEND = 1,       /* post "depend" */
    OWE_ALLOC = 2,        /* ask the scheduler */
    OWE_ALLOC_CANCEL = 4, /* take it back from the scheduler */
    OWE_START = 8,        /* hand it to the executor */
    OWE_KILL = 16,        /* end its processes: it is in CLEANUP by exception */
    OWE_FREE = 32,        /* post "free", give the resources back */
    OWE_CLEAN = 64,       /* post "clean" */
};

int job_effects (const struct job *job, const struct job_inflight *f);

#endif
