/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Which tasks of a job run on which of its nodes: blocks of consecutive
 * ranks, in the order of R.
 */

#ifndef SLUICE_AGENT_LAYOUT_H
#define SLUICE_AGENT_LAYOUT_H

#include "res/rset.h"
#include "wire/jbuf.h"
#include "wire/jobspec.h"

struct layout {
    unsigned int nnodes;
    unsigned int ntasks;  /* of the job */
    unsigned int index;   /* of our node among the job's */
    unsigned int first;   /* rank of our first task */
    unsigned int count;   /* tasks of ours */
    unsigned int *counts; /* tasks of each node */
};

/* 0, or -1 and ENOMEM; ENOENT if rank is not in R; EOVERFLOW if there would
 * be more than LAYOUT_MAX_TASKS.
 */
enum {
    LAYOUT_MAX_TASKS = 1 << 20,
};
int layout_make (struct layout *l,
                 const struct jobspec_run *run,
                 const struct rset *R,
                 unsigned int rank);
void layout_clear (struct layout *l);

/* The context of a shell.start event: a task map (RFC 34). */
void layout_taskmap (const struct layout *l, struct jbuf *b);

#endif
