/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Inside a handle (for src/lib only).
 *
 * A clone has flags, aux, reactor and dispatcher of its own; all else
 * (connector, queue, tags, counters) is its root's, which it keeps alive.
 *
 * Two ways lead a message out of the connector: the dispatcher, which a
 * reactor runs, and synchronous waits.  Both hand a response to the RPC
 * that owns its matchtag wherever they find it (rpc_deliver), so that no
 * response is lost for want of a handler.  All else that a wait meets goes
 * to the queue, in order, and the dispatcher takes it from there later.
 */

#ifndef SLUICE_LIB_HANDLE_IMPL_H
#define SLUICE_LIB_HANDLE_IMPL_H

#include <flux/core.h>
#include <flux/connector.h>
#include "lib/handle_host.h"
#include "lib/msgq.h"
#include "lib/tagpool.h"
#include "msg/auxlist.h"

struct dispatch;

struct flux_handle {
    int refcount;
    int flags;
    flux_t *root; /* itself, if it is no clone */
    struct auxitem *aux;
    flux_reactor_t *reactor;
    bool reactor_owned;
    struct dispatch *dispatch;
    flux_comms_error_f comms_error;
    void *comms_error_arg;
    bool in_comms_error;
    bool for_wait; /* a clone that a synchronous wait made */

    /* root only */
    const struct flux_handle_ops *ops;
    void *impl;
    struct msgq rxq;
    struct tagpool tags;
    flux_msgcounters_t counters;
    bool hosted;
    struct flux_priv_host host;
    int epollfd; /* what flux_pollfd() gave out, or -1 */
    int eventfd; /* in it: rxq is not empty */
    const flux_conf_t *conf;
};

/* Take from queue and connector all that has come, give responses to their
 * RPCs and queue the rest; block for at most timeout seconds (< 0: no limit)
 * if nothing had come.  0, or -1 and errno.
 */
int handle_pump (flux_t *h, double timeout);
/* Give responses that wait in the queue to their RPCs. */
void handle_pump_queue (flux_t *h);

/* The clock that timeouts of synchronous waits are measured with. */
double handle_now (flux_t *h);

/* The descriptor to poll for input; -1 if the connector has none. */
int handle_rawfd (flux_t *h);

/* Take msgs to the head of the queue, in their order. */
void handle_requeue_list (flux_t *h, struct msgq *msgs);

/* A clone for a synchronous wait. */
flux_t *handle_clone_for_wait (flux_t *h);

/* Bracket a synchronous wait (for hosted handles). */
void handle_wait_begin (flux_t *h);
void handle_wait_end (flux_t *h);

/* Wrap up an impl made by a connector: flux_handle_create, or destroy impl
 * and answer NULL.
 */
flux_t *connector_local_init (const char *path, int flags, flux_error_t *errp);
flux_t *connector_fd_init (const char *path, int flags, flux_error_t *errp);
flux_t *connector_loop_init (const char *path, int flags, flux_error_t *errp);

/* rpc.c: give a response to the RPC that waits for it; false if none does. */
bool rpc_deliver (flux_t *h, const flux_msg_t *msg);
/* All pending RPCs of h fail. */
void rpc_fail_all (flux_t *h, int errnum);
/* h goes away: RPCs that are still pending forget it. */
void rpc_forget_handle (flux_t *h);

/* dispatch.c: the dispatcher of h, made on first use. */
struct dispatch *dispatch_get (flux_t *h);
/* h goes away. */
void dispatch_close (struct dispatch *d);
/* Keep d (and the watcher on its handle) going while a response is waited
 * for; and the end of that.
 */
void dispatch_hold (struct dispatch *d);
void dispatch_unhold (struct dispatch *d);

#endif
