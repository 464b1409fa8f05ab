/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The executor's side: hand over jobs whose alloc is durable, post what is
 * reported of them.
 */

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/manager_private.h"
#include "manager/requests.h"
#include "wire/jobspec.h"
#include "wire/rjson.h"
#include "wire/sign.h"

#define DEFAULT_KILL_TIMEOUT 5.

struct start {
    struct manager *m;
    const struct exec_ops *ops;
    struct exec *exec;
    struct exec_reports reports;
    double kill_timeout;
    bool guests_may_test;
};

void start_set_guest_tests (struct start *s, bool allowed)
{
    s->guests_may_test = allowed;
}

void start_set_kill_timeout (struct start *s, double seconds)
{
    s->kill_timeout = seconds > 0. ? seconds : DEFAULT_KILL_TIMEOUT;
}

void start_durable (struct start *s, uint64_t batch)
{
    if (s && s->ops->durable)
        s->ops->durable (s->exec, batch);
}

/* Apply the updates in the job's eventlog to the text; frees it. */
static char *apply_updates (struct manager *m,
                            struct job *job,
                            char *text,
                            flux_error_t *error)
{
    const char *line;
    char *log;
    size_t size, len, pos = 0;
    struct wire_event w;

    if (store_log_get (m->store, job->id, "eventlog", &log, &size) < 0)
        return text;
    while (text && eventlog_next (log, size, &pos, &line, &len)) {
        char *updated;

        if (wire_event_decode (&w, NULL, line, len, NULL) < 0)
            continue;
        if (w.ev.kind == EVENT_JOBSPEC_UPDATE) {
            updated = jobspec_update (text, w.ev.context, error);
            free (text);
            text = updated;
        }
        wire_event_finish (&w);
    }
    free (log);
    return text;
}

static char *whole_jobspec (struct manager *m,
                            struct job *job,
                            flux_error_t *error)
{
    char *J, *text;
    size_t len;
    uint32_t userid;
    int rc;

    if (store_value_get (m->store, job->id, "J", &J, &len) < 0)
        return err_null (error, errno, "reading J: %s", strerror (errno));
    rc = sign_none_unwrap (J, &text, &len, &userid, NULL, error);
    free (J);
    if (rc < 0)
        return NULL;
    if (job_event_posted (job, "jobspec-update"))
        text = apply_updates (m, job, text, error);
    return text;
}

/* The job will not run: it never got to the executor. */
static void start_failed (struct start *s, struct job *job, const char *why)
{
    host_of (job)->start = false;
    manager_raise (s->m, job, "exec", 0, UINT32_MAX, why, NULL);
}

void start_job (struct start *s, struct job *job)
{
    struct job_host *host = host_of (job);
    flux_error_t error = { "" };
    const struct rset *R = NULL;
    char *spec;
    struct exec_job ej = {
        .id = job->id,
        .userid = job->userid,
        .urgency = job->urgency,
        .may_test = s->guests_may_test || job->userid == s->m->owner,
        .debug = job->flags & FLUX_JOB_DEBUG,
        .reattach = host->restored && job->started,
        .R_text = job->R ? job->R->s : "",
    };

    spec = whole_jobspec (s->m, job, &error);
    if (!spec || !job->R || !(R = rjson_of (job->R))) {
        start_failed (s, job, error.text[0] ? error.text : "the job has no R");
        free (spec);
        return;
    }
    ej.jobspec = spec;
    ej.R = R;
    host->start = true;
    if (s->ops->start (s->exec, &ej, &error) < 0)
        start_failed (s, job, error.text[0] ? error.text : strerror (errno));
    else if (!ej.reattach)
        manager_post_debug (s->m, job, "debug.start-request");
    free (spec);
}

int start_signal (struct start *s, struct job *job, int signum)
{
    return s->ops->kill (s->exec, job->id, signum);
}

/* ---- deadlines: the time limit, and the patience after a signal ---- */

static void kill_timeout (struct loop_source *src, int revents, void *arg);

static void deadline_set (struct manager *m,
                          struct job *job,
                          double after,
                          loop_f cb)
{
    struct job_host *host = host_of (job);

    if (host->deadline)
        loop_source_destroy (host->deadline);
    host->deadline =
        loop_timer_create (m->loop, LOOP_HOLDABLE, after, 0., cb, job);
    if (!host->deadline)
        log_errno (PART, "setting a timer");
}

void deadline_stop (struct job *job)
{
    struct job_host *host = host_of (job);

    if (host->deadline)
        loop_source_destroy (host->deadline);
    host->deadline = NULL;
}

static struct manager *manager_of (struct job *job)
{
    return host_of (job)->m;
}

static void time_is_up (struct loop_source *src, int revents, void *arg)
{
    struct job *job = arg;

    manager_raise (manager_of (job),
                   job,
                   "timeout",
                   0,
                   UINT32_MAX,
                   "resource allocation expired",
                   NULL);
}

void deadline_arm (struct manager *m, struct job *job)
{
    const struct rset *R;
    double left;

    if (job->state != FLUX_JOB_STATE_RUN || !job->R)
        return;
    deadline_stop (job);
    if (!(R = rjson_of (job->R)) || R->expiration <= 0.)
        return;
    left = R->expiration - clock_now (m->clock);
    deadline_set (m, job, left > 0. ? left : 0., time_is_up);
}

/* First what the job may catch, SIGKILL when it had its time. */
void start_kill (struct start *s, struct job *job)
{
    struct job_host *host = host_of (job);
    bool timeout = job->exception && !strcmp (job->exception->type, "timeout");
    int signum = timeout ? SIGALRM : SIGTERM;

    if (host->kill_stage > 0)
        signum = SIGKILL;
    if (start_signal (s, job, signum) < 0 && errno != ENOENT)
        log_errno (PART, "signaling job %ju", (uintmax_t)job->id);
    if (host->kill_stage < 2)
        host->kill_stage++;
    deadline_set (s->m, job, s->kill_timeout, kill_timeout);
}

static void kill_timeout (struct loop_source *src, int revents, void *arg)
{
    struct job *job = arg;

    if (host_of (job)->start && !job->finished)
        start_kill (manager_of (job)->start, job);
}

/* ---- reports ---- */

static struct job *reported (struct start *s, uint64_t id, const char *what)
{
    struct job *job = manager_job (s->m, id);

    if (!job)
        log_msg (LOG_ERR, PART, "%s of unknown job %ju", what, (uintmax_t)id);
    return job;
}

static void post_report (struct start *s, uint64_t id, const struct event *ev)
{
    const char *name = event_kind_name (ev->kind);
    struct job *job = reported (s, id, name);
    flux_error_t error;

    if (job && manager_post (s->m, job, ev, &error) < 0)
        log_msg (LOG_ERR,
                 PART,
                 "job %ju: %s reported: %s",
                 (uintmax_t)id,
                 name,
                 error.text);
}

static void report_started (void *arg, uint64_t id)
{
    struct event ev = { .kind = EVENT_START };
    struct start *s = arg;
    struct job *job = reported (s, id, "start");

    if (!job)
        return;
    if (job->started) /* found again after a restart */
        deadline_arm (s->m, job);
    else
        post_report (s, id, &ev);
}

static void report_log (void *arg,
                        uint64_t id,
                        const char *path,
                        const char *data,
                        size_t len)
{
    struct start *s = arg;
    struct job *job = reported (s, id, path);

    if (!job)
        return;
    if (store_log_append (s->m->store, id, path, data, len) < 0)
        log_errno (PART, "appending to %s", path);
    host_of (job)->last_batch = store_next_batch (s->m->store);
    outbox_log (s->m->outbox, id, path, data, len);
}

static void report_exception (void *arg,
                              uint64_t id,
                              int severity,
                              const char *type,
                              const char *note)
{
    struct start *s = arg;
    struct job *job = reported (s, id, "exception");

    if (job)
        manager_raise (s->m, job, type, severity, UINT32_MAX, note, NULL);
}

static void report_finish (void *arg, uint64_t id, int status)
{
    struct event ev = { .kind = EVENT_FINISH, .status = status };

    post_report (arg, id, &ev);
}

/* Whatever went before, the executor is through with the job: one that it
 * leaves without an end is lost.
 */
static void report_release (void *arg, uint64_t id)
{
    struct event ev = { .kind = EVENT_RELEASE, .ranks = "all", .final = true };
    struct start *s = arg;
    struct job *job = reported (s, id, "release");

    if (!job)
        return;
    if (job->state == FLUX_JOB_STATE_RUN)
        manager_raise (s->m,
                       job,
                       "exec",
                       0,
                       UINT32_MAX,
                       "lost: the job ended without a report",
                       NULL);
    host_of (job)->start = false;
    deadline_stop (job);
    post_report (s, id, &ev);
}

/* ---- what an executor keeps with a job ---- */

static void mark_key (char *key, size_t size, unsigned int rank)
{
    snprintf (key, size, "exec.mark.%u", rank);
}

static void report_mark (void *arg,
                         uint64_t id,
                         unsigned int rank,
                         const char *text)
{
    struct start *s = arg;
    char key[32];

    mark_key (key, sizeof (key), rank);
    if (store_value_put (s->m->store, id, key, text, text ? strlen (text) : 0)
        < 0)
        log_errno (PART, "storing %s", key);
    outbox_wake (s->m->outbox);
}

static char *report_marked (void *arg, uint64_t id, unsigned int rank)
{
    struct start *s = arg;
    char key[32];
    char *text;

    mark_key (key, sizeof (key), rank);
    if (store_value_get (s->m->store, id, key, &text, NULL) < 0)
        return NULL;
    return text;
}

static void report_node (void *arg, unsigned int rank, bool up)
{
    struct start *s = arg;

    resources_set_online (s->m->resources, rank, up);
}

static uint64_t report_batch (void *arg)
{
    struct start *s = arg;

    return outbox_batch (s->m->outbox);
}

struct start *start_create (struct manager *m,
                            const struct exec_ops *ops,
                            const struct exec_env *env,
                            flux_error_t *error)
{
    struct exec_env e = *env;
    struct start *s;

    if (!(s = calloc (1, sizeof (*s))))
        return err_null (error, ENOMEM, "out of memory");
    s->m = m;
    s->ops = ops;
    s->kill_timeout = DEFAULT_KILL_TIMEOUT;
    s->reports = (struct exec_reports){
        .started = report_started,
        .log = report_log,
        .exception = report_exception,
        .finish = report_finish,
        .release = report_release,
        .arg = s,
        .node = report_node,
        .mark = report_mark,
        .marked = report_marked,
        .batch = report_batch,
    };
    e.loop = m->loop;
    e.router = m->router;
    e.reports = &s->reports;
    if (!(s->exec = ops->create (&e, error))) {
        free (s);
        return NULL;
    }
    return s;
}

void start_destroy (struct start *s, bool leave)
{
    if (!s)
        return;
    s->ops->destroy (s->exec, leave);
    free (s);
}
