/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Priorities: what plugins give, and asking them all again.
 *
 * A reprioritization walks the table of jobs in the order they were added,
 * for a few milliseconds inside the call and then in slices of its own.  The
 * place of the walk is a job; when that job leaves the table the walk steps
 * on first.
 */

#include <errno.h>
#include <stdlib.h>

#include "manager/manager_private.h"

#define SLICE_SECONDS 0.004
#define CLOCK_EVERY 64 /* jobs between two looks at the clock */

struct prioritizer {
    struct manager *m;
    struct loop_source *work;
    struct job *next; /* where the walk goes on; NULL: none under way */
    bool walking;
    bool again; /* asked for while under way */
};

int manager_set_priority (struct manager *m, struct job *job, int64_t priority)
{
    struct event ev = { .kind = EVENT_PRIORITY };

    if (!(job->state & (FLUX_JOB_STATE_PRIORITY | FLUX_JOB_STATE_SCHED))
        || priority < 0)
        return 0;
    if (job->urgency == FLUX_JOB_URGENCY_HOLD)
        priority = FLUX_JOB_PRIORITY_MIN;
    else if (job->urgency == FLUX_JOB_URGENCY_EXPEDITE
             || priority > FLUX_JOB_PRIORITY_MAX)
        priority = FLUX_JOB_PRIORITY_MAX;
    if (job->state == FLUX_JOB_STATE_SCHED && job->priority == priority)
        return 0;
    ev.priority = priority;
    return manager_post (m, job, &ev, NULL);
}

void prioritizer_forget (struct prioritizer *p, struct job *job)
{
    if (p && p->next == job)
        p->next = job->hh.next;
}

bool prioritizer_walking (const struct prioritizer *p)
{
    return p->walking;
}

static void ask (struct manager *m, struct job *job)
{
    const struct plugin_ops *ops = m->plugins;
    int64_t priority;

    if (!(job->state & (FLUX_JOB_STATE_PRIORITY | FLUX_JOB_STATE_SCHED)))
        return;
    if (ops && ops->priority_get
        && ops->priority_get (ops->arg, job, &priority) == 0)
        manager_set_priority (m, job, priority);
}

/* Most of what a long walk takes is waiting for memory: ask for what the next
 * steps look at while this one is being made.
 */
static void look_ahead (const struct job *job)
{
    const struct job *next = job->hh.next;
    const struct job *second = next ? next->hh.next : NULL;

    if (next)
        __builtin_prefetch (next->host);
    if (second) {
        __builtin_prefetch (second);
        __builtin_prefetch (&second->posted);
        __builtin_prefetch (&second->hh.next);
    }
}

static void walk (struct prioritizer *p)
{
    struct clock *clock = p->m->clock;
    double start = clock_monotonic (clock);
    unsigned int n = 0;

    p->walking = true;
    while (p->next) {
        struct job *job = p->next;

        p->next = job->hh.next;
        look_ahead (job);
        ask (p->m, job);
        if (++n % CLOCK_EVERY == 0
            && clock_monotonic (clock) - start > SLICE_SECONDS)
            break;
        if (!p->next && p->again) {
            p->again = false;
            p->next = p->m->jobs;
        }
    }
    p->walking = false;
    if (p->next)
        loop_kick (p->work);
}

static void go_on (struct loop_source *src, int revents, void *arg)
{
    walk (arg);
}

int manager_reprioritize_all (struct manager *m)
{
    struct prioritizer *p = m->prioritizer;

    if (p->next || p->walking) {
        p->again = true;
        return 0;
    }
    p->next = m->jobs;
    walk (p);
    return 0;
}

struct prioritizer *prioritizer_create (struct manager *m)
{
    struct prioritizer *p;

    if (!(p = calloc (1, sizeof (*p))))
        return NULL;
    p->m = m;
    if (!(p->work = loop_work_create (m->loop, LOOP_HOLDABLE, go_on, p))) {
        free (p);
        return NULL;
    }
    return p;
}

void prioritizer_destroy (struct prioritizer *p)
{
    if (!p)
        return;
    loop_source_destroy (p->work);
    free (p);
}
