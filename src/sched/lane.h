/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Named queues, as far as a scheduler cares: each is a lane of pending jobs
 * of its own.  A virtual queue's lane belongs to the group of its parent's;
 * the lanes of a group are merged into one order as jobs are picked.
 */

#ifndef SLUICE_SCHED_LANE_H
#define SLUICE_SCHED_LANE_H

#include <stdbool.h>

#include "sched/queue.h"

struct pool_spare;

/* What the head of a group will get, and when. */
struct reservation {
    const struct pending *head; /* NULL: none */
    double t;                   /* INFINITY: not known */
    struct pool_spare *spare;   /* what it leaves to others where it will be */
    size_t nspare;
    double made;
};

struct lane {
    char *name;         /* NULL: the anonymous queue */
    struct lane *group; /* the parent's lane, else this one */
    bool stopped;
    struct queue queue;
    /* For the lane that gives the group its name: the job that is to start
     * next, and the one that did not fit when it was last tried, which is
     * forgotten when anything happens that could make it fit.
     */
    const struct pending *head;
    const struct pending *blocked;
    struct reservation promise; /* to the one that did not fit */
    struct pending *cursor;     /* lanes_next() */
    struct lane *next;
};

/* The lane of this name, made (started, a group of its own) if there is none.
 * NULL and ENOMEM.
 */
struct lane *lanes_get (struct lane **lanes, const char *name);
void lanes_destroy (struct lane *lanes);

/* The pending job, and its lane; NULL and ENOENT. */
struct pending *lanes_find (struct lane *lanes,
                            uint64_t id,
                            struct lane **lane);
/* The job to be tried next, of all groups that are not blocked, and its lane;
 * NULL: none.  Jobs of priority 0 are held.
 */
struct pending *lanes_pick (struct lane *lanes, struct lane **lane);
/* All jobs of a group that may start, in their order: lanes_next() until NULL
 * after lanes_rewind().  The job given last may be removed.
 */
void lanes_rewind (struct lane *lanes, const struct lane *group);
struct pending *lanes_next (struct lane *lanes,
                            const struct lane *group,
                            struct lane **lane);
void lane_break_promise (struct lane *group);
/* Something happened that could make any job fit. */
void lanes_unblock (struct lane *lanes);
bool lane_started (const struct lane *lane);
/* Jobs in all lanes, or in those that are started. */
unsigned int lanes_count (const struct lane *lanes, bool started);

#endif
