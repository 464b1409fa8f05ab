/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>

#include <flux/core.h>

#include "lib/watcher_private.h"

/* What a plain watcher is of; others have ops. */
enum watcher_kind {
    WATCHER_COMPOSED,
    WATCHER_FD,
    WATCHER_TIMER,
    WATCHER_PERIODIC,
    WATCHER_PREPARE,
    WATCHER_CHECK,
    WATCHER_IDLE,
    WATCHER_SIGNAL,
    WATCHER_STAT,
};

struct flux_watcher {
    flux_reactor_t *r;
    enum watcher_kind kind;
    flux_watcher_f cb;
    void *arg;
    bool unreferenced;
    struct loop_source *src;       /* plain */
    int id;                        /* the descriptor or signal number */
    flux_reschedule_f reschedule;  /* periodic */
    const struct watcher_ops *ops; /* composed */
    void *data;
};

static flux_watcher_t *watcher_new (flux_reactor_t *r,
                                    enum watcher_kind kind,
                                    flux_watcher_f cb,
                                    void *arg)
{
    flux_watcher_t *w;

    if (!r) {
        errno = EINVAL;
        return NULL;
    }
    if (!(w = calloc (1, sizeof (*w))))
        return NULL;
    w->r = r;
    w->kind = kind;
    w->cb = cb;
    w->arg = arg;
    flux_reactor_incref (r);
    return w;
}

/* Complete a plain watcher with its source; without one undo it. */
static flux_watcher_t *with_source (flux_watcher_t *w, struct loop_source *src)
{
    if (!src) {
        flux_watcher_destroy (w);
        return NULL;
    }
    w->src = src;
    return w;
}

static enum loop_class stopped_class (flux_watcher_t *w)
{
    return reactor_class (w->r) | LOOP_STOPPED;
}

/* The user may destroy w: nothing may come after the call. */
void watcher_call (flux_watcher_t *w, int revents)
{
    if (w->cb)
        w->cb (w->r, w, revents, w->arg);
}

static void source_cb (struct loop_source *src, int revents, void *arg)
{
    watcher_call (arg, revents);
}

flux_watcher_t *watcher_create (flux_reactor_t *r,
                                const struct watcher_ops *ops,
                                void *data,
                                flux_watcher_f cb,
                                void *arg)
{
    flux_watcher_t *w;

    if (!(w = watcher_new (r, WATCHER_COMPOSED, cb, arg)))
        return NULL;
    w->ops = ops;
    w->data = data;
    return w;
}

void *watcher_data (flux_watcher_t *w, const struct watcher_ops *ops)
{
    if (!w || w->ops != ops) {
        errno = EINVAL;
        return NULL;
    }
    return w->data;
}

void flux_watcher_start (flux_watcher_t *w)
{
    if (!w || flux_watcher_is_active (w))
        return;
    if (w->ops)
        w->ops->start (w, w->data);
    else
        loop_source_start (w->src);
}

void flux_watcher_stop (flux_watcher_t *w)
{
    if (!w)
        return;
    if (w->ops)
        w->ops->stop (w, w->data);
    else if (w->src)
        loop_source_stop (w->src);
}

bool flux_watcher_is_active (flux_watcher_t *w)
{
    if (!w)
        return false;
    if (w->ops)
        return w->ops->is_active (w, w->data);
    return loop_source_is_active (w->src);
}

static void set_counted (flux_watcher_t *w, bool counted)
{
    w->unreferenced = !counted;
    if (w->src)
        loop_source_set_counted (w->src, counted);
    else if (w->ops->set_counted)
        w->ops->set_counted (w, w->data, counted);
}

void flux_watcher_ref (flux_watcher_t *w)
{
    if (w)
        set_counted (w, true);
}

void flux_watcher_unref (flux_watcher_t *w)
{
    if (w)
        set_counted (w, false);
}

bool flux_watcher_is_referenced (flux_watcher_t *w)
{
    return w && !w->unreferenced;
}

void flux_watcher_destroy (flux_watcher_t *w)
{
    int saved_errno = errno;
    flux_reactor_t *r;

    if (!w)
        return;
    r = w->r;
    flux_watcher_stop (w);
    if (w->ops && w->ops->destroy)
        w->ops->destroy (w->data);
    loop_source_destroy (w->src);
    free (w);
    flux_reactor_decref (r);
    errno = saved_errno;
}

void flux_watcher_set_priority (flux_watcher_t *w, int priority)
{
    if (w && w->kind == WATCHER_CHECK)
        loop_check_set_priority (w->src, priority);
}

double flux_watcher_next_wakeup (flux_watcher_t *w)
{
    if (!w || (w->kind != WATCHER_TIMER && w->kind != WATCHER_PERIODIC)) {
        errno = EINVAL;
        return -1.;
    }
    return loop_source_wakeup (w->src);
}

flux_watcher_t *flux_fd_watcher_create (flux_reactor_t *r,
                                        int fd,
                                        int events,
                                        flux_watcher_f cb,
                                        void *arg)
{
    flux_watcher_t *w;
    int bits = 0;

    if (events & FLUX_POLLIN)
        bits |= LOOP_READ;
    if (events & FLUX_POLLOUT)
        bits |= LOOP_WRITE;
    if (!(w = watcher_new (r, WATCHER_FD, cb, arg)))
        return NULL;
    w->id = fd;
    return with_source (w,
                        loop_io_create (reactor_loop (r),
                                        stopped_class (w),
                                        fd,
                                        bits,
                                        source_cb,
                                        w));
}

int flux_fd_watcher_get_fd (flux_watcher_t *w)
{
    if (!w || w->kind != WATCHER_FD) {
        errno = EINVAL;
        return -1;
    }
    return w->id;
}

flux_watcher_t *flux_timer_watcher_create (flux_reactor_t *r,
                                           double after,
                                           double repeat,
                                           flux_watcher_f cb,
                                           void *arg)
{
    flux_watcher_t *w;

    if (!(w = watcher_new (r, WATCHER_TIMER, cb, arg)))
        return NULL;
    return with_source (w,
                        loop_timer_create (reactor_loop (r),
                                           stopped_class (w),
                                           after,
                                           repeat,
                                           source_cb,
                                           w));
}

void flux_timer_watcher_reset (flux_watcher_t *w, double after, double repeat)
{
    bool active;

    if (!w || w->kind != WATCHER_TIMER)
        return;
    active = loop_source_is_active (w->src);
    loop_timer_set (w->src, after < 0. ? 0. : after, repeat);
    if (!active)
        loop_source_stop (w->src);
}

void flux_timer_watcher_again (flux_watcher_t *w)
{
    if (w && w->kind == WATCHER_TIMER)
        loop_timer_again (w->src);
}

static double reschedule_cb (struct loop_source *src, double now, void *arg)
{
    flux_watcher_t *w = arg;

    return w->reschedule (w, now, w->arg);
}

flux_watcher_t *flux_periodic_watcher_create (flux_reactor_t *r,
                                              double offset,
                                              double interval,
                                              flux_reschedule_f resched,
                                              flux_watcher_f cb,
                                              void *arg)
{
    flux_watcher_t *w;

    if (!(w = watcher_new (r, WATCHER_PERIODIC, cb, arg)))
        return NULL;
    w->reschedule = resched;
    return with_source (w,
                        loop_periodic_create (reactor_loop (r),
                                              stopped_class (w),
                                              offset,
                                              interval,
                                              resched ? reschedule_cb : NULL,
                                              source_cb,
                                              w));
}

void flux_periodic_watcher_reset (flux_watcher_t *w,
                                  double next_wakeup,
                                  double interval,
                                  flux_reschedule_f resched)
{
    if (!w || w->kind != WATCHER_PERIODIC)
        return;
    w->reschedule = resched;
    loop_periodic_set (w->src,
                       next_wakeup,
                       interval,
                       resched ? reschedule_cb : NULL);
}

flux_watcher_t *flux_prepare_watcher_create (flux_reactor_t *r,
                                             flux_watcher_f cb,
                                             void *arg)
{
    flux_watcher_t *w;

    if (!(w = watcher_new (r, WATCHER_PREPARE, cb, arg)))
        return NULL;
    return with_source (w,
                        loop_prepare_create (reactor_loop (r),
                                             stopped_class (w),
                                             source_cb,
                                             w));
}

flux_watcher_t *flux_check_watcher_create (flux_reactor_t *r,
                                           flux_watcher_f cb,
                                           void *arg)
{
    flux_watcher_t *w;

    if (!(w = watcher_new (r, WATCHER_CHECK, cb, arg)))
        return NULL;
    return with_source (
        w,
        loop_check_create (reactor_loop (r), stopped_class (w), source_cb, w));
}

flux_watcher_t *flux_idle_watcher_create (flux_reactor_t *r,
                                          flux_watcher_f cb,
                                          void *arg)
{
    flux_watcher_t *w;

    if (!(w = watcher_new (r, WATCHER_IDLE, cb, arg)))
        return NULL;
    return with_source (
        w,
        loop_idle_create (reactor_loop (r), stopped_class (w), source_cb, w));
}

flux_watcher_t *flux_signal_watcher_create (flux_reactor_t *r,
                                            int signum,
                                            flux_watcher_f cb,
                                            void *arg)
{
    flux_watcher_t *w;

    if (!(w = watcher_new (r, WATCHER_SIGNAL, cb, arg)))
        return NULL;
    w->id = signum;
    return with_source (w,
                        loop_signal_create (reactor_loop (r),
                                            stopped_class (w),
                                            signum,
                                            source_cb,
                                            w));
}

int flux_signal_watcher_get_signum (flux_watcher_t *w)
{
    if (!w || w->kind != WATCHER_SIGNAL) {
        errno = EINVAL;
        return -1;
    }
    return w->id;
}

flux_watcher_t *flux_stat_watcher_create (flux_reactor_t *r,
                                          const char *path,
                                          double interval,
                                          flux_watcher_f cb,
                                          void *arg)
{
    flux_watcher_t *w;

    if (!(w = watcher_new (r, WATCHER_STAT, cb, arg)))
        return NULL;
    return with_source (w,
                        loop_stat_create (reactor_loop (r),
                                          stopped_class (w),
                                          path,
                                          interval,
                                          source_cb,
                                          w));
}

int flux_stat_watcher_get_rstat (flux_watcher_t *w,
                                 struct stat *stat,
                                 struct stat *prev)
{
    if (!w || w->kind != WATCHER_STAT) {
        errno = EINVAL;
        return -1;
    }
    loop_stat_get (w->src, stat, prev);
    return 0;
}
