/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The inside of the fifo scheduler, and its backfill. */

#ifndef SLUICE_SCHED_FIFO_H
#define SLUICE_SCHED_FIFO_H

#include <uthash.h>

#include "sched/lane.h"
#include "sched/pool.h"
#include "sched/sched.h"

struct constraint;

/* What a job has. */
struct held {
    uint64_t id;
    struct rset *R;
    double end; /* when it has to give it back; 0: it need not */
    UT_hash_handle hh;
};

struct sched {
    struct lane *lanes;
    struct pool *pool;
    struct held *held;
    struct idset *down;
    unsigned int depth; /* of backfill; 0: none */
    unsigned int epoch; /* grows when something may fit that did not */
    /* The constraint looked at last: waiting jobs mostly share one. */
    struct constraint *constraint;
};

/* *c is NULL for a job without constraints; else it belongs to s. */
int fifo_constraint (struct sched *s,
                     const struct jobspec *spec,
                     const struct constraint **c,
                     flux_error_t *error);
/* R for the job, counted as held; NULL and EAGAIN: must wait; EOVERFLOW or
 * EINVAL: can never run, error says why.
 */
struct rset *fifo_try (struct sched *s,
                       const struct pending *p,
                       double now,
                       flux_error_t *error);
/* What did not fit in backfill may fit now. */
void fifo_new_epoch (struct sched *s);
void fifo_leave_queue (struct lane *lane, struct pending *p);

/* backfill.c: part of plan(), and heads() of sched_ops. */
int backfill_plan (struct sched *s,
                   double now,
                   int max,
                   const struct sched_answer *answer);
void backfill_heads (
    struct sched *s,
    double now,
    void (*cb) (void *arg, uint64_t id, double t_estimate, const char *reason),
    void *arg);

#endif
