/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Connectors over a stream socket: local://PATH and fd://N (RFC 3).
 *
 * The descriptor stays blocking and each call says whether it may block, so
 * that a client that waits for a response spends one recv(2) on it.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "lib/handle_impl.h"
#include "msg/frame.h"

#define READ_SIZE 65536

/* How often and how patiently to knock at a broker that may be starting. */
#define RETRY_COUNT 5
#define RETRY_MIN_MS 16
#define RETRY_MAX_MS 2000

struct sock {
    int fd;
    struct frame_decoder *dec;
    struct frame_buf tx;
    flux_msg_t *next; /* read and not yet taken */
    bool tx_blocked;  /* the last send would have blocked */
    int errnum;       /* the connection is lost */
    bool fake_userid;
    bool fake_rolemask;
    uint32_t userid;
    uint32_t rolemask;
};

static int fail (int errnum)
{
    errno = errnum;
    return -1;
}

static void sock_destroy (void *impl)
{
    struct sock *s = impl;
    int saved = errno;

    if (!s)
        return;
    flux_msg_destroy (s->next);
    frame_decoder_destroy (s->dec);
    frame_buf_clear (&s->tx);
    if (s->fd >= 0)
        close (s->fd);
    free (s);
    errno = saved;
}

static struct sock *sock_create (int fd)
{
    struct sock *s;

    if (!(s = calloc (1, sizeof (*s))))
        return NULL;
    s->fd = fd;
    if (!(s->dec = frame_decoder_create (0))) {
        free (s);
        return NULL;
    }
    return s;
}

static int lost (struct sock *s, int errnum)
{
    s->errnum = errnum;
    return fail (errnum);
}

/* Read what there is, waiting for the first of it unless MSG_DONTWAIT. */
static int sock_read (struct sock *s, int flags)
{
    size_t avail;
    void *space;
    ssize_t n;

    if (s->errnum)
        return fail (s->errnum);
    if (!(space = frame_decoder_space (s->dec, READ_SIZE, &avail)))
        return -1;
    n = recv (s->fd, space, avail, flags);
    if (n > 0)
        frame_decoder_filled (s->dec, n);
    else if (n == 0)
        return lost (s, ECONNRESET);
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        return lost (s, errno);
    return n > 0 ? 0 : -1;
}

static flux_msg_t *next_decoded (struct sock *s)
{
    flux_msg_t *msg;

    if ((msg = s->next)) {
        s->next = NULL;
        return msg;
    }
    if (!(msg = frame_decoder_next (s->dec)) && errno != EAGAIN)
        s->errnum = errno;
    return msg;
}

static flux_msg_t *sock_recv (void *impl, int flags)
{
    struct sock *s = impl;
    int how = (flags & FLUX_O_NONBLOCK) ? MSG_DONTWAIT : 0;
    flux_msg_t *msg;

    while (!(msg = next_decoded (s))) {
        if (errno != EAGAIN || sock_read (s, how) < 0)
            return NULL;
    }
    return msg;
}

static int sock_pollfd (void *impl)
{
    struct sock *s = impl;

    return s->fd;
}

/* Input is looked for by reading it: the bytes are wanted anyway. */
static int sock_pollevents (void *impl)
{
    struct sock *s = impl;
    int events = 0;

    if (!s->next)
        s->next = sock_recv (s, FLUX_O_NONBLOCK);
    if (s->next)
        events |= FLUX_POLLIN;
    else if (s->errnum)
        return FLUX_POLLIN | FLUX_POLLERR; /* reading tells what it is */
    if (s->tx_blocked) {
        struct pollfd pfd = { .fd = s->fd, .events = POLLOUT };

        s->tx_blocked = poll (&pfd, 1, 0) <= 0;
    }
    if (!s->tx_blocked)
        events |= FLUX_POLLOUT;
    return events;
}

/* The peer does not read: wait, and read meanwhile, for it may itself be
 * waiting for us to do so.
 */
static int wait_writable (struct sock *s)
{
    struct pollfd pfd = { .fd = s->fd, .events = POLLIN | POLLOUT };

    if (poll (&pfd, 1, -1) < 0)
        return errno == EINTR ? 0 : -1;
    if ((pfd.revents & POLLIN) && sock_read (s, MSG_DONTWAIT) < 0
        && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        return -1;
    return 0;
}

/* Write all of tx.  A message of which a part is out has to follow wholly;
 * one that has not begun may be put off.
 */
static int flush (struct sock *s, bool nonblock)
{
    bool begun = false;
    ssize_t n;

    while (frame_buf_pending (&s->tx) > 0) {
        n = send (s->fd,
                  frame_buf_data (&s->tx),
                  frame_buf_pending (&s->tx),
                  MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) {
            frame_buf_consume (&s->tx, n);
            begun = true;
        }
        else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (nonblock && !begun)
                return fail (EAGAIN);
            if (wait_writable (s) < 0)
                return -1;
        }
        else if (errno != EINTR)
            return lost (s, errno == EPIPE ? ECONNRESET : errno);
    }
    return 0;
}

/* For tests: send as somebody else (the broker believes its owner). */
static void fake_cred (struct sock *s)
{
    unsigned char *proto = s->tx.data + s->tx.len - 20;
    uint32_t be;

    if (s->fake_userid) {
        be = htonl (s->userid);
        memcpy (proto + 4, &be, 4);
    }
    if (s->fake_rolemask) {
        be = htonl (s->rolemask);
        memcpy (proto + 8, &be, 4);
    }
}

static int sock_send (void *impl, const flux_msg_t *msg, int flags)
{
    struct sock *s = impl;
    int rc;

    if (s->errnum)
        return fail (s->errnum);
    if (frame_encode (msg, &s->tx) < 0)
        return -1;
    fake_cred (s);
    rc = flush (s, (flags & FLUX_O_NONBLOCK));
    s->tx_blocked = rc < 0 && errno == EAGAIN;
    if (rc < 0)
        frame_buf_consume (&s->tx, frame_buf_pending (&s->tx));
    return rc;
}

static int set_u32 (bool *set, uint32_t *dst, const void *val, size_t len)
{
    if (!val || len != sizeof (*dst))
        return fail (EINVAL);
    memcpy (dst, val, len);
    *set = true;
    return 0;
}

static int sock_setopt (void *impl, const char *name, const void *val, size_t n)
{
    struct sock *s = impl;

    if (!strcmp (name, FLUX_OPT_TESTING_USERID))
        return set_u32 (&s->fake_userid, &s->userid, val, n);
    if (!strcmp (name, FLUX_OPT_TESTING_ROLEMASK))
        return set_u32 (&s->fake_rolemask, &s->rolemask, val, n);
    return fail (EINVAL);
}

static const struct flux_handle_ops sock_ops = {
    .setopt = sock_setopt,
    .pollfd = sock_pollfd,
    .pollevents = sock_pollevents,
    .send = sock_send,
    .recv = sock_recv,
    .impl_destroy = sock_destroy,
};

/* The broker says in one byte whether it lets us in: 0, or an errno. */
static int handshake (int fd, flux_error_t *errp)
{
    unsigned char byte;
    ssize_t n;

    do {
        n = read (fd, &byte, 1);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_set (errp, errno, "handshake: %s", strerror (errno));
    if (n == 0)
        return err_set (errp,
                        ECONNRESET,
                        "the broker closed the connection at once");
    if (byte != 0)
        return err_set (errp,
                        byte,
                        "the broker refused the connection: %s",
                        strerror (byte));
    return 0;
}

/* Make a handle of the connected fd, which it then owns. */
static flux_t *handle_create (int fd, int flags, flux_error_t *errp)
{
    struct sock *s;
    flux_t *h;

    if (handshake (fd, errp) < 0)
        return NULL;
    if (!(s = sock_create (fd)))
        return err_null (errp, ENOMEM, "out of memory");
    if (!(h = flux_handle_create (s, &sock_ops, flags))) {
        s->fd = -1;
        sock_destroy (s);
        return err_null (errp, ENOMEM, "out of memory");
    }
    return h;
}

static int retry_count (void)
{
    const char *s = getenv ("FLUX_LOCAL_CONNECTOR_RETRY_COUNT");
    char *end;
    long n;

    if (!s || !*s)
        return RETRY_COUNT;
    n = strtol (s, &end, 10);
    return *end == '\0' && n >= 0 && n <= 1000000 ? n : RETRY_COUNT;
}

static int connect_retry (const struct sockaddr_un *addr)
{
    int retries = retry_count ();
    int delay = RETRY_MIN_MS;
    int fd;

    for (;;) {
        struct timespec ts;

        if ((fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
            return -1;
        if (connect (fd, (const struct sockaddr *)addr, sizeof (*addr)) == 0)
            return fd;
        if (retries-- <= 0) {
            int saved = errno;

            close (fd);
            return fail (saved);
        }
        close (fd);
        ts.tv_sec = delay / 1000;
        ts.tv_nsec = (delay % 1000) * 1000000L;
        nanosleep (&ts, NULL);
        delay = delay * 2 < RETRY_MAX_MS ? delay * 2 : RETRY_MAX_MS;
    }
}

flux_t *connector_local_init (const char *path, int flags, flux_error_t *errp)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    flux_t *h;
    int fd;

    if (!*path)
        return err_null (errp, EINVAL, "local:// needs the path of a socket");
    if (strlen (path) >= sizeof (addr.sun_path))
        return err_null (errp,
                         EINVAL,
                         "socket path is longer than %zu bytes: %s",
                         sizeof (addr.sun_path) - 1,
                         path);
    strcpy (addr.sun_path, path);
    if ((fd = connect_retry (&addr)) < 0) {
        if (errno == ENOENT)
            return err_null (errp,
                             ENOENT,
                             "broker socket %s was not found",
                             path);
        return err_null (errp,
                         errno,
                         "cannot connect to %s: %s",
                         path,
                         strerror (errno));
    }
    if (!(h = handle_create (fd, flags, errp))) {
        int saved = errno;

        close (fd);
        errno = saved;
    }
    return h;
}

/* The descriptor stays the caller's: we work on a copy. */
flux_t *connector_fd_init (const char *path, int flags, flux_error_t *errp)
{
    char *end;
    long n;
    int fd;
    flux_t *h;

    errno = 0;
    n = strtol (path, &end, 10);
    if (!*path || *end != '\0' || errno != 0 || n < 0 || n > INT32_MAX)
        return err_null (errp, EINVAL, "not a descriptor: '%s'", path);
    if ((fd = dup (n)) < 0)
        return err_null (errp,
                         errno,
                         "descriptor %ld: %s",
                         n,
                         strerror (errno));
    if (!(h = handle_create (fd, flags, errp))) {
        int saved = errno;

        close (fd);
        errno = saved;
    }
    return h;
}
