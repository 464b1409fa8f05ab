/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Watch a handle (flux_handle_watcher_create(3)).
 *
 * A handle can be ready without its descriptor being so: messages that were
 * queued, or read together with others.  So it is asked before each wait
 * (prepare), and if it is ready an idle watcher keeps the loop from sleeping;
 * after the wait (check) it is asked again, and the user is called.  The
 * descriptor only has to end the wait.
 */

#include <errno.h>
#include <stdlib.h>

#include "lib/handle_impl.h"
#include "lib/watcher_private.h"

struct handle_watcher {
    flux_t *h;
    int events;
    bool active;
    flux_watcher_t *w; /* the watcher this is in; not owned */
    flux_watcher_t *prepare;
    flux_watcher_t *check;
    flux_watcher_t *idle;
    flux_watcher_t *in;  /* these two only if the handle has a descriptor */
    flux_watcher_t *out; /* and events has FLUX_POLLOUT */
};

static int ready (struct handle_watcher *hw)
{
    int revents = flux_pollevents (hw->h);

    if (revents < 0)
        return FLUX_POLLERR;
    return revents & (hw->events | FLUX_POLLERR);
}

static void prepare_cb (flux_reactor_t *r,
                        flux_watcher_t *w,
                        int revents,
                        void *arg)
{
    struct handle_watcher *hw = arg;

    if (ready (hw))
        flux_watcher_start (hw->idle);
    else if (hw->out)
        flux_watcher_start (hw->out);
}

static void check_cb (flux_reactor_t *r,
                      flux_watcher_t *w,
                      int revents,
                      void *arg)
{
    struct handle_watcher *hw = arg;

    flux_watcher_stop (hw->idle);
    flux_watcher_stop (hw->out);
    if ((revents = ready (hw)))
        watcher_call (hw->w, revents); /* hw may be gone */
}

static void nothing_cb (flux_reactor_t *r,
                        flux_watcher_t *w,
                        int revents,
                        void *arg)
{
}

static void hw_start (flux_watcher_t *w, void *data)
{
    struct handle_watcher *hw = data;

    hw->active = true;
    flux_watcher_start (hw->prepare);
    flux_watcher_start (hw->check);
    flux_watcher_start (hw->in);
}

static void hw_stop (flux_watcher_t *w, void *data)
{
    struct handle_watcher *hw = data;

    hw->active = false;
    flux_watcher_stop (hw->prepare);
    flux_watcher_stop (hw->check);
    flux_watcher_stop (hw->idle);
    flux_watcher_stop (hw->in);
    flux_watcher_stop (hw->out);
}

static bool hw_is_active (flux_watcher_t *w, void *data)
{
    struct handle_watcher *hw = data;

    return hw->active;
}

static void set_ref (flux_watcher_t *w, bool counted)
{
    if (counted)
        flux_watcher_ref (w);
    else
        flux_watcher_unref (w);
}

static void hw_set_counted (flux_watcher_t *w, void *data, bool counted)
{
    struct handle_watcher *hw = data;

    set_ref (hw->prepare, counted);
    set_ref (hw->check, counted);
    set_ref (hw->idle, counted);
    set_ref (hw->in, counted);
    set_ref (hw->out, counted);
}

static void hw_destroy (void *data)
{
    struct handle_watcher *hw = data;

    flux_watcher_destroy (hw->prepare);
    flux_watcher_destroy (hw->check);
    flux_watcher_destroy (hw->idle);
    flux_watcher_destroy (hw->in);
    flux_watcher_destroy (hw->out);
    free (hw);
}

static const struct watcher_ops handle_watcher_ops = {
    .start = hw_start,
    .stop = hw_stop,
    .is_active = hw_is_active,
    .set_counted = hw_set_counted,
    .destroy = hw_destroy,
};

/* A connector without a descriptor is served by turns of the loop alone. */
static int create_fd_watchers (struct handle_watcher *hw, flux_reactor_t *r)
{
    int fd = handle_rawfd (hw->h);

    if (fd < 0)
        return errno == ENOSYS ? 0 : -1;
    if (!(hw->in =
              flux_fd_watcher_create (r, fd, FLUX_POLLIN, nothing_cb, NULL)))
        return -1;
    if ((hw->events & FLUX_POLLOUT)
        && !(
            hw->out =
                flux_fd_watcher_create (r, fd, FLUX_POLLOUT, nothing_cb, NULL)))
        return -1;
    return 0;
}

flux_watcher_t *flux_handle_watcher_create (flux_reactor_t *r,
                                            flux_t *h,
                                            int events,
                                            flux_watcher_f cb,
                                            void *arg)
{
    struct handle_watcher *hw;

    if (!r || !h) {
        errno = EINVAL;
        return NULL;
    }
    if (!(hw = calloc (1, sizeof (*hw))))
        return NULL;
    hw->h = h;
    hw->events = events;
    if (!(hw->prepare = flux_prepare_watcher_create (r, prepare_cb, hw))
        || !(hw->check = flux_check_watcher_create (r, check_cb, hw))
        || !(hw->idle = flux_idle_watcher_create (r, nothing_cb, NULL))
        || create_fd_watchers (hw, r) < 0
        || !(hw->w = watcher_create (r, &handle_watcher_ops, hw, cb, arg))) {
        hw_destroy (hw);
        return NULL;
    }
    return hw->w;
}

flux_t *flux_handle_watcher_get_flux (flux_watcher_t *w)
{
    struct handle_watcher *hw;

    if (!(hw = watcher_data (w, &handle_watcher_ops)))
        return NULL;
    return hw->h;
}
