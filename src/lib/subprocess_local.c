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

struct local {
    int pidfd;
    flux_watcher_t *started; /* tells RUNNING, once */
    flux_watcher_t *exit;
    flux_watcher_t *sigchld;
    bool told;   /* RUNNING was */
    bool reaped; /* by another, with p->status */
};

void sub_tell_running (flux_subprocess_t *p)
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
            sub_io_end_input (ch);
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
    sub_tell_running (p);
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

/* One that still runs is ended: nobody is left to hear of it. */
static void local_destroy (flux_subprocess_t *p)
{
    struct local *l = p->impl;
    struct sub_channel *ch;

    LL_FOREACH (p->channels, ch)
    {
        sub_io_destroy (ch->impl);
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
    .write = sub_io_write,
    .close = sub_io_close,
    .kill = local_kill,
    .read = sub_io_read,
    .destroy = local_destroy,
};

/* ---- starting ---- */

static int open_channels (struct sub_spawn *s)
{
    static const char *const std[] = { "stdin", "stdout", "stderr" };
    struct sub_channel *ch;

    LL_FOREACH (s->p->channels, ch)
    {
        struct sub_io *io;
        bool is_std = false;

        if (sub_io_open (ch) < 0)
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
        struct sub_io *io = ch->impl;

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
        struct sub_io *io = ch->impl;

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
