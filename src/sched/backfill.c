/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* EASY backfill: what waits behind a head that does not fit may start if the
 * head still starts when it would have.
 *
 * The head is promised a place on certain nodes at the first time at which it
 * fits, if each running job ends when it has to.  Another job may start now if
 * it ends before that time, or takes no more of those nodes than the head
 * will leave.  So whatever happens afterwards, at that time there is the
 * place; that a promise was made a while ago does no harm, and it is made
 * anew at most once a second.  If jobs that have no end are in the way, that
 * time is not known: then jobs that have one may start.
 *
 * Promises are made to the heads of all queues, and hold against backfill of
 * all queues; the head of another queue is bound by none.
 */

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "sched/fifo.h"
#include "wire/constraint.h"

/* Seconds. */
#define PROMISE_AGE 1.

/* ---- promises ---- */

static int by_end (const void *a, const void *b)
{
    const struct held *x = *(struct held *const *)a;
    const struct held *y = *(struct held *const *)b;

    return x->end < y->end ? -1 : x->end > y->end;
}

/* Running jobs that have an end, by it; *n of them.  NULL: no memory. */
static struct held **ending (struct sched *s, size_t *n)
{
    struct held **list = calloc (HASH_COUNT (s->held) + 1, sizeof (*list));
    struct held *h, *next;

    *n = 0;
    HASH_ITER (hh, s->held, h, next)
    {
        if (list && h->end > 0.)
            list[(*n)++] = h;
    }
    if (list)
        qsort (list, *n, sizeof (*list), by_end);
    return list;
}

/* As if the first k jobs of the list had ended, where `ended` of them have. */
static void pretend_end (struct sched *s,
                         struct held **list,
                         size_t *ended,
                         size_t k)
{
    while (*ended < k)
        pool_pretend (s->pool, list[(*ended)++]->R, true);
    while (*ended > k)
        pool_pretend (s->pool, list[--*ended]->R, false);
}

static void promise (struct sched *s,
                     struct reservation *p,
                     const struct pending *head,
                     double now)
{
    const struct jobspec *spec = head->spec;
    const struct constraint *c;
    struct held **list;
    size_t n, lo = 1, ended = 0;
    size_t hi;

    *p = (struct reservation){ .head = head, .t = INFINITY, .made = now };
    if (fifo_constraint (s, spec, &c, NULL) < 0 || !(list = ending (s, &n)))
        return;
    hi = n;
    pretend_end (s, list, &ended, n);
    if (n > 0 && pool_fits (s->pool, spec, c)) {
        while (lo < hi) {
            size_t mid = (lo + hi) / 2;

            pretend_end (s, list, &ended, mid);
            if (pool_fits (s->pool, spec, c))
                hi = mid;
            else
                lo = mid + 1;
        }
        pretend_end (s, list, &ended, hi);
        p->spare = pool_spare_create (s->pool, spec, c, &p->nspare);
        if (p->spare)
            p->t = fmax (list[hi - 1]->end, now);
    }
    pretend_end (s, list, &ended, 0);
    free (list);
}

static const struct reservation *promise_of (struct sched *s,
                                             struct lane *group,
                                             double now)
{
    struct reservation *p = &group->promise;

    if (p->head != group->blocked || now - p->made >= PROMISE_AGE
        || now < p->made) {
        lane_break_promise (group);
        promise (s, p, group->blocked, now);
        fifo_new_epoch (s);
    }
    return p;
}

/* ---- what may start ---- */

/* Jobs that end in the same span between the times of promises are under the
 * same limits.
 */
struct limits {
    double from, to; /* for jobs that end after `from`, at `to` or before */
    bool none;       /* they must not start at all */
    bool set;
    /* What did not fit under these limits, as of late. */
    const struct jobspec *failed[8];
    unsigned int nfailed;
};

static void limits_clear (struct sched *s, struct limits *l)
{
    struct lane *group;

    LL_FOREACH (s->lanes, group)
    {
        if (l->set && group->blocked)
            pool_unlimit (s->pool, group->promise.spare, group->promise.nspare);
    }
    *l = (struct limits){ 0 };
}

/* Set those for a job that ends then. */
static void limits_for (struct sched *s, struct limits *l, double end)
{
    struct lane *group;

    if (l->set && end > l->from && end <= l->to)
        return;
    limits_clear (s, l);
    *l = (struct limits){ .set = true, .from = -INFINITY, .to = INFINITY };
    LL_FOREACH (s->lanes, group)
    {
        const struct reservation *p = &group->promise;

        if (!group->blocked)
            continue;
        if (isinf (end) && isinf (p->t))
            l->none = true;
        if (end <= p->t) {
            l->to = fmin (l->to, p->t);
            continue;
        }
        l->from = fmax (l->from, p->t);
        pool_limit (s->pool, p->spare, p->nspare);
    }
    /* A job without an end is alone in its span. */
    if (isinf (end))
        l->from = l->to = INFINITY;
    else if (isinf (l->to))
        l->to = DBL_MAX;
}

/* R takes of what is spare from those who expect it back too late. */
static void spend (struct sched *s, const struct rset *R, double end)
{
    struct lane *group;

    LL_FOREACH (s->lanes, group)
    {
        struct reservation *p = &group->promise;

        if (group->blocked && end > p->t)
            pool_spend (s->pool, p->spare, p->nspare, R);
    }
}

static bool failed_before (const struct limits *l, const struct jobspec *spec)
{
    for (unsigned int i = 0; i < 8 && i < l->nfailed; i++) {
        if (l->failed[i] == spec)
            return true;
    }
    return false;
}

static struct rset *try_behind (struct sched *s,
                                struct limits *l,
                                const struct pending *p,
                                double now)
{
    double end = p->spec->duration > 0. ? now + p->spec->duration : INFINITY;
    flux_error_t error;
    struct rset *R;

    limits_for (s, l, end);
    if (l->none || failed_before (l, p->spec))
        return NULL;
    if (!(R = fifo_try (s, p, now, &error))) {
        l->failed[l->nfailed++ % 8] = p->spec;
        return NULL;
    }
    /* There is less of everything now. */
    limits_clear (s, l);
    spend (s, R, end);
    return R;
}

static int fill_group (struct sched *s,
                       struct lane *group,
                       double now,
                       int max,
                       const struct sched_answer *answer)
{
    unsigned int depth = s->depth;
    struct limits limits = { 0 };
    struct pending *p;
    struct lane *lane;
    int count = 0;

    lanes_rewind (s->lanes, group);
    while ((max == 0 || count < max) && depth > 0 && !pool_full (s->pool)
           && (p = lanes_next (s->lanes, group, &lane))) {
        uint64_t id = p->node.id;
        struct rset *R;

        if (p == group->blocked)
            continue;
        depth--;
        if (p->tried == s->epoch)
            continue;
        p->tried = s->epoch;
        if ((R = try_behind (s, &limits, p, now))) {
            fifo_leave_queue (lane, p);
            answer->alloc (answer->arg, id, R);
            count++;
        }
    }
    limits_clear (s, &limits);
    return count;
}

int backfill_plan (struct sched *s,
                   double now,
                   int max,
                   const struct sched_answer *answer)
{
    struct lane *group;
    int count = 0;

    if (pool_full (s->pool))
        return 0;
    LL_FOREACH (s->lanes, group)
    {
        if (group->blocked)
            (void)promise_of (s, group, now);
    }
    LL_FOREACH (s->lanes, group)
    {
        if (group->blocked && (max == 0 || count < max))
            count +=
                fill_group (s, group, now, max == 0 ? 0 : max - count, answer);
    }
    return count;
}

/* ---- telling ---- */

void backfill_heads (
    struct sched *s,
    double now,
    void (*cb) (void *arg, uint64_t id, double t_estimate, const char *reason),
    void *arg)
{
    struct lane *group;

    LL_FOREACH (s->lanes, group)
    {
        const struct reservation *p;
        const struct constraint *c;
        char reason[160];

        if (!group->blocked)
            continue;
        p = promise_of (s, group, now);
        if (fifo_constraint (s, p->head->spec, &c, NULL) < 0)
            continue;
        pool_explain (s->pool, p->head->spec, c, reason, sizeof (reason));
        cb (arg, p->head->node.id, isinf (p->t) ? 0. : p->t, reason);
    }
}
