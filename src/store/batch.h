/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A batch: records one after another in one growing piece of memory.
 *
 * The loop fills it with little more than a memcpy a record; whoever makes it
 * durable walks it.
 */

#ifndef SLUICE_STORE_BATCH_H
#define SLUICE_STORE_BATCH_H

#include <flux/types.h>

#include "store/store.h"

enum record_type {
    RECORD_JOB,
    RECORD_REMOVE,
    RECORD_LOG,
    RECORD_VALUE,
    RECORD_META,
};

/* As batch_next gives it; all that it points to is in the batch. */
struct record {
    enum record_type type;
    uint64_t id;
    const char *key;  /* path of a log, key of a value */
    const void *data; /* NULL in RECORD_VALUE and _META: delete */
    size_t len;
    struct store_job job; /* RECORD_JOB */
};

struct batch {
    struct batch *next;
    uint64_t number; /* set when it is closed */
    uint64_t records;
    int64_t log_seq; /* of its last log row, where rows are numbered */
    char *buf;
    size_t len;
    size_t size;
    int errnum; /* 0: durable */
    bool leads; /* the first of its transaction */
    flux_error_t error;
};

struct batch *batch_create (void);
void batch_destroy (struct batch *b);
/* Empty it, and keep its memory. */
void batch_reset (struct batch *b);

/* -1 and ENOMEM, and the batch is as it was. */
int batch_add_job (struct batch *b, const struct store_job *job);
int batch_add (struct batch *b,
               enum record_type type,
               uint64_t id,
               const char *key,
               const void *data,
               size_t len);

/* Walk: *pos starts at 0; false at the end. */
bool batch_next (const struct batch *b, size_t *pos, struct record *r);

/* Queues of batches, in order. */
struct batch_queue {
    struct batch *head;
    struct batch **tail; /* NULL: not used yet */
};
void batch_push (struct batch_queue *q, struct batch *b);
/* The oldest, or NULL. */
struct batch *batch_pop (struct batch_queue *q);
/* Append all of src to dst. */
void batch_move (struct batch_queue *dst, struct batch_queue *src);

#endif
