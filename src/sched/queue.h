/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Pending jobs in the order in which they are to start: higher priority
 * first, then earlier submission, then lower id.  Every operation costs
 * O(log n), the place of a job included.
 */

#ifndef SLUICE_SCHED_QUEUE_H
#define SLUICE_SCHED_QUEUE_H

#include <bsd/sys/tree.h>
#include <uthash.h>

#include "sched/sched.h"

struct pending {
    struct sched_job job;
    unsigned int tried; /* backfill: did not fit in this epoch; 0: not tried */
    unsigned int size;  /* entries of the subtree, this one included */
    RB_ENTRY (pending) tree;
    UT_hash_handle hh; /* by job.id */
};

RB_HEAD (pending_tree, pending);

struct queue {
    struct pending_tree tree;
    struct pending *by_id;
};

void queue_init (struct queue *q);
void queue_clear (struct queue *q);

/* EEXIST if the id is in, ENOMEM. */
int queue_add (struct queue *q, const struct sched_job *job);
/* The entry goes too. */
void queue_remove (struct queue *q, struct pending *p);
void queue_reorder (struct queue *q, struct pending *p, int64_t priority);

struct pending *queue_find (const struct queue *q, uint64_t id);
struct pending *queue_first (struct queue *q);
struct pending *queue_next (struct pending *p);
unsigned int queue_count (const struct queue *q);
/* Is a to start before b?  They may be of different queues. */
bool queue_before (const struct pending *a, const struct pending *b);
/* 1 for the first. */
unsigned int queue_place (const struct pending *p);

#endif
