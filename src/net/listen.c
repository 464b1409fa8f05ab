/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The listening end, and connecting to one. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "net/conn.h"

/* Peers taken in one turn, so that a storm of them does not starve the rest.
 */
enum { ACCEPT_PER_TURN = 64 };

struct net_listener {
    struct loop *loop;
    int fd;
    int spare; /* a descriptor to fall back on */
    struct loop_source *io;
    char *path;
    bool bound;
    bool handshake;
    net_accept_f cb;
    void *arg;
};

static int make_address (const char *path,
                         struct sockaddr_un *addr,
                         flux_error_t *error)
{
    memset (addr, 0, sizeof (*addr));
    addr->sun_family = AF_UNIX;
    if (!path || strlen (path) == 0)
        return err_set (error, EINVAL, "socket path is empty");
    if (strlen (path) >= sizeof (addr->sun_path))
        return err_set (error,
                        EINVAL,
                        "%s: socket path is longer than %zu bytes",
                        path,
                        sizeof (addr->sun_path) - 1);
    strcpy (addr->sun_path, path);
    return 0;
}

static int try_connect (const struct sockaddr_un *addr)
{
    int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc;

    if (fd < 0)
        return -1;
    do {
        rc = connect (fd, (const struct sockaddr *)addr, sizeof (*addr));
    } while (rc < 0 && errno == EINTR);
    if (rc < 0) {
        int saved_errno = errno;

        close (fd);
        errno = saved_errno;
        return -1;
    }
    return fd;
}

/* Make way for a new socket: a file that nobody answers on is left over from
 * a process that died.
 */
static int remove_stale (const struct sockaddr_un *addr, flux_error_t *error)
{
    struct stat st;
    int fd;

    if (lstat (addr->sun_path, &st) < 0)
        return 0;
    if (!S_ISSOCK (st.st_mode))
        return err_set (error,
                        EADDRINUSE,
                        "%s exists and is not a socket",
                        addr->sun_path);
    if ((fd = try_connect (addr)) >= 0) {
        close (fd);
        return err_set (error,
                        EADDRINUSE,
                        "%s: another process is listening",
                        addr->sun_path);
    }
    if (errno != ECONNREFUSED)
        return err_set (error,
                        EADDRINUSE,
                        "%s: cannot tell if it is in use: %s",
                        addr->sun_path,
                        strerror (errno));
    if (unlink (addr->sun_path) < 0 && errno != ENOENT)
        return err_set (error,
                        errno,
                        "%s: cannot replace: %s",
                        addr->sun_path,
                        strerror (errno));
    return 0;
}

static int peer_of (int fd, struct net_peer *peer)
{
    struct ucred cred;
    socklen_t len = sizeof (cred);

    if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
        return -1;
    peer->uid = cred.uid;
    peer->pid = cred.pid;
    return 0;
}

/* Failures here concern a peer that is already gone, or one that would not
 * read a single byte: its connection is dropped by the first read.
 */
static void send_verdict (struct net_listener *l, int fd, int errnum)
{
    unsigned char byte = errnum;

    if (l->handshake && fd >= 0)
        (void)!send (fd, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void accept_one (struct net_listener *l, int fd)
{
    struct net_peer peer;
    struct net_conn *conn;
    int errnum;

    if (peer_of (fd, &peer) < 0
        || !(conn = net_conn_create (l->loop, fd, NULL))) {
        close (fd);
        return;
    }
    net_conn_hold (conn);
    errnum = l->cb (conn, &peer, l->arg);
    send_verdict (l, net_conn_fd (conn), errnum);
    if (errnum != 0)
        net_conn_destroy (conn);
    net_conn_unhold (conn);
}

/* No descriptor is left: peers would wait for ever, and wake us all the time.
 * With the one kept for this they are told, one by one.
 */
static bool refuse_one (struct net_listener *l)
{
    int fd;

    if (l->spare < 0)
        return false;
    close (l->spare);
    fd = accept4 (l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    send_verdict (l, fd, EMFILE);
    if (fd >= 0)
        close (fd);
    l->spare = open ("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd >= 0;
}

static void listen_cb (struct loop_source *src, int revents, void *arg)
{
    struct net_listener *l = arg;
    int fd;

    for (int i = 0; i < ACCEPT_PER_TURN; i++) {
        fd = accept4 (l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0)
            accept_one (l, fd);
        else if ((errno != EMFILE && errno != ENFILE) || !refuse_one (l))
            break;
    }
}

static int listener_bind (struct net_listener *l,
                          const struct sockaddr_un *addr,
                          int mode,
                          flux_error_t *error)
{
    l->fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd < 0)
        return err_set (error, errno, "socket: %s", strerror (errno));
    if (bind (l->fd, (const struct sockaddr *)addr, sizeof (*addr)) < 0)
        return err_set (error,
                        errno,
                        "%s: cannot bind: %s",
                        l->path,
                        strerror (errno));
    l->bound = true;
    if (chmod (l->path, mode) < 0 || listen (l->fd, SOMAXCONN) < 0)
        return err_set (error,
                        errno,
                        "%s: cannot listen: %s",
                        l->path,
                        strerror (errno));
    return 0;
}

struct net_listener *net_listen (struct loop *loop,
                                 const char *path,
                                 int mode,
                                 bool handshake,
                                 net_accept_f cb,
                                 void *arg,
                                 flux_error_t *error)
{
    struct net_listener *l;
    struct sockaddr_un addr;

    if (make_address (path, &addr, error) < 0
        || remove_stale (&addr, error) < 0)
        return NULL;
    if (!(l = calloc (1, sizeof (*l))) || !(l->path = strdup (path))) {
        free (l);
        return err_null (error, ENOMEM, "out of memory");
    }
    l->loop = loop;
    l->fd = -1;
    l->spare = open ("/dev/null", O_RDONLY | O_CLOEXEC);
    l->handshake = handshake;
    l->cb = cb;
    l->arg = arg;
    if (listener_bind (l, &addr, mode, error) < 0)
        goto error;
    if (!(l->io = loop_io_create (loop,
                                  LOOP_ALWAYS,
                                  l->fd,
                                  LOOP_READ,
                                  listen_cb,
                                  l))) {
        err_set (error, errno, "%s: %s", path, strerror (errno));
        goto error;
    }
    return l;
error:
    net_listener_destroy (l);
    return NULL;
}

void net_listener_destroy (struct net_listener *l)
{
    int saved_errno = errno;

    if (l) {
        loop_source_destroy (l->io);
        if (l->fd >= 0)
            close (l->fd);
        if (l->spare >= 0)
            close (l->spare);
        if (l->bound)
            unlink (l->path);
        free (l->path);
        free (l);
    }
    errno = saved_errno;
}

struct net_conn *net_connect (struct loop *loop,
                              const char *path,
                              flux_error_t *error)
{
    struct sockaddr_un addr;
    struct net_conn *conn;
    int fd;

    if (make_address (path, &addr, error) < 0)
        return NULL;
    if ((fd = try_connect (&addr)) < 0)
        return err_null (error, errno, "%s: %s", path, strerror (errno));
    if (!(conn = net_conn_create (loop, fd, error))) {
        int saved_errno = errno;

        close (fd);
        errno = saved_errno;
    }
    return conn;
}
