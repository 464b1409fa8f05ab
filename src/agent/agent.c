/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The life of the agent: connect, run what it is told, leave. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/log.h"

/* Seconds from SIGTERM to SIGKILL when the agent leaves. */
static const double kill_after = 3.;

static void sigchld_cb (struct loop_source *src, int revents, void *arg)
{
    struct agent *a = arg;
    struct task *task;
    int status;
    pid_t pid;

    while ((pid = waitpid (-1, &status, WNOHANG)) > 0) {
        HASH_FIND (hh, a->by_pid, &pid, sizeof (pid), task);
        if (task)
            job_task_exited (task, status);
        else
            rexec_exited (a->rexec, pid, status);
    }
}

static void leave_cb (struct loop_source *src, int revents, void *arg)
{
    agent_leave (arg);
}

/* Each task takes three descriptors here. */
static void raise_nofile (struct agent *a)
{
    struct rlimit r;

    a->nofile = 1024;
    if (getrlimit (RLIMIT_NOFILE, &r) == 0) {
        a->nofile = r.rlim_cur;
        r.rlim_cur = r.rlim_max;
        setrlimit (RLIMIT_NOFILE, &r);
    }
}

static int watch (struct agent *a)
{
    TAILQ_INIT (&a->dirty);
    a->flush = loop_work_create (a->loop, LOOP_ALWAYS, report_flush_cb, a);
    a->sigchld =
        loop_signal_create (a->loop, LOOP_ALWAYS, SIGCHLD, sigchld_cb, a);
    a->sigterm =
        loop_signal_create (a->loop, LOOP_ALWAYS, SIGTERM, leave_cb, a);
    a->sigint = loop_signal_create (a->loop, LOOP_ALWAYS, SIGINT, leave_cb, a);
    return a->flush && a->sigchld && a->sigterm && a->sigint ? 0 : -1;
}

static char *dir_of (const char *path)
{
    const char *slash = strrchr (path, '/');

    return slash ? strndup (path, slash > path ? slash - path : 1)
                 : strdup (".");
}

struct agent *agent_create (const struct agent_options *opt)
{
    struct agent *a = calloc (1, sizeof (*a));

    if (!a)
        return NULL;
    a->opt = *opt;
    a->lock = -1;
    TAILQ_INIT (&a->dirty);
    backlog_init (&a->backlog);
    signal (SIGPIPE, SIG_IGN);
    raise_nofile (a);
    gethostname (a->hostname, sizeof (a->hostname) - 1);
    a->rundir = dir_of (opt->socket);
    a->buf = malloc (AGENT_READ_SIZE + AGENT_HELD_MAX);
    if (!a->rundir || !a->buf || !(a->loop = loop_create (NULL))
        || watch (a) < 0 || !(a->rexec = rexec_create (a)) || stale_lock (a) < 0
        || agent_connect (a) < 0) {
        int saved = errno;

        agent_destroy (a);
        errno = saved;
        return NULL;
    }
    stale_clean (a);
    a->affinity = affinity_create ();
    return a;
}

void agent_destroy (struct agent *a)
{
    struct agent_job *job, *next;

    if (!a)
        return;
    rexec_destroy (a->rexec);
    a->rexec = NULL;
    HASH_ITER (hh, a->jobs, job, next)
    job_destroy (job);
    jobspec_run_destroy (a->last);
    if (a->lock >= 0)
        tmpdir_drop_spares (a);
    net_conn_destroy (a->conn);
    loop_source_destroy (a->flush);
    loop_source_destroy (a->sigchld);
    loop_source_destroy (a->sigterm);
    loop_source_destroy (a->sigint);
    loop_source_destroy (a->retry);
    loop_source_destroy (a->relief);
    loop_source_destroy (a->gathered);
    loop_source_destroy (a->goodbye);
    if (a->loop)
        loop_destroy (a->loop);
    affinity_destroy (a->affinity);
    backlog_clear (&a->backlog);
    stale_unlock (a);
    free (a->rundir);
    free (a->buf);
    free (a);
}

static void signal_all (struct agent *a, int signum)
{
    struct agent_job *job, *next;

    HASH_ITER (hh, a->jobs, job, next)
    job_signal (job, signum);
    rexec_signal (a->rexec, NULL, signum);
}

static void goodbye_cb (struct loop_source *src, int revents, void *arg)
{
    struct agent *a = arg;

    signal_all (a, SIGKILL);
    agent_check_leave (a);
}

/* Reports that nobody is there to take keep nobody here. */
static bool all_over (struct agent *a)
{
    struct agent_job *job, *next;

    if (!rexec_idle (a->rexec))
        return false;
    HASH_ITER (hh, a->jobs, job, next)
    {
        if (!job->over || a->conn)
            return false;
    }
    return !a->conn || !backlog_unsent (a);
}

void agent_check_leave (struct agent *a)
{
    if (a->leaving && all_over (a))
        loop_stop (a->loop);
}

void agent_leave (struct agent *a)
{
    if (a->leaving)
        return;
    a->leaving = true;
    stream_throttle (a, false);
    signal_all (a, SIGTERM);
    signal_all (a, SIGCONT);
    a->goodbye = loop_timer_create (a->loop,
                                    LOOP_ALWAYS,
                                    kill_after,
                                    0.5,
                                    goodbye_cb,
                                    a);
    loop_kick (a->flush);
    agent_check_leave (a);
}
