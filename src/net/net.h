/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Framed, back-pressured unix sockets with peer credentials.
 *
 * A listener accepts peers, asks the kernel who they are (SO_PEERCRED), and
 * hands each to its owner as a connection that carries whole messages.
 * Bytes that are no message cost the peer its connection, with a sentence
 * saying why, and nobody else anything.  A peer that does not read is
 * dropped when its queue passes the limit.
 */

#ifndef SLUICE_NET_NET_H
#define SLUICE_NET_NET_H

#include <flux/message.h>

#include "loop/loop.h"

struct net_listener;
struct net_conn;

struct net_limits {
    size_t max_message; /* bytes of one message, header included */
    size_t max_queue;   /* bytes waiting to be written to one peer */
};

/* 1 GiB a message would let one client take all memory: the default is
 * 256 MiB a message and 1 GiB a queue.
 */
extern const struct net_limits net_limits_default;

struct net_peer {
    uint32_t uid;
    int pid;
};

/* A peer connected.  Decide: return 0 to accept (the byte 0 is sent), or an
 * errno to refuse (that byte is sent and the connection closed).  On 0 the
 * callee owns conn and has called net_conn_start().
 */
typedef int (*net_accept_f) (struct net_conn *conn,
                             const struct net_peer *peer,
                             void *arg);

/* Listen on path (mode as given, backlog large); an existing socket file at
 * path is replaced only if nobody answers on it, else EADDRINUSE.  NULL and
 * errno on failure, error says why (a path over the sun_path limit: EINVAL).
 * With handshake false no byte is exchanged (agents).
 */
struct net_listener *net_listen (struct loop *loop,
                                 const char *path,
                                 int mode,
                                 bool handshake,
                                 net_accept_f cb,
                                 void *arg,
                                 flux_error_t *error);
/* Stop listening and remove the socket file; connections live on. */
void net_listener_destroy (struct net_listener *l);

struct net_conn_ops {
    /* A message arrived; the callee does not own msg (take a reference). */
    void (*message) (struct net_conn *conn, flux_msg_t *msg, void *arg);
    /* The peer is gone or was dropped; reason is a sentence, NULL for an
     * orderly close.  The owner calls net_conn_destroy() now or later.
     */
    void (*closed) (struct net_conn *conn, const char *reason, void *arg);
    /* NULL, or: the kernel took some of what waited for the peer. */
    void (*written) (struct net_conn *conn, void *arg);
};

/* A connection on an open, connected socket, which it owns from now on. */
struct net_conn *net_conn_create (struct loop *loop,
                                  int fd,
                                  flux_error_t *error);
/* Connect to path (non-blocking socket, blocking connect). */
struct net_conn *net_connect (struct loop *loop,
                              const char *path,
                              flux_error_t *error);
void net_conn_start (struct net_conn *conn,
                     const struct net_limits *limits,
                     const struct net_conn_ops *ops,
                     void *arg);
/* Queue msg for the peer: written at the end of the turn together with all
 * else that is queued, or as soon as the peer takes it.  Never blocks.  -1
 * and EPIPE once closed.
 */
int net_conn_send (struct net_conn *conn, const flux_msg_t *msg);
/* Bytes queued and not yet taken by the kernel. */
size_t net_conn_queued (const struct net_conn *conn);
/* Take no more messages from the peer for now (nor notice that it went), or go
 * on.  Legal inside its callbacks.
 */
void net_conn_pause (struct net_conn *conn, bool paused);
/* Write what can be written, close, free.  Legal inside its callbacks. */
void net_conn_destroy (struct net_conn *conn);

#endif
