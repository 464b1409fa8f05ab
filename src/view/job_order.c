/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdlib.h>

#include "view/job_order.h"

/* Groups follow each other; in one, higher ranks come first, then lower ids. */
enum group {
    GROUP_PENDING, /* by priority */
    GROUP_RUNNING, /* latest first */
    GROUP_INACTIVE /* latest first: those that are still in memory */
};

struct job_order_item {
    int64_t rank;
    uint64_t id;
    enum group group;
};

static bool item_before (const struct job_order_item *a,
                         const struct job_order_item *b)
{
    if (a->group != b->group)
        return a->group < b->group;
    if (a->rank != b->rank)
        return a->rank > b->rank;
    return a->id < b->id;
}

/* Let the item at i sink to its place among those below it. */
static void sink (struct job_order_item *items, size_t n, size_t i)
{
    struct job_order_item moved = items[i];
    size_t child;

    while ((child = 2 * i + 1) < n) {
        if (child + 1 < n && item_before (&items[child + 1], &items[child]))
            child++;
        if (!item_before (&items[child], &moved))
            break;
        items[i] = items[child];
        i = child;
    }
    items[i] = moved;
}

static int64_t microseconds (double t)
{
    return (int64_t)(t * 1e6);
}

static struct job_order_item item_of (const struct job *job)
{
    struct job_order_item it = { .id = job->id };

    if (job->state & FLUX_JOB_STATE_RUNNING) {
        it.group = GROUP_RUNNING;
        it.rank = microseconds (job->t[JOB_T_RUN]);
    }
    else if (job->state & FLUX_JOB_STATE_INACTIVE) {
        it.group = GROUP_INACTIVE;
        it.rank = microseconds (job->t[JOB_T_INACTIVE]);
    }
    else {
        it.group = GROUP_PENDING;
        it.rank = job->priority;
    }
    return it;
}

int job_order_add (struct job_order *o, const struct job *job)
{
    if (o->count == o->room) {
        size_t room = o->room ? 2 * o->room : 64;
        struct job_order_item *grown =
            realloc (o->items, room * sizeof (*grown));

        if (!grown)
            return -1;
        o->items = grown;
        o->room = room;
    }
    o->items[o->count++] = item_of (job);
    o->unordered = o->count / 2;
    return 0;
}

bool job_order_step (struct job_order *o)
{
    if (o->unordered > 0)
        sink (o->items, o->count, --o->unordered);
    return o->unordered == 0;
}

bool job_order_take (struct job_order *o, uint64_t *id)
{
    if (o->count == 0)
        return false;
    *id = o->items[0].id;
    o->items[0] = o->items[--o->count];
    if (o->count > 0)
        sink (o->items, o->count, 0);
    return true;
}

void job_order_clear (struct job_order *o)
{
    free (o->items);
}
