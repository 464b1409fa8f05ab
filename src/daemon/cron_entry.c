/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* One entry, and the tasks that it runs, one at a time. */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <utlist.h>

#include "base/log.h"
#include "daemon/cron_private.h"
#include "daemon/runner.h"

#define EPSILON_TERM 5. /* seconds from SIGTERM to SIGKILL at a timeout */

struct cron_task {
    struct cron_entry *e;
    const char *state;
    double t_create, t_start, t_end; /* 0: not yet */
    struct run *run;                 /* NULL: it does not run */
    int pid;
    int status;
    bool timed_out;
    struct loop_source *timeout;
    struct cron_task *prev, *next;
};

static double now_of (struct cron_entry *e)
{
    return loop_now (e->cron->b->loop);
}

static void strings_free (char **s)
{
    for (size_t i = 0; s && s[i]; i++)
        free (s[i]);
    free (s);
}

/* ---- tasks ---- */

static void task_destroy (struct cron_task *t)
{
    if (t->run)
        t->e->cron->runner.destroy (t->run);
    loop_source_destroy (t->timeout);
    free (t);
}

static bool task_waits (const struct cron_task *t)
{
    return t && t->t_start == 0. && t->t_end == 0.;
}

bool cron_entry_busy (const struct cron_entry *e)
{
    return e->tasks && e->tasks->t_start > 0. && e->tasks->t_end == 0.;
}

/* Keep as many as are wanted. */
static void trim (struct cron_entry *e)
{
    struct cron_task *t, *tmp;
    int n = 0;

    DL_FOREACH_SAFE (e->tasks, t, tmp)
    {
        if (++n > e->history && t != e->tasks) {
            DL_DELETE (e->tasks, t);
            task_destroy (t);
        }
    }
}

static void task_failed (struct cron_task *t, const char *how)
{
    struct cron_entry *e = t->e;

    t->state = t->timed_out ? "Timeout" : "Failed";
    e->failure++;
    e->failcount++;
    log_msg (LOG_ERR,
             CRON,
             "cron-%jd: \"%s\": Failed: %s",
             (intmax_t)e->id,
             e->command,
             how);
    if (e->stop_on_failure > 0 && e->failcount >= e->stop_on_failure
        && !e->stopped) {
        log_msg (LOG_ERR,
                 CRON,
                 "cron-%jd: exceeded failure limit of %d. stopping",
                 (intmax_t)e->id,
                 e->stop_on_failure);
        (void)cron_entry_stop (e);
    }
}

static void task_over (struct cron_task *t, int status, const char *why)
{
    char how[64];

    t->t_end = now_of (t->e);
    t->status = status;
    if (t->timeout)
        loop_timer_set (t->timeout, -1., 0.);
    if (!why && t->timed_out)
        why = "timed out";
    if (!why && status != 0) {
        if (WIFSIGNALED (status))
            snprintf (how, sizeof (how), "%s", strsignal (WTERMSIG (status)));
        else
            snprintf (how, sizeof (how), "Exit %d", WEXITSTATUS (status));
        why = how;
    }
    if (why)
        task_failed (t, why);
    else {
        t->state = "Exited";
        t->e->success++;
    }
    cron_entry_idle (t->e);
}

static void over_cb (void *arg, unsigned int rank, int status, const char *why)
{
    task_over (arg, status, why);
}

static void line_cb (void *arg, unsigned int rank, bool err, const char *line)
{
    struct cron_task *t = arg;

    log_msg (err ? LOG_ERR : LOG_INFO,
             CRON,
             "cron-%jd[%s]: rank=%u: command=\"%s\": \"%s\"",
             (intmax_t)t->e->id,
             t->e->name,
             rank,
             t->e->command,
             line);
}

static void timeout_cb (struct loop_source *src, int revents, void *arg)
{
    struct cron_task *t = arg;

    t->e->cron->runner.signal (t->run, NULL, t->timed_out ? SIGKILL : SIGTERM);
    if (!t->timed_out)
        loop_timer_set (src, EPSILON_TERM, 0.);
    t->timed_out = true;
}

static struct run *start_command (struct cron_task *t)
{
    struct cron_entry *e = t->e;
    char *argv[] = { "sh", "-c", e->command, NULL };
    struct run_report report = { line_cb, over_cb, t };
    struct idset *ranks = idset_create (0, IDSET_FLAG_AUTOGROW);
    struct run_command cmd = {
        .ranks = ranks,
        .argv = argv,
        .env = (const char *const *)e->env,
        .plain = e->env != NULL,
        .cwd = e->cwd,
        .report = &report,
    };
    struct run *run = NULL;

    if (ranks && idset_set (ranks, e->rank) == 0)
        run = e->cron->runner.start (e->cron->runner.arg, &cmd);
    idset_destroy (ranks);
    return run;
}

static void task_start (struct cron_task *t)
{
    struct cron_entry *e = t->e;

    t->t_start = e->lastrun = now_of (e);
    t->state = "Running";
    if (!(t->run = start_command (t)))
        task_over (t, 0, strerror (errno));
    else if (e->timeout > 0.
             && !(t->timeout = loop_timer_create (e->cron->b->loop,
                                                  LOOP_ALWAYS,
                                                  e->timeout,
                                                  0.,
                                                  timeout_cb,
                                                  t)))
        log_errno (CRON, "cron-%jd: timeout", (intmax_t)e->id);
}

void cron_entry_sync (struct cron_entry *e)
{
    if (task_waits (e->tasks))
        task_start (e->tasks);
}

void cron_entry_due (struct cron_entry *e)
{
    struct cron_task *t;

    if (cron_entry_busy (e) || task_waits (e->tasks)) {
        log_msg (LOG_INFO,
                 CRON,
                 "cron-%jd: %s: task still running or scheduled",
                 (intmax_t)e->id,
                 e->name);
        return;
    }
    if (!(t = calloc (1, sizeof (*t)))) {
        log_errno (CRON, "cron-%jd", (intmax_t)e->id);
        return;
    }
    t->e = e;
    t->t_create = now_of (e);
    t->state = "Deferred";
    DL_PREPEND (e->tasks, t);
    trim (e);
    e->count++;
    e->total++;
    if (e->repeat > 0 && e->count >= e->repeat)
        (void)cron_entry_stop (e);
    if (cron_defers (e->cron)) {
        e->deferred++;
        log_msg (LOG_DEBUG,
                 CRON,
                 "deferring cron-%jd to next %s event",
                 (intmax_t)e->id,
                 e->cron->sync_topic);
    }
    else
        task_start (t);
}

/* ---- as JSON ---- */

static json_t *task_json (struct cron_task *t)
{
    json_t *o;

    if (t->run && t->t_end == 0. && t->pid == 0)
        t->pid = runner_pid (t->run);
    o = json_pack ("{s:i s:i s:i s:s s:f}",
                   "rank",
                   t->e->rank,
                   "pid",
                   t->pid,
                   "status",
                   t->status,
                   "state",
                   t->state,
                   "create-time",
                   t->t_create);
    if (t->t_start > 0.) {
        json_object_set_new (o, "start-time", json_real (t->t_start));
        json_object_set_new (o, "running-time", json_real (t->t_start));
    }
    if (t->t_end > 0.) {
        json_object_set_new (o, "end-time", json_real (t->t_end));
        if (WIFEXITED (t->status))
            json_object_set_new (o,
                                 "code",
                                 json_integer (WEXITSTATUS (t->status)));
    }
    return o;
}

json_t *cron_entry_json (struct cron_entry *e)
{
    json_t *tasks = json_array ();
    struct cron_task *t;
    json_t *o, *stats;

    DL_FOREACH (e->tasks, t)
    {
        json_array_append_new (tasks, task_json (t));
    }
    stats = json_pack ("{s:f s:f s:f s:i s:i s:i s:i s:i s:i}",
                       "ctime",
                       e->ctime,
                       "starttime",
                       e->starttime,
                       "lastrun",
                       e->lastrun,
                       "count",
                       e->count,
                       "failcount",
                       e->failcount,
                       "total",
                       e->total,
                       "success",
                       e->success,
                       "failure",
                       e->failure,
                       "deferred",
                       e->deferred);
    o = json_pack ("{s:I s:i s:s s:s s:i s:b s:s s:o s:o s:o}",
                   "id",
                   (json_int_t)e->id,
                   "rank",
                   e->rank,
                   "name",
                   e->name,
                   "command",
                   e->command,
                   "repeat",
                   e->repeat,
                   "stopped",
                   e->stopped,
                   "type",
                   e->type->name,
                   "stats",
                   stats,
                   "typedata",
                   e->type->describe (e->data),
                   "tasks",
                   tasks);
    if (e->timeout > 0.)
        json_object_set_new (o, "timeout", json_real (e->timeout));
    return o;
}

/* ---- life ---- */

int cron_entry_start (struct cron_entry *e)
{
    if (!e->stopped) {
        errno = EINVAL;
        return -1;
    }
    e->stopped = false;
    e->count = e->failcount = 0;
    e->starttime = now_of (e);
    e->type->start (e->data);
    return 0;
}

int cron_entry_stop (struct cron_entry *e)
{
    if (e->stopped) {
        errno = EINVAL;
        return -1;
    }
    e->stopped = true;
    e->type->stop (e->data);
    return 0;
}

void cron_entry_destroy (struct cron_entry *e)
{
    struct cron_task *t, *tmp;
    int saved_errno = errno;

    DL_FOREACH_SAFE (e->tasks, t, tmp)
    {
        task_destroy (t);
    }
    if (e->data)
        e->type->destroy (e->data);
    strings_free (e->env);
    free (e->name);
    free (e->command);
    free (e->cwd);
    free (e);
    errno = saved_errno;
}

static int copy_env (struct cron_entry *e, json_t *environ_)
{
    const char *name;
    json_t *value;
    size_t n = 0;

    if (!environ_)
        return 0;
    if (!(e->env = calloc (json_object_size (environ_) + 1, sizeof (char *))))
        return -1;
    json_object_foreach (environ_, name, value)
    {
        const char *s = json_string_value (value);

        if (!s) {
            errno = EPROTO;
            return -1;
        }
        if (asprintf (&e->env[n], "%s=%s", name, s) < 0) {
            e->env[n] = NULL;
            return -1;
        }
        n++;
    }
    return 0;
}

static int check (const struct cron_entry *e, flux_error_t *error)
{
    if (e->rank < 0 || (uint32_t)e->rank >= e->cron->b->size)
        return err_set (error, EINVAL, "rank %d does not exist", e->rank);
    if (e->repeat < 0 || e->stop_on_failure < 0 || e->timeout < 0.)
        return err_set (error, EINVAL, "a number is negative");
    if (e->history < 1 || e->history > CRON_HISTORY_MAX)
        return err_set (error,
                        EINVAL,
                        "task-history-count is not from 1 to %d",
                        CRON_HISTORY_MAX);
    return 0;
}

static int fill (struct cron_entry *e, json_t *req, flux_error_t *error)
{
    const char *name, *command, *type;
    const char *cwd = NULL;
    json_t *args;
    json_t *env = NULL;
    json_error_t je;

    e->history = 1;
    if (json_unpack_ex (req,
                        &je,
                        0,
                        "{s:s s:s s:s s:o s?i s?i s?F s?i s?i s?s s?o}",
                        "name",
                        &name,
                        "command",
                        &command,
                        "type",
                        &type,
                        "args",
                        &args,
                        "repeat",
                        &e->repeat,
                        "rank",
                        &e->rank,
                        "timeout",
                        &e->timeout,
                        "task-history-count",
                        &e->history,
                        "stop-on-failure",
                        &e->stop_on_failure,
                        "cwd",
                        &cwd,
                        "environ",
                        &env)
        < 0)
        return err_set (error, EPROTO, "malformed request: %s", je.text);
    if (!(e->type = cron_type_find (type)))
        return err_set (error, ENOSYS, "%s: no such type of entry", type);
    if (!(e->name = strdup (name)) || !(e->command = strdup (command))
        || (cwd && !(e->cwd = strdup (cwd))) || copy_env (e, env) < 0)
        return err_set (error, errno, "environ: %s", strerror (errno));
    if (check (e, error) < 0 || !(e->data = e->type->create (e, args, error)))
        return -1;
    return 0;
}

struct cron_entry *cron_entry_create (struct cron *cron,
                                      int64_t id,
                                      json_t *req,
                                      flux_error_t *error)
{
    struct cron_entry *e = calloc (1, sizeof (*e));

    if (!e)
        return err_null (error, ENOMEM, "out of memory");
    e->cron = cron;
    e->id = id;
    e->stopped = true;
    e->ctime = now_of (e);
    if (fill (e, req, error) < 0) {
        cron_entry_destroy (e);
        return NULL;
    }
    (void)cron_entry_start (e);
    return e;
}
