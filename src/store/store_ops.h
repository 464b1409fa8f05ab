/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The verbs that each answer to "where do the bytes go" has to know.
 *
 * store.c builds batches and calls `done`; an answer makes batches durable
 * and reads.  All is called on the loop's thread.
 */

#ifndef SLUICE_STORE_STORE_OPS_H
#define SLUICE_STORE_STORE_OPS_H

#include "loop/loop.h"
#include "store/batch.h"
#include "store/store.h"

struct store_ops {
    /* Take a closed batch.  When it has become durable or failed, say so with
     * loop_kick_async (work); then `finished` is called.
     */
    void (*submit) (void *impl, struct batch *b);
    /* Give back what is finished since the last call, in order. */
    void (*finished) (void *impl, struct batch_queue *q);
    /* The owner is about to hear that b is durable: reads show it from now
     * on.  May be NULL where finished made it visible. */
    void (*told) (void *impl, const struct batch *b);
    /* Leave the failed state. */
    int (*retry) (void *impl, flux_error_t *error);
    /* Both NULL: the disk is never full. */
    void (*be_patient) (void *impl);
    bool (*full) (void *impl, flux_error_t *error);
    /* store_stats.applying and .committing; NULL: not known. */
    void (*times) (void *impl, double *applying, double *committing);
    /* Return when all that was submitted is finished; nothing is submitted
     * after it. */
    void (*stop) (void *impl);
    void (*destroy) (void *impl);

    /* Reads, as in store.h. */
    int (*value_get) (void *impl,
                      uint64_t id,
                      const char *key,
                      char **data,
                      size_t *len);
    int (*log_get) (void *impl,
                    uint64_t id,
                    const char *path,
                    char **data,
                    size_t *len);
    int (*meta_get) (void *impl, const char *key, char **data, size_t *len);
    int (*each_value) (void *impl,
                       uint64_t id,
                       const char *after,
                       unsigned int max,
                       store_key_f cb,
                       void *arg);
    int (*next_jobs) (void *impl,
                      uint64_t from,
                      uint64_t *ids,
                      unsigned int max);
    int (*job_get) (void *impl, uint64_t id, store_job_f cb, void *arg);
    int (*each_active) (void *impl, store_active_f cb, void *arg);
    int (*each_inactive) (void *impl,
                          const struct store_place *from,
                          double since,
                          unsigned int max,
                          store_job_f cb,
                          void *arg);
    int (*each_oldest) (void *impl,
                        double before,
                        uint64_t keep,
                        unsigned int max,
                        store_id_f cb,
                        void *arg);
    int (*queue_counts) (void *impl, store_counts_f cb, void *arg);
    int (*max_id) (void *impl, uint64_t *max_id);
};

extern const struct store_ops store_sqlite_ops;
extern const struct store_ops store_mem_ops;

/* Their constructors.  work is kicked when batches are finished. */
void *store_sqlite_create (struct loop_source *work,
                           const char *dir,
                           const char *sync,
                           flux_error_t *error);
void *store_mem_create (struct loop_source *work, flux_error_t *error);

#endif
