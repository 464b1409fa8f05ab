/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A future for the heartbeat (flux_sync_create(3)). */

#include <errno.h>
#include <stdlib.h>

#include <flux/core.h>
#include <flux/sync.h>

#define HEARTBEAT "heartbeat.pulse"

struct sync {
    flux_t *h;
    double minimum;
    double last; /* time of the last fulfillment */
    flux_future_t *subscribed;
};

static void sync_destroy (void *arg)
{
    struct sync *s = arg;

    flux_future_destroy (s->subscribed);
    flux_future_destroy (
        flux_event_unsubscribe_ex (s->h, HEARTBEAT, FLUX_RPC_NORESPONSE));
    free (s);
}

static void heartbeat_cb (flux_t *h,
                          flux_msg_handler_t *mh,
                          const flux_msg_t *msg,
                          void *arg)
{
    flux_future_t *f = arg;
    struct sync *s = flux_future_aux_get (f, "flux::sync");
    double now = flux_reactor_now (flux_get_reactor (h));

    if (s->last > 0. && now - s->last < s->minimum)
        return;
    s->last = now;
    flux_future_fulfill (f, NULL, NULL);
}

static void sync_init (flux_future_t *f, void *arg)
{
    struct flux_match match = FLUX_MATCH_EVENT;
    flux_t *h = flux_future_get_flux (f);
    flux_msg_handler_t *mh;

    match.topic_glob = HEARTBEAT;
    if (!(mh = flux_msg_handler_create (h, match, heartbeat_cb, f)))
        goto error;
    if (flux_future_aux_set (f, NULL, mh, (flux_free_f)flux_msg_handler_destroy)
        < 0) {
        flux_msg_handler_destroy (mh);
        goto error;
    }
    flux_msg_handler_start (mh);
    return;
error:
    flux_future_fulfill_error (f, errno, NULL);
}

flux_future_t *flux_sync_create (flux_t *h, double minimum)
{
    flux_future_t *f;
    struct sync *s;

    if (!h || minimum < 0.) {
        errno = EINVAL;
        return NULL;
    }
    if (!(s = calloc (1, sizeof (*s))))
        return NULL;
    s->h = h;
    s->minimum = minimum;
    if (!(s->subscribed = flux_event_subscribe_ex (h, HEARTBEAT, 0))) {
        free (s);
        return NULL;
    }
    if (!(f = flux_future_create (sync_init, NULL))
        || flux_future_aux_set (f, "flux::sync", s, sync_destroy) < 0) {
        flux_future_destroy (f);
        sync_destroy (s);
        return NULL;
    }
    flux_future_set_flux (f, h);
    return f;
}
