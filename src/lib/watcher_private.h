/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Inside reactors and watchers, for the library's own use. */

#ifndef SLUICE_LIB_WATCHER_PRIVATE_H
#define SLUICE_LIB_WATCHER_PRIVATE_H

#include <flux/core.h>

#include "loop/loop.h"

/* The loop a reactor turns, and the class its sources have to have. */
struct loop *reactor_loop (flux_reactor_t *r);
enum loop_class reactor_class (flux_reactor_t *r);

/* A kind of watcher made of others (a handle watcher is one).  set_counted
 * tells the parts whether they keep the reactor running; it may be NULL.
 * destroy frees data; the watcher has been stopped by then.
 */
struct watcher_ops {
    void (*start) (flux_watcher_t *w, void *data);
    void (*stop) (flux_watcher_t *w, void *data);
    bool (*is_active) (flux_watcher_t *w, void *data);
    void (*set_counted) (flux_watcher_t *w, void *data, bool counted);
    void (*destroy) (void *data);
};

/* A stopped watcher of such a kind; it takes a reference on r.  data belongs
 * to the watcher once this has succeeded.  NULL and EINVAL or ENOMEM.
 */
flux_watcher_t *watcher_create (flux_reactor_t *r,
                                const struct watcher_ops *ops,
                                void *data,
                                flux_watcher_f cb,
                                void *arg);
/* data, if w is of the kind ops; else NULL and EINVAL. */
void *watcher_data (flux_watcher_t *w, const struct watcher_ops *ops);
/* Call the user.  w may be gone on return. */
void watcher_call (flux_watcher_t *w, int revents);

#endif
