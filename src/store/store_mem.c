/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The answer in memory, for tests and for instances that keep nothing.
 *
 * Like the other it makes batches visible and calls `done` on a later turn,
 * so that what works here has not relied on anything sooner.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uthash.h>

#include <flux/job.h>

#include "base/err.h"
#include "base/idtable.h"
#include "store/items.h"
#include "store/store_ops.h"

struct entry {
    struct idnode node;
    bool has_row;
    struct store_job row; /* its strings are ours */
    struct item *logs;
    struct item *values;
    TAILQ_ENTRY (entry) link; /* in the list of finished jobs */
};
TAILQ_HEAD (entry_head, entry);

/* Finished jobs of a queue; "" for those without. */
struct queue_counts {
    char *queue;
    struct store_counts counts;
    UT_hash_handle hh;
};

struct impl {
    struct loop_source *work;
    struct batch_queue queued;
    struct idtable jobs;
    uint64_t greatest; /* id of a job; what is no job's is beyond them */
    bool disordered;   /* one came after a greater one */
    struct item *meta;
    struct queue_counts *counts;
    uint64_t max_id;
    struct entry_head finished; /* as listed: the latest first */
};

static struct entry *entry_find (struct impl *impl, uint64_t id)
{
    return (struct entry *)idtable_find (&impl->jobs, id);
}

static struct entry *entry_first (const struct impl *impl)
{
    return (struct entry *)impl->jobs.first;
}

static struct entry *entry_next (const struct entry *e)
{
    return (struct entry *)e->node.next;
}

static struct entry *entry_get (struct impl *impl, uint64_t id)
{
    struct entry *e = entry_find (impl, id);

    if (e || !(e = calloc (1, sizeof (*e))))
        return e;
    e->node.id = id;
    impl->disordered |= impl->greatest > id;
    if (id <= INT64_MAX)
        impl->greatest = id;
    if (idtable_add (&impl->jobs, &e->node) < 0) {
        free (e);
        return NULL;
    }
    return e;
}

static bool is_finished (const struct entry *e)
{
    return e->has_row && e->row.state == FLUX_JOB_STATE_INACTIVE;
}

static bool ended_later (const struct entry *a, const struct entry *b)
{
    return a->row.t_inactive > b->row.t_inactive
           || (a->row.t_inactive == b->row.t_inactive
               && a->node.id > b->node.id);
}

static struct store_counts *counts_of (struct impl *impl, const char *queue)
{
    struct queue_counts *c;

    if (!queue)
        queue = "";
    HASH_FIND_STR (impl->counts, queue, c);
    if (!c && (c = calloc (1, sizeof (*c)))) {
        if (!(c->queue = strdup (queue))) {
            free (c);
            return NULL;
        }
        HASH_ADD_KEYPTR (hh, impl->counts, c->queue, strlen (c->queue), c);
    }
    return c ? &c->counts : NULL;
}

/* Add n (1 or -1) for the row. */
static void count (struct impl *impl, const struct entry *e, int n)
{
    struct store_counts *c;

    if (!(c = counts_of (impl, e->row.queue)))
        return;
    c->inactive += n;
    c->completed += e->row.result == FLUX_JOB_RESULT_COMPLETED ? n : 0;
    c->failed += e->row.result == FLUX_JOB_RESULT_FAILED ? n : 0;
    c->canceled += e->row.result == FLUX_JOB_RESULT_CANCELED ? n : 0;
    c->timeout += e->row.result == FLUX_JOB_RESULT_TIMEOUT ? n : 0;
}

/* Into the list and the counts, if its row is that of a finished job.  The
 * next to end is nearly always the latest.
 */
static void finished_add (struct impl *impl, struct entry *e)
{
    struct entry *at;

    if (!is_finished (e))
        return;
    TAILQ_FOREACH (at, &impl->finished, link)
    {
        if (!ended_later (at, e))
            break;
    }
    if (at)
        TAILQ_INSERT_BEFORE (at, e, link);
    else
        TAILQ_INSERT_TAIL (&impl->finished, e, link);
    count (impl, e, 1);
}

static void finished_remove (struct impl *impl, struct entry *e)
{
    if (!is_finished (e))
        return;
    TAILQ_REMOVE (&impl->finished, e, link);
    count (impl, e, -1);
}

static int set_string (const char **dst, const char *src)
{
    char *s = NULL;

    if (src && !(s = strdup (src)))
        return -1;
    free ((char *)*dst);
    *dst = s;
    return 0;
}

static int put_row (struct impl *impl, const struct store_job *job)
{
    struct entry *e = entry_get (impl, job->id);
    struct store_job old;
    int rc = 0;

    if (!e)
        return -1;
    finished_remove (impl, e);
    old = e->row;
    e->row = *job;
    e->row.name = old.name;
    e->row.queue = old.queue;
    e->row.extra = old.extra;
    e->row.jobspec = old.jobspec;
    e->row.R = old.R;
    e->has_row = true;
    if (job->id > impl->max_id)
        impl->max_id = job->id;
    if (set_string (&e->row.name, job->name) < 0
        || set_string (&e->row.queue, job->queue) < 0
        || set_string (&e->row.extra, job->extra) < 0
        || (job->jobspec && set_string (&e->row.jobspec, job->jobspec) < 0)
        || (job->R && set_string (&e->row.R, job->R) < 0))
        rc = -1;
    finished_add (impl, e);
    return rc;
}

static void remove_entry (struct impl *impl, struct entry *e)
{
    finished_remove (impl, e);
    idtable_remove (&impl->jobs, &e->node);
    items_free (&e->logs);
    items_free (&e->values);
    free ((char *)e->row.name);
    free ((char *)e->row.queue);
    free ((char *)e->row.extra);
    free ((char *)e->row.jobspec);
    free ((char *)e->row.R);
    free (e);
}

static int apply (struct impl *impl, const struct record *r)
{
    struct entry *e;

    switch (r->type) {
    case RECORD_JOB:
        return put_row (impl, &r->job);
    case RECORD_LOG:
        e = entry_get (impl, r->id);
        return e ? item_append (&e->logs, r) : -1;
    case RECORD_VALUE:
        e = entry_get (impl, r->id);
        return e ? item_put (&e->values, r) : -1;
    case RECORD_META:
        return item_put (&impl->meta, r);
    case RECORD_REMOVE:
        if ((e = entry_find (impl, r->id))) {
            struct store_counts *c = counts_of (impl, e->row.queue);

            if (c && is_finished (e))
                c->purged++;
            remove_entry (impl, e);
        }
        return 0;
    }
    return -1;
}

static void mem_submit (void *arg, struct batch *b)
{
    struct impl *impl = arg;

    batch_push (&impl->queued, b);
    loop_kick (impl->work);
}

/* Running out of memory halfway leaves a batch half applied: there is no
 * disk to fall back to, and `done` says so.
 */
static void mem_finished (void *arg, struct batch_queue *q)
{
    struct impl *impl = arg;

    for (struct batch *b = impl->queued.head; b; b = b->next) {
        struct record r;
        size_t pos = 0;

        b->leads = true;
        while (batch_next (b, &pos, &r)) {
            if (apply (impl, &r) < 0 && b->errnum == 0) {
                err_set (&b->error, ENOMEM, "store: out of memory");
                b->errnum = ENOMEM;
            }
        }
    }
    batch_move (q, &impl->queued);
}

static int mem_retry (void *arg, flux_error_t *error)
{
    return 0;
}

static void mem_stop (void *arg)
{
}

static void mem_destroy (void *arg)
{
    struct impl *impl = arg;
    struct entry *e;
    struct queue_counts *c, *ctmp;

    while ((e = entry_first (impl)))
        remove_entry (impl, e);
    idtable_clear (&impl->jobs);
    HASH_ITER (hh, impl->counts, c, ctmp)
    {
        HASH_DEL (impl->counts, c);
        free (c->queue);
        free (c);
    }
    items_free (&impl->meta);
    free (impl);
}

static int mem_value_get (void *arg,
                          uint64_t id,
                          const char *key,
                          char **data,
                          size_t *len)
{
    struct entry *e = entry_find (arg, id);

    return item_read (e ? e->values : NULL, key, data, len);
}

static int mem_log_get (void *arg,
                        uint64_t id,
                        const char *path,
                        char **data,
                        size_t *len)
{
    struct entry *e = entry_find (arg, id);

    return item_read (e ? e->logs : NULL, path, data, len);
}

static int mem_meta_get (void *arg, const char *key, char **data, size_t *len)
{
    struct impl *impl = arg;

    return item_read (impl->meta, key, data, len);
}

static int by_key (const struct item *a, const struct item *b)
{
    return strcmp (a->key, b->key);
}

static int mem_each_value (void *arg,
                           uint64_t id,
                           const char *after,
                           unsigned int max,
                           store_key_f cb,
                           void *cb_arg)
{
    struct entry *e = entry_find (arg, id);
    struct item *it, *tmp;
    unsigned int n = 0;

    if (!e)
        return 0;
    HASH_SORT (e->values, by_key);
    HASH_ITER (hh, e->values, it, tmp)
    {
        if (strcmp (it->key, after) <= 0)
            continue;
        if (cb (it->key, cb_arg) < 0)
            return -1;
        if (++n == max)
            break;
    }
    return 0;
}

/* The job with the least id that is not below from.  Whoever reads page after
 * page asks for what comes after one that is mostly there still.
 */
static struct entry *job_from (struct impl *impl, uint64_t from)
{
    bool ordered = !impl->disordered;
    struct entry *e, *least = NULL;

    e = ordered && from > 0 ? entry_find (impl, from - 1) : NULL;
    for (e = e ? e : entry_first (impl); e; e = entry_next (e)) {
        if (e->has_row && e->node.id >= from
            && (!least || e->node.id < least->node.id))
            least = e;
        if (least && ordered)
            break;
    }
    return least;
}

static int mem_next_jobs (void *arg,
                          uint64_t from,
                          uint64_t *ids,
                          unsigned int max)
{
    struct impl *impl = arg;
    struct entry *e = job_from (impl, from);
    unsigned int n = 0;

    for (; e && n < max; e = job_from (impl, e->node.id + 1))
        ids[n++] = e->node.id;
    return n;
}

static int mem_job_get (void *arg, uint64_t id, store_job_f cb, void *cb_arg)
{
    struct entry *e = entry_find (arg, id);

    if (!e || !e->has_row) {
        errno = ENOENT;
        return -1;
    }
    return cb (&e->row, cb_arg) < 0 ? -1 : 0;
}

static int by_id (const void *a, const void *b)
{
    const struct entry *x = *(struct entry *const *)a;
    const struct entry *y = *(struct entry *const *)b;

    return x->node.id < y->node.id ? -1 : x->node.id > y->node.id;
}

static int mem_each_active (void *arg, store_active_f cb, void *cb_arg)
{
    struct impl *impl = arg;
    struct entry **list = malloc ((impl->jobs.count + 1) * sizeof (*list));
    struct entry *e;
    size_t n = 0;
    int rc = 0;

    if (!list)
        return -1;
    for (e = entry_first (impl); e; e = entry_next (e)) {
        if (e->has_row && !is_finished (e))
            list[n++] = e;
    }
    qsort (list, n, sizeof (*list), by_id);
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = cb (list[i]->node.id, list[i]->row.jobspec, cb_arg) < 0 ? -1 : 0;
    free (list);
    return rc;
}

/* The first after a place, whose own row may be gone. */
static struct entry *finished_from (struct impl *impl,
                                    const struct store_place *from)
{
    struct entry *e;

    if (!from->set)
        return TAILQ_FIRST (&impl->finished);
    if ((e = entry_find (impl, from->id)) && is_finished (e)
        && e->row.t_inactive == from->t_inactive)
        return TAILQ_NEXT (e, link);
    TAILQ_FOREACH (e, &impl->finished, link)
    {
        if (e->row.t_inactive < from->t_inactive
            || (e->row.t_inactive == from->t_inactive && e->node.id < from->id))
            break;
    }
    return e;
}

static int mem_each_inactive (void *arg,
                              const struct store_place *from,
                              double since,
                              unsigned int max,
                              store_job_f cb,
                              void *cb_arg)
{
    struct entry *e = finished_from (arg, from), *next;

    for (unsigned int n = 0; e && (max == 0 || n < max); n++, e = next) {
        next = TAILQ_NEXT (e, link);
        if (e->row.t_inactive <= since)
            break;
        if (cb (&e->row, cb_arg) < 0)
            return -1;
    }
    return 0;
}

/* What cb writes is applied on a later turn: the list stays as it is. */
static int mem_each_oldest (void *arg,
                            double before,
                            uint64_t keep,
                            unsigned int max,
                            store_id_f cb,
                            void *cb_arg)
{
    struct impl *impl = arg;
    uint64_t left = 0;
    struct queue_counts *c;
    struct entry *e;

    for (c = impl->counts; c; c = c->hh.next)
        left += c->counts.inactive;
    TAILQ_FOREACH_REVERSE (e, &impl->finished, entry_head, link)
    {
        if (left-- <= keep || max-- == 0 || e->row.t_inactive > before)
            break;
        if (cb (e->node.id, cb_arg) < 0)
            return -1;
    }
    return 0;
}

static int mem_queue_counts (void *arg, store_counts_f cb, void *cb_arg)
{
    struct impl *impl = arg;
    struct queue_counts *c, *tmp;

    HASH_ITER (hh, impl->counts, c, tmp)
    cb (*c->queue ? c->queue : NULL, &c->counts, cb_arg);
    return 0;
}

static int mem_max_id (void *arg, uint64_t *max_id)
{
    struct impl *impl = arg;

    *max_id = impl->max_id;
    return 0;
}

void *store_mem_create (struct loop_source *work, flux_error_t *error)
{
    struct impl *impl = calloc (1, sizeof (*impl));

    if (!impl)
        return err_null (error, ENOMEM, "store: out of memory");
    impl->work = work;
    TAILQ_INIT (&impl->finished);
    return impl;
}

const struct store_ops store_mem_ops = {
    .submit = mem_submit,
    .finished = mem_finished,
    .retry = mem_retry,
    .stop = mem_stop,
    .destroy = mem_destroy,
    .value_get = mem_value_get,
    .log_get = mem_log_get,
    .meta_get = mem_meta_get,
    .each_value = mem_each_value,
    .next_jobs = mem_next_jobs,
    .job_get = mem_job_get,
    .each_active = mem_each_active,
    .each_inactive = mem_each_inactive,
    .each_oldest = mem_each_oldest,
    .queue_counts = mem_queue_counts,
    .max_id = mem_max_id,
};
