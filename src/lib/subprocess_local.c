/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Subprocesses that are children of this one.
 *
 * Their end is told by a pidfd: SIGCHLD can be watched by one loop only, and
 * is watched here for nothing but stops, and only if the user asks for
 * changes of state.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utlist.h>

#include "lib/subprocess_host.h"
#include "lib/subprocess_private.h"

/* Our end of a channel. */
struct io {
    int fd;
    int theirs;        /* until the process runs */
    flux_watcher_t *r; /* NULL: not read */
    flux_watcher_t *w;
    char *data;   /* input: data[head..len) is to be written */
    size_t head, len;
    bool shut; /* close when all is written */
};

struct local {
    int pidfd;
    flux_watcher_t *started; /* tells RUNNING, once */
    flux_watcher_t *exit;
    flux_watcher_t *sigchld;
    bool told;   /* RUNNING was */
    bool reaped; /* by another, with p->status */
};

/* ---- output ---- */

static void io_close_output (struct sub_channel *ch)
{
    struct io *io = ch->impl;

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
    struct io *io = ch->impl;
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

static void tell_running (flux_subprocess_t *p)
{
    struct local *l = p->impl;
    struct sub_channel *ch;

    if (l->told)
        return;
    l->told = true;
    flux_watcher_stop (l->started);
    if (p->ops.on_state_change && !p->dead)
        p->ops.on_state_change (p, FLUX_SUBPROCESS_RUNNING);
    LL_FOREACH (p->channels, ch)
    {
        if (ch->in)
            sub_credit (ch, ch->bufsize);
    }
}

static void readable_cb (flux_reactor_t *r,
                         flux_watcher_t *w,
                         int revents,
                         void *arg)
{
    struct sub_channel *ch = arg;
    flux_subprocess_t *p = sub_incref (ch->p);

    tell_running (p);
    if (!p->dead)
        io_read (ch);
    sub_check_complete (p);
    sub_decref (p);
}

static void local_read (struct sub_channel *ch, bool on)
{
    struct io *io = ch->impl;

    if (ch->ended || !io->r)
        return;
    if (on)
        flux_watcher_start (io->r);
    else
        flux_watcher_stop (io->r);
}

/* ---- input ---- */

static void io_close_input (struct sub_channel *ch)
{
    struct io *io = ch->impl;

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
    struct io *io = ch->impl;
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
        io_close_input (ch);
        return;
    }
    before = io->head - before;
    if (io->head == io->len) {
        io->head = io->len = 0;
        flux_watcher_stop (io->w);
        if (io->shut)
            io_close_input (ch);
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

    tell_running (p);
    if (!p->dead)
        push (ch);
    sub_decref (p);
}

/* Written from the loop, so that credit is never told inside a call. */
static int local_write (struct sub_channel *ch, const char *data, size_t len)
{
    struct io *io = ch->impl;
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

static int local_close (struct sub_channel *ch)
{
    struct io *io = ch->impl;

    io->shut = true;
    if (io->head == io->len)
        io_close_input (ch);
    return 0;
}

size_t flux_priv_subprocess_pending (flux_subprocess_t *p, const char *stream)
{
    struct sub_channel *ch = sub_channel (p, stream);
    struct io *io = ch ? ch->impl : NULL;

    return io ? io->len - io->head : 0;
}

/* ---- life and end ---- */

static void take_status (flux_subprocess_t *p, int status)
{
    struct sub_channel *ch;

    if (p->state == FLUX_SUBPROCESS_EXITED)
        return;
    if (WIFSTOPPED (status)) {
        sub_state (p, FLUX_SUBPROCESS_STOPPED);
        return;
    }
    if (WIFCONTINUED (status)) {
        p->state = FLUX_SUBPROCESS_RUNNING;
        return;
    }
    p->status = status;
    LL_FOREACH (p->channels, ch)
    {
        if (ch->in)
            io_close_input (ch);
    }
    sub_state (p, FLUX_SUBPROCESS_EXITED);
    sub_check_complete (p);
}

static void look (flux_subprocess_t *p)
{
    struct local *l = p->impl;
    int status;
    pid_t pid;

    sub_incref (p);
    tell_running (p);
    while (!p->dead && p->state != FLUX_SUBPROCESS_EXITED) {
        if (l->reaped) {
            take_status (p, p->status);
            break;
        }
        pid = waitpid (p->pid, &status, WNOHANG | WUNTRACED | WCONTINUED);
        if (pid == p->pid)
            take_status (p, status);
        else
            break;
    }
    if (p->state == FLUX_SUBPROCESS_EXITED)
        flux_watcher_stop (l->exit);
    sub_decref (p);
}

static void look_cb (flux_reactor_t *r,
                     flux_watcher_t *w,
                     int revents,
                     void *arg)
{
    look (arg);
}

/* It may have stopped before anybody watched. */
static void started_cb (flux_reactor_t *r,
                        flux_watcher_t *w,
                        int revents,
                        void *arg)
{
    look (arg);
}

void flux_priv_subprocess_exited (flux_subprocess_t *p, int status)
{
    struct local *l = p->impl;

    p->status = status;
    l->reaped = true; /* the pidfd is readable */
}

static flux_future_t *local_kill (flux_subprocess_t *p, int signum)
{
    flux_future_t *f = flux_future_create (NULL, NULL);
    pid_t pid = p->flags & FLUX_SUBPROCESS_FLAGS_NO_SETPGRP ? p->pid : -p->pid;

    if (!f)
        return NULL;
    flux_future_set_reactor (f, p->r);
    if (kill (pid, signum) < 0)
        flux_future_fulfill_error (f, errno, NULL);
    else
        flux_future_fulfill (f, NULL, NULL);
    return f;
}

static void io_destroy (struct io *io)
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

/* One that still runs is ended: nobody is left to hear of it. */
static void local_destroy (flux_subprocess_t *p)
{
    struct local *l = p->impl;
    struct sub_channel *ch;

    LL_FOREACH (p->channels, ch)
    {
        io_destroy (ch->impl);
    }
    if (!l)
        return;
    flux_watcher_destroy (l->started);
    flux_watcher_destroy (l->exit);
    flux_watcher_destroy (l->sigchld);
    if (p->pid > 0 && p->state != FLUX_SUBPROCESS_EXITED && !l->reaped) {
        kill (p->flags & FLUX_SUBPROCESS_FLAGS_NO_SETPGRP ? p->pid : -p->pid,
              SIGKILL);
        waitpid (p->pid, NULL, 0);
    }
    if (l->pidfd >= 0)
        close (l->pidfd);
    free (l);
}

static const struct sub_kind local_kind = {
    .write = local_write,
    .close = local_close,
    .kill = local_kill,
    .read = local_read,
    .destroy = local_destroy,
};

/* ---- starting ---- */

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

static int open_channel (struct sub_channel *ch)
{
    struct io *io = calloc (1, sizeof (*io));
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
static int move_up (struct io *io)
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

static int open_channels (struct sub_spawn *s)
{
    static const char *const std[] = { "stdin", "stdout", "stderr" };
    struct sub_channel *ch;

    LL_FOREACH (s->p->channels, ch)
    {
        struct io *io;
        bool is_std = false;

        if (open_channel (ch) < 0 || move_up (ch->impl) < 0)
            return -1;
        io = ch->impl;
        for (int i = 0; i < 3; i++) {
            if (!strcmp (ch->name, std[i])) {
                s->fds[i] = io->theirs;
                is_std = true;
            }
        }
        if (!is_std)
            s->extra[s->nextra++] = io->theirs;
    }
    return 0;
}

/* NAME=value of the command, then NAME=fd of its channels. */
static char **make_env (flux_subprocess_t *p)
{
    const struct strings *env = &p->cmd->env;
    struct sub_channel *ch;
    char **v = calloc (env->n / 2 + p->cmd->channels.n + 1, sizeof (*v));
    int n = 0;

    for (int i = 0; v && i < env->n; i += 2) {
        if (pair_find (&p->cmd->channels, env->v[i]) >= 0)
            continue;
        if (asprintf (&v[n++], "%s=%s", env->v[i], env->v[i + 1]) < 0)
            v[n - 1] = NULL;
    }
    LL_FOREACH (p->channels, ch)
    {
        struct io *io = ch->impl;

        for (int i = 0; v && i < p->cmd->channels.n; i++) {
            if (!strcmp (p->cmd->channels.v[i], ch->name)
                && asprintf (&v[n++], "%s=%d", ch->name, io->theirs) < 0)
                v[n - 1] = NULL;
        }
    }
    return v;
}

static void env_free (char **env)
{
    for (char **e = env; e && *e; e++)
        free (*e);
    free (env);
}

static int watch (flux_subprocess_t *p)
{
    struct local *l = p->impl;
    struct sub_channel *ch;

    LL_FOREACH (p->channels, ch)
    {
        struct io *io = ch->impl;

        close (io->theirs);
        io->theirs = -1;
        flux_watcher_start (io->r);
    }
    if ((l->pidfd = syscall (SYS_pidfd_open, p->pid, 0)) < 0
        || !(l->exit = flux_fd_watcher_create (p->r,
                                               l->pidfd,
                                               FLUX_POLLIN,
                                               look_cb,
                                               p))
        || !(l->started =
                 flux_timer_watcher_create (p->r, 0., 0., started_cb, p)))
        return -1;
    flux_watcher_start (l->exit);
    flux_watcher_start (l->started);
    if (p->ops.on_state_change) {
        l->sigchld = flux_signal_watcher_create (p->r, SIGCHLD, look_cb, p);
        flux_watcher_start (l->sigchld);
        flux_watcher_unref (l->sigchld);
    }
    return 0;
}

static int start (flux_subprocess_t *p, const flux_subprocess_hooks_t *hooks)
{
    struct sub_spawn s = { .p = p, .hooks = hooks, .fds = { -1, -1, -1 } };
    struct local *l = calloc (1, sizeof (*l));
    int rc = -1;

    if (!(p->impl = l))
        return -1;
    l->pidfd = -1;
    s.extra = calloc (p->cmd->channels.n + 1, sizeof (*s.extra));
    if (s.extra && open_channels (&s) == 0 && (s.env = make_env (p)))
        rc = sub_spawn (&s);
    if (rc == 0) {
        p->state = FLUX_SUBPROCESS_RUNNING;
        rc = watch (p);
    }
    free (s.extra);
    env_free (s.env);
    return rc;
}

flux_subprocess_t *flux_local_exec_ex (flux_reactor_t *r,
                                       int flags,
                                       const flux_cmd_t *cmd,
                                       const flux_subprocess_ops_t *ops,
                                       const flux_subprocess_hooks_t *hooks,
                                       subprocess_log_f log_fn,
                                       void *log_data)
{
    const int valid = FLUX_SUBPROCESS_FLAGS_STDIO_FALLTHROUGH
                      | FLUX_SUBPROCESS_FLAGS_NO_SETPGRP
                      | FLUX_SUBPROCESS_FLAGS_FORK_EXEC;
    flux_subprocess_t *p;

    if (!r || !cmd || cmd->argv.n == 0 || (flags & ~valid)) {
        errno = EINVAL;
        return NULL;
    }
    if (!(p = sub_create (&local_kind, r, flags, cmd, ops)))
        return NULL;
    if (start (p, hooks) < 0) {
        sub_decref (p);
        return NULL;
    }
    return p;
}

flux_subprocess_t *flux_local_exec (flux_reactor_t *r,
                                    int flags,
                                    const flux_cmd_t *cmd,
                                    const flux_subprocess_ops_t *ops)
{
    return flux_local_exec_ex (r, flags, cmd, ops, NULL, NULL, NULL);
}
