/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <math.h>

#include "loop/private.h"

#define ITEM_SOURCE(item) \
    ((struct loop_source *)((char *)(item)-offsetof (struct loop_source, due)))

static void arm (struct loop *loop,
                 struct heap *heap,
                 struct loop_source *src,
                 double at)
{
    src->due.at = at;
    src->due.serial = ++loop->serial;
    heap_add (heap, &src->due);
}

/* The next time for a periodic; < 0 if there is none. */
static double periodic_next (struct loop_source *src)
{
    double now = src->loop->now;
    double at;

    if (src->reschedule) {
        at = src->reschedule (src, now, src->arg);
        return at < now ? -1. : at;
    }
    if (src->repeat > 0.) {
        at =
            src->after + src->repeat * floor ((now - src->after) / src->repeat);
        while (at <= now)
            at += src->repeat;
        return at;
    }
    return src->after;
}

void timer_start (struct loop_source *src)
{
    struct loop *loop = src->loop;

    if (src->kind == KIND_TIMER)
        arm (loop, &loop->timers, src, loop->mono + src->after);
    else {
        double at = periodic_next (src);

        if (at < 0.)
            loop_source_stop (src);
        else if (src->active)
            arm (loop, &loop->periodics, src, at);
    }
}

void timer_stop (struct loop_source *src)
{
    struct loop *loop = src->loop;

    heap_remove (src->kind == KIND_TIMER ? &loop->timers : &loop->periodics,
                 &src->due);
}

/* A timer that fell behind does not make up for missed times. */
static void timer_expired (struct loop_source *src)
{
    struct loop *loop = src->loop;

    heap_remove (&loop->timers, &src->due);
    if (src->repeat > 0.) {
        double at = src->due.at + src->repeat;

        arm (loop, &loop->timers, src, at < loop->mono ? loop->mono : at);
    }
    else
        loop_source_stop (src);
    source_fire (src, 0);
}

static void periodic_expired (struct loop_source *src)
{
    struct loop *loop = src->loop;

    heap_remove (&loop->periodics, &src->due);
    if (src->reschedule || src->repeat > 0.)
        timer_start (src);
    else
        loop_source_stop (src);
    source_fire (src, 0);
}

/* Timers armed by this very function wait for the next pass, also those that
 * are due already.
 */
static void expire (struct loop *loop,
                    struct heap *heap,
                    double now,
                    void (*expired) (struct loop_source *src))
{
    uint64_t serial = loop->serial;
    struct heap_item *item;

    while ((item = heap_first (heap)) && item->at <= now
           && item->serial <= serial)
        expired (ITEM_SOURCE (item));
}

void timers_expire (struct loop *loop)
{
    expire (loop, &loop->timers, loop->mono, timer_expired);
    expire (loop, &loop->periodics, loop->now, periodic_expired);
}

void timers_arm (struct loop *loop)
{
    struct heap_item *t = heap_first (&loop->timers);
    struct heap_item *p = heap_first (&loop->periodics);

    if (t) {
        double after = t->at - clock_monotonic (loop->clock);

        /* libev counts from the time it saw last */
        ev_now_update (loop->ev);
        ev_timer_set (&loop->timer_alarm, after > 0. ? after : 0., 0.);
        ev_timer_start (loop->ev, &loop->timer_alarm);
    }
    if (p) {
        ev_periodic_set (&loop->periodic_alarm, p->at, 0., NULL);
        ev_periodic_start (loop->ev, &loop->periodic_alarm);
    }
}

void timers_disarm (struct loop *loop)
{
    ev_timer_stop (loop->ev, &loop->timer_alarm);
    ev_periodic_stop (loop->ev, &loop->periodic_alarm);
}

bool timers_advance_clock (struct loop *loop)
{
    struct heap_item *t = heap_first (&loop->timers);
    struct heap_item *p = heap_first (&loop->periodics);

    if (!t || (p && p->at < t->at))
        t = p;
    if (!t)
        return false;
    clock_advance (loop->clock, t->at);
    return true;
}

static bool valid_time (double t)
{
    return isfinite (t) && t >= 0.;
}

struct loop_source *loop_timer_create (struct loop *loop,
                                       enum loop_class cls,
                                       double after,
                                       double repeat,
                                       loop_f cb,
                                       void *arg)
{
    struct loop_source *src;

    if (!valid_time (after) || !valid_time (repeat)) {
        errno = EINVAL;
        return NULL;
    }
    if (!(src = source_new (loop, KIND_TIMER, cls, cb, arg)))
        return NULL;
    src->after = after;
    src->repeat = repeat;
    if (!(cls & LOOP_STOPPED))
        loop_source_start (src);
    return src;
}

void loop_timer_set (struct loop_source *src, double after, double repeat)
{
    loop_source_stop (src);
    src->repeat = valid_time (repeat) ? repeat : 0.;
    if (valid_time (after)) {
        src->after = after;
        loop_source_start (src);
    }
}

void loop_timer_again (struct loop_source *src)
{
    loop_source_stop (src);
    if (src->repeat > 0.) {
        src->after = src->repeat;
        loop_source_start (src);
    }
}

static void periodic_configure (struct loop_source *src,
                                double offset,
                                double interval,
                                loop_reschedule_f reschedule)
{
    src->after = valid_time (offset) ? offset : 0.;
    src->repeat = valid_time (interval) ? interval : 0.;
    src->reschedule = reschedule;
}

struct loop_source *loop_periodic_create (struct loop *loop,
                                          enum loop_class cls,
                                          double offset,
                                          double interval,
                                          loop_reschedule_f reschedule,
                                          loop_f cb,
                                          void *arg)
{
    struct loop_source *src;

    if (!reschedule && (!valid_time (offset) || !valid_time (interval))) {
        errno = EINVAL;
        return NULL;
    }
    if (!(src = source_new (loop, KIND_PERIODIC, cls, cb, arg)))
        return NULL;
    periodic_configure (src, offset, interval, reschedule);
    if (!(cls & LOOP_STOPPED))
        loop_source_start (src);
    return src;
}

void loop_periodic_set (struct loop_source *src,
                        double offset,
                        double interval,
                        loop_reschedule_f reschedule)
{
    loop_source_stop (src);
    periodic_configure (src, offset, interval, reschedule);
    loop_source_start (src);
}

double loop_source_wakeup (struct loop_source *src)
{
    struct loop *loop = src->loop;

    switch (src->kind) {
    case KIND_TIMER:
        if (src->due.index)
            return loop->now + (src->due.at - loop->mono);
        return loop->now + src->after;
    case KIND_PERIODIC:
        return src->due.index ? src->due.at : periodic_next (src);
    default:
        errno = EINVAL;
        return -1.;
    }
}
