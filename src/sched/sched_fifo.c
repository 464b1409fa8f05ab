/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* First come, first served within a priority and a named queue: without
 * backfill (backfill.c) the job at the head is the only one that is ever
 * tried, so that nothing overtakes it; a head that could not run even on an
 * empty machine is denied and makes way.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "sched/fifo.h"
#include "wire/constraint.h"

static void fifo_destroy (struct sched *s)
{
    struct held *h, *next;

    if (!s)
        return;
    HASH_ITER (hh, s->held, h, next)
    {
        HASH_DEL (s->held, h);
        rset_destroy (h->R);
        free (h);
    }
    lanes_destroy (s->lanes);
    pool_destroy (s->pool);
    idset_destroy (s->down);
    constraint_destroy (s->constraint);
    free (s);
}

static struct sched *fifo_create (void)
{
    struct sched *s = calloc (1, sizeof (*s));

    if (!s)
        return NULL;
    s->epoch = 1;
    s->pool = pool_create ();
    s->down = idset_create (0, IDSET_FLAG_AUTOGROW);
    if (!s->pool || !s->down) {
        fifo_destroy (s);
        errno = ENOMEM;
        return NULL;
    }
    return s;
}

void fifo_new_epoch (struct sched *s)
{
    if (++s->epoch == 0)
        s->epoch = 1;
}

/* Whatever did not fit may fit now. */
static void fifo_changed (struct sched *s)
{
    lanes_unblock (s->lanes);
    fifo_new_epoch (s);
}

static void fifo_break_promises (struct sched *s)
{
    struct lane *lane;

    LL_FOREACH (s->lanes, lane)
    lane_break_promise (lane);
}

/* ---- resources ---- */

static int fifo_resources (struct sched *s, const struct rset *all)
{
    struct held *h, *next;

    if (pool_set_all (s->pool, all) < 0)
        return -1;
    pool_set_down (s->pool, s->down);
    fifo_break_promises (s);
    HASH_ITER (hh, s->held, h, next)
    pool_take (s->pool, h->R);
    fifo_changed (s);
    return 0;
}

static int fifo_set_down (struct sched *s, const char *ranks)
{
    struct idset *down = idset_decode (ranks ? ranks : "");

    if (!down)
        return -1;
    idset_destroy (s->down);
    s->down = down;
    pool_set_down (s->pool, down);
    fifo_break_promises (s);
    fifo_changed (s);
    return 0;
}

static struct held *held_find (struct sched *s, uint64_t id)
{
    struct held *h;

    HASH_FIND (hh, s->held, &id, sizeof (id), h);
    return h;
}

/* R is kept and becomes the table's. */
static int held_add (struct sched *s, uint64_t id, struct rset *R)
{
    struct held *h = calloc (1, sizeof (*h));

    if (!h)
        return -1;
    h->id = id;
    h->R = R;
    h->end = R->expiration;
    HASH_ADD (hh, s->held, id, sizeof (h->id), h);
    return 0;
}

static int fifo_hello (struct sched *s, uint64_t id, const struct rset *R)
{
    struct rset *copy;
    struct lane *lane;

    if (held_find (s, id) || lanes_find (s->lanes, id, &lane)) {
        errno = EEXIST;
        return -1;
    }
    if (!(copy = rset_copy (R)))
        return -1;
    if (pool_take (s->pool, copy) < 0) {
        rset_destroy (copy);
        errno = EBUSY;
        return -1;
    }
    if (held_add (s, id, copy) < 0) {
        pool_give (s->pool, copy);
        rset_destroy (copy);
        return -1;
    }
    return 0;
}

static int fifo_free (struct sched *s, uint64_t id)
{
    struct held *h = held_find (s, id);

    if (!h) {
        errno = ENOENT;
        return -1;
    }
    pool_give (s->pool, h->R);
    HASH_DEL (s->held, h);
    rset_destroy (h->R);
    free (h);
    fifo_changed (s);
    return 0;
}

static int fifo_expiration (struct sched *s, uint64_t id, double t)
{
    struct held *h = held_find (s, id);

    if (!h) {
        errno = ENOENT;
        return -1;
    }
    h->end = t;
    fifo_break_promises (s);
    return 0;
}

static void fifo_set_backfill (struct sched *s, unsigned int depth)
{
    s->depth = depth;
    fifo_changed (s);
}

static struct rset *fifo_allocated (struct sched *s)
{
    struct rset *sum = rset_create ();
    struct held *h, *next;

    HASH_ITER (hh, s->held, h, next)
    {
        if (sum && rset_merge (sum, h->R) < 0) {
            rset_destroy (sum);
            return NULL;
        }
    }
    if (sum)
        sum->nslots = -1;
    return sum;
}

/* ---- queues ---- */

static int fifo_set_queue (struct sched *s,
                           const char *name,
                           const char *parent,
                           bool stopped)
{
    struct lane *lane = lanes_get (&s->lanes, name);
    struct lane *group = parent ? lanes_get (&s->lanes, parent) : lane;

    if (!lane || !group)
        return -1;
    lane->group = group;
    lane->stopped = stopped;
    fifo_break_promises (s);
    fifo_changed (s);
    return 0;
}

static int fifo_enqueue (struct sched *s, const struct sched_job *job)
{
    struct lane *lane;

    if (held_find (s, job->id) || lanes_find (s->lanes, job->id, &lane)) {
        errno = EEXIST;
        return -1;
    }
    if (!(lane = lanes_get (&s->lanes, job->queue)))
        return -1;
    return queue_add (&lane->queue, job);
}

void fifo_leave_queue (struct lane *lane, struct pending *p)
{
    if (lane->group->blocked == p)
        lane->group->blocked = NULL;
    if (lane->group->promise.head == p)
        lane_break_promise (lane->group);
    queue_remove (&lane->queue, p);
}

static int fifo_dequeue (struct sched *s, uint64_t id)
{
    struct lane *lane;
    struct pending *p = lanes_find (s->lanes, id, &lane);

    if (!p)
        return -1;
    fifo_leave_queue (lane, p);
    return 0;
}

static int fifo_prioritize (struct sched *s, uint64_t id, int64_t priority)
{
    struct lane *lane;
    struct pending *p = lanes_find (s->lanes, id, &lane);

    if (!p)
        return -1;
    if (p->priority == priority)
        return 0;
    return queue_reorder (&lane->queue, p, priority);
}

static unsigned int fifo_queue_length (struct sched *s)
{
    return lanes_count (s->lanes, false);
}

static unsigned int fifo_ready_length (struct sched *s)
{
    return lanes_count (s->lanes, true);
}

/* ---- deciding ---- */

/* *c is NULL for a job without constraints; else it belongs to s. */
int fifo_constraint (struct sched *s,
                     const struct jobspec *spec,
                     const struct constraint **c,
                     flux_error_t *error)
{
    struct constraint *new;

    *c = NULL;
    if (!spec->constraints)
        return 0;
    if (!s->constraint
        || strcmp (constraint_text (s->constraint), spec->constraints) != 0) {
        if (!(new = constraint_create (spec->constraints, error)))
            return -1;
        constraint_destroy (s->constraint);
        s->constraint = new;
    }
    *c = s->constraint;
    return 0;
}

static int fifo_feasible (struct sched *s,
                          const struct jobspec *spec,
                          flux_error_t *error)
{
    const struct constraint *c;

    if (fifo_constraint (s, spec, &c, error) < 0)
        return -1;
    return pool_feasible (s->pool, spec, c, error);
}

struct rset *fifo_try (struct sched *s,
                       const struct pending *p,
                       double now,
                       flux_error_t *error)
{
    const struct constraint *c;
    struct rset *held, *R;

    if (fifo_constraint (s, p->spec, &c, error) < 0)
        return NULL;
    if (!(held = pool_place (s->pool, p->spec, c))) {
        if (errno == EAGAIN && pool_feasible (s->pool, p->spec, c, error) == 0)
            errno = EAGAIN;
        return NULL;
    }
    held->starttime = now;
    if (p->spec->duration > 0.)
        held->expiration = now + p->spec->duration;
    if (!(R = rset_copy (held)) || held_add (s, p->node.id, held) < 0) {
        pool_give (s->pool, held);
        rset_destroy (held);
        rset_destroy (R);
        errno = ENOMEM;
        return NULL;
    }
    return R;
}

static int fifo_plan (struct sched *s,
                      double now,
                      int max,
                      const struct sched_answer *answer)
{
    struct lane *lane;
    struct pending *p;
    int count = 0;

    while ((max == 0 || count < max) && (p = lanes_pick (s->lanes, &lane))) {
        uint64_t id = p->node.id;
        flux_error_t error;
        struct rset *R;

        if ((R = fifo_try (s, p, now, &error))) {
            fifo_leave_queue (lane, p);
            answer->alloc (answer->arg, id, R);
        }
        else if (errno == EOVERFLOW || errno == EINVAL) {
            fifo_leave_queue (lane, p);
            answer->deny (answer->arg, id, error.text);
        }
        else if (errno == EAGAIN) {
            lane->group->blocked = p;
            continue;
        }
        else
            return count; /* no memory: tried again later */
        count++;
    }
    if (s->depth > 0 && (max == 0 || count < max))
        count += backfill_plan (s, now, max == 0 ? 0 : max - count, answer);
    return count;
}

static unsigned int fifo_explain (struct sched *s,
                                  uint64_t id,
                                  char *buf,
                                  size_t size)
{
    struct lane *lane;
    struct pending *p = lanes_find (s->lanes, id, &lane);
    const struct constraint *c;
    unsigned int place;

    if (!p)
        return 0;
    place = queue_place (&lane->queue, p);
    if (p->priority <= 0)
        snprintf (buf, size, "held by priority %lld", (long long)p->priority);
    else if (!lane_started (lane))
        snprintf (buf, size, "the queue is stopped");
    else if (place > 1)
        snprintf (buf, size, "behind %u job(s) in the queue", place - 1);
    else if (fifo_constraint (s, p->spec, &c, NULL) < 0)
        snprintf (buf, size, "has constraints that cannot be read");
    else
        pool_explain (s->pool, p->spec, c, buf, size);
    return place;
}

const struct sched_ops sched_fifo = {
    .name = "fifo",
    .create = fifo_create,
    .destroy = fifo_destroy,
    .resources = fifo_resources,
    .set_down = fifo_set_down,
    .set_queue = fifo_set_queue,
    .enqueue = fifo_enqueue,
    .dequeue = fifo_dequeue,
    .prioritize = fifo_prioritize,
    .hello = fifo_hello,
    .set_backfill = fifo_set_backfill,
    .expiration = fifo_expiration,
    .free = fifo_free,
    .plan = fifo_plan,
    .feasible = fifo_feasible,
    .allocated = fifo_allocated,
    .queue_length = fifo_queue_length,
    .ready_length = fifo_ready_length,
    .explain = fifo_explain,
    .heads = backfill_heads,
};
