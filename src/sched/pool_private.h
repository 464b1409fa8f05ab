/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The inside of the pool: pool.c places, pool_explain.c says why
 * it cannot, pool_ahead.c looks ahead.
 */

#ifndef SLUICE_SCHED_POOL_PRIVATE_H
#define SLUICE_SCHED_POOL_PRIVATE_H

#include "sched/pool.h"

struct node {
    const struct rset_node *all; /* in pool->all, at the same index */
    struct idset *cores;         /* free */
    struct idset *gpus;          /* free; NULL: there are none */
    unsigned int ncores;         /* how many of each are free */
    unsigned int ngpus;
    unsigned int njobs;      /* that have something of it */
    unsigned int kept_cores; /* free, and not to be placed upon */
    unsigned int kept_gpus;
    bool down;
};

struct pool {
    struct rset *all;
    struct node *nodes;
    unsigned int *chosen; /* pool_place: slots taken of each node */
    size_t count;
    size_t first_free; /* no node before this one has a free core */
};

/* NULL: there is no such rank. */
struct node *pool_node (struct pool *pool, unsigned int rank);
/* Does spec take nodes as a whole? */
bool pool_whole_nodes (const struct jobspec *spec);
unsigned int pool_slots_per_node (const struct jobspec *spec);
/* How many slots of spec fit into so many cores and GPUs; and into what is
 * free of a node.
 */
unsigned int pool_slots_in (const struct jobspec *spec,
                            unsigned int ncores,
                            unsigned int ngpus);
unsigned int pool_free_slots (const struct node *n, const struct jobspec *spec);
/* Is the node one of those that c allows?  NULL: all are. */
bool pool_matches (const struct pool *pool,
                   const struct node *n,
                   const struct constraint *c);
/* Mark slots in pool->chosen from node first on, the last one looked at in
 * *last; true if spec is served.
 */
bool pool_choose (struct pool *pool,
                  const struct jobspec *spec,
                  const struct constraint *c,
                  size_t first,
                  size_t *last);
/* Let pool->first_free be true to its name. */
void pool_skip_full (struct pool *pool);

#endif
