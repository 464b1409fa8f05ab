/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/store_ops.h"

/* A larger buffer is not kept for the next batch. */
#define MAX_SPARE (1UL << 20)

struct store {
    const struct store_ops *ops;
    void *impl;
    struct loop_source *work;
    store_done_f done;
    void *arg;
    struct batch *open;  /* NULL: nothing in it yet */
    struct batch *spare; /* an empty one: its memory is mapped already */
    uint64_t next;
    uint64_t queued; /* records of batches handed over */
    struct store_stats stats;
};

static void batch_recycle (struct store *s, struct batch *b)
{
    if (s->spare || b->size > MAX_SPARE) {
        batch_destroy (b);
        return;
    }
    batch_reset (b);
    s->spare = b;
}

/* Tell of the batches that are finished. */
static void tell (struct store *s)
{
    struct batch_queue q = { 0 };
    struct batch *b;

    s->ops->finished (s->impl, &q);
    while ((b = batch_pop (&q))) {
        s->stats.queued--;
        s->queued -= b->records;
        if (b->errnum == 0) {
            s->stats.batches++;
            s->stats.transactions += b->leads;
            s->stats.records += b->records;
            s->stats.bytes += b->len;
        }
        if (b->errnum == 0 && s->ops->told)
            s->ops->told (s->impl, b);
        errno = b->errnum;
        if (s->done)
            s->done (b->number,
                     b->errnum ? -1 : 0,
                     b->errnum ? b->error.text : NULL,
                     s->arg);
        batch_recycle (s, b);
    }
}

static void work_cb (struct loop_source *src, int revents, void *arg)
{
    tell (arg);
}

struct store *store_open (struct loop *loop,
                          const char *dir,
                          const char *sync,
                          store_done_f done,
                          void *arg,
                          flux_error_t *error)
{
    struct store *s = calloc (1, sizeof (*s));

    if (!s)
        return err_null (error, ENOMEM, "store: out of memory");
    s->done = done;
    s->arg = arg;
    s->next = 1;
    if (!(s->work = loop_work_create (loop, LOOP_ALWAYS, work_cb, s))) {
        err_set (error, errno, "store: %s", strerror (errno));
        goto error;
    }
    loop_source_set_name (s->work, "tell what was committed");
    if (dir && *dir) {
        s->ops = &store_sqlite_ops;
        s->impl = store_sqlite_create (s->work, dir, sync, error);
    }
    else {
        s->ops = &store_mem_ops;
        s->impl = store_mem_create (s->work, error);
    }
    if (!s->impl)
        goto error;
    return s;
error:
    if (s->work) {
        int saved_errno = errno;
        loop_source_destroy (s->work);
        errno = saved_errno;
    }
    free (s);
    return NULL;
}

void store_close (struct store *s)
{
    int saved_errno = errno;

    if (!s)
        return;
    store_commit (s);
    s->ops->stop (s->impl);
    tell (s);
    s->ops->destroy (s->impl);
    loop_source_destroy (s->work);
    batch_destroy (s->open);
    batch_destroy (s->spare);
    free (s);
    errno = saved_errno;
}

/* The open batch, opened at need. */
static struct batch *open_batch (struct store *s)
{
    if (!s->open && s->spare) {
        s->open = s->spare;
        s->spare = NULL;
    }
    if (!s->open)
        s->open = batch_create ();
    return s->open;
}

int store_job_put (struct store *s, const struct store_job *job)
{
    struct batch *b = open_batch (s);

    return b ? batch_add_job (b, job) : -1;
}

static int add (struct store *s,
                enum record_type type,
                uint64_t id,
                const char *key,
                const void *data,
                size_t len)
{
    struct batch *b = open_batch (s);

    return b ? batch_add (b, type, id, key, data, len) : -1;
}

int store_log_append (struct store *s,
                      uint64_t id,
                      const char *path,
                      const char *data,
                      size_t len)
{
    return len == 0 ? 0 : add (s, RECORD_LOG, id, path, data, len);
}

int store_value_put (struct store *s,
                     uint64_t id,
                     const char *key,
                     const void *data,
                     size_t len)
{
    return add (s, RECORD_VALUE, id, key, data, len);
}

int store_job_remove (struct store *s, uint64_t id)
{
    return add (s, RECORD_REMOVE, id, NULL, NULL, 0);
}

int store_meta_put (struct store *s,
                    const char *key,
                    const void *data,
                    size_t len)
{
    if (!strncmp (key, "store.", 6)) {
        errno = EINVAL;
        return -1;
    }
    return add (s, RECORD_META, 0, key, data, len);
}

bool store_dirty (const struct store *s)
{
    return s->open && s->open->records > 0;
}

uint64_t store_commit (struct store *s)
{
    struct batch *b = s->open;

    if (!store_dirty (s))
        return 0;
    s->open = NULL;
    b->number = s->next++;
    s->stats.queued++;
    s->queued += b->records;
    s->ops->submit (s->impl, b);
    return s->next - 1;
}

uint64_t store_pending (const struct store *s)
{
    return s->queued + (s->open ? s->open->records : 0);
}

uint64_t store_next_batch (const struct store *s)
{
    return s->next;
}

int store_retry (struct store *s, flux_error_t *error)
{
    return s->ops->retry (s->impl, error);
}

void store_be_patient (struct store *s)
{
    if (s->ops->be_patient)
        s->ops->be_patient (s->impl);
}

bool store_full (struct store *s, flux_error_t *error)
{
    return s->ops->full && s->ops->full (s->impl, error);
}

int store_value_get (struct store *s,
                     uint64_t id,
                     const char *key,
                     char **data,
                     size_t *len)
{
    return s->ops->value_get (s->impl, id, key, data, len);
}

int store_log_get (struct store *s,
                   uint64_t id,
                   const char *path,
                   char **data,
                   size_t *len)
{
    return s->ops->log_get (s->impl, id, path, data, len);
}

int store_meta_get (struct store *s, const char *key, char **data, size_t *len)
{
    return s->ops->meta_get (s->impl, key, data, len);
}

int store_each_value (struct store *s,
                      uint64_t id,
                      const char *after,
                      unsigned int max,
                      store_key_f cb,
                      void *arg)
{
    return s->ops->each_value (s->impl, id, after ? after : "", max, cb, arg);
}

int store_next_jobs (struct store *s,
                     uint64_t from,
                     uint64_t *ids,
                     unsigned int max)
{
    return s->ops->next_jobs (s->impl, from, ids, max);
}

int store_job_get (struct store *s, uint64_t id, store_job_f cb, void *arg)
{
    return s->ops->job_get (s->impl, id, cb, arg);
}

int store_each_active (struct store *s, store_active_f cb, void *arg)
{
    return s->ops->each_active (s->impl, cb, arg);
}

int store_each_inactive (struct store *s,
                         double since,
                         unsigned int max,
                         store_job_f cb,
                         void *arg)
{
    return store_each_inactive_from (s,
                                     &(struct store_place){ false },
                                     since,
                                     max,
                                     cb,
                                     arg);
}

int store_each_inactive_from (struct store *s,
                              const struct store_place *from,
                              double since,
                              unsigned int max,
                              store_job_f cb,
                              void *arg)
{
    return s->ops->each_inactive (s->impl, from, since, max, cb, arg);
}

static void add_counts (const char *queue,
                        const struct store_counts *c,
                        void *arg)
{
    struct store_counts *sum = arg;

    sum->inactive += c->inactive;
    sum->completed += c->completed;
    sum->failed += c->failed;
    sum->canceled += c->canceled;
    sum->timeout += c->timeout;
    sum->purged += c->purged;
}

int store_each_oldest (struct store *s,
                       double before,
                       uint64_t keep,
                       unsigned int max,
                       store_id_f cb,
                       void *arg)
{
    return s->ops->each_oldest (s->impl, before, keep, max, cb, arg);
}

int store_counts (struct store *s, struct store_counts *counts)
{
    memset (counts, 0, sizeof (*counts));
    if (s->ops->queue_counts (s->impl, add_counts, counts) < 0)
        return -1;
    return s->ops->max_id (s->impl, &counts->max_id);
}

int store_queue_counts (struct store *s, store_counts_f cb, void *arg)
{
    return s->ops->queue_counts (s->impl, cb, arg);
}

void store_stats (const struct store *s, struct store_stats *stats)
{
    *stats = s->stats;
    if (s->ops->times)
        s->ops->times (s->impl, &stats->applying, &stats->committing);
}
