/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Waiting for a future, with a continuation or synchronously. */

#include <errno.h>
#include <stdlib.h>

#include "lib/future_impl.h"
#include "lib/handle_impl.h"
#include "lib/watcher_private.h"

/* A broker that lends its loop is turned this long at most before the
 * temporary reactor, whose timers it does not know, is looked at again.
 */
#define HOST_TURN_MAX 0.02
/* Turns of the temporary reactor after each of the host's: one for each
 * future that a result may have to travel through.
 */
#define NOW_TURNS 32

static int fail (int errnum)
{
    errno = errnum;
    return -1;
}

/* The continuation is called from the reactor, never from here: whoever
 * fulfills a future may still be using it.
 */
void future_wake (flux_future_t *f)
{
    if (f->then) {
        flux_watcher_stop (f->then->timer);
        loop_source_start (f->then->work);
        loop_kick (f->then->work);
    }
}

static void timer_start (struct then_ctx *then)
{
    if (then->timer) {
        flux_timer_watcher_reset (then->timer, then->timeout, 0.);
        flux_watcher_start (then->timer);
    }
}

void future_rearm (flux_future_t *f)
{
    if (!f->then)
        return;
    loop_source_stop (f->then->work);
    if (f->result)
        future_wake (f);
    else
        timer_start (f->then);
}

static void continuation_cb (struct loop_source *src, int revents, void *arg)
{
    flux_future_t *f = arg;

    loop_source_stop (src);
    flux_future_incref (f);
    if (f->result)
        f->then->cb (f, f->then->arg);
    flux_future_decref (f);
}

static void timeout_cb (flux_reactor_t *r,
                        flux_watcher_t *w,
                        int revents,
                        void *arg)
{
    flux_future_fulfill_error (arg, ETIMEDOUT, NULL);
}

void future_ctx_quiet (flux_future_t *f)
{
    if (f->then) {
        loop_source_stop (f->then->work);
        flux_watcher_stop (f->then->timer);
    }
}

static void then_destroy (struct then_ctx *then)
{
    if (then) {
        flux_watcher_destroy (then->timer);
        if (then->work)
            loop_source_destroy (then->work);
        flux_reactor_decref (then->r);
        free (then);
    }
}

void future_ctx_destroy (flux_future_t *f)
{
    then_destroy (f->then);
    f->then = NULL;
    if (f->now) {
        flux_close (f->now->h);
        flux_reactor_decref (f->now->r);
        free (f->now);
        f->now = NULL;
    }
}

static struct then_ctx *then_create (flux_future_t *f, flux_reactor_t *r)
{
    struct then_ctx *then;

    if (!(then = calloc (1, sizeof (*then))))
        return NULL;
    flux_reactor_incref (r);
    then->r = r;
    if (!(then->work = loop_work_create (reactor_loop (r),
                                         reactor_class (r) | LOOP_STOPPED,
                                         continuation_cb,
                                         f))) {
        then_destroy (then);
        return NULL;
    }
    /* A reactor does not end before it has called. */
    loop_source_set_counted (then->work, true);
    return then;
}

/* The watcher for a timeout is made only where there is one. */
static int then_set_timeout (flux_future_t *f, double timeout)
{
    struct then_ctx *then = f->then;

    then->timeout = timeout;
    if (timeout < 0.) {
        flux_watcher_destroy (then->timer);
        then->timer = NULL;
    }
    else if (!then->timer
             && !(then->timer = flux_timer_watcher_create (then->r,
                                                           timeout,
                                                           0.,
                                                           timeout_cb,
                                                           f)))
        return -1;
    return 0;
}

int flux_future_then (flux_future_t *f,
                      double timeout,
                      flux_continuation_f cb,
                      void *arg)
{
    flux_reactor_t *r;

    if (!f || !cb)
        return fail (EINVAL);
    if (!(r = future_own_reactor (f)))
        return fail (EINVAL);
    if (f->then && f->then->r != r) {
        then_destroy (f->then);
        f->then = NULL;
    }
    if (!f->then && !(f->then = then_create (f, r)))
        return -1;
    f->then->cb = cb;
    f->then->arg = arg;
    if (then_set_timeout (f, timeout) < 0)
        return -1;
    future_rearm (f);
    if (!f->result && f->init && !f->then->initialized) {
        f->then->initialized = true;
        f->init (f, f->init_arg);
    }
    return 0;
}

static struct now_ctx *now_create (flux_future_t *f)
{
    struct now_ctx *now;

    if (!(now = calloc (1, sizeof (*now))))
        return NULL;
    if (!(now->r = flux_reactor_create (0))
        || (f->h
            && (!(now->h = handle_clone_for_wait (f->h))
                || flux_set_reactor (now->h, now->r) < 0))) {
        flux_close (now->h);
        flux_reactor_decref (now->r);
        free (now);
        return NULL;
    }
    return now;
}

static void nothing_cb (flux_reactor_t *r,
                        flux_watcher_t *w,
                        int revents,
                        void *arg)
{
}

/* Run the temporary reactor until f is ready or timer is over. */
static int run_now (flux_future_t *f, flux_watcher_t *timer)
{
    while (!f->result) {
        int active = flux_reactor_run (f->now->r, FLUX_REACTOR_ONCE);

        if (f->result)
            break;
        if (active < 0)
            return -1;
        if (timer && !flux_watcher_is_active (timer))
            return fail (ETIMEDOUT);
        if (active == 0)
            return fail (EDEADLK);
    }
    return 0;
}

/* The same on a hosted handle: the messages come while the host turns. */
static int run_now_hosted (flux_future_t *f, double timeout)
{
    flux_t *root = f->h->root;
    double deadline = handle_now (f->h) + timeout;

    for (;;) {
        double left = HOST_TURN_MAX;

        for (int i = 0; i < NOW_TURNS && !f->result; i++) {
            if (flux_reactor_run (f->now->r, FLUX_REACTOR_NOWAIT) < 0)
                return f->result ? 0 : -1;
        }
        if (f->result)
            return 0;
        if (timeout >= 0.) {
            left = deadline - handle_now (f->h);
            if (left <= 0.)
                return fail (ETIMEDOUT);
            if (left > HOST_TURN_MAX)
                left = HOST_TURN_MAX;
        }
        root->host.turn (root->host.arg, left);
    }
}

static int run_now_timed (flux_future_t *f, double timeout)
{
    flux_watcher_t *timer = NULL;
    int rc;

    if (timeout >= 0.) {
        if (!(timer = flux_timer_watcher_create (f->now->r,
                                                 timeout,
                                                 0.,
                                                 nothing_cb,
                                                 NULL)))
            return -1;
        flux_watcher_start (timer);
    }
    rc = run_now (f, timer);
    flux_watcher_destroy (timer);
    return rc;
}

static int wait_now (flux_future_t *f, double timeout)
{
    int rc;

    if (!f->now && !(f->now = now_create (f)))
        return -1;
    f->in_now = true;
    if (!f->now->initialized) {
        f->now->initialized = true;
        f->init (f, f->init_arg);
    }
    if (f->h && f->h->root->hosted)
        rc = run_now_hosted (f, timeout);
    else
        rc = run_now_timed (f, timeout);
    f->in_now = false;
    if (f->now->h) {
        int saved = errno;

        flux_dispatch_requeue (f->now->h);
        errno = saved;
    }
    return rc;
}

int flux_future_wait_for (flux_future_t *f, double timeout)
{
    int rc;

    if (!f)
        return fail (EINVAL);
    if (f->result)
        return 0;
    if (!f->wait && !f->init)
        return fail (EDEADLK);
    /* The result may bring the end of whoever holds f. */
    flux_future_incref (f);
    handle_wait_begin (f->h);
    if (f->wait)
        rc = f->wait (f, timeout, f->wait_arg);
    else if (timeout == 0.)
        rc = fail (ETIMEDOUT);
    else
        rc = wait_now (f, timeout);
    handle_wait_end (f->h);
    flux_future_decref (f);
    return rc;
}
