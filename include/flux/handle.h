/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Handles: connections to a broker (flux_open(3)).
 *
 * Functions return 0 or a pointer, or -1 or NULL with errno.
 */

#ifndef FLUX_HANDLE_H
#define FLUX_HANDLE_H

#include <flux/types.h>
#include <flux/message.h>
#include <flux/conf.h>
#include <stdint.h>
#include <stdbool.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int request_tx;
    int request_rx;
    int response_tx;
    int response_rx;
    int event_tx;
    int event_rx;
    int control_tx;
    int control_rx;
} flux_msgcounters_t;

/* Told of a failed send or receive (errno); 0: mended, try again. */
typedef int (*flux_comms_error_f) (flux_t *h, void *arg);

/* MATCHDEBUG tells on stderr of calls given up early; TEST_NOSUB makes
 * subscribing do nothing; RPCTRACK lets calls fail with ECONNRESET on
 * flux_reconnect; NOREQUEUE forbids flux_requeue.
 */
enum {
    FLUX_O_TRACE = 1,
    FLUX_O_CLONE = 2,
    FLUX_O_NONBLOCK = 4,
    FLUX_O_MATCHDEBUG = 8,
    FLUX_O_TEST_NOSUB = 16,
    FLUX_O_RPCTRACK = 32,
    FLUX_O_NOREQUEUE = 64,
};

enum {
    FLUX_RQ_HEAD = 1,
    FLUX_RQ_TAIL = 2,
};

enum {
    FLUX_POLLIN = 1,
    FLUX_POLLOUT = 2,
    FLUX_POLLERR = 4,
};

#define FLUX_OPT_TESTING_USERID "flux::testing_userid"
#define FLUX_OPT_TESTING_ROLEMASK "flux::testing_rolemask"
#define FLUX_OPT_ROUTER_NAME "flux::router_name"
#define FLUX_OPT_SEND_QUEUE_COUNT "flux::send_queue_count"
#define FLUX_OPT_RECV_QUEUE_COUNT "flux::recv_queue_count"
#define FLUX_OPT_POLLFD_EVENTS "flux::pollfd_events"

/* Connect to uri: local://PATH, fd://N, loop://; or to an ancestor by path
 * (".",
 * "..", "/"); NULL: FLUX_URI, or the system's.  Errors go to stderr.
 */
flux_t *flux_open (const char *uri, int flags);

/* The same; the sentence goes to error. */
flux_t *flux_open_ex (const char *uri, int flags, flux_error_t *error);

/* Drop a reference; the last one closes.  errno is kept; NULL is ignored. */
void flux_close (flux_t *h);

flux_t *flux_incref (flux_t *h);
void flux_decref (flux_t *h);

/* Another handle on the same connection with reactor, aux and message handlers
 * of its own.
 */
flux_t *flux_clone (flux_t *orig);

/* The reactor, made (and then owned) at need.  Set, which borrows: EEXIST if
 * there is one.
 */
flux_reactor_t *flux_get_reactor (flux_t *h);
int flux_set_reactor (flux_t *h, flux_reactor_t *r);

/* The configuration kept in the handle, an empty one at first.  Set takes the
 * reference over.
 */
const flux_conf_t *flux_get_conf (flux_t *h);
int flux_set_conf_new (flux_t *h, const flux_conf_t *conf);

/* ENOSYS where the connector cannot; local:// cannot. */
int flux_reconnect (flux_t *h);

/* Options of the connector; EINVAL for one it does not know. */
int flux_opt_set (flux_t *h, const char *option, const void *val, size_t len);
int flux_opt_get (flux_t *h, const char *option, void *val, size_t len);

void flux_comms_error_set (flux_t *h, flux_comms_error_f fun, void *arg);

/* As flux_msg_aux_get.  Names that start with "flux::" are ours. */
void *flux_aux_get (flux_t *h, const char *name);
int flux_aux_set (flux_t *h, const char *name, void *aux, flux_free_f destroy);

/* CLONE and RPCTRACK cannot be changed. */
void flux_flags_set (flux_t *h, int flags);
void flux_flags_unset (flux_t *h, int flags);
int flux_flags_get (flux_t *h);

/* A number for a request sent by hand; FLUX_MATCHTAG_NONE on error. */
uint32_t flux_matchtag_alloc (flux_t *h);
void flux_matchtag_free (flux_t *h, uint32_t matchtag);
uint32_t flux_matchtag_avail (flux_t *h);

/* Send (flux_send(3)).  ECONNRESET: the broker is gone; EAGAIN with
 * FLUX_O_NONBLOCK.
 */
int flux_send (flux_t *h, const flux_msg_t *msg, int flags);

/* The same of a message given away: *msg becomes NULL. */
int flux_send_new (flux_t *h, flux_msg_t **msg, int flags);

/* The next message that matches, the caller's to destroy; others are kept in
 * order for later.  Errors as of flux_send; EDEADLK to wait on loop://.
 */
flux_msg_t *flux_recv (flux_t *h, struct flux_match match, int flags);

/* Put a message back to the head or the tail of what is to be received. */
int flux_requeue (flux_t *h, const flux_msg_t *msg, int flags);

/* FLUX_POLL bits that hold now; takes the edge of flux_pollfd. */
int flux_pollevents (flux_t *h);

/* A descriptor that becomes readable each time the bits above may have
 * changed; the handle's.
 */
int flux_pollfd (flux_t *h);

void flux_get_msgcounters (flux_t *h, flux_msgcounters_t *mcs);
void flux_clr_msgcounters (flux_t *h);

#ifdef __cplusplus
}
#endif

#endif
