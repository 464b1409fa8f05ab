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

/* What the walk over the store keeps; the logs are read after it. */
struct found {
    uint64_t id;
    struct text *spec;
};

struct found_list {
    struct text_pool *texts;
    struct found *items;
    size_t count;
    size_t size;
};

static int note_row (const struct store_job *row, void *arg)
{
    struct found_list *list = arg;
    struct found *f;

    if (list->count == list->size) {
        size_t size = list->size ? 2 * list->size : 256;
        struct found *items = realloc (list->items, size * sizeof (*items));

        if (!items)
            return -1;
        list->items = items;
        list->size = size;
    }
    f = &list->items[list->count++];
    f->id = row->id;
    f->spec = NULL;
    if (row->jobspec)
        f->spec =
            text_intern (list->texts, row->jobspec, strlen (row->jobspec));
    return 0;
}

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
    if (fsm_legal (job, &w.ev, error) == 0) {
        rc = fsm_apply (job, &w.ev);
        if (rc < 0)
            err_set (error, ENOMEM, "out of memory");
    }
    wire_event_finish (&w);
    return rc;
}

static int replay (struct manager *m, struct job *job, flux_error_t *error)
{
    size_t size, len, pos = 0;
    const char *line, *broken;
    char *log;
    int rc = 0;

    if (!job->spec)
        return err_set (error, EINVAL, "it has no jobspec");
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

static void restore (struct manager *m, const struct found *f)
{
    flux_error_t error = { "" };
    struct job *job = hosts_add (m, f->id);

    if (!job) {
        log_errno (PART, "restoring job %ju", (uintmax_t)f->id);
        return;
    }
    job->spec = text_ref (f->spec);
    host_of (job)->restored = true;
    if (replay (m, job, &error) < 0) {
        log_msg (LOG_ERR,
                 PART,
                 "job %ju is set aside, its record cannot be replayed: %s",
                 (uintmax_t)f->id,
                 error.text);
        m->unreplayable++;
        hosts_remove (m, job);
        return;
    }
    m->running_count += job_is_running (job);
    if (job->state != FLUX_JOB_STATE_INACTIVE)
        waits_active (m->waits, job);
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

static void resume (struct manager *m, struct job *job)
{
    struct event restart = { .kind = EVENT_FLUX_RESTART };

    if (job->state == FLUX_JOB_STATE_INACTIVE) {
        hosts_row_dirty (m, job);
        acts_add (m->acts, job);
        return;
    }
    if (job_is_running (job))
        resume_running (m, job);
    if (m->plugins && m->plugins->job_restored)
        m->plugins->job_restored (m->plugins->arg, job);
    if (job->state == FLUX_JOB_STATE_SCHED)
        manager_post (m, job, &restart, NULL);
    else
        post_resume (m, job);
}

int restart_jobs (struct manager *m, flux_error_t *error)
{
    struct found_list list = { .texts = m->texts };
    struct store_counts counts;
    struct job *job, *tmp;
    uint64_t max_id = 0;
    int rc;

    if (store_counts (m->store, &counts) == 0)
        max_id = counts.max_id;
    if ((rc = store_each_active (m->store, note_row, &list)) < 0)
        err_set (error, errno, "reading the job store: %s", strerror (errno));
    for (size_t i = 0; i < list.count; i++) {
        if (rc >= 0)
            restore (m, &list.items[i]);
        if (list.items[i].id > max_id)
            max_id = list.items[i].id;
        text_unref (list.items[i].spec);
    }
    free (list.items);
    if (rc < 0)
        return -1;
    ingest_set_last (m->ingest, max_id);
    HASH_ITER (hh, m->jobs, job, tmp)
    resume (m, job);
    manager_reprioritize_all (m);
    return 0;
}
