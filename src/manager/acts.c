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

#define SLICE_SECONDS 0.004
#define CLOCK_EVERY 16 /* jobs between two looks at the clock */

struct act {
    STAILQ_ENTRY (act) link;
    uint64_t id;
};
STAILQ_HEAD (act_head, act);

struct acts {
    struct manager *m;
    struct act_head list;
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
    host->act_listed = true;
    STAILQ_INSERT_TAIL (&acts->list, a, link);
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
        if (!shutdown_holds (m, job))
            start_job (m->start, job);
    }
    else if ((owed & OWE_KILL) && host->kill_stage == 0)
        start_kill (m->start, job);
}

/* Jobs that wrote again since they were listed wait for that too, and so do
 * those in the middle of an event.  After a few milliseconds the rest waits
 * for the next turn.
 */
static void run_acts (struct loop_source *src, int revents, void *arg)
{
    struct acts *acts = arg;
    struct act_head todo = STAILQ_HEAD_INITIALIZER (todo);
    double until = clock_monotonic (acts->m->clock) + SLICE_SECONDS;
    unsigned int n = 0;
    struct act *a;

    STAILQ_CONCAT (&todo, &acts->list);
    while ((a = STAILQ_FIRST (&todo))) {
        struct job *job = manager_job (acts->m, a->id);
        struct job_host *host = job ? host_of (job) : NULL;

        STAILQ_REMOVE_HEAD (&todo, link);
        if (host
            && (host->busy
                || host->last_batch > outbox_durable (acts->m->outbox))) {
            STAILQ_INSERT_TAIL (&acts->list, a, link);
            continue;
        }
        free (a);
        if (host) {
            host->act_listed = false;
            act_on (acts->m, job);
        }
        if (++n % CLOCK_EVERY == 0
            && clock_monotonic (acts->m->clock) > until) {
            STAILQ_CONCAT (&todo, &acts->list);
            STAILQ_CONCAT (&acts->list, &todo);
            loop_kick (acts->work);
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
