/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "loop/private.h"

/* The alarms are there to end libev's wait; what is due is seen afterwards. */
static void timer_alarm_cb (struct ev_loop *ev, ev_timer *w, int revents)
{
}

static void periodic_alarm_cb (struct ev_loop *ev, ev_periodic *w, int revents)
{
}

static void async_cb (struct ev_loop *ev, ev_async *w, int revents)
{
    struct loop *loop = w->data;
    struct loop_source *src;

    DL_FOREACH2 (loop->kinds[KIND_WORK], src, kind_next)
    {
        if (atomic_exchange (&src->kicked, false))
            source_fire (src, 0);
    }
}

struct loop *loop_create (struct clock *clock)
{
    struct loop *loop;

    if (!(loop = calloc (1, sizeof (*loop))))
        return NULL;
    if (!(loop->ev = ev_loop_new (EVFLAG_AUTO | EVFLAG_NOENV))) {
        free (loop);
        errno = ENOMEM;
        return NULL;
    }
    loop->real = (struct clock)CLOCK_REAL_INIT;
    loop->clock = clock ? clock : &loop->real;
    ev_timer_init (&loop->timer_alarm, timer_alarm_cb, 0., 0.);
    ev_periodic_init (&loop->periodic_alarm, periodic_alarm_cb, 0., 0., NULL);
    ev_async_init (&loop->async, async_cb);
    loop->async.data = loop;
    ev_async_start (loop->ev, &loop->async);
    loop_now_update (loop);
    return loop;
}

void loop_destroy (struct loop *loop)
{
    int saved_errno = errno;

    if (!loop)
        return;
    ev_async_stop (loop->ev, &loop->async);
    ev_loop_destroy (loop->ev);
    heap_clear (&loop->timers);
    heap_clear (&loop->periodics);
    free (loop->hooks);
    free (loop);
    errno = saved_errno;
}

void loop_now_update (struct loop *loop)
{
    loop->now = clock_now (loop->clock);
    loop->mono = clock_monotonic (loop->clock);
}

double loop_now (struct loop *loop)
{
    return loop->now;
}

struct clock *loop_clock (struct loop *loop)
{
    return loop->clock;
}

size_t loop_active (const struct loop *loop)
{
    return loop->nactive;
}

static bool is_held (const struct loop_source *src)
{
    return src->loop->held && src->cls == LOOP_HOLDABLE;
}

static void dispatch (struct loop_source *src, int revents)
{
    src->running++;
    if (src->cb)
        src->cb (src, revents, src->arg);
    record_part (src->loop, src);
    if (--src->running == 0 && src->destroyed) {
        free (src->path);
        free (src);
    }
}

/* Run all prepare, check or idle sources of one priority.  Callbacks may
 * change the list, so the walk starts again after each; marks tell which had
 * their turn, here or in a turn nested in a callback.
 */
static size_t run_kind (struct loop *loop, enum source_kind kind, int priority)
{
    uint64_t mark = ++loop->mark;
    struct loop_source *src;
    size_t ran = 0;

again:
    DL_FOREACH2 (loop->kinds[kind], src, kind_next)
    {
        if (src->mark < mark && src->priority == priority && !is_held (src)) {
            src->mark = mark;
            dispatch (src, 0);
            ran++;
            goto again;
        }
    }
    return ran;
}

/* The first in a queue that was put there no later than in this pass and may
 * run; it is taken out.  NULL: there is none.
 */
static struct loop_source *take (struct loop *loop,
                                 enum source_queue queue,
                                 uint64_t pass)
{
    struct loop_source *src;

    while ((src = loop->queues[queue]) && src->pass <= pass) {
        source_unqueue (src);
        if (!is_held (src))
            return src;
        /* queued before the hold began: it is parked */
        source_fire (src, src->revents);
    }
    return NULL;
}

/* Run what was queued before now; what the callbacks queue is for the next
 * turn, so that none can keep the loop from looking outside.
 */
static size_t run_queue (struct loop *loop, enum source_queue queue)
{
    uint64_t pass = loop->pass++;
    struct loop_source *src;
    size_t ran = 0;

    while ((src = take (loop, queue, pass))) {
        dispatch (src, src->revents);
        ran++;
    }
    return ran;
}

static bool is_ready (const struct loop *loop)
{
    return loop->queues[QUEUE_READY] || loop->queues[QUEUE_LATE]
           || loop->queues[QUEUE_BULK];
}

static bool has_idle (const struct loop *loop)
{
    struct loop_source *src;

    DL_FOREACH2 (loop->kinds[KIND_IDLE], src, kind_next)
    {
        if (!is_held (src))
            return true;
    }
    return false;
}

/* Could anything outside end a wait? */
static bool can_wait (const struct loop *loop)
{
    if (loop->clock->is_virtual)
        return loop->nwatched > 0 || heap_first (&loop->timers)
               || heap_first (&loop->periodics);
    return loop->nactive > 0 || loop->nwork > 0;
}

static void poll_virtual (struct loop *loop, bool wait)
{
    ev_run (loop->ev, EVRUN_NOWAIT);
    if (!wait || is_ready (loop) || timers_advance_clock (loop))
        return;
    if (loop->nwatched > 0)
        ev_run (loop->ev, EVRUN_ONCE);
}

static void poll_real (struct loop *loop, bool wait)
{
    if (!wait) {
        ev_run (loop->ev, EVRUN_NOWAIT);
        return;
    }
    timers_arm (loop);
    ev_run (loop->ev, EVRUN_ONCE);
    timers_disarm (loop);
}

static size_t pass (struct loop *loop, bool wait)
{
    unsigned int stops = loop->stops;
    size_t ran = 0;
    bool quiet;

    run_kind (loop, KIND_PREPARE, 0);
    wait = wait && !is_ready (loop) && loop->stops == stops && !has_idle (loop)
           && can_wait (loop);
    if (loop->clock->is_virtual)
        poll_virtual (loop, wait);
    else
        poll_real (loop, wait);
    loop_now_update (loop);
    record_begin (loop);
    timers_expire (loop);

    quiet = !is_ready (loop);
    for (int priority = PRIORITY_MAX; priority >= 0; priority--)
        ran += run_kind (loop, KIND_CHECK, priority);
    ran += run_queue (loop, QUEUE_READY);
    for (int priority = -1; priority >= PRIORITY_MIN; priority--)
        ran += run_kind (loop, KIND_CHECK, priority);
    if (quiet)
        ran += run_kind (loop, KIND_IDLE, 0);
    return ran;
}

static void run_hooks (struct loop *loop)
{
    if (loop->in_hooks)
        return;
    loop->in_hooks = true;
    for (size_t i = 0; i < loop->nhooks; i++)
        loop->hooks[i].cb (loop->hooks[i].arg);
    loop->in_hooks = false;
    record_part (loop, NULL);
}

/* Parts (2) to (5) of a turn, see loop.h; how many sources ran. */
static size_t run_turn (struct loop *loop, bool wait)
{
    size_t ran = pass (loop, wait);
    struct loop_source *bulk;

    if (ran > 0)
        run_hooks (loop);
    ran += run_queue (loop, QUEUE_LATE);
    if ((bulk = take (loop, QUEUE_BULK, loop->pass))) {
        dispatch (bulk, bulk->revents);
        run_hooks (loop);
        ran++;
    }
    record_end (loop);
    return ran;
}

bool loop_turn (struct loop *loop, bool wait)
{
    unsigned int stops = loop->stops;
    size_t ran;

    do {
        ran = run_turn (loop, wait);
    } while (ran == 0 && wait && loop->stops == stops && can_wait (loop));
    return ran > 0;
}

/* Stops are counted, so that a turn nested in a callback does not swallow
 * the stop of the run around it; a run takes its own back.
 */
void loop_run (struct loop *loop)
{
    unsigned int stops = loop->stops;

    while (loop->stops == stops) {
        if (!loop_turn (loop, true) && !can_wait (loop))
            break;
    }
    loop->stops = stops;
}

void loop_stop (struct loop *loop)
{
    loop->stops++;
}

int loop_hook_add (struct loop *loop, loop_hook_f cb, void *arg)
{
    size_t n = loop->nhooks + 1;
    struct loop_hook *hooks;

    if (!(hooks = realloc (loop->hooks, n * sizeof (*hooks))))
        return -1;
    hooks[n - 1] = (struct loop_hook){ .cb = cb, .arg = arg };
    loop->hooks = hooks;
    loop->nhooks = n;
    return 0;
}

void loop_hook_remove (struct loop *loop, loop_hook_f cb, void *arg)
{
    for (size_t i = 0; i < loop->nhooks; i++) {
        if (loop->hooks[i].cb != cb || loop->hooks[i].arg != arg)
            continue;
        loop->nhooks--;
        memmove (&loop->hooks[i],
                 &loop->hooks[i + 1],
                 (loop->nhooks - i) * sizeof (loop->hooks[0]));
        return;
    }
}

void loop_hold (struct loop *loop)
{
    loop->held++;
}

void loop_release (struct loop *loop)
{
    struct loop_source *src;

    if (loop->held == 0 || --loop->held > 0)
        return;
    while ((src = loop->queues[QUEUE_PARKED])) {
        source_unqueue (src);
        if (src->kind == KIND_IO)
            source_rearm (src);
        else
            source_fire (src, src->revents);
    }
}

bool loop_held (const struct loop *loop)
{
    return loop->held > 0;
}
