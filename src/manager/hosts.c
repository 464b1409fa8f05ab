/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The table of active jobs, and their rows in the store. */

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#include "manager/manager_private.h"
#include "wire/jobrow.h"

struct job *manager_job (struct manager *m, uint64_t id)
{
    struct idnode *node = idtable_find (&m->jobs, id);

    if (!node)
        errno = ENOENT;
    return (struct job *)node;
}

struct job *manager_jobs (struct manager *m)
{
    return (struct job *)m->jobs.first;
}

unsigned int manager_count_in (const struct manager *m, int states)
{
    unsigned int n = 0;

    for (int i = 0; i < FLUX_JOB_NR_STATES; i++)
        n += states & (1 << i) ? m->in_state[i] : 0;
    return n;
}

unsigned int manager_active_count (const struct manager *m)
{
    return m->active_count;
}

struct job *hosts_add (struct manager *m, uint64_t id)
{
    if (manager_job (m, id)) {
        errno = EEXIST;
        return NULL;
    }
    return hosts_restore (m, id);
}

struct job *hosts_restore (struct manager *m, uint64_t id)
{
    struct job_host *host;
    struct job *job;

    if (!(job = job_create (id, sizeof (*host))))
        return NULL;
    if (idtable_add (&m->jobs, &job->node) < 0) {
        job_destroy (job);
        errno = ENOMEM;
        return NULL;
    }
    host = host_of (job);
    host->m = m;
    host->job = job;
    m->active_count++;
    m->in_state[__builtin_ctz (job->state)]++;
    return job;
}

static void row_unlist (struct manager *m, struct job_host *host)
{
    struct job_host **p = &m->rows;

    while (*p && *p != host)
        p = &(*p)->row_next;
    if (*p)
        *p = host->row_next;
    host->row_listed = false;
}

void manager_walk_begin (struct manager *m, struct manager_walk *w)
{
    manager_walk_end (m, w);
    if (m->jobs.count == 0)
        return;
    w->next = (struct job *)m->jobs.first;
    w->last = (struct job *)m->jobs.last;
    DL_APPEND2 (m->walks, w, prev_walk, next_walk);
}

/* Most of what a long walk takes is waiting for memory: ask for what the next
 * steps look at while this one is being made.
 */
static void look_ahead (const struct job *job)
{
    const struct job *second = job_next (job_next (job));

    if (second) {
        const struct job_host *host = (const void *)(second + 1);

        __builtin_prefetch (second);
        __builtin_prefetch (&second->priority);
        __builtin_prefetch (&second->posted);
        __builtin_prefetch (host);
        __builtin_prefetch (&host->kill_stage);
    }
}

struct job *manager_walk_next (struct manager *m, struct manager_walk *w)
{
    struct job *job = w->next;

    if (!job)
        return NULL;
    if (job == w->last)
        manager_walk_end (m, w);
    else
        w->next = job_next (job);
    look_ahead (job);
    return job;
}

void manager_walk_end (struct manager *m, struct manager_walk *w)
{
    if (w->next)
        DL_DELETE2 (m->walks, w, prev_walk, next_walk);
    w->next = w->last = NULL;
}

static void walks_step_over (struct manager *m, struct job *job)
{
    struct manager_walk *w, *tmp;

    DL_FOREACH_SAFE2 (m->walks, w, tmp, next_walk)
    {
        if (w->next == job && w->last == job)
            manager_walk_end (m, w);
        else if (w->next == job)
            w->next = job_next (job);
        else if (w->last == job)
            w->last = (struct job *)job->node.prev;
    }
}

void hosts_remove (struct manager *m, struct job *job)
{
    struct job_host *host = host_of (job);

    alloc_forget (m->alloc, job);
    walks_step_over (m, job);
    deadline_stop (job);
    post_queue_drop (host);
    if (host->row_listed)
        row_unlist (m, host);
    idtable_remove (&m->jobs, &job->node);
    tally_leave (m, job);
    m->active_count--;
    m->in_state[__builtin_ctz (job->state)]--;
    text_unref (host->sched_spec);
    text_unref (host->plugin_R);
    job_destroy (job);
}

void hosts_row_dirty (struct manager *m, struct job *job)
{
    struct job_host *host = host_of (job);

    if (host->row_listed)
        return;
    host->row_listed = true;
    host->row_next = m->rows;
    m->rows = host;
}

/* Jobspec and R only if they changed: they are most of a row. */
static void row_put (struct manager *m, const struct job *job)
{
    struct job_host *host = host_of (job);
    struct store_job row;
    char *extra = NULL;

    if (jobrow_store (job,
                      !host->row_has_spec,
                      host->row_lacks_R,
                      &row,
                      &extra)
            < 0
        || store_job_put (m->store, &row) < 0)
        log_errno (PART, "writing the row of a job");
    else {
        host->row_has_spec = true;
        host->row_lacks_R = false;
    }
    free (extra);
}

void hosts_rows_flush (struct manager *m)
{
    struct job_host *host;

    while ((host = m->rows)) {
        m->rows = host->row_next;
        host->row_listed = false;
        row_put (m, host->job);
        host->last_batch = store_next_batch (m->store);
    }
}
