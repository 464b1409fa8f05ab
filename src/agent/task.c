/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/spawn.h"

/* Our ends (to be kept) and the task's ends of its streams. */
struct ends {
    int theirs[3];
    bool close_theirs[3];
    int ours[3];
};

static void ends_close (struct ends *e)
{
    for (int i = 0; i < 3; i++) {
        if (e->close_theirs[i])
            close (e->theirs[i]);
        if (e->ours[i] >= 0)
            close (e->ours[i]);
        e->ours[i] = -1;
    }
}

static int open_stdin (struct task *task, struct ends *e)
{
    struct agent_job *job = task->job;
    int fds[2];

    if (job->run->input) {
        e->theirs[0] = infile_open (job, task, job->run->input);
        e->close_theirs[0] = e->theirs[0] >= 0;
        return e->theirs[0] < 0 ? -1 : 0;
    }
    if (pipe2 (fds, O_CLOEXEC) < 0)
        return -1;
    e->theirs[0] = fds[0];
    e->close_theirs[0] = true;
    e->ours[0] = fds[1];
    return 0;
}

/* A file without labels is the task's own affair. */
static int open_output (struct task *task,
                        struct ends *e,
                        int fd,
                        const char *template)
{
    struct stream *st = &task->out[fd - 1];
    int file = -1;
    int fds[2];

    if (template) {
        file = outfile_open (task->job, task, template, st->name);
        if (file < 0)
            return -1;
        if (!task->job->run->label) {
            e->theirs[fd] = file;
            return 0;
        }
        st->file = file;
    }
    if (pipe2 (fds, O_CLOEXEC) < 0)
        return -1;
    e->theirs[fd] = fds[1];
    e->close_theirs[fd] = true;
    e->ours[fd] = fds[0];
    return 0;
}

/* A terminal is all three of them, but for input from a file. */
static int open_tty (struct task *task, struct ends *e)
{
    struct agent_job *job = task->job;
    const struct jobspec_run *run = job->run;
    struct stream *st = &task->out[0];
    int slave;

    if (pty_open (task, &e->ours[1], &slave) < 0)
        return -1;
    e->theirs[0] = e->theirs[1] = e->theirs[2] = slave;
    e->close_theirs[1] = true;
    if (run->input) {
        e->theirs[0] = infile_open (job, task, run->input);
        e->close_theirs[0] = e->theirs[0] >= 0;
        if (e->theirs[0] < 0)
            return -1;
    }
    else if ((e->ours[0] = fcntl (e->ours[1], F_DUPFD_CLOEXEC, 3)) < 0)
        return -1;
    task->in.tty = true;
    if (run->output && run->shell.pty_capture
        && (st->file = outfile_open (job, task, run->output, st->name)) < 0)
        return -1;
    stream_log (&task->out[1], NULL, 0, true);
    return 0;
}

static int open_streams (struct task *task, struct ends *e, const char **where)
{
    const struct jobspec_run *run = task->job->run;

    if (pty_wanted (task->job, task->rank)) {
        *where = "terminal";
        return open_tty (task, e);
    }
    if (open_stdin (task, e) < 0) {
        *where = run->input ? run->input : "stdin";
        return -1;
    }
    if (open_output (task, e, 1, run->output) < 0) {
        *where = run->output ? run->output : "stdout";
        return -1;
    }
    if (open_output (task, e, 2, run->error) < 0) {
        *where = run->error ? run->error : "stderr";
        return -1;
    }
    return 0;
}

static int watch_streams (struct task *task, struct ends *e)
{
    for (int i = 1; i < 3; i++) {
        if (e->ours[i] < 0)
            continue;
        if (stream_open (&task->out[i - 1], e->ours[i]) < 0)
            return -1;
        e->ours[i] = -1;
    }
    if (e->ours[0] >= 0 && input_open (&task->in, e->ours[0], task) < 0)
        return -1;
    e->ours[0] = -1;
    return 0;
}

/* The argument vector with tags replaced: the job's own if it has none. */
static char **argv_of_task (struct task *task)
{
    char **argv = task->job->run->argv;
    char **copy;
    bool any = false;
    size_t n;

    for (n = 0; argv[n]; n++)
        any |= strstr (argv[n], "{{") != NULL;
    if (!any)
        return argv;
    if (!(copy = calloc (n + 1, sizeof (*copy))))
        return NULL;
    for (size_t i = 0; i < n; i++)
        copy[i] = names_expand (task->job, task, argv[i]);
    return copy;
}

static void argv_free (struct task *task, char **argv)
{
    if (!argv || argv == task->job->run->argv)
        return;
    for (size_t i = 0; argv[i]; i++)
        free (argv[i]);
    free (argv);
}

static void warn_cwd (struct task *task, int errnum)
{
    char *s;

    if (task->index > 0
        || asprintf (&s,
                     "Could not change dir to %s: %s. Going to /tmp instead",
                     task->job->run->cwd,
                     strerror (errnum))
               < 0)
        return;
    report_shell_log (task->job, 4, s);
    free (s);
}

static int spawn_task (struct task *task,
                       struct ends *e,
                       int pmi,
                       const char **where)
{
    struct agent_job *job = task->job;
    cpu_set_t cpus;
    struct spawn s = {
        .argv = argv_of_task (task),
        .env = job->env,
        .cwd = job->run->cwd,
        .path = job->path,
        .fds = { e->theirs[0], e->theirs[1], e->theirs[2] },
        .pmi_fd = pmi,
        .tty = task->tty,
        .stop = job->run->shell.stop_in_exec,
        .adjust_oom = job->run->shell.adjust_oom,
        .oom_score = job->run->shell.oom_score,
        .rlimits = job->run->shell.rlimits,
        .nrlimits = job->run->shell.nrlimits,
        .nofile = job->agent->nofile,
        .become = job->become,
        .uid = job->userid,
        .gid = job->gid,
        .groups = job->groups,
        .ngroups = job->ngroups,
    };
    int saved;

    if (affinity_of_task (job->agent, task, &cpus))
        s.cpus = &cpus;
    if (job->run->shell.cpu_verbose)
        affinity_log (task, s.cpus);
    if (job->run->shell.cpu_dry_run)
        s.cpus = NULL;
    task->pid = s.argv ? spawn_process (&s) : -1;
    saved = errno;
    argv_free (task, s.argv);
    if (task->pid < 0) {
        *where =
            s.where && strcmp (s.where, "exec") ? s.where : job->run->argv[0];
        errno = saved;
        return -1;
    }
    if (s.lost_cwd)
        warn_cwd (task, s.lost_cwd);
    task->running = true;
    return 0;
}

int task_start (struct task *task, const char **where)
{
    struct ends e = { { -1, -1, -1 }, { false }, { -1, -1, -1 } };
    int pmi = -1;
    int rc = -1;
    int saved;

    *where = "environment";
    if (env_of_task (task->job, task) < 0)
        return -1;
    if (open_streams (task, &e, where) == 0 && watch_streams (task, &e) == 0
        && (!task->job->pmi || (pmi = pmi_open (task)) >= 0))
        rc = spawn_task (task, &e, pmi, where);
    saved = errno;
    if (pmi >= 0)
        close (pmi);
    ends_close (&e);
    if (rc < 0)
        task_close (task);
    errno = saved;
    return rc;
}

void task_close (struct task *task)
{
    stream_close (&task->out[0]);
    stream_close (&task->out[1]);
    input_close (&task->in);
    pmi_close (task);
}
