/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Who gets which message: services, clients, subscriptions, events.
 *
 * Parts of the broker register methods ("job-manager.raise"); connections
 * are clients, and may register services of their own.  Requests are routed
 * by topic (exact method, else the service that owns the longest dotted
 * prefix), responses by their route stack, events by subscription.  Roles
 * are checked here, once, from the table that registers the method.
 * Rules and error texts: RFC 3, 6, 12.
 */

#ifndef SLUICE_ROUTER_ROUTER_H
#define SLUICE_ROUTER_ROUTER_H

#include <flux/message.h>

#include "loop/loop.h"

struct router;
struct router_client;

/* owner: the uid of the instance owner.  rank and size are this broker's. */
struct router *router_create (struct loop *loop,
                              uint32_t owner,
                              uint32_t rank,
                              uint32_t size);
void router_destroy (struct router *r);
uint32_t router_owner (const struct router *r);
/* Ranks that are only pretended are answered here too. */
void router_set_size (struct router *r, uint32_t size);
/* The broker's own id, 36 characters. */
const char *router_uuid (const struct router *r);

/* ---- methods of the broker's own parts ---- */

/* What a request handler returns. */
enum {
    REQUEST_ERROR = -1, /* the router answers errno, with error->text if set */
    REQUEST_DONE = 0,   /* answered, or no answer is owed */
    REQUEST_LATER = 1,  /* the handler kept a reference (flux_msg_incref) in
                           a table of its own and will answer; it also takes
                           the service's "disconnect" so that a client that
                           vanished is forgotten */
};

typedef int (*request_f) (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error);

enum {
    /* Refused with EPROTO unless the request has the STREAMING flag. */
    METHOD_STREAMING = 1,
    /* Touches jobs: waits its turn while the loop is held by a plugin that
     * waits inside a callback; a synchronous wait by a plugin for an answer
     * of such a method is answered EDEADLK (router_deadlock).
     */
    METHOD_HELD = 2,
};

struct request_row {
    const char *topic; /* whole topic, "job-manager.raise" */
    uint32_t rolemask; /* FLUX_ROLE_OWNER, or FLUX_ROLE_USER added, ... */
    int flags;
    request_f cb;
};

/* A topic that begins with "*." is for all services of the broker that have no
 * such method of their own: "*.rexec.exec" takes "1000-shell-fabc.rexec.exec".
 *
 * Register each row up to one with a NULL topic.  The part of a topic before
 * its last dot becomes a known service, so that other topics below it get
 * "Unknown service method" instead of "No service".  -1 and EEXIST if a
 * topic is taken (nothing is registered then).
 */
int router_methods_add (struct router *r,
                        const struct request_row *rows,
                        void *arg);
void router_methods_remove (struct router *r, const struct request_row *rows);
/* One method with a topic that is not a constant (it is copied). */
int router_method_add (struct router *r,
                       const char *topic,
                       uint32_t rolemask,
                       int flags,
                       request_f cb,
                       void *arg);
void router_method_remove (struct router *r, const char *topic);

/* Each method there is, in no order.  cb may not add or remove any. */
typedef void (*router_method_f) (const char *topic,
                                 uint32_t rolemask,
                                 int flags,
                                 void *arg);
void router_methods_each (struct router *r, router_method_f cb, void *arg);

/* All methods of this service (one that has methods) are METHOD_HELD, those
 * too that were registered without it.  ENOENT.
 */
int router_hold_service (struct router *r, const char *name);

/* Hide the broker's service of this name and those below it, or show it
 * again: requests to a hidden one are answered as if nobody served it, but
 * for "disconnect", so that clients that vanish are still forgotten.  -1 and
 * ENOMEM.
 */
int router_service_hide (struct router *r, const char *name, bool hidden);

/* Register ping, stats-get, stats-clear, rusage, debug, config-reload and
 * disconnect-if-absent for service name, as every Flux module has them
 * (methods the part registers itself are left alone).  stats may be NULL:
 * message counters are reported; else it returns JSON text (malloced).
 * Called again for the same service, stats takes the place of the former.
 */
int router_standard_methods (struct router *r,
                             const char *service,
                             char *(*stats) (void *arg),
                             void *arg);
/* Take them away again; a no-op if the service has none. */
void router_standard_remove (struct router *r, const char *service);

/* ---- answers ---- */

/* payload is JSON text (sent with its NUL) or NULL for none.  No-ops for
 * requests that want no answer (NORESPONSE, or matchtag 0).  All return 0,
 * or -1 and errno if memory ran out.
 */
int router_respond (struct router *r, const flux_msg_t *req, const char *json);
int router_respond_raw (struct router *r,
                        const flux_msg_t *req,
                        const void *data,
                        size_t len);
int router_respond_error (struct router *r,
                          const flux_msg_t *req,
                          int errnum,
                          const char *text);
/* jansson format, for parts that may use it. */
int router_respond_pack (struct router *r,
                         const flux_msg_t *req,
                         const char *fmt,
                         ...);

/* A response that another has made (an agent) goes to whose request it
 * answers, with the broker's credentials.  msg is changed.
 */
void router_forward_response (struct router *r, flux_msg_t *msg);

/* ---- events ---- */

/* Publish to subscribers; json may be NULL; flags 0 or FLUX_MSGFLAG_PRIVATE.
 * Returns the sequence number (from 1), or -1.
 */
int router_publish (struct router *r,
                    const char *topic,
                    int flags,
                    const char *json);

/* ---- tracing ---- */

/* Every request given to a service ("rx"), every response ("tx") and every
 * event ("tx").  name is the service, or the first part of an event's topic;
 * cb may answer requests, which is not traced.  NULL ends it.
 */
typedef void (*router_trace_f) (void *arg,
                                const char *direction,
                                const char *name,
                                const flux_msg_t *msg);
void router_trace (struct router *r, router_trace_f cb, void *arg);

/* ---- clients ---- */

/* Give msg to the client; the callee takes its own reference. */
typedef int (*router_deliver_f) (const flux_msg_t *msg, void *arg);

/* A client with these credentials; uuid (36 characters) is made here.  A
 * client with owner role may set userid and rolemask per message; others'
 * are overwritten.
 */
struct router_client *router_client_add (struct router *r,
                                         uint32_t userid,
                                         uint32_t rolemask,
                                         router_deliver_f deliver,
                                         void *arg);
/* How the router can ask how many bytes wait to be written to the client;
 * cb has the argument of deliver.
 */
void router_client_set_queued (struct router_client *c,
                               size_t (*cb) (void *arg));
/* How the router can ask that nothing more is taken from the client for now,
 * or again.
 */
void router_client_set_pause (struct router_client *c,
                              void (*cb) (void *arg, bool paused));
void router_pause (struct router *r, const flux_msg_t *req, bool paused);
/* Was req sent from within this process, by a plugin for example? */
bool router_is_inside (struct router *r, const flux_msg_t *req);
/* Bytes that wait for the sender of req; 0 if that is not known. */
size_t router_queued (struct router *r, const flux_msg_t *req);
/* Does more wait for the sender of req than who sends it much needs to be ahead
 * of it (1 MiB)?  Then the rest is better left until `work` is kicked, which is
 * whenever a client of which this was said has read on.
 */
bool router_is_behind (struct router *r, const flux_msg_t *req);
/* -1 and ENOMEM.  Taken back before the work is destroyed. */
int router_kick_add (struct router *r, struct loop_source *work);
void router_kick_remove (struct router *r, struct loop_source *work);
/* From who writes to the client: less waits for it than before. */
void router_client_read (struct router_client *c);
const char *router_client_uuid (const struct router_client *c);
/* A message from the client (any type); the router takes what it needs. */
void router_client_recv (struct router_client *c, const flux_msg_t *msg);
/* The same without a copy: msg is nobody else's, and is changed. */
void router_client_take (struct router_client *c, flux_msg_t *msg);
/* The client is gone: its services and subscriptions go, and each service it
 * sent a request to hears "<service>.disconnect".
 */
void router_client_remove (struct router_client *c);

/* True if msg (a request just sent by c, by matchtag) waits for a held
 * method; it is then dropped and answered with EDEADLK.  Called when a
 * plugin begins to wait for that answer synchronously.
 */
bool router_deadlock (struct router_client *c, uint32_t matchtag);

/* May this message's sender act for userid (owner, or the user itself)? */
bool router_may (const flux_msg_t *msg, uint32_t userid);
/* Does the sender have the owner role? */
bool router_is_owner (const flux_msg_t *msg);
/* Same sender, and matchtag as a cancel request names it (RFC 6). */
bool router_same_client (const flux_msg_t *a, const flux_msg_t *b);

#endif
