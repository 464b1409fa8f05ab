/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "sched/lane.h"

static bool same_name (const char *a, const char *b)
{
    return a && b ? !strcmp (a, b) : a == b;
}

struct lane *lanes_get (struct lane **lanes, const char *name)
{
    struct lane *lane;

    LL_FOREACH (*lanes, lane)
    {
        if (same_name (lane->name, name))
            return lane;
    }
    if (!(lane = calloc (1, sizeof (*lane))))
        return NULL;
    if (name && !(lane->name = strdup (name))) {
        free (lane);
        return NULL;
    }
    lane->group = lane;
    queue_init (&lane->queue);
    LL_APPEND (*lanes, lane);
    return lane;
}

void lanes_destroy (struct lane *lanes)
{
    struct lane *lane, *next;

    LL_FOREACH_SAFE (lanes, lane, next)
    {
        queue_clear (&lane->queue);
        lane_break_promise (lane);
        free (lane->name);
        free (lane);
    }
}

struct pending *lanes_find (struct lane *lanes, uint64_t id, struct lane **lane)
{
    struct pending *p;

    LL_FOREACH (lanes, *lane)
    {
        if ((p = queue_guess (&(*lane)->queue, id)))
            return p;
    }
    LL_FOREACH (lanes, *lane)
    {
        if ((p = queue_find (&(*lane)->queue, id)))
            return p;
    }
    errno = ENOENT;
    return NULL;
}

bool lane_started (const struct lane *lane)
{
    return !lane->stopped && !lane->group->stopped;
}

/* The first job of each lane competes to be the head of its group. */
static void find_heads (struct lane *lanes)
{
    struct lane *lane;
    struct pending *p;

    LL_FOREACH (lanes, lane)
    lane->head = NULL;
    LL_FOREACH (lanes, lane)
    {
        if (!lane_started (lane) || !(p = queue_first (&lane->queue))
            || p->priority <= 0)
            continue;
        if (!lane->group->head || queue_before (p, lane->group->head))
            lane->group->head = p;
    }
}

struct pending *lanes_pick (struct lane *lanes, struct lane **picked)
{
    const struct pending *best = NULL;
    struct lane *lane;

    find_heads (lanes);
    LL_FOREACH (lanes, lane)
    {
        if (lane->head && lane->head != lane->blocked
            && (!best || queue_before (lane->head, best)))
            best = lane->head;
    }
    return best ? lanes_find (lanes, best->node.id, picked) : NULL;
}

void lanes_rewind (struct lane *lanes, const struct lane *group)
{
    struct lane *lane;

    LL_FOREACH (lanes, lane)
    {
        if (lane->group == group)
            lane->cursor =
                lane_started (lane) ? queue_first (&lane->queue) : NULL;
    }
}

struct pending *lanes_next (struct lane *lanes,
                            const struct lane *group,
                            struct lane **picked)
{
    struct pending *best = NULL;
    struct lane *lane;

    LL_FOREACH (lanes, lane)
    {
        if (lane->group != group || !lane->cursor
            || (best && !queue_before (lane->cursor, best)))
            continue;
        best = lane->cursor;
        *picked = lane;
    }
    if (!best || best->priority <= 0)
        return NULL;
    (*picked)->cursor = queue_next (&(*picked)->queue, best);
    return best;
}

void lane_break_promise (struct lane *group)
{
    free (group->promise.spare);
    group->promise = (struct reservation){ 0 };
}

void lanes_unblock (struct lane *lanes)
{
    struct lane *lane;

    LL_FOREACH (lanes, lane)
    lane->blocked = NULL;
}

unsigned int lanes_count (const struct lane *lanes, bool started)
{
    const struct lane *lane;
    unsigned int n = 0;

    LL_FOREACH (lanes, lane)
    {
        if (!started || lane_started (lane))
            n += queue_count (&lane->queue);
    }
    return n;
}
