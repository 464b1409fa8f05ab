/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Jobs with the debug flag that wait for resources, and which of them asked
 * for some: "debug.alloc-request" (RFC 21) is posted when a job's request
 * counts, and again when it counts once more.  It does not while the job is
 * held, its queue is stopped, or there is no scheduler.
 */

#include <errno.h>
#include <stdlib.h>

#include "base/idtable.h"
#include "manager/manager_private.h"
#include "manager/requests.h"

#define SLICE 128 /* jobs a turn */

struct ask {
    struct idnode node; /* first */
    struct job *job;
    bool told;
};

struct asks {
    struct manager *m;
    struct idtable waiting;
    struct loop_source *work;
    struct idnode *next; /* of a walk under way */
};

static bool job_asks (struct asks *a, const struct job *job)
{
    const struct jobspec *spec = jobspec_of (job->spec);

    return job->priority > 0 && !alloc_offline (a->m->alloc)
           && queues_started (a->m->queues, spec ? spec->queue : NULL);
}

static void tell (struct asks *a, struct ask *ask)
{
    struct job *job = ask->job;
    bool was_told = ask->told;

    ask->told = job_asks (a, job);
    if (ask->told && !was_told)
        manager_post_debug (a->m, job, "debug.alloc-request");
}

void asks_check (struct asks *a, struct job *job)
{
    struct ask *ask;

    if (!(job->flags & FLUX_JOB_DEBUG))
        return;
    if (!(ask = (struct ask *)idtable_find (&a->waiting, job->id))) {
        if (!(ask = calloc (1, sizeof (*ask))))
            return;
        ask->node.id = job->id;
        ask->job = job;
        if (idtable_add (&a->waiting, &ask->node) < 0) {
            free (ask);
            return;
        }
    }
    tell (a, ask);
}

void asks_forget (struct asks *a, struct job *job)
{
    struct idnode *node;

    if (!(job->flags & FLUX_JOB_DEBUG)
        || !(node = idtable_find (&a->waiting, job->id)))
        return;
    if (a->next == node)
        a->next = node->next;
    idtable_remove (&a->waiting, node);
    free (node);
}

void asks_changed (struct asks *a)
{
    a->next = a->waiting.first;
    if (a->next)
        loop_kick (a->work);
}

static void walk_cb (struct loop_source *src, int revents, void *arg)
{
    struct asks *a = arg;
    struct idnode *node;

    for (int i = 0; i < SLICE && (node = a->next); i++) {
        a->next = node->next;
        tell (a, (struct ask *)node);
    }
    if (a->next)
        loop_kick (src);
}

struct asks *asks_create (struct manager *m)
{
    struct asks *a;

    if (!(a = calloc (1, sizeof (*a))))
        return NULL;
    a->m = m;
    if (!(a->work = loop_work_create (m->loop, LOOP_HOLDABLE, walk_cb, a))) {
        free (a);
        return NULL;
    }
    loop_source_set_name (a->work, "requests");
    return a;
}

void asks_destroy (struct asks *a)
{
    struct idnode *node, *next;

    if (!a)
        return;
    for (node = a->waiting.first; node; node = next) {
        next = node->next;
        free (node);
    }
    idtable_clear (&a->waiting);
    loop_source_destroy (a->work);
    free (a);
}
