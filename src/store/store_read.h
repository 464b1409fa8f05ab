/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Reads of the SQLite store, in the loop's thread. */

#ifndef SLUICE_STORE_STORE_READ_H
#define SLUICE_STORE_STORE_READ_H

#include <sqlite3.h>

#include "store/store.h"

struct reader;

/* Takes db over. */
struct reader *reader_create (sqlite3 *db);
/* Show rows of logs up to this number: what is durable but not told yet
 * stays hidden, so that a reader who also listens hears everything once.
 */
void reader_show_logs (struct reader *r, int64_t seq);
void reader_destroy (struct reader *r);

/* As in store.h; EIO where the file cannot be read. */
int reader_value_get (struct reader *r,
                      uint64_t id,
                      const char *key,
                      char **data,
                      size_t *len);
int reader_log_get (struct reader *r,
                    uint64_t id,
                    const char *path,
                    char **data,
                    size_t *len);
int reader_meta_get (struct reader *r,
                     const char *key,
                     char **data,
                     size_t *len);
int reader_each_value (struct reader *r,
                       uint64_t id,
                       const char *after,
                       unsigned int max,
                       store_key_f cb,
                       void *arg);
int reader_next_jobs (struct reader *r,
                      uint64_t from,
                      uint64_t *ids,
                      unsigned int max);
int reader_job_get (struct reader *r, uint64_t id, store_job_f cb, void *arg);
int reader_each_active (struct reader *r, store_active_f cb, void *arg);
int reader_each_inactive (struct reader *r,
                          const struct store_place *from,
                          double since,
                          unsigned int max,
                          store_job_f cb,
                          void *arg);
int reader_each_oldest (struct reader *r,
                        double before,
                        uint64_t keep,
                        unsigned int max,
                        store_id_f cb,
                        void *arg);
int reader_queue_counts (struct reader *r, store_counts_f cb, void *arg);
int reader_max_id (struct reader *r, uint64_t *max_id);

#endif
