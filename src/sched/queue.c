/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A red-black tree whose nodes know the size of their subtree.
 *
 * The tree of <bsd/sys/tree.h> calls RB_AUGMENT where it rotates; sizes above
 * the place of an insertion or removal are brought up to date here.
 */

#include <errno.h>
#include <stdlib.h>

static void pending_resize (void *elm);
#define RB_AUGMENT(x) pending_resize (x)

#include "sched/queue.h"

static unsigned int size_of (const struct pending *p)
{
    return p ? p->size : 0;
}

static void pending_resize (void *elm)
{
    struct pending *p = elm;

    if (p)
        p->size =
            1 + size_of (RB_LEFT (p, tree)) + size_of (RB_RIGHT (p, tree));
}

static int pending_cmp (const struct pending *a, const struct pending *b)
{
    if (a->job.priority != b->job.priority)
        return a->job.priority > b->job.priority ? -1 : 1;
    if (a->job.t_submit != b->job.t_submit)
        return a->job.t_submit < b->job.t_submit ? -1 : 1;
    if (a->job.id != b->job.id)
        return a->job.id < b->job.id ? -1 : 1;
    return 0;
}

/* Not RB_GENERATE_STATIC: it needs a macro that libbsd leaves out on Linux. */
RB_GENERATE_INTERNAL (pending_tree,
                      pending,
                      tree,
                      pending_cmp,
                      static __attribute__ ((unused)));

static void resize_up (struct pending *p)
{
    for (; p; p = RB_PARENT (p, tree))
        pending_resize (p);
}

/* The lowest node whose subtree will have lost something when p is gone. */
static struct pending *below_removal (struct pending *p)
{
    struct pending *next;

    if (!RB_LEFT (p, tree) || !RB_RIGHT (p, tree))
        return RB_PARENT (p, tree);
    next = RB_RIGHT (p, tree);
    while (RB_LEFT (next, tree))
        next = RB_LEFT (next, tree);
    return RB_PARENT (next, tree) == p ? next : RB_PARENT (next, tree);
}

static void tree_insert (struct queue *q, struct pending *p)
{
    p->size = 1;
    RB_INSERT (pending_tree, &q->tree, p);
    resize_up (p);
}

static void tree_remove (struct queue *q, struct pending *p)
{
    struct pending *low = below_removal (p);

    RB_REMOVE (pending_tree, &q->tree, p);
    resize_up (low);
}

void queue_init (struct queue *q)
{
    RB_INIT (&q->tree);
    q->by_id = NULL;
}

void queue_clear (struct queue *q)
{
    struct pending *p, *next;

    HASH_ITER (hh, q->by_id, p, next)
    {
        HASH_DEL (q->by_id, p);
        free (p);
    }
    queue_init (q);
}

struct pending *queue_find (const struct queue *q, uint64_t id)
{
    struct pending *p;

    HASH_FIND (hh, q->by_id, &id, sizeof (id), p);
    return p;
}

int queue_add (struct queue *q, const struct sched_job *job)
{
    struct pending *p;

    if (queue_find (q, job->id)) {
        errno = EEXIST;
        return -1;
    }
    if (!(p = calloc (1, sizeof (*p))))
        return -1;
    p->job = *job;
    HASH_ADD (hh, q->by_id, job.id, sizeof (p->job.id), p);
    tree_insert (q, p);
    return 0;
}

void queue_remove (struct queue *q, struct pending *p)
{
    tree_remove (q, p);
    HASH_DEL (q->by_id, p);
    free (p);
}

void queue_reorder (struct queue *q, struct pending *p, int64_t priority)
{
    tree_remove (q, p);
    p->job.priority = priority;
    tree_insert (q, p);
}

struct pending *queue_first (struct queue *q)
{
    return RB_MIN (pending_tree, &q->tree);
}

struct pending *queue_next (struct pending *p)
{
    return RB_NEXT (pending_tree, NULL, p);
}

bool queue_before (const struct pending *a, const struct pending *b)
{
    return pending_cmp (a, b) < 0;
}

unsigned int queue_count (const struct queue *q)
{
    return HASH_COUNT (q->by_id);
}

unsigned int queue_place (const struct pending *p)
{
    unsigned int place = 1 + size_of (RB_LEFT (p, tree));
    const struct pending *up;

    for (; (up = RB_PARENT (p, tree)); p = up) {
        if (p == RB_RIGHT (up, tree))
            place += 1 + size_of (RB_LEFT (up, tree));
    }
    return place;
}
