/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Jobs brought into the order in which they are listed, no more of them than
 * are taken: a heap, built in steps.
 */

#ifndef SLUICE_VIEW_JOB_ORDER_H
#define SLUICE_VIEW_JOB_ORDER_H

#include "job/job.h"

struct job_order_item;

struct job_order {
    struct job_order_item *items;
    size_t count, room;
    size_t unordered; /* items before this one are not heaps yet */
};

/* All are added before the first is taken.  -1 and ENOMEM. */
int job_order_add (struct job_order *o, const struct job *job);
/* One step of what is to be done between; true when it is done. */
bool job_order_step (struct job_order *o);
/* Pending jobs by priority and age, running ones and then finished ones the
 * latest first.  False if none is left.
 */
bool job_order_take (struct job_order *o, uint64_t *id);
void job_order_clear (struct job_order *o);

#endif
