/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The dispatcher: takes messages from its handle while the reactor runs. */

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#include "lib/dispatch.h"

/* Responses taken in one turn of the reactor; they only wake futures. */
#define RESPONSES_PER_TURN 64

struct dispatch *dispatch_incref (struct dispatch *d)
{
    d->refcount++;
    return d;
}

void dispatch_decref (struct dispatch *d)
{
    if (--d->refcount > 0)
        return;
    flux_watcher_destroy (d->w);
    msgq_clear (&d->unmatched);
    free (d);
}

/* One message for a handler a turn: what it does (stop the reactor, say)
 * has to be seen before the next is called.
 */
static void handle_cb (flux_reactor_t *r,
                       flux_watcher_t *w,
                       int revents,
                       void *arg)
{
    struct dispatch *d = arg;
    flux_msg_t *msg;
    bool delivered = true;

    if ((revents & FLUX_POLLERR) && !(revents & FLUX_POLLIN)) {
        errno = EIO;
        flux_reactor_stop_error (r);
        return;
    }
    for (int i = 0; i < RESPONSES_PER_TURN && delivered; i++) {
        if (!(msg = flux_recv (d->h, FLUX_MATCH_ANY, FLUX_O_NONBLOCK))) {
            if (errno != EAGAIN && errno != EWOULDBLOCK)
                flux_reactor_stop_error (r);
            return;
        }
        delivered = rpc_deliver (d->h, msg);
        if (!delivered) {
            dispatch_incref (d);
            dispatch_message (d, msg);
            dispatch_decref (d);
        }
        flux_msg_destroy (msg);
    }
}

struct dispatch *dispatch_get (flux_t *h)
{
    struct dispatch *d;
    flux_reactor_t *r;

    if (h->dispatch)
        return h->dispatch;
    if (!(r = flux_get_reactor (h)) || !(d = calloc (1, sizeof (*d))))
        return NULL;
    d->h = h;
    d->refcount = 1;
    if (!(d->w =
              flux_handle_watcher_create (r, h, FLUX_POLLIN, handle_cb, d))) {
        free (d);
        return NULL;
    }
    h->dispatch = d;
    return d;
}

void dispatch_close (struct dispatch *d)
{
    if (!d)
        return;
    flux_watcher_destroy (d->w);
    d->w = NULL;
    d->h = NULL;
    dispatch_decref (d);
}

void dispatch_hold (struct dispatch *d)
{
    dispatch_incref (d);
    if (d->running++ == 0)
        flux_watcher_start (d->w);
}

void dispatch_unhold (struct dispatch *d)
{
    if (--d->running == 0)
        flux_watcher_stop (d->w);
    dispatch_decref (d);
}

int flux_dispatch_requeue (flux_t *h)
{
    if (!h) {
        errno = EINVAL;
        return -1;
    }
    if (h->dispatch && (h->flags & FLUX_O_CLONE))
        handle_requeue_list (h, &h->dispatch->unmatched);
    return 0;
}

flux_watcher_t *flux_get_handle_watcher (flux_t *h)
{
    struct dispatch *d;

    if (!h) {
        errno = EINVAL;
        return NULL;
    }
    if (!(d = dispatch_get (h)))
        return NULL;
    return d->w;
}
