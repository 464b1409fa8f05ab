/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Which tasks of a job run on which of its nodes: blocks of consecutive
 * ranks, in the order of R, unless the job says otherwise (taskmap).
 */

#ifndef SLUICE_AGENT_LAYOUT_H
#define SLUICE_AGENT_LAYOUT_H

#include <flux/taskmap.h>

#include "res/rset.h"
#include "wire/jbuf.h"
#include "wire/jobspec.h"

struct layout {
    unsigned int nnodes;
    unsigned int ntasks;  /* of the job */
    unsigned int index;   /* of our node among the job's */
    unsigned int first;   /* rank of our first task (map NULL) */
    unsigned int count;   /* tasks of ours */
    unsigned int *counts; /* tasks of each node */
    struct taskmap *map;  /* NULL: blocks */
};

/* 0, or -1 with error: ENOMEM; ENOENT if rank is not in R; EOVERFLOW if there
 * would be more than LAYOUT_MAX_TASKS; EINVAL for a map that does not fit.
 */
enum {
    LAYOUT_MAX_TASKS = 1 << 20,
};
int layout_make (struct layout *l,
                 const struct jobspec_run *run,
                 const struct rset *R,
                 unsigned int rank,
                 flux_error_t *error);
void layout_clear (struct layout *l);

/* The rank of the index-th task here. */
unsigned int layout_rank (const struct layout *l, unsigned int index);
/* All of them, as an idset; malloced. */
char *layout_ranks (const struct layout *l);

/* A task map (RFC 34), in an object with its version. */
void layout_taskmap (const struct layout *l, struct jbuf *b);
/* As PMI_process_mapping (RFC 13); malloced. */
char *layout_mapping (const struct layout *l);

#endif
