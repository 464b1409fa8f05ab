/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Priorities: what plugins give, and asking them all again.
 *
 * A reprioritization walks the table of jobs in the order they were added,
 * for a few milliseconds inside the call and then in slices of its own.
 */

#include <errno.h>
#include <stdlib.h>

#include "manager/manager_private.h"

struct prioritizer {
    struct manager *m;
    struct loop_source *work;
    struct manager_walk place;
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

static void walk (struct prioritizer *p)
{
    struct clock *clock = p->m->clock;
    double start = clock_monotonic (clock);
    unsigned int n = 0;
    struct job *job;

    p->walking = true;
    do {
        while ((job = manager_walk_next (p->m, &p->place))) {
            ask (p->m, job);
            if (++n % CLOCK_EVERY == 0
                && clock_monotonic (clock) - start > SLICE_SECONDS)
                break;
        }
        if (!p->place.next && p->again) {
            p->again = false;
            manager_walk_begin (p->m, &p->place);
        }
    } while (p->place.next && !job);
    p->walking = false;
    if (p->place.next)
        loop_kick (p->work);
}

static void go_on (struct loop_source *src, int revents, void *arg)
{
    walk (arg);
}

int manager_reprioritize_all (struct manager *m)
{
    struct prioritizer *p = m->prioritizer;

    if (p->place.next || p->walking) {
        p->again = true;
        return 0;
    }
    manager_walk_begin (m, &p->place);
    walk (p);
    return 0;
}

struct prioritizer *prioritizer_create (struct manager *m)
{
    struct prioritizer *p;

    if (!(p = calloc (1, sizeof (*p))))
        return NULL;
    p->m = m;
    if (!(p->work = loop_work_create (m->loop,
                                      LOOP_HOLDABLE | LOOP_BULK,
                                      go_on,
                                      p))) {
        free (p);
        return NULL;
    }
    loop_source_set_name (p->work, "reprioritize");
    return p;
}

void prioritizer_destroy (struct prioritizer *p)
{
    if (!p)
        return;
    manager_walk_end (p->m, &p->place);
    loop_source_destroy (p->work);
    free (p);
}
