/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The processes of one prolog or epilog: one on each of its ranks, run there
 * by the instance (RFC 42).
 */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <flux/subprocess.h>

#include "perilog.h"

#define AUX "perilog"

enum {
    NOT_EXECUTABLE = 126 << 8,
    NOT_FOUND = 127 << 8,
};

struct member {
    struct perilog_proc *proc;
    unsigned int rank;
    flux_subprocess_t *p;
    bool over;
    int status;
};

struct perilog_proc {
    const struct perilog_proc_ops *ops;
    void *arg;
    double kill_timeout;
    bool signaled;
    struct member *members;
    size_t count;
    size_t nover;
    flux_watcher_t *ended; /* tells it, from the loop */
    flux_watcher_t *timeout;
    flux_watcher_t *kill;
};

static struct member *member_of (flux_subprocess_t *p)
{
    return flux_subprocess_aux_get (p, AUX);
}

/* The signal that counts most is told: any that is not 0. */
static int status_of_all (const struct perilog_proc *proc)
{
    int status = 0;

    for (size_t i = 0; i < proc->count; i++) {
        if (proc->members[i].status > status)
            status = proc->members[i].status;
    }
    return status;
}

static void ended_cb (flux_reactor_t *r,
                      flux_watcher_t *w,
                      int revents,
                      void *arg)
{
    struct perilog_proc *proc = arg;

    flux_watcher_stop (w);
    proc->ops->ended (proc->arg, status_of_all (proc));
}

static void over (struct member *m, int status)
{
    struct perilog_proc *proc = m->proc;

    if (m->over)
        return;
    m->over = true;
    m->status = status;
    if (++proc->nover < proc->count)
        return;
    flux_watcher_stop (proc->timeout);
    flux_watcher_stop (proc->kill);
    flux_watcher_start (proc->ended);
}

static void output_cb (flux_subprocess_t *p, const char *stream)
{
    struct member *m = member_of (p);
    const char *line;
    int n;

    while ((n = flux_subprocess_read_line (p, stream, &line)) > 0) {
        char *copy = strndup (line, line[n - 1] == '\n' ? n - 1 : n);

        if (copy && *copy)
            m->proc->ops->line (m->proc->arg, m->rank, stream, copy);
        free (copy);
    }
}

static void send_signal (struct member *m, int signum)
{
    flux_future_t *f = m->over ? NULL : flux_subprocess_kill (m->p, signum);

    flux_future_destroy (f); /* it may just have ended */
}

static void failed (struct member *m)
{
    struct perilog_proc *proc = m->proc;

    proc->ops->failed (proc->arg, m->rank, flux_subprocess_fail_error (m->p));
    over (m,
          flux_subprocess_fail_errno (m->p) == EACCES ? NOT_EXECUTABLE
                                                      : NOT_FOUND);
}

static void state_cb (flux_subprocess_t *p, flux_subprocess_state_t state)
{
    struct member *m = member_of (p);

    if (state == FLUX_SUBPROCESS_RUNNING && m->proc->signaled)
        send_signal (m, SIGTERM);
    else if (state == FLUX_SUBPROCESS_FAILED)
        failed (m);
}

static void completion_cb (flux_subprocess_t *p)
{
    over (member_of (p), flux_subprocess_status (p));
}

static const flux_subprocess_ops_t subprocess_ops = {
    .on_completion = completion_cb,
    .on_state_change = state_cb,
    .on_stdout = output_cb,
    .on_stderr = output_cb,
};

void perilog_proc_cancel (struct perilog_proc *proc)
{
    if (proc->signaled || proc->nover == proc->count)
        return;
    proc->signaled = true;
    for (size_t i = 0; i < proc->count; i++)
        send_signal (&proc->members[i], SIGTERM);
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

size_t perilog_proc_total (const struct perilog_proc *proc)
{
    return proc->count;
}

struct idset *perilog_proc_ranks (const struct perilog_proc *proc,
                                  enum perilog_which which)
{
    struct idset *ids = idset_create (0, IDSET_FLAG_AUTOGROW);

    for (size_t i = 0; ids && i < proc->count; i++) {
        const struct member *m = &proc->members[i];

        if (which == PERILOG_ACTIVE ? !m->over : m->over && m->status != 0)
            (void)idset_set (ids, m->rank);
    }
    return ids;
}

void perilog_proc_destroy (struct perilog_proc *proc)
{
    if (!proc)
        return;
    for (size_t i = 0; proc->members && i < proc->count; i++) {
        struct member *m = &proc->members[i];

        if (m->p)
            send_signal (m, SIGKILL);
        flux_subprocess_destroy (m->p);
    }
    flux_watcher_destroy (proc->ended);
    flux_watcher_destroy (proc->timeout);
    flux_watcher_destroy (proc->kill);
    free (proc->members);
    free (proc);
}

static int launch (struct perilog_proc *proc,
                   flux_t *h,
                   const struct idset *ranks,
                   const flux_cmd_t *cmd)
{
    unsigned int rank = idset_first (ranks);

    proc->count = idset_count (ranks);
    if (!(proc->members = calloc (proc->count + 1, sizeof (*proc->members))))
        return -1;
    for (size_t i = 0; i < proc->count; i++) {
        struct member *m = &proc->members[i];

        m->proc = proc;
        m->rank = rank;
        if (!(m->p = flux_rexec (h, rank, 0, cmd, &subprocess_ops))
            || flux_subprocess_aux_set (m->p, AUX, m, NULL) < 0
            || flux_subprocess_close (m->p, "stdin") < 0)
            return -1;
        rank = idset_next (ranks, rank);
    }
    return 0;
}

static int watch (struct perilog_proc *proc, flux_t *h, double timeout)
{
    flux_reactor_t *r = flux_get_reactor (h);

    if (!(proc->timeout =
              flux_timer_watcher_create (r, timeout, 0., timeout_cb, proc))
        || !(proc->kill = flux_timer_watcher_create (r,
                                                     proc->kill_timeout,
                                                     0.,
                                                     kill_cb,
                                                     proc))
        || !(proc->ended =
                 flux_timer_watcher_create (r, 0., 0., ended_cb, proc)))
        return -1;
    if (timeout > 0.)
        flux_watcher_start (proc->timeout);
    return 0;
}

struct perilog_proc *perilog_proc_start (flux_t *h,
                                         const struct idset *ranks,
                                         const flux_cmd_t *cmd,
                                         double timeout,
                                         double kill_timeout,
                                         const struct perilog_proc_ops *ops,
                                         void *arg)
{
    struct perilog_proc *proc = calloc (1, sizeof (*proc));
    int saved;

    if (!proc)
        return NULL;
    proc->ops = ops;
    proc->arg = arg;
    proc->kill_timeout = kill_timeout;
    if (watch (proc, h, timeout) < 0 || launch (proc, h, ranks, cmd) < 0) {
        saved = errno;
        perilog_proc_destroy (proc);
        errno = saved;
        return NULL;
    }
    return proc;
}
