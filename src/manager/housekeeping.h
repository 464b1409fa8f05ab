/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The inside of housekeeping: housekeeping.c cleans, housekeeping_requests.c
 * is asked about it.
 */

#ifndef SLUICE_MANAGER_HOUSEKEEPING_H
#define SLUICE_MANAGER_HOUSEKEEPING_H

#include "base/jobid.h"
#include "manager/manager_private.h"
#include "wire/housekeeping.h"

struct housekeeping_entry {
    struct housekeeping *hk;
    uint64_t id;
    uint32_t userid;
    char name[JOBID_TEXT_MAX]; /* the id as people read it */
    double t_start;
    struct rset *R;          /* all that the job had */
    struct idset *allocated; /* ranks that the scheduler has not yet back */
    struct idset *pending;   /* ranks where it is not over */
    unsigned int slot;
    uint64_t batch;            /* what it is kept with */
    bool started;              /* the command, on all ranks */
    struct run *run;           /* NULL: not started, or it could not be */
    struct loop_source *timer; /* release-after, from the first that ends */
    bool released_some;        /* it went off: each goes as it ends */
    struct housekeeping_entry *prev, *next;
};

struct housekeeping {
    struct manager *m;
    struct runner_ops runner;
    struct housekeeping_settings conf;
    struct housekeeping_entry *entries;
    struct idset *slots; /* used */
    unsigned int nslots; /* as stored */
    struct loop_source *work;
};

#endif
