/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Streams of a local process: pipes, and sockets for auxiliary channels. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/subprocess_private.h"

/* ---- output ---- */

static void io_close_output (struct sub_channel *ch)
{
    struct sub_io *io = ch->impl;

    flux_watcher_stop (io->r);
    if (!ch->in && io->fd >= 0) {
        flux_watcher_destroy (io->r);
        io->r = NULL;
        close (io->fd);
        io->fd = -1;
    }
    sub_eof (ch);
}

/* What is not read by the user is not read here. */
static void io_read (struct sub_channel *ch)
{
    struct sub_io *io = ch->impl;
    size_t held = sub_held (ch);
    char *room;
    ssize_t n;

    if (held >= ch->bufsize) {
        flux_watcher_stop (io->r);
        return;
    }
    if (!(room = sub_room (ch, SUB_READ_SIZE)))
        return;
    n = read (io->fd, room, SUB_READ_SIZE);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        sub_data (ch, NULL, n);
    else
        io_close_output (ch);
}

static void readable_cb (flux_reactor_t *r,
                         flux_watcher_t *w,
                         int revents,
                         void *arg)
{
    struct sub_channel *ch = arg;
    flux_subprocess_t *p = sub_incref (ch->p);

    sub_tell_running (p);
    if (!p->dead)
        io_read (ch);
    sub_check_complete (p);
    sub_decref (p);
}

void sub_io_read (struct sub_channel *ch, bool on)
{
    struct sub_io *io = ch->impl;

    if (ch->ended || !io->r)
        return;
    if (on)
        flux_watcher_start (io->r);
    else
        flux_watcher_stop (io->r);
}

/* ---- input ---- */

void sub_io_end_input (struct sub_channel *ch)
{
    struct sub_io *io = ch->impl;

    flux_watcher_destroy (io->w);
    io->w = NULL;
    free (io->data);
    io->data = NULL;
    io->head = io->len = 0;
    ch->closed = true;
    if (io->fd < 0)
        return;
    if (ch->out)
        shutdown (io->fd, SHUT_WR);
    else {
        close (io->fd);
        io->fd = -1;
    }
}

/* write(2) to a pipe that nobody reads, without the signal. */
static ssize_t write_quietly (int fd, const char *data, size_t len)
{
    const struct timespec now = { 0 };
    sigset_t pipe, old, pending;
    ssize_t n;
    int saved;

    sigemptyset (&pipe);
    sigaddset (&pipe, SIGPIPE);
    sigpending (&pending);
    pthread_sigmask (SIG_BLOCK, &pipe, &old);
    n = write (fd, data, len);
    saved = errno;
    if (n < 0 && saved == EPIPE && !sigismember (&pending, SIGPIPE)) {
        while (sigtimedwait (&pipe, NULL, &now) < 0 && errno == EINTR)
            ;
    }
    pthread_sigmask (SIG_SETMASK, &old, NULL);
    errno = saved;
    return n;
}

/* A process that closed its input has had enough: the rest is dropped. */
static void push (struct sub_channel *ch)
{
    struct sub_io *io = ch->impl;
    size_t before = io->head;
    ssize_t n = 0;

    while (io->head < io->len) {
        n = write_quietly (io->fd, io->data + io->head, io->len - io->head);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        io->head += n;
    }
    if (n < 0 && errno != EAGAIN) {
        sub_io_end_input (ch);
        return;
    }
    before = io->head - before;
    if (io->head == io->len) {
        io->head = io->len = 0;
        flux_watcher_stop (io->w);
        if (io->shut)
            sub_io_end_input (ch);
    }
    sub_credit (ch, before);
}

static void writable_cb (flux_reactor_t *r,
                         flux_watcher_t *w,
                         int revents,
                         void *arg)
{
    struct sub_channel *ch = arg;
    flux_subprocess_t *p = sub_incref (ch->p);

    sub_tell_running (p);
    if (!p->dead)
        push (ch);
    sub_decref (p);
}

/* Written from the loop, so that credit is never told inside a call. */
int sub_io_write (struct sub_channel *ch, const char *data, size_t len)
{
    struct sub_io *io = ch->impl;
    size_t held = io->len - io->head;
    char *p;

    if (io->fd < 0) {
        errno = EPIPE;
        return -1;
    }
    if (held + len > ch->bufsize) {
        errno = ENOSPC;
        return -1;
    }
    if (io->head > 0) {
        memmove (io->data, io->data + io->head, held);
        io->head = 0;
        io->len = held;
    }
    if (!(p = realloc (io->data, held + len)))
        return -1;
    io->data = p;
    memcpy (p + held, data, len);
    io->len = held + len;
    if (!io->w
        && !(io->w = flux_fd_watcher_create (ch->p->r,
                                             io->fd,
                                             FLUX_POLLOUT,
                                             writable_cb,
                                             ch)))
        return -1;
    flux_watcher_start (io->w);
    return 0;
}

int sub_io_close (struct sub_channel *ch)
{
    struct sub_io *io = ch->impl;

    io->shut = true;
    if (io->head == io->len)
        sub_io_end_input (ch);
    return 0;
}

/* ---- life ---- */

/* ours, theirs.  A pipe can be opened again as /dev/stdout, a socket can not.
 */
static int open_pair (struct sub_channel *ch, int fds[2])
{
    int swap;

    if (ch->in && strcmp (ch->name, "stdin"))
        return socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds);
    if (pipe2 (fds, O_CLOEXEC) < 0)
        return -1;
    if (ch->in) {
        swap = fds[0];
        fds[0] = fds[1];
        fds[1] = swap;
    }
    return 0;
}

static int open_ends (struct sub_channel *ch)
{
    struct sub_io *io = calloc (1, sizeof (*io));
    int fds[2];

    if (!io)
        return -1;
    io->fd = io->theirs = -1;
    ch->impl = io;
    if (!ch->in && !ch->out) {
        io->theirs = open ("/dev/null", O_RDWR | O_CLOEXEC);
        return io->theirs < 0 ? -1 : 0;
    }
    if (open_pair (ch, fds) < 0)
        return -1;
    io->fd = fds[0];
    io->theirs = fds[1];
    if (fcntl (io->fd, F_SETFL, O_NONBLOCK) < 0)
        return -1;
    if (ch->out
        && !(io->r = flux_fd_watcher_create (ch->p->r,
                                             io->fd,
                                             FLUX_POLLIN,
                                             readable_cb,
                                             ch)))
        return -1;
    return 0;
}

/* The end of the process, not below 3: 0 to 2 are about to be replaced. */
static int move_up (struct sub_io *io)
{
    int fd;

    if (io->theirs > 2)
        return 0;
    if ((fd = fcntl (io->theirs, F_DUPFD_CLOEXEC, 3)) < 0)
        return -1;
    close (io->theirs);
    io->theirs = fd;
    return 0;
}

void sub_io_destroy (struct sub_io *io)
{
    if (!io)
        return;
    flux_watcher_destroy (io->r);
    flux_watcher_destroy (io->w);
    if (io->fd >= 0)
        close (io->fd);
    if (io->theirs >= 0)
        close (io->theirs);
    free (io->data);
    free (io);
}

int sub_io_open (struct sub_channel *ch)
{
    return open_ends (ch) < 0 ? -1 : move_up (ch->impl);
}
