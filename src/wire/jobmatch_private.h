/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A compiled constraint: shared by its reader and its matcher. */

#ifndef SLUICE_WIRE_JOBMATCH_PRIVATE_H
#define SLUICE_WIRE_JOBMATCH_PRIVATE_H

#include <flux/hostlist.h>
#include <flux/idset.h>

#include "wire/jobmatch.h"

#define ALL_STATES (2 * FLUX_JOB_STATE_INACTIVE - 1)

enum match_op {
    MATCH_AND,
    MATCH_OR,
    MATCH_NOT,
    MATCH_USERID,
    MATCH_NAME,
    MATCH_QUEUE,
    MATCH_STATES,
    MATCH_RESULTS,
    MATCH_HOSTLIST,
    MATCH_RANKS,
    MATCH_TIME,
};

enum compare {
    CMP_GE,
    CMP_LE,
    CMP_GT,
    CMP_LT,
};

struct jobmatch {
    enum match_op op;
    struct jobmatch **kids; /* and, or, not */
    size_t nkids;
    uint32_t *userids;
    bool any_user;
    char **strings; /* names, queues */
    size_t count;   /* of userids or strings */
    int mask;       /* states, results */
    struct hostlist *hosts;
    struct idset *ranks;
    int time; /* JOB_T_*, or -1 for t_submit */
    enum compare cmp;
    double t;
};

#endif
