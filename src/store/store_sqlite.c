/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The SQLite answer: a thread that writes, and reads in the loop's thread.
 *
 * Batches wait in `queued`.  The writer takes all that are there and makes
 * them durable in one transaction, so that a disk that is slow to sync makes
 * transactions larger and not the queue longer.  What the two threads share
 * is under `lock`.
 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "store/store_checkpoint.h"
#include "store/store_ops.h"
#include "store/store_read.h"
#include "store/store_schema.h"
#include "store/store_write.h"

/* Between two looks whether a full disk has space again. */
#define RETRY_SECONDS 0.25
/* More than this is not put into one transaction. */
#define MAX_TRANSACTION (64UL * 1024 * 1024)

struct impl {
    int lock_fd;
    struct reader *reader;
    struct writer *writer; /* the thread's */
    struct checkpointer *checkpointer;
    struct loop_source *work;
    pthread_t thread;
    double t_commit; /* the thread's: when it began to commit */

    pthread_mutex_t lock;
    pthread_cond_t wake;     /* the writer: there is something to do */
    pthread_cond_t answered; /* retry */
    struct batch_queue queued;
    struct batch_queue done;
    bool stopping;
    bool retrying;
    bool patient; /* a full disk fails no batch: they wait for space */
    bool full;
    double applying, committing; /* seconds, of all transactions */
    int errnum;                  /* 0 unless failed */
    flux_error_t error;
};

/* Take what goes into one transaction. */
static struct batch *take (struct impl *impl)
{
    struct batch_queue q = { 0 };
    size_t size = 0;

    while (impl->queued.head
           && (size == 0 || size + impl->queued.head->len < MAX_TRANSACTION)) {
        struct batch *b = batch_pop (&impl->queued);

        size += b->len;
        batch_push (&q, b);
    }
    return q.head;
}

/* The disk is full: what could not be written goes back to where it was, and
 * is tried again after a while, or when there is more.  With the lock held.
 */
static void wait_for_space (struct impl *impl,
                            struct batch *list,
                            const flux_error_t *error)
{
    struct batch_queue q = { 0 };
    struct timespec until;
    struct batch *next;

    for (; list; list = next) {
        next = list->next;
        batch_push (&q, list);
    }
    batch_move (&q, &impl->queued);
    impl->queued = (struct batch_queue){ 0 };
    batch_move (&impl->queued, &q);
    impl->error = *error;
    impl->full = true;
    loop_kick_async (impl->work);
    clock_real_deadline (&until, RETRY_SECONDS);
    if (!impl->stopping)
        pthread_cond_timedwait (&impl->wake, &impl->lock, &until);
}

static double seconds (void)
{
    static const struct clock real = CLOCK_REAL_INIT;

    return clock_monotonic (&real);
}

static int commit_begins (void *arg)
{
    struct impl *impl = arg;

    impl->t_commit = seconds ();
    return 0;
}

/* Called and returns with the lock held. */
static void write_some (struct impl *impl)
{
    struct batch *list = take (impl), *next;

    if (impl->errnum == 0) {
        flux_error_t error;
        int errnum = 0;
        double begin, end;

        pthread_mutex_unlock (&impl->lock);
        begin = impl->t_commit = seconds ();
        if (writer_apply (impl->writer, list, &error) < 0)
            errnum = errno;
        end = seconds ();
        pthread_mutex_lock (&impl->lock);
        impl->applying += impl->t_commit - begin;
        impl->committing += end - impl->t_commit;
        if (errnum == ENOSPC && impl->patient && !impl->stopping) {
            wait_for_space (impl, list, &error);
            return;
        }
        impl->full = false;
        if ((impl->errnum = errnum) != 0)
            impl->error = error;
    }
    list->leads = true;
    for (; list; list = next) {
        next = list->next;
        list->errnum = impl->errnum;
        list->error = impl->error;
        batch_push (&impl->done, list);
    }
    loop_kick_async (impl->work);
}

/* The same. */
static void probe (struct impl *impl)
{
    flux_error_t error;
    int errnum = 0;

    pthread_mutex_unlock (&impl->lock);
    if (writer_probe (impl->writer, &error) < 0)
        errnum = errno;
    pthread_mutex_lock (&impl->lock);
    if ((impl->errnum = errnum) != 0)
        impl->error = error;
    impl->retrying = false;
    pthread_cond_signal (&impl->answered);
}

static void *writer_thread (void *arg)
{
    struct impl *impl = arg;

    pthread_mutex_lock (&impl->lock);
    for (;;) {
        if (impl->queued.head)
            write_some (impl);
        else if (impl->retrying)
            probe (impl);
        else if (impl->stopping)
            break;
        else
            pthread_cond_wait (&impl->wake, &impl->lock);
    }
    pthread_mutex_unlock (&impl->lock);
    return NULL;
}

/* Signals belong to the loop's thread. */
static int start_thread (struct impl *impl)
{
    sigset_t all, old;
    int rc;

    sigfillset (&all);
    pthread_sigmask (SIG_SETMASK, &all, &old);
    rc = pthread_create (&impl->thread, NULL, writer_thread, impl);
    pthread_sigmask (SIG_SETMASK, &old, NULL);
    errno = rc;
    return rc == 0 ? 0 : -1;
}

static void impl_free (struct impl *impl)
{
    int saved_errno = errno;

    reader_destroy (impl->reader);
    checkpointer_destroy (impl->checkpointer);
    writer_destroy (impl->writer); /* last: folds the log into the file */
    if (impl->lock_fd >= 0)
        close (impl->lock_fd);
    pthread_mutex_destroy (&impl->lock);
    pthread_cond_destroy (&impl->wake);
    pthread_cond_destroy (&impl->answered);
    free (impl);
    errno = saved_errno;
}

void *store_sqlite_create (struct loop_source *work,
                           const char *dir,
                           const char *sync,
                           flux_error_t *error)
{
    struct impl *impl = calloc (1, sizeof (*impl));
    sqlite3 *db;

    if (!impl)
        return err_null (error, ENOMEM, "store: out of memory");
    impl->work = work;
    pthread_mutex_init (&impl->lock, NULL);
    pthread_cond_init (&impl->wake, NULL);
    pthread_cond_init (&impl->answered, NULL);
    if ((impl->lock_fd = store_lock (dir, error)) < 0
        || !(db = store_open_writer (dir, sync, error)))
        goto error;
    sqlite3_commit_hook (db, commit_begins, impl);
    if (!(impl->writer = writer_create (db, error))
        || !(impl->checkpointer = checkpointer_create (db, dir, sync, error))
        || !(db = store_open_reader (dir, error)))
        goto error;
    if (!(impl->reader = reader_create (db))) {
        sqlite3_close (db);
        err_set (error, ENOMEM, "store: out of memory");
        goto error;
    }
    reader_show_logs (impl->reader, writer_log_seq (impl->writer));
    if (start_thread (impl) < 0) {
        err_set (error, errno, "store: thread: %s", strerror (errno));
        goto error;
    }
    return impl;
error:
    impl_free (impl);
    return NULL;
}

static void sqlite_submit (void *arg, struct batch *b)
{
    struct impl *impl = arg;

    pthread_mutex_lock (&impl->lock);
    batch_push (&impl->queued, b);
    pthread_cond_signal (&impl->wake);
    pthread_mutex_unlock (&impl->lock);
}

static void sqlite_be_patient (void *arg)
{
    struct impl *impl = arg;

    pthread_mutex_lock (&impl->lock);
    impl->patient = true;
    pthread_mutex_unlock (&impl->lock);
}

static bool sqlite_full (void *arg, flux_error_t *error)
{
    struct impl *impl = arg;
    bool full;

    pthread_mutex_lock (&impl->lock);
    if ((full = impl->full))
        err_set (error, ENOSPC, "%s", impl->error.text);
    pthread_mutex_unlock (&impl->lock);
    return full;
}

static void sqlite_finished (void *arg, struct batch_queue *q)
{
    struct impl *impl = arg;

    pthread_mutex_lock (&impl->lock);
    batch_move (q, &impl->done);
    pthread_mutex_unlock (&impl->lock);
}

static void sqlite_told (void *arg, const struct batch *b)
{
    struct impl *impl = arg;

    reader_show_logs (impl->reader, b->log_seq);
}

static int sqlite_retry (void *arg, flux_error_t *error)
{
    struct impl *impl = arg;
    int errnum;

    pthread_mutex_lock (&impl->lock);
    impl->retrying = true;
    pthread_cond_signal (&impl->wake);
    while (impl->retrying)
        pthread_cond_wait (&impl->answered, &impl->lock);
    if ((errnum = impl->errnum) != 0)
        err_set (error, errnum, "%s", impl->error.text);
    pthread_mutex_unlock (&impl->lock);
    errno = errnum;
    return errnum ? -1 : 0;
}

static void sqlite_times (void *arg, double *applying, double *committing)
{
    struct impl *impl = arg;

    pthread_mutex_lock (&impl->lock);
    *applying = impl->applying;
    *committing = impl->committing;
    pthread_mutex_unlock (&impl->lock);
}

static void sqlite_stop (void *arg)
{
    struct impl *impl = arg;

    pthread_mutex_lock (&impl->lock);
    impl->stopping = true;
    pthread_cond_signal (&impl->wake);
    pthread_mutex_unlock (&impl->lock);
    pthread_join (impl->thread, NULL);
}

static void sqlite_destroy (void *arg)
{
    impl_free (arg);
}

static int sqlite_value_get (void *arg,
                             uint64_t id,
                             const char *key,
                             char **data,
                             size_t *len)
{
    struct impl *impl = arg;

    return reader_value_get (impl->reader, id, key, data, len);
}

static int sqlite_log_get (void *arg,
                           uint64_t id,
                           const char *path,
                           char **data,
                           size_t *len)
{
    struct impl *impl = arg;

    return reader_log_get (impl->reader, id, path, data, len);
}

static int sqlite_meta_get (void *arg,
                            const char *key,
                            char **data,
                            size_t *len)
{
    struct impl *impl = arg;

    return reader_meta_get (impl->reader, key, data, len);
}

static int sqlite_each_value (void *arg,
                              uint64_t id,
                              const char *after,
                              unsigned int max,
                              store_key_f cb,
                              void *cb_arg)
{
    struct impl *impl = arg;

    return reader_each_value (impl->reader, id, after, max, cb, cb_arg);
}

static int sqlite_next_jobs (void *arg,
                             uint64_t from,
                             uint64_t *ids,
                             unsigned int max)
{
    struct impl *impl = arg;

    return reader_next_jobs (impl->reader, from, ids, max);
}

static int sqlite_job_get (void *arg, uint64_t id, store_job_f cb, void *cb_arg)
{
    struct impl *impl = arg;

    return reader_job_get (impl->reader, id, cb, cb_arg);
}

static int sqlite_each_active (void *arg, store_active_f cb, void *cb_arg)
{
    struct impl *impl = arg;

    return reader_each_active (impl->reader, cb, cb_arg);
}

static int sqlite_each_inactive (void *arg,
                                 const struct store_place *from,
                                 double since,
                                 unsigned int max,
                                 store_job_f cb,
                                 void *cb_arg)
{
    struct impl *impl = arg;

    return reader_each_inactive (impl->reader, from, since, max, cb, cb_arg);
}

static int sqlite_each_oldest (void *arg,
                               double before,
                               uint64_t keep,
                               unsigned int max,
                               store_id_f cb,
                               void *cb_arg)
{
    struct impl *impl = arg;

    return reader_each_oldest (impl->reader, before, keep, max, cb, cb_arg);
}

static int sqlite_queue_counts (void *arg, store_counts_f cb, void *cb_arg)
{
    struct impl *impl = arg;

    return reader_queue_counts (impl->reader, cb, cb_arg);
}

static int sqlite_max_id (void *arg, uint64_t *max_id)
{
    struct impl *impl = arg;

    return reader_max_id (impl->reader, max_id);
}

const struct store_ops store_sqlite_ops = {
    .submit = sqlite_submit,
    .finished = sqlite_finished,
    .told = sqlite_told,
    .retry = sqlite_retry,
    .be_patient = sqlite_be_patient,
    .full = sqlite_full,
    .times = sqlite_times,
    .stop = sqlite_stop,
    .destroy = sqlite_destroy,
    .value_get = sqlite_value_get,
    .log_get = sqlite_log_get,
    .meta_get = sqlite_meta_get,
    .each_value = sqlite_each_value,
    .next_jobs = sqlite_next_jobs,
    .job_get = sqlite_job_get,
    .each_active = sqlite_each_active,
    .each_inactive = sqlite_each_inactive,
    .each_oldest = sqlite_each_oldest,
    .queue_counts = sqlite_queue_counts,
    .max_id = sqlite_max_id,
};
