/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Pending jobs in the order in which they are to start: higher priority
 * first, then earlier submission, then lower id.
 *
 * The order is a list of blocks, each a sorted array with its keys in it, so
 * that a change touches a few lines of memory however many jobs there are: a
 * search is O(log n), most of it among the first keys of blocks, which stand
 * together; and what is moved after it is at most a block.
 */

#ifndef SLUICE_SCHED_QUEUE_H
#define SLUICE_SCHED_QUEUE_H

#include "base/idtable.h"
#include "sched/sched.h"

struct pending {
    struct idnode node; /* its id is the job's */
    const struct jobspec *spec;
    int64_t priority; /* changed by queue_reorder alone */
    double t_submit;
    unsigned int tried; /* backfill: did not fit in this epoch; 0: not tried */
};

struct queue_block;
struct queue_head;

struct queue {
    struct queue_head *heads;    /* of blocks, of which none is empty */
    struct queue_block *spare;   /* NULL: none is at hand */
    size_t nblocks;
    size_t room; /* in blocks */
    struct idtable by_id;
    struct pending *guess; /* what queue_find is likely to be asked next: many
                              jobs are mostly walked in one order */
};

void queue_init (struct queue *q);
void queue_clear (struct queue *q);

/* EEXIST if the id is in, ENOMEM. */
int queue_add (struct queue *q, const struct sched_job *job);
/* The entry goes too. */
void queue_remove (struct queue *q, struct pending *p);
/* -1 and ENOMEM: it stays where it was. */
int queue_reorder (struct queue *q, struct pending *p, int64_t priority);

struct pending *queue_find (struct queue *q, uint64_t id);
/* The same, if it costs nothing to tell; NULL says nothing. */
struct pending *queue_guess (struct queue *q, uint64_t id);
struct pending *queue_first (const struct queue *q);
/* The one that is to start after p, or NULL. */
struct pending *queue_next (const struct queue *q, const struct pending *p);
unsigned int queue_count (const struct queue *q);
/* Is a to start before b?  They may be of different queues. */
bool queue_before (const struct pending *a, const struct pending *b);
/* 1 for the first. */
unsigned int queue_place (const struct queue *q, const struct pending *p);

#endif
