/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* One connection: bytes to messages and back.
 *
 * What is sent during a turn gathers in one buffer and leaves in one system
 * call, from a work source.  Errors met while sending are not reported from
 * inside net_conn_send() - the caller may be in the middle of a list of
 * peers - but from the work source too.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "msg/frame.h"
#include "net/conn.h"

/* Room offered to one read, and what one peer may bring in one turn before
 * the others have their say.
 */
enum {
    READ_SIZE = 64 * 1024,
    /* As many requests as take a few milliseconds: others come too. */
    READ_PER_TURN = 64 * 1024,
    /* What is written to one peer in one turn: it may read as fast as that. */
    WRITE_PER_TURN = 512 * 1024,
};

const struct net_limits net_limits_default = {
    .max_message = 256UL << 20,
    .max_queue = 1UL << 30,
};

struct net_conn {
    struct loop *loop;
    int fd;
    struct loop_source *io;
    struct loop_source *flush;
    struct frame_decoder *decoder;
    struct frame_buf out;
    struct net_limits limits;
    struct net_conn_ops ops;
    void *arg;
    int busy;       /* callbacks and loops that still look at this */
    bool destroyed; /* net_conn_destroy() came while busy */
    bool dead;      /* nothing is read or written any more */
    bool told;      /* closed() was called */
    bool deaf;      /* the peer takes no more; what it sent is still read */
    bool blocked;   /* more is to be written: waiting for LOOP_WRITE */
    bool deliver;   /* there may be messages that came before a pause */
    bool paused;    /* nothing is read, and no message handed over */
    char *reason;
};

static void conn_free (struct net_conn *conn)
{
    loop_source_destroy (conn->io);
    loop_source_destroy (conn->flush);
    frame_decoder_destroy (conn->decoder);
    frame_buf_clear (&conn->out);
    if (conn->fd >= 0)
        close (conn->fd);
    free (conn->reason);
    free (conn);
}

void net_conn_hold (struct net_conn *conn)
{
    conn->busy++;
}

void net_conn_unhold (struct net_conn *conn)
{
    if (--conn->busy == 0 && conn->destroyed)
        conn_free (conn);
}

/* Give the peer up; the owner hears of it from the work source. */
static void conn_fail (struct net_conn *conn, const char *reason)
{
    if (conn->dead)
        return;
    conn->dead = true;
    if (reason)
        conn->reason = strdup (reason);
    frame_buf_clear (&conn->out);
    if (conn->io)
        loop_io_set (conn->io, 0);
    if (conn->flush)
        loop_kick (conn->flush);
}

static void conn_tell (struct net_conn *conn)
{
    if (conn->told || conn->destroyed)
        return;
    conn->told = true;
    loop_source_destroy (conn->io);
    conn->io = NULL;
    close (conn->fd);
    conn->fd = -1;
    conn->ops.closed (conn, conn->reason, conn->arg);
}

/* Write until all is written, or max, or the kernel's buffer is full.  A peer
 * that went away is given up when its last words have been read, not here.
 */
static void conn_write (struct net_conn *conn, size_t max)
{
    size_t n;

    while (!conn->dead && max > 0 && (n = frame_buf_pending (&conn->out)) > 0) {
        ssize_t rc = send (conn->fd,
                           frame_buf_data (&conn->out),
                           n < max ? n : max,
                           MSG_NOSIGNAL | MSG_DONTWAIT);
        if (rc >= 0) {
            frame_buf_consume (&conn->out, rc);
            max -= rc;
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            break;
        conn->deaf = true;
        frame_buf_clear (&conn->out);
    }
}

/* Wait for what there is to do. */
static void conn_watch (struct net_conn *conn)
{
    if (!conn->dead && conn->io)
        loop_io_set (conn->io,
                     (conn->paused ? 0 : LOOP_READ)
                         | (conn->blocked ? LOOP_WRITE : 0));
}

static void conn_flush (struct net_conn *conn)
{
    size_t before = frame_buf_pending (&conn->out);
    bool blocked;

    conn_write (conn, WRITE_PER_TURN);
    blocked = !conn->dead && frame_buf_pending (&conn->out) > 0;
    if (blocked != conn->blocked) {
        conn->blocked = blocked;
        conn_watch (conn);
    }
    if (conn->ops.written && frame_buf_pending (&conn->out) < before)
        conn->ops.written (conn, conn->arg);
}

static void conn_deliver (struct net_conn *conn);

static void flush_cb (struct loop_source *src, int revents, void *arg)
{
    struct net_conn *conn = arg;

    if (conn->destroyed)
        return;
    net_conn_hold (conn);
    if (conn->dead)
        conn_tell (conn);
    else {
        conn_flush (conn);
        if (conn->deliver)
            conn_deliver (conn);
    }
    net_conn_unhold (conn);
}

/* Hand over every whole message that has come. */
static void conn_deliver (struct net_conn *conn)
{
    flux_msg_t *msg;

    conn->deliver = false;
    while (!conn->dead && !conn->destroyed && !conn->paused) {
        if (!(msg = frame_decoder_next (conn->decoder))) {
            if (errno == ENOMEM)
                conn_fail (conn, "out of memory");
            else if (errno != EAGAIN)
                conn_fail (conn, frame_decoder_error (conn->decoder));
            return;
        }
        conn->ops.message (conn, msg, conn->arg);
        flux_msg_decref (msg);
    }
}

/* Read once.  False if there is nothing more to read now. */
static bool conn_read (struct net_conn *conn, size_t *total)
{
    size_t avail;
    void *space;
    ssize_t n;

    if (!(space = frame_decoder_space (conn->decoder, READ_SIZE, &avail))) {
        conn_fail (conn, "out of memory");
        return false;
    }
    do {
        n = recv (conn->fd, space, avail, MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n > 0) {
        frame_decoder_filled (conn->decoder, n);
        *total += n;
        return (size_t)n == avail;
    }
    frame_decoder_filled (conn->decoder, 0);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return false;
    if (n < 0 && errno != ECONNRESET)
        conn_fail (conn, strerror (errno));
    else if (frame_decoder_pending (conn->decoder) > 0)
        conn_fail (conn, "peer went away in the middle of a message");
    else
        conn_fail (conn, NULL);
    return false;
}

static void io_cb (struct loop_source *src, int revents, void *arg)
{
    struct net_conn *conn = arg;
    size_t total = 0;
    bool more = true;

    net_conn_hold (conn);
    if ((revents & LOOP_WRITE))
        conn_flush (conn);
    if ((revents & LOOP_READ)) {
        while (more && total < READ_PER_TURN && !conn->paused) {
            more = conn_read (conn, &total);
            /* After the last read too: it may have completed a message. */
            conn_deliver (conn);
            if (conn->dead || conn->destroyed)
                break;
        }
    }
    net_conn_unhold (conn);
}

struct net_conn *net_conn_create (struct loop *loop,
                                  int fd,
                                  flux_error_t *error)
{
    struct net_conn *conn;
    int flags;

    if ((flags = fcntl (fd, F_GETFL)) < 0
        || fcntl (fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return err_null (error, errno, "socket: %s", strerror (errno));
    if (!(conn = calloc (1, sizeof (*conn))))
        return err_null (error, ENOMEM, "out of memory");
    conn->loop = loop;
    conn->fd = fd;
    return conn;
}

void net_conn_start (struct net_conn *conn,
                     const struct net_limits *limits,
                     const struct net_conn_ops *ops,
                     void *arg)
{
    conn->limits = limits ? *limits : net_limits_default;
    conn->ops = *ops;
    conn->arg = arg;
    conn->flush =
        loop_work_create (conn->loop, LOOP_ALWAYS | LOOP_LATE, flush_cb, conn);
    conn->decoder = frame_decoder_create (conn->limits.max_message);
    conn->io = loop_io_create (conn->loop,
                               LOOP_ALWAYS,
                               conn->fd,
                               LOOP_READ,
                               io_cb,
                               conn);
    if (!conn->flush || !conn->decoder || !conn->io)
        conn_fail (conn, "out of memory");
}

int net_conn_send (struct net_conn *conn, const flux_msg_t *msg)
{
    if (conn->dead || conn->deaf || conn->destroyed) {
        errno = EPIPE;
        return -1;
    }
    if (frame_encode (msg, &conn->out) < 0)
        return -1;
    if (frame_buf_pending (&conn->out) > conn->limits.max_queue) {
        char buf[128];

        snprintf (buf,
                  sizeof (buf),
                  "peer does not read: more than %zu bytes are waiting",
                  conn->limits.max_queue);
        conn_fail (conn, buf);
        errno = EPIPE;
        return -1;
    }
    if (!conn->blocked)
        loop_kick (conn->flush);
    return 0;
}

void net_conn_pause (struct net_conn *conn, bool paused)
{
    if (conn->paused == paused)
        return;
    conn->paused = paused;
    conn->deliver = !paused;
    conn_watch (conn);
    if (!paused && conn->flush)
        loop_kick (conn->flush);
}

size_t net_conn_queued (const struct net_conn *conn)
{
    return frame_buf_pending (&conn->out);
}

int net_conn_fd (const struct net_conn *conn)
{
    return conn->fd;
}

void net_conn_destroy (struct net_conn *conn)
{
    int saved_errno = errno;

    if (conn && !conn->destroyed) {
        if (conn->fd >= 0)
            conn_write (conn, SIZE_MAX);
        conn->destroyed = true;
        net_conn_hold (conn);
        loop_source_destroy (conn->io);
        conn->io = NULL;
        if (conn->fd >= 0)
            close (conn->fd);
        conn->fd = -1;
        net_conn_unhold (conn);
    }
    errno = saved_errno;
}
