/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Jobs that are only pretended: each lasts as long as its jobspec's
 * attributes.system.exec.test says, else as long as its R was given.  No
 * process is involved, so that it runs under a virtual clock.
 */

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <uthash.h>

#include "exec/exec.h"
#include "wire/exec_test.h"
#include "wire/guestlog.h"

/* Seconds. */
static const double BEFORE_LIMIT = 0.001;

struct mock_job {
    struct exec *x;
    uint64_t id;
    uint32_t userid;
    struct exec_test test;
    double duration; /* seconds it lasts from now; 0: over at once */
    double until;    /* ends with the time limit, at this time; 0: no */
    int status;
    bool reattach;
    bool may_start;
    bool started;
    bool over;
    bool ready; /* in x->ready */
    struct loop_source *timer;
    TAILQ_ENTRY (mock_job) link;
    UT_hash_handle hh;
};

struct exec {
    struct exec_env env;
    struct loop_source *work;
    struct mock_job *jobs;
    TAILQ_HEAD (mock_list, mock_job) ready; /* with something to report */
};

static struct mock_job *job_find (struct exec *x, uint64_t id)
{
    struct mock_job *job;

    HASH_FIND (hh, x->jobs, &id, sizeof (id), job);
    return job;
}

static void job_destroy (struct mock_job *job)
{
    if (job->ready)
        TAILQ_REMOVE (&job->x->ready, job, link);
    HASH_DEL (job->x->jobs, job);
    loop_source_destroy (job->timer);
    free (job);
}

static void job_ready (struct mock_job *job)
{
    if (job->ready)
        return;
    job->ready = true;
    TAILQ_INSERT_TAIL (&job->x->ready, job, link);
    loop_kick (job->x->work);
}

static void job_over (struct mock_job *job, int status)
{
    job->over = true;
    job->status = status;
    job_ready (job);
}

static void job_step (struct mock_job *job);

static void timer_cb (struct loop_source *src, int revents, void *arg)
{
    struct mock_job *job = arg;

    job->over = true;
    job->status = job->test.wait_status;
    /* At once: the time limit may be reached in this turn, too. */
    if (!job->ready)
        job_step (job);
}

/* ---- reporting ---- */

static void report_log (struct mock_job *job, struct jbuf *b)
{
    size_t len;
    char *s = jbuf_take (b, &len);

    if (s)
        job->x->env.reports->log (job->x->env.reports->arg,
                                  job->id,
                                  "guest.exec.eventlog",
                                  s,
                                  len);
    free (s);
}

static void report_exception (struct mock_job *job, const char *note)
{
    const struct exec_reports *r = job->x->env.reports;

    r->exception (r->arg, job->id, 0, "exec", note);
}

static void report_release (struct mock_job *job)
{
    const struct exec_reports *r = job->x->env.reports;
    uint64_t id = job->id;

    job_destroy (job);
    r->release (r->arg, id);
}

/* One that lasts as long as it may ends just before it would have to. */
static double lasts_now (const struct mock_job *job)
{
    if (job->until > 0.)
        return job->until - loop_now (job->x->env.loop) - BEFORE_LIMIT;
    return job->duration;
}

/* What follows "started" by itself. */
static void run (struct mock_job *job)
{
    double left;

    if (job->test.mock_exception == EXEC_TEST_RUN) {
        report_exception (job, "mock run exception generated");
        if (!job->over)
            job_over (job, SIGTERM);
    }
    else if (job->over || job->test.override)
        return;
    else if (job->reattach && job->test.reattach_finish)
        job_over (job, job->test.wait_status);
    else if ((left = lasts_now (job)) <= 0.)
        job_over (job, job->test.wait_status);
    else {
        job->timer = loop_timer_create (job->x->env.loop,
                                        LOOP_HOLDABLE,
                                        left,
                                        0.,
                                        timer_cb,
                                        job);
        if (!job->timer) {
            report_exception (job, "out of memory");
            job_over (job, SIGKILL);
        }
    }
}

static void report_start (struct mock_job *job)
{
    const struct exec_reports *r = job->x->env.reports;
    double now = loop_now (job->x->env.loop);
    struct jbuf b = { 0 };

    if (job->reattach)
        guestlog_event (&b, now, "reattach", NULL);
    else {
        guestlog_event (&b, now, "init", NULL);
        guestlog_event (&b, now, "starting", NULL);
    }
    report_log (job, &b);
    job->started = true;
    r->started (r->arg, job->id);
    run (job);
}

static void report_end (struct mock_job *job)
{
    const struct exec_reports *r = job->x->env.reports;
    double now = loop_now (job->x->env.loop);
    struct jbuf b = { 0 };

    guestlog_event_int (&b, now, "complete", "status", job->status);
    guestlog_event (&b, now, "done", NULL);
    report_log (job, &b);
    r->finish (r->arg, job->id, job->status);
    report_release (job);
}

static void job_step (struct mock_job *job)
{
    if (job->started) {
        if (job->over)
            report_end (job);
    }
    else if (job->over)
        report_release (job);
    else if (job->test.mock_exception == EXEC_TEST_INIT) {
        report_exception (job, "mock initialization exception generated");
        report_release (job);
    }
    else if (job->may_start)
        report_start (job);
}

/* Jobs that become ready meanwhile take their turn in the next round. */
static void work_cb (struct loop_source *src, int revents, void *arg)
{
    struct exec *x = arg;
    struct mock_job *last = TAILQ_LAST (&x->ready, mock_list);
    struct mock_job *job;
    bool more = last != NULL;

    while (more) {
        job = TAILQ_FIRST (&x->ready);
        more = job != last;
        TAILQ_REMOVE (&x->ready, job, link);
        job->ready = false;
        job_step (job);
    }
    if (!TAILQ_EMPTY (&x->ready))
        loop_kick (x->work);
}

/* ---- job-exec.override ---- */

static int override_cb (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    struct exec *x = arg;
    struct exec_override req;
    struct mock_job *job;
    const char *s;

    if (flux_msg_get_string (msg, &s) < 0 || !s)
        return err_set (error, EPROTO, "request: expected a payload");
    if (exec_override_parse (s, &req, error) < 0)
        return -1;
    if (!(job = job_find (x, req.id)))
        return err_set (error, ENOENT, "Job not found");
    if (!router_may (msg, job->userid))
        return err_set (error, EPERM, "Request requires owner credentials");
    if (!job->test.override)
        return err_set (error, EINVAL, "job is not in test execution override");
    if (!req.finish) {
        if (job->may_start)
            return err_set (error, EINVAL, "Job already running");
        job->may_start = true;
        job_ready (job);
    }
    else {
        if (!job->started || job->over)
            return err_set (error, EINVAL, "Job not running");
        job_over (job, req.status);
    }
    return router_respond (r, msg, NULL) < 0 ? -1 : REQUEST_DONE;
}

static const struct request_row methods[] = {
    { "job-exec.override",
      FLUX_ROLE_OWNER | FLUX_ROLE_USER,
      METHOD_HELD,
      override_cb },
    { NULL },
};

/* ---- verbs ---- */

static void mock_destroy (struct exec *x, bool leave)
{
    struct mock_job *job, *next;

    if (!x)
        return;
    HASH_ITER (hh, x->jobs, job, next)
    job_destroy (job);
    if (x->env.router)
        router_methods_remove (x->env.router, methods);
    loop_source_destroy (x->work);
    free (x);
}

static struct exec *mock_create (const struct exec_env *env,
                                 flux_error_t *error)
{
    struct exec *x = calloc (1, sizeof (*x));

    if (!x)
        return err_null (error, ENOMEM, "exec: out of memory");
    x->env = *env;
    x->env.router = NULL;
    TAILQ_INIT (&x->ready);
    x->work = loop_work_create (env->loop, LOOP_HOLDABLE, work_cb, x);
    if (!x->work) {
        err_set (error, errno, "exec: cannot watch for work");
        goto error;
    }
    if (env->router && router_methods_add (env->router, methods, x) < 0) {
        err_set (error, errno, "exec: job-exec.override is taken");
        goto error;
    }
    x->env.router = env->router;
    return x;
error:
    mock_destroy (x, false);
    return NULL;
}

/* How long the job is to last from now. */
static double lasts (const struct exec_job *given,
                     const struct exec_test *test,
                     double now)
{
    const struct rset *R = given->R;
    double d = test->run_duration;

    if (d < 0.)
        d = R && R->expiration > 0. ? R->expiration - R->starttime : 0.;
    if (given->reattach && R && R->starttime > 0. && now > R->starttime)
        d -= now - R->starttime;
    return d;
}

static int mock_start (struct exec *x,
                       const struct exec_job *given,
                       flux_error_t *error)
{
    struct exec_test test;
    struct mock_job *job;

    if (job_find (x, given->id))
        return err_set (error, EEXIST, "exec: the job is under way already");
    if (exec_test_parse (given->jobspec, &test, error) < 0)
        return -1;
    if (test.present && !given->may_test)
        return err_set (error,
                        EPERM,
                        "exec.test is not allowed for guests "
                        "(exec.testexec.allow-guests)");
    if (!(job = calloc (1, sizeof (*job))))
        return err_set (error, ENOMEM, "exec: out of memory");
    job->x = x;
    job->id = given->id;
    job->userid = given->userid;
    job->test = test;
    job->duration = lasts (given, &test, loop_now (x->env.loop));
    if (test.present && test.run_duration < 0. && given->R)
        job->until = given->R->expiration;
    job->reattach = given->reattach;
    job->may_start = given->reattach || !test.override;
    HASH_ADD (hh, x->jobs, id, sizeof (job->id), job);
    job_ready (job);
    return 0;
}

/* Does the signal end a process that does nothing about it? */
static bool is_deadly (int signum)
{
    switch (signum) {
    case 0:
    case SIGCHLD:
    case SIGCONT:
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGURG:
    case SIGWINCH:
        return false;
    }
    return true;
}

static int mock_kill (struct exec *x, uint64_t id, int signum)
{
    struct mock_job *job = job_find (x, id);

    if (!job) {
        errno = ENOENT;
        return -1;
    }
    if (job->over || !is_deadly (signum))
        return 0;
    if (job->started || signum == SIGKILL || signum == SIGTERM)
        job_over (job, signum);
    return 0;
}

const struct exec_ops exec_mock = {
    .name = "mock",
    .create = mock_create,
    .destroy = mock_destroy,
    .start = mock_start,
    .kill = mock_kill,
};
