/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The job at the head of a queue is annotated (RFC 27) with why it waits and
 * when it will start: sched.reason_pending and sched.t_estimate.
 *
 * Heads are looked at a second after a plan that left jobs waiting, so a job
 * that waits less is never annotated, and a queue costs at most one event a
 * second.
 */

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "manager/manager_private.h"
#include "wire/requests_job.h"

#define LOOK_AFTER 1.

/* A job that was annotated, with what. */
struct told {
    uint64_t id;
    char *patch;
    bool seen; /* by this look */
    bool news;
    struct told *next;
};

struct heads {
    struct manager *m;
    struct loop_source *timer;
    bool armed;
    struct told *list;
};

static void told_free (struct heads *h, struct told *t)
{
    LL_DELETE (h->list, t);
    free (t->patch);
    free (t);
}

static struct told *told_of (struct heads *h, uint64_t id)
{
    struct told *t;

    LL_FOREACH (h->list, t)
    {
        if (t->id == id)
            return t;
    }
    if ((t = calloc (1, sizeof (*t)))) {
        t->id = id;
        LL_PREPEND (h->list, t);
    }
    return t;
}

static void head_cb (void *arg,
                     uint64_t id,
                     double t_estimate,
                     const char *reason)
{
    struct heads *h = arg;
    struct told *t = told_of (h, id);
    char *patch = wire_pending_patch (t_estimate, reason);

    if (!t || !patch) {
        free (patch);
        return;
    }
    t->seen = true;
    t->news = !t->patch || strcmp (t->patch, patch) != 0;
    free (t->patch);
    t->patch = patch;
}

/* What posting leads to may do anything, this list included: one at a time,
 * from the start.
 */
static struct told *next_news (struct heads *h)
{
    struct told *t;

    LL_FOREACH (h->list, t)
    {
        if (t->news || !t->seen)
            return t;
    }
    return NULL;
}

static void annotate (struct heads *h, struct told *t)
{
    struct job *job = manager_job (h->m, t->id);
    char *patch = t->seen ? strdup (t->patch) : wire_pending_patch (0., NULL);

    t->news = false;
    if (!t->seen)
        told_free (h, t);
    /* One that has resources has lost them with the alloc event. */
    if (job && patch && host_of (job)->alloc
        && manager_annotate (h->m, job, patch, false, NULL) < 0)
        log_errno (PART, "annotating a job");
    free (patch);
}

static void look_cb (struct loop_source *src, int revents, void *arg)
{
    struct heads *h = arg;
    const struct sched_ops *ops;
    struct sched *sched = alloc_sched (h->m->alloc, &ops);
    struct told *t;

    h->armed = false;
    LL_FOREACH (h->list, t)
    t->seen = false;
    if (!alloc_offline (h->m->alloc))
        ops->heads (sched, loop_now (h->m->loop), head_cb, h);
    while ((t = next_news (h)))
        annotate (h, t);
}

void heads_kick (struct heads *h)
{
    if (!h->armed) {
        h->armed = true;
        loop_timer_set (h->timer, LOOK_AFTER, 0.);
    }
}

struct heads *heads_create (struct manager *m)
{
    struct heads *h = calloc (1, sizeof (*h));

    if (!h)
        return NULL;
    h->m = m;
    h->timer = loop_timer_create (m->loop,
                                  LOOP_HOLDABLE | LOOP_STOPPED,
                                  LOOK_AFTER,
                                  0.,
                                  look_cb,
                                  h);
    if (!h->timer) {
        free (h);
        return NULL;
    }
    return h;
}

void heads_destroy (struct heads *h)
{
    if (!h)
        return;
    while (h->list)
        told_free (h, h->list);
    loop_source_destroy (h->timer);
    free (h);
}
