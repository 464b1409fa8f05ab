/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Inside a future (for src/lib only).
 *
 * A future may be waited for in two contexts (flux_future_create(3)).
 * "then": its watchers and handlers are on the caller's reactor.  "now": they
 * are on a temporary reactor and a clone of the handle, so that a wait runs
 * nothing else of the caller's.  The init callback is called once in each
 * that is used.
 */

#ifndef SLUICE_LIB_FUTURE_IMPL_H
#define SLUICE_LIB_FUTURE_IMPL_H

#include <flux/core.h>

#include "loop/loop.h"
#include "msg/auxlist.h"

/* A short way to wait for f synchronously: look for what fulfills f, for
 * at most timeout seconds (< 0: no limit; 0: take only what is there), until
 * f is ready.  0, or -1 and errno (ETIMEDOUT).  Without one a wait runs a
 * temporary reactor.
 */
typedef int (*future_wait_f) (flux_future_t *f, double timeout, void *arg);

/* Shared with futures that were fulfilled with this one. */
struct result {
    int refcount;
    bool is_error;
    int errnum;
    char *errstr;
    void *value;
    flux_free_f free_fn;
};

struct result_item {
    struct result *result;
    struct result_item *prev,
        *next; /* utlist: the first one's prev is the last */
};

struct then_ctx {
    flux_reactor_t *r;
    struct loop_source *work; /* calls cb, once it is kicked */
    flux_watcher_t *timer;
    double timeout;
    bool initialized;
    flux_continuation_f cb;
    void *arg;
};

struct now_ctx {
    flux_reactor_t *r;
    flux_t *h;
    bool initialized;
};

struct flux_future {
    int refcount;
    flux_t *h;
    flux_reactor_t *r;
    struct auxitem *aux;
    flux_future_init_f init;
    void *init_arg;
    future_wait_f wait;
    void *wait_arg;
    struct result *result;     /* NULL: not fulfilled */
    struct result_item *later; /* what it was fulfilled with since */
    bool fatal;                /* result stays */
    struct then_ctx *then;
    struct now_ctx *now;
    bool in_now;
    flux_future_t *source; /* of fulfill_with: its aux can be seen */
    void (*on_release) (void *arg);
    void *release_arg;
};

/* The handle and reactor f was given, whatever the context. */
flux_reactor_t *future_own_reactor (flux_future_t *f);

/* future_wait.c: f has become ready; f changed from ready to not ready or
 * to the next result; and the end of both contexts.
 */
void future_wake (flux_future_t *f);
void future_rearm (flux_future_t *f);
void future_ctx_quiet (flux_future_t *f);
void future_ctx_destroy (flux_future_t *f);

#endif
