/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Coming back: active jobs are made again from their eventlogs by the same
 * function that made them live, then what is owed to each is derived as
 * always.  A job whose record cannot be replayed is set aside with a reason;
 * it never keeps the others from coming back.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "manager/manager_private.h"
#include "manager/requests.h"
#include "wire/jobspec.h"

static struct text *stored_R (struct manager *m, uint64_t id)
{
    struct text *t;
    char *s;
    size_t len;

    if (store_value_get (m->store, id, "R", &s, &len) < 0)
        return NULL;
    t = text_create (s, len);
    free (s);
    return t;
}

static int replay_line (struct manager *m,
                        struct job *job,
                        const char *line,
                        size_t len,
                        flux_error_t *error)
{
    struct wire_event w;
    int rc = -1;

    if (wire_event_decode (&w, job, line, len, error) < 0)
        return -1;
    if (w.ev.kind == EVENT_ALLOC && !w.ev.R)
        w.ev.R = stored_R (m, job->id);
    if (w.ev.kind == EVENT_RESOURCE_UPDATE)
        host_of (job)->row_lacks_R = true;
    if (fsm_legal (job, &w.ev, error) == 0) {
        if (w.ev.kind == EVENT_JOBSPEC_UPDATE)
            post_before_update (m, job);
        rc = fsm_apply (job, &w.ev);
        if (rc < 0)
            err_set (error, ENOMEM, "out of memory");
    }
    wire_event_finish (&w);
    return rc;
}

/* One that was admitted unchecked may be odd, but is a JSON object. */
static int check_spec (struct job *job, flux_error_t *error)
{
    if (!job->spec)
        return err_set (error, EINVAL, "it has no jobspec");
    if (jobspec_of (job->spec))
        return 0;
    if (!text_str (job->spec))
        return err_set (error, errno, "its jobspec: out of memory");
    return jobspec_check_object (text_str (job->spec), job->spec->len, error);
}

static int replay (struct manager *m, struct job *job, flux_error_t *error)
{
    size_t size, len, pos = 0;
    const char *line, *broken;
    char *log;
    int rc = 0;

    if (check_spec (job, error) < 0)
        return -1;
    if (store_log_get (m->store, job->id, "eventlog", &log, &size) < 0)
        return err_set (error,
                        errno,
                        "reading its eventlog: %s",
                        strerror (errno));
    while (rc >= 0 && eventlog_next (log, size, &pos, &line, &len))
        rc = replay_line (m, job, line, len, error);
    free (log);
    if (rc < 0)
        return -1;
    if (!job->submitted || job->invalid)
        return err_set (error, EINVAL, "it was never accepted");
    if ((broken = job_check (job)))
        return err_set (error, EINVAL, "%s", broken);
    return 0;
}

static void restore (struct manager *m, uint64_t id, const char *jobspec)
{
    flux_error_t error = { "" };
    struct job *job = hosts_restore (m, id);
    int rc;

    if (!job) {
        log_errno (PART, "restoring job %ju", (uintmax_t)id);
        return;
    }
    if (jobspec)
        job->spec = text_intern (m->texts, jobspec, strlen (jobspec));
    host_of (job)->row_has_spec = job->spec != NULL;
    host_of (job)->restored = true;
    m->in_state[__builtin_ctz (job->state)]--;
    rc = replay (m, job, &error);
    m->in_state[__builtin_ctz (job->state)]++;
    if (rc < 0) {
        aside_add (m, id, error.text);
        hosts_remove (m, job);
        return;
    }
    m->running_count += job_is_running (job);
    tally_enter (m, job);
    if (job->state != FLUX_JOB_STATE_INACTIVE)
        waits_active (m->waits, job);
}

struct walk {
    struct manager *m;
    uint64_t max_id;
};

/* Logs are read within the walk over the rows: one look at the store costs
 * much less than one for each job.
 */
static int restore_job (uint64_t id, const char *jobspec, void *arg)
{
    struct walk *walk = arg;

    restore (walk->m, id, jobspec);
    if (id > walk->max_id)
        walk->max_id = id;
    return 0;
}

/* The job's processes may have outlived the last broker: let the executor
 * look for them.  One that has not started yet simply starts.
 */
static void resume_running (struct manager *m, struct job *job)
{
    struct job_host *host = host_of (job);

    if (!job->has_resources)
        return;
    if (!(job->flags & JOB_FLAG_ALLOC_BYPASS)
        && alloc_hello (m->alloc, job) < 0)
        log_errno (PART, "resources of job %ju", (uintmax_t)job->id);
    if (job->started && !job->released)
        start_job (m->start, job);
    if (host->start && job->state == FLUX_JOB_STATE_CLEANUP && !job->finished)
        acts_add (m->acts, job);
}

/* A start that is owed was perhaps carried out before the last broker could
 * make that durable.  The executor must know of the job before it hears from
 * agents which jobs they have; all that the start depends on is durable.
 */
static void resume_start (struct manager *m, struct job *job)
{
    struct job_inflight f = post_inflight (job);

    if ((job_effects (job, &f) & OWE_START))
        start_job (m->start, job);
}

/* What others have to know of the job before any job goes on. */
static void announce (struct manager *m, struct job *job)
{
    if (job->state == FLUX_JOB_STATE_INACTIVE)
        return;
    if (job_is_running (job))
        resume_running (m, job);
    if (m->plugins && m->plugins->job_restored)
        m->plugins->job_restored (m->plugins->arg, job);
}

static void resume (struct manager *m, struct job *job)
{
    struct event restart = { .kind = EVENT_FLUX_RESTART };

    if (job->state == FLUX_JOB_STATE_INACTIVE) {
        hosts_row_dirty (m, job);
        acts_add (m->acts, job);
    }
    else if (job->state == FLUX_JOB_STATE_SCHED)
        manager_post (m, job, &restart, NULL);
    else {
        post_resume (m, job);
        resume_start (m, job);
    }
}

int restart_jobs (struct manager *m, flux_error_t *error)
{
    struct walk walk = { .m = m };
    struct store_counts counts;
    struct job *job, *tmp;
    unsigned int unavailable;

    if (store_counts (m->store, &counts) == 0)
        walk.max_id = counts.max_id;
    if (store_each_active (m->store, restore_job, &walk) < 0)
        return err_set (error,
                        errno,
                        "reading the job store: %s",
                        strerror (errno));
    ingest_set_last (m->ingest, walk.max_id);
    /* Plugins count jobs, and what they give one depends on the others. */
    JOB_FOREACH_SAFE (manager_jobs (m), job, tmp)
    announce (m, job);
    unavailable = m->in_state[__builtin_ctz (FLUX_JOB_STATE_PRIORITY)];
    JOB_FOREACH_SAFE (manager_jobs (m), job, tmp)
    resume (m, job);
    /* Nothing else asks for the priority of those that had none. */
    if (unavailable > 0)
        manager_reprioritize_all (m);
    return 0;
}
