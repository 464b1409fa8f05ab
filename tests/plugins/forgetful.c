/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Leaves a timer and a future behind that nothing destroys. */

#include <flux/core.h>
#include <flux/jobtap.h>

static flux_watcher_t *timer;
static flux_future_t *future;

static void timer_cb (flux_reactor_t *r,
                      flux_watcher_t *w,
                      int revents,
                      void *arg)
{
    flux_plugin_t *p = arg;

    if (!flux_jobtap_get_flux (p) && errno == EINVAL) {
        flux_watcher_destroy (w);
        flux_future_destroy (future);
    }
}

static void future_cb (flux_future_t *f, void *arg)
{
}

int flux_plugin_init (flux_plugin_t *p)
{
    flux_t *h = flux_jobtap_get_flux (p);

    if (!h
        || !(timer = flux_timer_watcher_create (flux_get_reactor (h),
                                                0.01,
                                                0.01,
                                                timer_cb,
                                                p))
        || !(future = flux_rpc (h, "nosuch.service", NULL, 0, 0))
        || flux_future_then (future, -1., future_cb, p) < 0)
        return -1;
    flux_watcher_start (timer);
    return 0;
}
