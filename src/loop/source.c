/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "loop/private.h"

struct loop_source *source_new (struct loop *loop,
                                enum source_kind kind,
                                enum loop_class cls,
                                loop_f cb,
                                void *arg)
{
    struct loop_source *src;

    if (heap_reserve (&loop->timers, loop->nsources + 1) < 0
        || heap_reserve (&loop->periodics, loop->nsources + 1) < 0
        || !(src = calloc (1, sizeof (*src))))
        return NULL;
    src->loop = loop;
    src->kind = kind;
    src->cls = cls & (LOOP_ALWAYS | LOOP_HOLDABLE);
    src->part = cls & LOOP_LATE   ? QUEUE_LATE
                : cls & LOOP_BULK ? QUEUE_BULK
                                  : QUEUE_READY;
    src->queue = QUEUE_NONE;
    src->cb = cb;
    src->arg = arg;
    src->counted = kind != KIND_WORK;
    loop->nsources++;
    return src;
}

static void enqueue (struct loop_source *src, enum source_queue queue)
{
    struct loop *loop = src->loop;

    src->queue = queue;
    src->pass = loop->pass;
    DL_APPEND (loop->queues[queue], src);
}

void source_unqueue (struct loop_source *src)
{
    struct loop *loop = src->loop;

    if (src->queue != QUEUE_NONE)
        DL_DELETE (loop->queues[src->queue], src);
    src->queue = QUEUE_NONE;
}

/* A descriptor that stays ready would wake the loop again and again, so a
 * held io source is not watched; whether it is still ready is seen at
 * release.
 */
void source_fire (struct loop_source *src, int revents)
{
    if (src->queue == QUEUE_NONE)
        src->revents = 0;
    src->revents |= revents;
    if (src->loop->held && src->cls == LOOP_HOLDABLE) {
        if (src->kind == KIND_IO)
            ev_io_stop (src->loop->ev, &src->io);
        if (src->queue != QUEUE_PARKED) {
            source_unqueue (src);
            enqueue (src, QUEUE_PARKED);
        }
    }
    else if (src->queue == QUEUE_NONE)
        enqueue (src, src->part);
}

static void io_cb (struct ev_loop *ev, ev_io *w, int revents)
{
    int bits = 0;

    if (revents & EV_ERROR)
        bits |= LOOP_ERROR;
    if (revents & EV_READ)
        bits |= LOOP_READ;
    if (revents & EV_WRITE)
        bits |= LOOP_WRITE;
    source_fire (w->data, bits);
}

static void signal_cb (struct ev_loop *ev, ev_signal *w, int revents)
{
    source_fire (w->data, 0);
}

static void stat_cb (struct ev_loop *ev, ev_stat *w, int revents)
{
    source_fire (w->data, 0);
}

void source_rearm (struct loop_source *src)
{
    if (src->kind == KIND_IO && src->active && src->io.events)
        ev_io_start (src->loop->ev, &src->io);
}

static void kind_list_add (struct loop_source *src)
{
    struct loop *loop = src->loop;

    /* what is started while its kind runs waits for the next time */
    src->mark = loop->mark;
    DL_APPEND2 (loop->kinds[src->kind], src, kind_prev, kind_next);
}

static void kind_list_remove (struct loop_source *src)
{
    struct loop *loop = src->loop;

    DL_DELETE2 (loop->kinds[src->kind], src, kind_prev, kind_next);
}

static bool is_watched (const struct loop_source *src)
{
    return src->kind == KIND_IO || src->kind == KIND_SIGNAL
           || src->kind == KIND_STAT;
}

static void count (struct loop_source *src, int add)
{
    if (src->counted)
        src->loop->nactive += add;
    if (is_watched (src))
        src->loop->nwatched += add;
    if (src->kind == KIND_WORK)
        src->loop->nwork += add;
}

void loop_source_start (struct loop_source *src)
{
    struct ev_loop *ev = src->loop->ev;

    if (src->active || src->destroyed)
        return;
    src->active = true;
    count (src, 1);
    switch (src->kind) {
    case KIND_IO:
        source_rearm (src);
        break;
    case KIND_TIMER:
    case KIND_PERIODIC:
        source_unqueue (src);
        timer_start (src);
        break;
    case KIND_SIGNAL:
        ev_signal_start (ev, &src->signal);
        break;
    case KIND_STAT:
        ev_stat_start (ev, &src->stat);
        break;
    default:
        kind_list_add (src);
    }
}

void loop_source_stop (struct loop_source *src)
{
    struct ev_loop *ev = src->loop->ev;

    source_unqueue (src);
    if (!src->active)
        return;
    src->active = false;
    count (src, -1);
    switch (src->kind) {
    case KIND_IO:
        ev_io_stop (ev, &src->io);
        break;
    case KIND_TIMER:
    case KIND_PERIODIC:
        timer_stop (src);
        break;
    case KIND_SIGNAL:
        ev_signal_stop (ev, &src->signal);
        break;
    case KIND_STAT:
        ev_stat_stop (ev, &src->stat);
        break;
    default:
        kind_list_remove (src);
    }
}

void loop_source_destroy (struct loop_source *src)
{
    int saved_errno = errno;

    if (!src || src->destroyed)
        return;
    loop_source_stop (src);
    src->loop->nsources--;
    src->destroyed = true;
    if (src->running == 0) {
        free (src->path);
        free (src);
    }
    errno = saved_errno;
}

bool loop_source_is_active (const struct loop_source *src)
{
    return src->active;
}

void loop_source_set_counted (struct loop_source *src, bool counted)
{
    if (src->counted == counted)
        return;
    src->counted = counted;
    if (src->active)
        src->loop->nactive += counted ? 1 : -1;
}

struct loop_source *loop_io_create (struct loop *loop,
                                    enum loop_class cls,
                                    int fd,
                                    int events,
                                    loop_f cb,
                                    void *arg)
{
    struct loop_source *src;

    if (fd < 0 || (events & ~(LOOP_READ | LOOP_WRITE))) {
        errno = EINVAL;
        return NULL;
    }
    if (!(src = source_new (loop, KIND_IO, cls, cb, arg)))
        return NULL;
    ev_io_init (&src->io, io_cb, fd, events);
    src->io.data = src;
    if (!(cls & LOOP_STOPPED))
        loop_source_start (src);
    return src;
}

void loop_io_set (struct loop_source *src, int events)
{
    bool parked = src->queue == QUEUE_PARKED;
    int fd = src->io.fd;

    events &= LOOP_READ | LOOP_WRITE;
    /* what it was woken for may not be asked for any more */
    src->revents &= events | LOOP_ERROR;
    if (src->revents == 0 && src->queue == QUEUE_READY)
        source_unqueue (src);
    ev_io_stop (src->loop->ev, &src->io);
    ev_io_set (&src->io, fd, events);
    if (!parked)
        source_rearm (src);
}

struct loop_source *loop_signal_create (struct loop *loop,
                                        enum loop_class cls,
                                        int signum,
                                        loop_f cb,
                                        void *arg)
{
    struct loop_source *src;

    if (signum <= 0 || signum >= NSIG) {
        errno = EINVAL;
        return NULL;
    }
    if (!(src = source_new (loop, KIND_SIGNAL, cls, cb, arg)))
        return NULL;
    ev_signal_init (&src->signal, signal_cb, signum);
    src->signal.data = src;
    if (!(cls & LOOP_STOPPED))
        loop_source_start (src);
    return src;
}

struct loop_source *loop_stat_create (struct loop *loop,
                                      enum loop_class cls,
                                      const char *path,
                                      double interval,
                                      loop_f cb,
                                      void *arg)
{
    struct loop_source *src;

    if (!path || !isfinite (interval) || interval < 0.) {
        errno = EINVAL;
        return NULL;
    }
    if (!(src = source_new (loop, KIND_STAT, cls, cb, arg)))
        return NULL;
    if (!(src->path = strdup (path))) {
        loop_source_destroy (src);
        return NULL;
    }
    ev_stat_init (&src->stat, stat_cb, src->path, interval);
    src->stat.data = src;
    if (!(cls & LOOP_STOPPED))
        loop_source_start (src);
    return src;
}

void loop_stat_get (struct loop_source *src,
                    struct stat *now,
                    struct stat *prev)
{
    if (now)
        *now = src->stat.attr;
    if (prev)
        *prev = src->stat.prev;
}

static struct loop_source *create_plain (struct loop *loop,
                                         enum source_kind kind,
                                         enum loop_class cls,
                                         loop_f cb,
                                         void *arg)
{
    struct loop_source *src;

    if (!(src = source_new (loop, kind, cls, cb, arg)))
        return NULL;
    if (!(cls & LOOP_STOPPED))
        loop_source_start (src);
    return src;
}

struct loop_source *loop_work_create (struct loop *loop,
                                      enum loop_class cls,
                                      loop_f cb,
                                      void *arg)
{
    return create_plain (loop, KIND_WORK, cls, cb, arg);
}

struct loop_source *loop_prepare_create (struct loop *loop,
                                         enum loop_class cls,
                                         loop_f cb,
                                         void *arg)
{
    return create_plain (loop, KIND_PREPARE, cls, cb, arg);
}

struct loop_source *loop_check_create (struct loop *loop,
                                       enum loop_class cls,
                                       loop_f cb,
                                       void *arg)
{
    return create_plain (loop, KIND_CHECK, cls, cb, arg);
}

struct loop_source *loop_idle_create (struct loop *loop,
                                      enum loop_class cls,
                                      loop_f cb,
                                      void *arg)
{
    return create_plain (loop, KIND_IDLE, cls, cb, arg);
}

void loop_check_set_priority (struct loop_source *src, int priority)
{
    if (src->kind != KIND_CHECK)
        return;
    if (priority > PRIORITY_MAX)
        priority = PRIORITY_MAX;
    if (priority < PRIORITY_MIN)
        priority = PRIORITY_MIN;
    src->priority = priority;
}

void loop_kick (struct loop_source *work)
{
    if (work->active)
        source_fire (work, 0);
}

bool loop_kicked (const struct loop_source *work)
{
    return work->queue == work->part;
}

void loop_kick_async (struct loop_source *work)
{
    atomic_store (&work->kicked, true);
    ev_async_send (work->loop->ev, &work->loop->async);
}
