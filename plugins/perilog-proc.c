/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A process of perilog.so: its output by lines, its end by a pidfd (the
 * plugin is a guest in a program that may have children of its own).
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "perilog.h"

#define LINE_MAX_BYTES 1024

extern char **environ;

struct stream {
    struct perilog_proc *proc;
    const char *name;
    int fd;
    flux_watcher_t *w;
    char line[LINE_MAX_BYTES + 1];
    size_t len;
};

struct perilog_proc {
    const struct perilog_proc_ops *ops;
    void *arg;
    pid_t pid;
    int pidfd;
    double kill_timeout;
    bool signaled;
    bool exited;
    struct stream out;
    struct stream err;
    flux_watcher_t *exit;
    flux_watcher_t *timeout;
    flux_watcher_t *kill;
};

static void tell_line (struct stream *s)
{
    if (s->len > 0) {
        s->line[s->len] = '\0';
        s->proc->ops->line (s->proc->arg, s->name, s->line);
        s->len = 0;
    }
}

static void take (struct stream *s, const char *buf, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (buf[i] == '\n')
            tell_line (s);
        else {
            s->line[s->len++] = buf[i];
            if (s->len == LINE_MAX_BYTES)
                tell_line (s);
        }
    }
}

/* Read what is there, but no more than a few buffers at a time. */
static void stream_read (struct stream *s, int rounds)
{
    char buf[4096];
    ssize_t n;

    while (s->fd >= 0 && rounds-- > 0) {
        n = read (s->fd, buf, sizeof (buf));
        if (n > 0)
            take (s, buf, n);
        else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            flux_watcher_stop (s->w);
            close (s->fd);
            s->fd = -1;
            tell_line (s);
        }
        else
            return;
    }
}

static void stream_cb (flux_reactor_t *r,
                       flux_watcher_t *w,
                       int revents,
                       void *arg)
{
    stream_read (arg, 4);
}

static void stream_close (struct stream *s)
{
    flux_watcher_destroy (s->w);
    if (s->fd >= 0)
        close (s->fd);
}

/* What a grandchild that holds the pipe open says later is not waited for. */
static void exit_cb (flux_reactor_t *r,
                     flux_watcher_t *w,
                     int revents,
                     void *arg)
{
    struct perilog_proc *proc = arg;
    int status = 0;

    if (waitpid (proc->pid, &status, WNOHANG) == 0)
        return;
    proc->exited = true;
    flux_watcher_stop (proc->exit);
    flux_watcher_stop (proc->timeout);
    flux_watcher_stop (proc->kill);
    stream_read (&proc->out, 64);
    stream_read (&proc->err, 64);
    tell_line (&proc->out);
    tell_line (&proc->err);
    proc->ops->ended (proc->arg, status);
}

void perilog_proc_cancel (struct perilog_proc *proc)
{
    if (proc->signaled || proc->exited)
        return;
    proc->signaled = true;
    kill (-proc->pid, SIGTERM);
    flux_watcher_stop (proc->timeout);
    flux_timer_watcher_reset (proc->kill, proc->kill_timeout, 0.);
    flux_watcher_start (proc->kill);
}

static void timeout_cb (flux_reactor_t *r,
                        flux_watcher_t *w,
                        int revents,
                        void *arg)
{
    struct perilog_proc *proc = arg;

    perilog_proc_cancel (proc);
    proc->ops->timed_out (proc->arg);
}

static void kill_cb (flux_reactor_t *r,
                     flux_watcher_t *w,
                     int revents,
                     void *arg)
{
    struct perilog_proc *proc = arg;

    proc->ops->stuck (proc->arg);
}

double perilog_proc_remaining (struct perilog_proc *proc)
{
    double left;

    if (!flux_watcher_is_active (proc->timeout))
        return 0.;
    left = flux_watcher_next_wakeup (proc->timeout) - flux_reactor_time ();
    return left > 0. ? left : 0.;
}

void perilog_proc_destroy (struct perilog_proc *proc)
{
    if (!proc)
        return;
    if (proc->pid > 0 && !proc->exited) {
        kill (-proc->pid, SIGKILL);
        waitpid (proc->pid, NULL, 0);
    }
    stream_close (&proc->out);
    stream_close (&proc->err);
    flux_watcher_destroy (proc->exit);
    flux_watcher_destroy (proc->timeout);
    flux_watcher_destroy (proc->kill);
    if (proc->pidfd >= 0)
        close (proc->pidfd);
    free (proc);
}

static bool has_name (const char *var, char *const env[])
{
    size_t n = strcspn (var, "=") + 1;

    for (size_t i = 0; env[i]; i++)
        if (!strncmp (var, env[i], n))
            return true;
    return false;
}

static char **merge_env (char *const env[])
{
    size_t n = 0, out = 0;
    char **merged;

    for (size_t i = 0; environ[i]; i++)
        n++;
    for (size_t i = 0; env[i]; i++)
        n++;
    if (!(merged = calloc (n + 1, sizeof (*merged))))
        return NULL;
    for (size_t i = 0; environ[i]; i++)
        if (!has_name (environ[i], env))
            merged[out++] = environ[i];
    for (size_t i = 0; env[i]; i++)
        merged[out++] = env[i];
    return merged;
}

/* All signals as for a program started by hand. */
static int spawn (struct perilog_proc *proc,
                  char *const argv[],
                  char *const env[],
                  int out,
                  int err)
{
    posix_spawn_file_actions_t fa;
    posix_spawnattr_t attr;
    sigset_t all, none;
    int rc;

    sigfillset (&all);
    sigemptyset (&none);
    posix_spawn_file_actions_init (&fa);
    posix_spawnattr_init (&attr);
    posix_spawnattr_setflags (&attr,
                              POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF
                                  | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigdefault (&attr, &all);
    posix_spawnattr_setsigmask (&attr, &none);
    posix_spawn_file_actions_addopen (&fa, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2 (&fa, out, 1);
    posix_spawn_file_actions_adddup2 (&fa, err, 2);
    /* What the broker inherited is not theirs: a command that outlives it
     * would hold open a pipe that somebody reads to its end.
     */
    posix_spawn_file_actions_addclosefrom_np (&fa, 3);
    rc = posix_spawnp (&proc->pid, argv[0], &fa, &attr, argv, env);
    posix_spawn_file_actions_destroy (&fa);
    posix_spawnattr_destroy (&attr);
    if (rc != 0) {
        proc->pid = 0;
        errno = rc;
        return -1;
    }
    return 0;
}

/* Our end goes to the stream, the other one is returned. */
static int stream_open (struct stream *s,
                        struct perilog_proc *proc,
                        flux_reactor_t *r,
                        const char *name)
{
    int fds[2];

    s->proc = proc;
    s->name = name;
    if (pipe2 (fds, O_CLOEXEC) < 0)
        return -1;
    s->fd = fds[0];
    if (fcntl (s->fd, F_SETFL, O_NONBLOCK) < 0
        || !(
            s->w =
                flux_fd_watcher_create (r, s->fd, FLUX_POLLIN, stream_cb, s))) {
        close (fds[1]);
        return -1;
    }
    return fds[1];
}

static int watch (struct perilog_proc *proc, flux_reactor_t *r, double timeout)
{
    if ((proc->pidfd = pidfd_open (proc->pid, 0)) < 0
        || !(proc->exit = flux_fd_watcher_create (r,
                                                  proc->pidfd,
                                                  FLUX_POLLIN,
                                                  exit_cb,
                                                  proc))
        || !(proc->timeout =
                 flux_timer_watcher_create (r, timeout, 0., timeout_cb, proc))
        || !(proc->kill = flux_timer_watcher_create (r,
                                                     proc->kill_timeout,
                                                     0.,
                                                     kill_cb,
                                                     proc)))
        return -1;
    flux_watcher_start (proc->exit);
    flux_watcher_start (proc->out.w);
    flux_watcher_start (proc->err.w);
    if (timeout > 0.)
        flux_watcher_start (proc->timeout);
    return 0;
}

struct perilog_proc *perilog_proc_start (flux_reactor_t *r,
                                         char *const argv[],
                                         char *const env[],
                                         double timeout,
                                         double kill_timeout,
                                         const struct perilog_proc_ops *ops,
                                         void *arg)
{
    struct perilog_proc *proc = calloc (1, sizeof (*proc));
    char **merged = merge_env (env);
    int out = -1, err = -1;
    int rc = -1;
    int saved;

    if (proc && merged) {
        proc->ops = ops;
        proc->arg = arg;
        proc->kill_timeout = kill_timeout;
        proc->pidfd = proc->out.fd = proc->err.fd = -1;
        if ((out = stream_open (&proc->out, proc, r, "stdout")) >= 0
            && (err = stream_open (&proc->err, proc, r, "stderr")) >= 0
            && spawn (proc, argv, merged, out, err) == 0)
            rc = watch (proc, r, timeout);
    }
    saved = errno;
    if (out >= 0)
        close (out);
    if (err >= 0)
        close (err);
    free (merged);
    if (rc < 0) {
        perilog_proc_destroy (proc);
        errno = saved;
        return NULL;
    }
    return proc;
}
