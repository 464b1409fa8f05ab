/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/log.h"
#include "wire/guestlog.h"
#include "wire/rjson.h"

/* A task that could not be executed counts as one that exited with these. */
enum {
    EXIT_CANNOT_EXECUTE = 126,
    EXIT_NOT_FOUND = 127,
};

struct agent_job *job_find (struct agent *a, uint64_t id)
{
    struct agent_job *job;

    HASH_FIND (hh, a->jobs, &id, sizeof (id), job);
    return job;
}

static void forget_pid (struct task *task)
{
    if (!task->running)
        return;
    task->running = false;
    HASH_DEL (task->job->agent->by_pid, task);
}

void job_destroy (struct agent_job *job)
{
    struct agent *a = job->agent;

    rexec_job_gone (a->rexec, job);
    for (unsigned int i = 0; i < job->ntasks; i++) {
        forget_pid (&job->tasks[i]);
        task_close (&job->tasks[i]);
    }
    if (job->dirty)
        TAILQ_REMOVE (&a->dirty, job, link);
    HASH_DEL (a->jobs, job);
    loop_source_destroy (job->exit_timer);
    loop_source_destroy (job->signal_timer);
    outfiles_close (job);
    tmpdir_remove (job);
    pty_destroy (job);
    pmi_destroy (job);
    env_clear (job);
    layout_clear (&job->layout);
    jobspec_run_destroy (job->run);
    rset_destroy (job->R);
    free (job->tasks);
    free (job->groups);
    free (job->exec.s);
    free (job->output.s);
    free (job->type);
    free (job->note);
    free (job);
}

void job_check_over (struct agent_job *job)
{
    if (job->over || job->starting || job->nrunning > 0
        || (job->nstreams > 0 && !job->killed))
        return;
    for (unsigned int i = 0; i < job->ntasks; i++)
        task_close (&job->tasks[i]);
    outfiles_close (job);
    tmpdir_remove (job);
    loop_source_destroy (job->exit_timer);
    loop_source_destroy (job->signal_timer);
    job->exit_timer = job->signal_timer = NULL;
    job->over = true;
    rexec_job_gone (job->agent->rexec, job);
    report_touch (job);
}

/* The group outlives its leader while a descendant holds a stream open. */
void job_signal (struct agent_job *job, int signum)
{
    for (unsigned int i = 0; i < job->ntasks; i++) {
        struct task *task = &job->tasks[i];

        if (task->running || task->out[0].fd >= 0 || task->out[1].fd >= 0)
            kill (-task->pid, signum);
    }
    if (signum == SIGKILL) {
        job->killed = true;
        job_check_over (job);
    }
}

/* ---- ends of tasks ---- */

static void exit_timeout_cb (struct loop_source *src, int revents, void *arg)
{
    struct agent_job *job = arg;
    char note[96];

    snprintf (note,
              sizeof (note),
              "%u task(s) still run %.6gs after the first one exited "
              "(exit-timeout)",
              job->nrunning,
              job->run->shell.exit_timeout);
    report_exception (job, note);
    job->ended = true;
    job_signal (job, SIGTERM);
}

static void log_task_exit (struct task *task, int status)
{
    struct jbuf b = { 0 };
    char *s;

    jbuf_lit (&b, "{\"localid\":");
    jbuf_int (&b, task->index);
    jbuf_lit (&b, ",\"rank\":");
    jbuf_int (&b, task->rank);
    jbuf_lit (&b, ",\"state\":\"Exited\",\"pid\":");
    jbuf_int (&b, task->pid);
    jbuf_lit (&b, ",\"wait_status\":");
    jbuf_int (&b, status);
    jbuf_lit (&b, ",\"signaled\":");
    jbuf_int (&b, WIFSIGNALED (status) ? WTERMSIG (status) : 0);
    jbuf_lit (&b, ",\"exitcode\":");
    jbuf_int (&b,
              WIFSIGNALED (status) ? 128 + WTERMSIG (status)
                                   : WEXITSTATUS (status));
    jbuf_lit (&b, "}");
    if ((s = jbuf_take (&b, NULL)))
        guestlog_event (&task->job->exec,
                        loop_now (task->job->agent->loop),
                        "shell.task-exit",
                        s);
    free (s);
}

/* What others of the job have to suffer when the first task has ended. */
static void first_exit (struct agent_job *job, struct task *task, int status)
{
    const struct shell_options *o = &job->run->shell;
    char note[96];

    job->exiting = true;
    if (status != 0 && o->exit_on_error) {
        snprintf (note,
                  sizeof (note),
                  "task %u failed and exit-on-error is set",
                  task->rank);
        report_exception (job, note);
        job->ended = true;
        job_signal (job, SIGTERM);
    }
    else if (job->nrunning > 0 && o->exit_timeout >= 0.)
        job->exit_timer = loop_timer_create (job->agent->loop,
                                             LOOP_ALWAYS,
                                             o->exit_timeout,
                                             0.,
                                             exit_timeout_cb,
                                             job);
}

/* As a shell has it: the highest exit code, 128 + signal for a killed task
 * (flux-shell(1)).
 */
static void note_status (struct agent_job *job, int status)
{
    if (job->ended)
        return;
    if (WIFSIGNALED (status))
        status = (128 + WTERMSIG (status)) << 8;
    if (status > job->status)
        job->status = status;
}

void job_task_exited (struct task *task, int status)
{
    struct agent_job *job = task->job;

    forget_pid (task);
    job->nrunning--;
    task->status = status;
    input_close (&task->in);
    pmi_close (task);
    if (!job->agent->throttled) {
        stream_drain (&task->out[0]);
        stream_drain (&task->out[1]);
    }
    pty_check_over (task);
    note_status (job, status);
    log_task_exit (task, status);
    report_touch (job);
    if (!job->exiting)
        first_exit (job, task, status);
    job_check_over (job);
}

/* ---- starting ---- */

static void refuse (struct agent_job *job, const char *what, const char *why)
{
    char note[256];

    snprintf (note, sizeof (note), "%s: %s", what, why);
    report_exception (job, note);
    job->over = true;
}

static void start_failed (struct agent_job *job,
                          struct task *task,
                          const char *where,
                          int errnum)
{
    char note[512];
    int code = 1; /* as of Flux's shell, when it cannot set up a task */

    if (where == job->run->argv[0])
        code = errnum == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE;
    snprintf (note,
              sizeof (note),
              "task %u (host %s): start failed: %s: %s",
              task->rank,
              job->node->host ? job->node->host : job->agent->hostname,
              where,
              strerror (errnum));
    report_shell_log (job, LOG_CRIT, note);
    report_exception (job, note);
    note_status (job, code << 8);
    job_signal (job, SIGKILL);
}

static void start_tasks (struct agent_job *job)
{
    job->starting = true;
    while (job->ntasks < job->layout.count) {
        struct task *task = &job->tasks[job->ntasks];
        const char *where;

        task->job = job;
        task->index = job->ntasks;
        task->rank = layout_rank (&job->layout, task->index);
        task->in.fd = -1;
        stream_init (&task->out[0], task, "stdout");
        stream_init (&task->out[1], task, "stderr");
        task->out[0].by_line = !job->run->shell.unbuffered;
        if (task_start (task, &where) < 0) {
            start_failed (job, task, where, errno);
            break;
        }
        HASH_ADD (hh, job->agent->by_pid, pid, sizeof (task->pid), task);
        job->nrunning++;
        job->ntasks++;
    }
    job->starting = false;
    if (!job->run->label && !job->run->shell.pty_ranks)
        outfiles_close (job);
}

static void log_start (struct agent_job *job)
{
    const struct shell_options *o = &job->run->shell;
    double now = loop_now (job->agent->loop);
    struct jbuf map = { 0 };
    char init[256];
    char *s;

    if (job->layout.index > 0)
        return;
    snprintf (
        init,
        sizeof (init),
        "{\"service\":\"%u-shell-%s\",\"leader-rank\":%u,\"size\":%u%s%s}",
        job->userid,
        job->f58plain,
        job->node->rank,
        job->layout.nnodes,
        o->pty_interactive ? ",\"pty\":\"terminus.0\"" : "",
        o->pty_interactive && o->pty_capture ? ",\"capture\":1" : "");
    guestlog_event (&job->exec, now, "shell.init", init);
    jbuf_lit (&map, "{\"taskmap\":");
    layout_taskmap (&job->layout, &map);
    jbuf_lit (&map, "}");
    if ((s = jbuf_take (&map, NULL)))
        guestlog_event (&job->exec, now, "shell.start", s);
    free (s);
    guestlog_header (&job->output, now, job->layout.ntasks);
}

static void signal_cb (struct loop_source *src, int revents, void *arg)
{
    struct agent_job *job = arg;

    job_signal (job, job->run->shell.signal_signum);
}

static void arm_signal (struct agent_job *job)
{
    const struct shell_options *o = &job->run->shell;
    double after;

    if (o->signal_signum == 0 || job->R->expiration <= 0.)
        return;
    after =
        job->R->expiration - o->signal_timeleft - loop_now (job->agent->loop);
    job->signal_timer = loop_timer_create (job->agent->loop,
                                           LOOP_ALWAYS,
                                           after > 0. ? after : 0.,
                                           0.,
                                           signal_cb,
                                           job);
}

/* The user whose job it is: ourselves, or anyone known if we are root. */
static int find_user (struct agent_job *job)
{
    struct passwd *pw;

    if (job->userid == geteuid ())
        return 0;
    if (geteuid () != 0) {
        errno = EPERM;
        return -1;
    }
    if (!(pw = getpwuid (job->userid))) {
        errno = ESRCH;
        return -1;
    }
    job->become = true;
    job->gid = pw->pw_gid;
    job->ngroups = 0;
    getgrouplist (pw->pw_name, pw->pw_gid, NULL, &job->ngroups);
    job->groups = calloc (job->ngroups + 1, sizeof (*job->groups));
    if (!job->groups
        || getgrouplist (pw->pw_name, pw->pw_gid, job->groups, &job->ngroups)
               < 0) {
        errno = ENOMEM;
        return -1;
    }
    return 0;
}

static int prepare (struct agent_job *job, const struct agent_start *start)
{
    struct agent *a = job->agent;
    flux_error_t error;
    const char *where;

    if (!(job->run =
              jobspec_run_create (start->jobspec, a->last, &job->given, &error))
        || !(job->R = rjson_decode (start->R, &error))) {
        refuse (job, "cannot read the job", error.text);
        return -1;
    }
    if (job->run != a->last) {
        jobspec_run_destroy (a->last);
        a->last = jobspec_run_ref (job->run);
    }
    if (job->run->shell.refused) {
        refuse (job, "cannot do what is asked for", job->run->shell.refused);
        return -1;
    }
    if (layout_make (&job->layout, job->run, job->R, a->opt.rank, &error) < 0) {
        refuse (job, "cannot place the tasks", error.text);
        return -1;
    }
    job->node = rset_find (job->R, a->opt.rank);
    if (find_user (job) < 0) {
        refuse (job, "cannot run as the user", strerror (errno));
        return -1;
    }
    job->tasks = calloc (job->layout.count + 1, sizeof (*job->tasks));
    if (!job->tasks || tmpdir_make (job, &where) < 0
        || (job->run->shell.hwloc_xml && topology_write (job) < 0)
        || env_make (job) < 0
        || (!job->run->shell.pmi_off && pmi_make (job) < 0)) {
        refuse (job, "cannot prepare the job", strerror (errno));
        return -1;
    }
    return 0;
}

void job_start (struct agent *a, const struct agent_start *start)
{
    struct agent_job *job;

    if (job_find (a, start->id))
        return; /* told twice: it runs */
    if (!(job = calloc (1, sizeof (*job)))) {
        log_errno ("flux-agent", "cannot start a job");
        return;
    }
    job->agent = a;
    job->id = start->id;
    job->userid = start->userid;
    jobid_encode (job->id, JOBID_F58, job->f58, sizeof (job->f58));
    jobid_encode (job->id,
                  JOBID_F58PLAIN,
                  job->f58plain,
                  sizeof (job->f58plain));
    HASH_ADD (hh, a->jobs, id, sizeof (job->id), job);
    report_touch (job);
    if (prepare (job, start) < 0)
        return;
    log_start (job);
    start_tasks (job);
    report_started (job);
    arm_signal (job);
    job_check_over (job);
}
