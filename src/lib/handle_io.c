/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Messages into and out of a handle. */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "lib/handle_impl.h"

static void trace (flux_t *h, const flux_msg_t *msg, int flags, char dir)
{
    if (((h->flags | flags) & FLUX_O_TRACE)) {
        fprintf (stderr, "%c ", dir);
        flux_msg_fprint_ts (stderr, msg, flux_reactor_time ());
    }
}

static void count_tx (flux_msgcounters_t *c, int type)
{
    switch (type) {
    case FLUX_MSGTYPE_REQUEST:
        c->request_tx++;
        break;
    case FLUX_MSGTYPE_RESPONSE:
        c->response_tx++;
        break;
    case FLUX_MSGTYPE_EVENT:
        c->event_tx++;
        break;
    default:
        c->control_tx++;
        break;
    }
}

static void count_rx (flux_msgcounters_t *c, int type)
{
    switch (type) {
    case FLUX_MSGTYPE_REQUEST:
        c->request_rx++;
        break;
    case FLUX_MSGTYPE_RESPONSE:
        c->response_rx++;
        break;
    case FLUX_MSGTYPE_EVENT:
        c->event_rx++;
        break;
    default:
        c->control_rx++;
        break;
    }
}

/* The connection failed (errno): did the callback mend it? */
static bool comms_error_mended (flux_t *h)
{
    int saved = errno;
    int rc = -1;

    if (saved == EAGAIN || saved == EWOULDBLOCK || saved == EINVAL
        || !h->comms_error || h->in_comms_error)
        return false;
    h->in_comms_error = true;
    rc = h->comms_error (h, h->comms_error_arg);
    h->in_comms_error = false;
    errno = saved;
    return rc == 0;
}

int flux_send (flux_t *h, const flux_msg_t *msg, int flags)
{
    flux_t *root;
    int type;

    if (!h || !msg) {
        errno = EINVAL;
        return -1;
    }
    root = h->root;
    if (!root->ops->send) {
        errno = ENOSYS;
        return -1;
    }
    flux_msg_get_type (msg, &type);
    trace (h, msg, flags, '>');
    flags |= h->flags;
    while (root->ops->send (root->impl, msg, flags) < 0) {
        if (!comms_error_mended (h))
            return -1;
    }
    count_tx (&root->counters, type);
    return 0;
}

int flux_send_new (flux_t *h, flux_msg_t **msg, int flags)
{
    flux_t *root;
    int type;

    if (!h || !msg || !*msg) {
        errno = EINVAL;
        return -1;
    }
    root = h->root;
    if (!root->ops->send_new) {
        if (flux_send (h, *msg, flags) < 0)
            return -1;
        flux_msg_destroy (*msg);
        *msg = NULL;
        return 0;
    }
    flux_msg_get_type (*msg, &type);
    trace (h, *msg, flags, '>');
    flags |= h->flags;
    while (root->ops->send_new (root->impl, msg, flags) < 0) {
        if (!comms_error_mended (h))
            return -1;
    }
    count_tx (&root->counters, type);
    return 0;
}

double handle_now (flux_t *h)
{
    struct timespec ts;

    if (h && h->root->hosted && h->root->reactor)
        return flux_reactor_now (h->root->reactor);
    clock_gettime (CLOCK_MONOTONIC, &ts);
    return ts.tv_sec + 1e-9 * ts.tv_nsec;
}

int handle_rawfd (flux_t *h)
{
    flux_t *root = h->root;

    if (!root->ops->pollfd) {
        errno = ENOSYS;
        return -1;
    }
    return root->ops->pollfd (root->impl);
}

/* Is this the response to an RPC that was given up?  If it is the last one
 * its tag is free again.
 */
static bool is_late (flux_t *root, const flux_msg_t *msg)
{
    uint32_t matchtag;
    int errnum;
    struct tag *tag;

    if (flux_msg_get_errnum (msg, &errnum) < 0
        || flux_msg_get_matchtag (msg, &matchtag) < 0
        || flux_msg_route_count (msg) > 0
        || !(tag = tagpool_lookup (&root->tags, matchtag))
        || tag->state != TAG_RETIRED)
        return false;
    if (!tag->streaming || errnum != 0)
        tagpool_free (&root->tags, matchtag);
    return true;
}

/* Sleep until there is input or timeout has passed. */
static int wait_input (flux_t *h, double timeout)
{
    flux_t *root = h->root;
    struct pollfd pfd = { .events = POLLIN };
    int ms = timeout < 0 ? -1 : (int)(timeout * 1000. + 0.999);

    if (root->hosted) {
        root->host.turn (root->host.arg, timeout);
        return 0;
    }
    if ((pfd.fd = handle_rawfd (h)) < 0)
        return -1;
    if (poll (&pfd, 1, ms) < 0 && errno != EINTR)
        return -1;
    return 0;
}

/* The next message from the connector, past the queue; responses nobody
 * waits for any more are dropped on the way.  With wait, block until there
 * is one.  NULL and errno (EAGAIN).
 */
static flux_msg_t *handle_next (flux_t *h, bool wait, int flags)
{
    flux_t *root = h->root;
    int type;
    flux_msg_t *msg;

    if (!root->ops->recv) {
        errno = ENOSYS;
        return NULL;
    }
    flags |= h->flags & ~FLUX_O_NONBLOCK;
    /* A host has to turn while we wait: only it can. */
    if (!wait || root->hosted)
        flags |= FLUX_O_NONBLOCK;
    for (;;) {
        if (!(msg = root->ops->recv (root->impl, flags))) {
            if (errno == EINTR || comms_error_mended (h))
                continue;
            if ((errno != EAGAIN && errno != EWOULDBLOCK) || !wait)
                return NULL;
            if (wait_input (h, -1.) < 0)
                return NULL;
            continue;
        }
        trace (h, msg, flags, '<');
        flux_msg_get_type (msg, &type);
        count_rx (&root->counters, type);
        if (!is_late (root, msg))
            return msg;
        flux_msg_destroy (msg);
    }
}

/* Tell those who poll flux_pollfd() of the queue. */
static void queue_signal (flux_t *root)
{
    uint64_t one = 1;

    if (root->eventfd >= 0 && write (root->eventfd, &one, sizeof (one)) < 0)
        return; /* it is signalled already */
}

static int queue_append (flux_t *root, const flux_msg_t *msg)
{
    if (msgq_append (&root->rxq, msg) < 0)
        return -1;
    queue_signal (root);
    return 0;
}

static flux_msg_t *queue_take (flux_t *root, struct flux_match match)
{
    struct msgq_item *item;

    for (item = root->rxq.head; item; item = item->next) {
        if (flux_msg_cmp (item->msg, match))
            return (flux_msg_t *)msgq_remove (&root->rxq, item);
    }
    return NULL;
}

static flux_msg_t *recv_match (flux_t *h,
                               struct flux_match match,
                               bool wait,
                               int flags)
{
    flux_msg_t *msg;

    while ((msg = handle_next (h, wait, flags))) {
        if (flux_msg_cmp (msg, match))
            break;
        if (queue_append (h->root, msg) < 0) {
            flux_msg_destroy (msg);
            return NULL;
        }
        flux_msg_destroy (msg);
    }
    return msg;
}

flux_msg_t *flux_recv (flux_t *h, struct flux_match match, int flags)
{
    flux_msg_t *msg;
    bool wait;

    if (!h) {
        errno = EINVAL;
        return NULL;
    }
    if ((msg = queue_take (h->root, match)))
        return msg;
    wait = !((flags | h->flags) & FLUX_O_NONBLOCK);
    if (!wait)
        return recv_match (h, match, false, flags);
    handle_wait_begin (h);
    msg = recv_match (h, match, true, flags);
    handle_wait_end (h);
    return msg;
}

int flux_requeue (flux_t *h, const flux_msg_t *msg, int flags)
{
    int rc;

    if (!h || !msg || (h->flags & FLUX_O_NOREQUEUE)
        || (flags != FLUX_RQ_HEAD && flags != FLUX_RQ_TAIL)) {
        errno = EINVAL;
        return -1;
    }
    if (flags == FLUX_RQ_HEAD)
        rc = msgq_push (&h->root->rxq, msg);
    else
        rc = msgq_append (&h->root->rxq, msg);
    if (rc == 0)
        queue_signal (h->root);
    return rc;
}

void handle_requeue_list (flux_t *h, struct msgq *msgs)
{
    if (msgs->count > 0) {
        msgq_splice_head (&h->root->rxq, msgs);
        queue_signal (h->root);
    }
}

void handle_pump_queue (flux_t *h)
{
    struct msgq *q = &h->root->rxq;
    struct msgq_item *item;
    struct msgq_item *next;

    for (item = q->head; item; item = next) {
        next = item->next;
        if (rpc_deliver (h, item->msg))
            flux_msg_decref (msgq_remove (q, item));
    }
}

static int pump_one (flux_t *h, flux_msg_t *msg)
{
    int rc = 0;

    if (!rpc_deliver (h, msg))
        rc = queue_append (h->root, msg);
    flux_msg_destroy (msg);
    return rc;
}

int handle_pump (flux_t *h, double timeout)
{
    flux_msg_t *msg;
    int count = 0;

    /* With no limit of time the connector itself can block: no poll(2). */
    if (timeout < 0 && !h->root->hosted) {
        if (!(msg = handle_next (h, true, 0)))
            return -1;
        return pump_one (h, msg);
    }
    for (int tries = 0; tries < 2 && count == 0; tries++) {
        while ((msg = handle_next (h, false, 0))) {
            if (pump_one (h, msg) < 0)
                return -1;
            count++;
        }
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return -1;
        if (count == 0 && tries == 0 && timeout != 0.
            && wait_input (h, timeout) < 0)
            return -1;
    }
    return 0;
}

int flux_pollevents (flux_t *h)
{
    flux_t *root;
    struct epoll_event ev;
    uint64_t val;
    int events = 0;

    if (!h) {
        errno = EINVAL;
        return -1;
    }
    root = h->root;
    if (root->epollfd >= 0) {
        /* Edges are taken before the state is looked at, so that one which
         * comes in between is not lost.
         */
        (void)epoll_wait (root->epollfd, &ev, 1, 0);
        if (read (root->eventfd, &val, sizeof (val)) < 0 && errno != EAGAIN)
            return -1;
    }
    if (root->ops->pollevents
        && (events = root->ops->pollevents (root->impl)) < 0)
        return -1;
    if (root->rxq.count > 0)
        events |= FLUX_POLLIN;
    return events;
}

static int pollfd_create (flux_t *root)
{
    struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
    int fd;

    if ((root->epollfd = epoll_create1 (EPOLL_CLOEXEC)) < 0)
        return -1;
    if ((root->eventfd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0
        || epoll_ctl (root->epollfd, EPOLL_CTL_ADD, root->eventfd, &ev) < 0)
        goto error;
    ev.events |= EPOLLOUT;
    if ((fd = handle_rawfd (root)) < 0
        || epoll_ctl (root->epollfd, EPOLL_CTL_ADD, fd, &ev) < 0)
        goto error;
    if (root->rxq.count > 0)
        queue_signal (root);
    return 0;
error:
    close (root->epollfd);
    if (root->eventfd >= 0)
        close (root->eventfd);
    root->epollfd = root->eventfd = -1;
    return -1;
}

int flux_pollfd (flux_t *h)
{
    if (!h) {
        errno = EINVAL;
        return -1;
    }
    if (h->root->epollfd < 0 && pollfd_create (h->root) < 0)
        return -1;
    return h->root->epollfd;
}
