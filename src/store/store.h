/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Durable bytes keyed by job.
 *
 * The contract, numbered; each point is asserted or tested.
 *
 *  1. Writes go to the open batch.  store_commit() closes the batch and hands
 *     it to be made durable; batches become durable in order, whole or not at
 *     all.
 *  2. `done` is called on the loop, once for each batch and in order, after
 *     the batch is durable (ret 0) or can never be (ret -1, errno, a
 *     sentence).  Nothing that a batch holds may be told or acted on before.
 *  3. Reads see exactly the durable batches: never an open or a queued one.
 *  4. The loop never waits for the disk in writes; a read may.
 *  5. What is appended to a log is kept in order; a log is the concatenation
 *     of its appends.
 *  6. A store directory is used by one process at a time: a second open gets
 *     EBUSY.
 *  7. After a failed batch the store refuses further batches (each `done`
 *     fails) until store_retry() succeeds; nothing durable is harmed.
 *
 * Two answers exist: SQLite (store_sqlite.c) and memory (store_mem.c).
 */

#ifndef SLUICE_STORE_STORE_H
#define SLUICE_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <flux/types.h>

#include "loop/loop.h"

struct store;

/* A job's row: what listings need of finished jobs without replaying their
 * logs, and what restart needs to find active ones.  Strings are borrowed
 * for the time of the call; NULL means absent; times are seconds since the
 * epoch, 0 means not reached.
 */
struct store_job {
    uint64_t id;
    uint32_t userid;
    int urgency;
    int flags;
    int state;        /* flux_job_state_t */
    int result;       /* flux_job_result_t, 0 while active */
    int64_t priority; /* -1: none */
    double t_submit, t_depend, t_priority, t_sched, t_run, t_cleanup,
        t_inactive;
    int waitstatus; /* -1: none */
    const char *name;
    const char *queue;
    const char *jobspec; /* redacted (environment removed), current; in a put,
                            NULL keeps what is stored; so for R */
    const char *R;       /* if it is not what value "R" says */
    const char *extra; /* JSON object: all else a listing shows */
};

typedef void (*store_done_f) (uint64_t batch,
                              int ret,
                              const char *error,
                              void *arg);

/* Open (creating) the store in directory dir, whose parent exists; "" or NULL
 * dir gives a store in memory.  sync is "full" (NULL is the same), "normal"
 * (power loss may take the last batches back) or "off" (and may do harm).
 * NULL with a sentence and EBUSY if another process has the directory, EINVAL
 * for another sync or for tables of a version we do not know, or what the
 * system or SQLite said.
 */
struct store *store_open (struct loop *loop,
                          const char *dir,
                          const char *sync,
                          store_done_f done,
                          void *arg,
                          flux_error_t *error);
/* Commits what is open, waits for the writer, calls the last `done`s (which
 * may read, and no more).  Not from `done` or the callback of a read.
 */
void store_close (struct store *s);

/* ---- writes, into the open batch; -1 and ENOMEM ---- */

/* Insert or replace the job's row. */
int store_job_put (struct store *s, const struct store_job *job);
/* Append to a log of the job: path "eventlog", "guest.exec.eventlog", ... */
int store_log_append (struct store *s,
                      uint64_t id,
                      const char *path,
                      const char *data,
                      size_t len);
/* Set a value of the job: key "J", "R.shared", ...; NULL data deletes. */
int store_value_put (struct store *s,
                     uint64_t id,
                     const char *key,
                     const void *data,
                     size_t len);
/* Remove everything of a job (a rejected one, or at purge). */
int store_job_remove (struct store *s, uint64_t id);
/* Values of the instance (queue states, drained ranks, last id, ...); NULL
 * data deletes.  EINVAL for keys that begin with "store.".
 */
int store_meta_put (struct store *s,
                    const char *key,
                    const void *data,
                    size_t len);

/* True if the open batch holds anything. */
bool store_dirty (const struct store *s);
/* Close the open batch and hand it to the writer: its number (from 1, one
 * more each time), or 0 if there was nothing in it.
 */
uint64_t store_commit (struct store *s);
/* How many records are not durable: those of the open batch, too. */
uint64_t store_pending (const struct store *s);
/* The number the next commit will have. */
uint64_t store_next_batch (const struct store *s);
/* Try the disk again after a failure, and wait for the answer.  What the
 * failed batches held is lost to the store: the caller puts it again.
 */
int store_retry (struct store *s, flux_error_t *error);

/* From now on a full disk fails no batch: they wait until there is space, or
 * the store is closed.
 */
void store_be_patient (struct store *s);
/* Do batches wait for space? */
bool store_full (struct store *s, flux_error_t *error);

/* ---- reads, of durable data; *data is malloced, NUL-terminated, the
 * caller frees it (len may be NULL); -1 and ENOENT if there is none, EIO or
 * another errno if it cannot be read ---- */

int store_value_get (struct store *s,
                     uint64_t id,
                     const char *key,
                     char **data,
                     size_t *len);
int store_log_get (struct store *s,
                   uint64_t id,
                   const char *path,
                   char **data,
                   size_t *len);
int store_meta_get (struct store *s, const char *key, char **data, size_t *len);
/* Call cb with each key that a value of the job is stored under, in the order
 * of their bytes: those after `after` (NULL: all), at most max (0: all).  cb
 * may read and write; the walk ends if it returns < 0, with its errno.
 */
typedef int (*store_key_f) (const char *key, void *arg);
int store_each_value (struct store *s,
                      uint64_t id,
                      const char *after,
                      unsigned int max,
                      store_key_f cb,
                      void *arg);
/* Call cb with the job's row (valid for the time of the call).  cb may read
 * and write.  If it returns < 0 the read ends and returns -1 with cb's errno.
 */
typedef int (*store_job_f) (const struct store_job *job, void *arg);
int store_job_get (struct store *s, uint64_t id, store_job_f cb, void *arg);
/* The smallest ids of jobs that have a row and are not below from, ascending:
 * how many, at most max.
 */
int store_next_jobs (struct store *s,
                     uint64_t from,
                     uint64_t *ids,
                     unsigned int max);
/* Every active job (state not INACTIVE), by id, with its jobspec (NULL: none).
 * cb may read and write; cb < 0 ends the walk.
 */
typedef int (*store_active_f) (uint64_t id, const char *jobspec, void *arg);
int store_each_active (struct store *s, store_active_f cb, void *arg);
/* Finished jobs, latest t_inactive first (then the greater id), those after
 * `since`, at most max (0: all).  cb < 0 ends the walk.
 */
int store_each_inactive (struct store *s,
                         double since,
                         unsigned int max,
                         store_job_f cb,
                         void *arg);
/* The same from a place in that order on, which is that of the row seen last:
 * for those who read many in slices.  A zeroed one is the begin.
 */
struct store_place {
    bool set;
    double t_inactive;
    uint64_t id;
};
int store_each_inactive_from (struct store *s,
                              const struct store_place *from,
                              double since,
                              unsigned int max,
                              store_job_f cb,
                              void *arg);
/* Ids of finished jobs, earliest t_inactive first (then the lesser id): those
 * that ended no later than `before` and are not among the `keep` latest, at
 * most max of them.  The cost is that of what is given, however many there
 * are.  cb may write; cb < 0 ends the walk.
 */
typedef int (*store_id_f) (uint64_t id, void *arg);
int store_each_oldest (struct store *s,
                       double before,
                       uint64_t keep,
                       unsigned int max,
                       store_id_f cb,
                       void *arg);

/* Finished jobs that are there, by result; those removed since the store was
 * made; the greatest id that was ever there.
 */
struct store_counts {
    uint64_t inactive, completed, failed, canceled, timeout, purged;
    uint64_t max_id;
};
int store_counts (struct store *s, struct store_counts *counts);
/* The same for each queue that ever had one, in no order; queue is NULL for
 * jobs without.  max_id is 0.  cb must not use the store.
 */
typedef void (*store_counts_f) (const char *queue,
                                const struct store_counts *counts,
                                void *arg);
int store_queue_counts (struct store *s, store_counts_f cb, void *arg);

struct store_stats {
    uint64_t batches, records, bytes; /* durable */
    uint64_t transactions; /* in which they were made durable: several batches
                              share one where the disk is slow */
    unsigned int queued;   /* batches handed over, not yet durable */
    /* Seconds that transactions took until they were committed, and their
     * commits; 0 where that is not known. */
    double applying, committing;
};
void store_stats (const struct store *s, struct store_stats *stats);

#endif
