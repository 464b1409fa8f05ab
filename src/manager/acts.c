/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Step 8: acting on jobs, after the commit.
 *
 * A job is listed when it may be owed something that leaves this process.
 * Its turn comes when all it wrote is durable, as work that is held back
 * while a plugin waits inside a callback.
 */

#include <stdlib.h>
#include <sys/queue.h>

#include "manager/manager_private.h"

#define ACTS_CLOCK_EVERY 8 /* jobs between two looks at the clock */
/* Shorter than other slices: what a commit lets go on at once is taken apart
 * here, so that the loop works at one part while the disk is at another, and
 * they do not wait for each other by turns.
 */
#define ACTS_SECONDS 0.0005

struct act {
    STAILQ_ENTRY (act) link;
    uint64_t id;
    uint64_t batch; /* the last one with writes of the job, when listed */
};
STAILQ_HEAD (act_head, act);

struct acts {
    struct manager *m;
    struct act_head list;
    size_t count;
    struct loop_source *work;
};

void acts_add (struct acts *acts, struct job *job)
{
    struct job_host *host = host_of (job);
    struct act *a;

    if (host->act_listed)
        return;
    if (!(a = malloc (sizeof (*a)))) {
        log_errno (PART, "acting on a job");
        return;
    }
    a->id = job->id;
    a->batch = host->last_batch;
    host->act_listed = true;
    STAILQ_INSERT_TAIL (&acts->list, a, link);
    acts->count++;
    if (host->last_batch <= outbox_durable (acts->m->outbox))
        loop_kick (acts->work);
}

/* What is owed now, not what was when the job was listed. */
static void act_on (struct manager *m, struct job *job)
{
    struct job_host *host = host_of (job);
    struct job_inflight f = post_inflight (job);
    int owed = job_effects (job, &f);

    if (job->state == FLUX_JOB_STATE_INACTIVE)
        manager_forget (m, job);
    else if (owed & OWE_START) {
        /* Looked at again when there is who starts it. */
        if (!m->exec_offline && !shutdown_holds (m, job))
            start_job (m->start, job);
    }
    else if ((owed & OWE_KILL) && host->kill_stage == 0)
        start_kill (m->start, job);
}

/* It comes to the end of the list, which is in the order of batches. */
static void put_off (struct acts *acts, struct act *a, struct job_host *host)
{
    a->batch = host->last_batch;
    STAILQ_INSERT_TAIL (&acts->list, a, link);
}

/* Jobs that wrote again since they were listed wait for that too, and so do
 * those in the middle of an event.  After a while the rest waits
 * for the next turn.
 */
static void run_acts (struct loop_source *src, int revents, void *arg)
{
    struct acts *acts = arg;
    uint64_t durable = outbox_durable (acts->m->outbox);
    double until = clock_monotonic (acts->m->clock) + ACTS_SECONDS;
    struct act *a;

    for (size_t n = 1, all = acts->count; n <= all; n++) {
        struct job_host *host;
        struct job *job;

        if (!(a = STAILQ_FIRST (&acts->list)) || a->batch > durable)
            return;
        STAILQ_REMOVE_HEAD (&acts->list, link);
        job = manager_job (acts->m, a->id);
        host = job ? host_of (job) : NULL;
        if (host && (host->busy || host->last_batch > durable)) {
            put_off (acts, a, host);
            continue;
        }
        acts->count--;
        free (a);
        if (host) {
            host->act_listed = false;
            act_on (acts->m, job);
        }
        if (n % ACTS_CLOCK_EVERY == 0
            && clock_monotonic (acts->m->clock) > until) {
            loop_kick (acts->work);
            return;
        }
    }
}

void acts_durable (struct acts *acts)
{
    if (!STAILQ_EMPTY (&acts->list))
        loop_kick (acts->work);
}

struct acts *acts_create (struct manager *m)
{
    struct acts *acts;

    if (!(acts = calloc (1, sizeof (*acts))))
        return NULL;
    acts->m = m;
    STAILQ_INIT (&acts->list);
    acts->work = loop_work_create (m->loop, LOOP_HOLDABLE, run_acts, acts);
    if (!acts->work) {
        free (acts);
        return NULL;
    }
    loop_source_set_name (acts->work, "start and forget jobs");
    return acts;
}

void acts_destroy (struct acts *acts)
{
    struct act *a;

    if (!acts)
        return;
    while ((a = STAILQ_FIRST (&acts->list))) {
        STAILQ_REMOVE_HEAD (&acts->list, link);
        free (a);
    }
    loop_source_destroy (acts->work);
    free (acts);
}
