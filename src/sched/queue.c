/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/queue.h"

enum {
    BLOCK_MAX = 128, /* entries of a block */
    BLOCK_LOW = 32,  /* with fewer it looks for a neighbour to join */
    BLOCK_JOIN = 96, /* so many may the two have together */
};

/* With what decides, so that jobs themselves are looked at only where these
 * are equal.
 */
struct entry {
    int64_t priority;
    double t_submit;
    struct pending *p;
};

struct queue_block {
    unsigned int n;
    struct entry e[BLOCK_MAX];
};

/* With the block's first entry, that a search looks at no block but one. */
struct queue_head {
    struct entry first;
    struct queue_block *b;
};

/* Where an entry is. */
struct place {
    size_t block;
    unsigned int slot;
};

static struct entry entry_of (const struct pending *p)
{
    return (struct entry){ p->priority, p->t_submit, (struct pending *)p };
}

/* Does a stand before b? */
static bool before (const struct entry *a, const struct entry *b)
{
    if (a->priority != b->priority)
        return a->priority > b->priority;
    if (a->t_submit != b->t_submit)
        return a->t_submit < b->t_submit;
    return a->p->node.id < b->p->node.id;
}

/* Where e is, or where it is to be put: the block is the last that begins
 * with it or before it, the first if there is none.
 */
static struct place find (const struct queue *q, const struct entry *e)
{
    struct place at = { 0, 0 };
    const struct queue_block *b;
    size_t low = 0, high = q->nblocks;

    while (high - low > 1) {
        size_t mid = (low + high) / 2;

        if (before (e, &q->heads[mid].first))
            high = mid;
        else
            low = mid;
    }
    at.block = low;
    b = q->heads[low].b;
    for (low = 0, high = b->n; low < high;) {
        size_t mid = (low + high) / 2;

        if (before (&b->e[mid], e))
            low = mid + 1;
        else
            high = mid;
    }
    at.slot = low;
    return at;
}

/* What the next insertion may need, so that it cannot fail. */
static int reserve (struct queue *q)
{
    if (q->nblocks == q->room) {
        size_t room = q->room ? 2 * q->room : 16;
        struct queue_head *grown = realloc (q->heads, room * sizeof (*grown));

        if (!grown)
            return -1;
        q->heads = grown;
        q->room = room;
    }
    if (!q->spare && !(q->spare = malloc (sizeof (*q->spare))))
        return -1;
    return 0;
}

static struct queue_block *block_insert (struct queue *q, size_t i)
{
    struct queue_block *b = q->spare;

    q->spare = NULL;
    b->n = 0;
    memmove (&q->heads[i + 1],
             &q->heads[i],
             (q->nblocks - i) * sizeof (*q->heads));
    q->heads[i].b = b;
    q->nblocks++;
    return b;
}

static void block_delete (struct queue *q, size_t i)
{
    free (q->spare);
    q->spare = q->heads[i].b;
    q->nblocks--;
    memmove (&q->heads[i],
             &q->heads[i + 1],
             (q->nblocks - i) * sizeof (*q->heads));
}

/* Move entries from slot `from` on to the end of another block. */
static void entries_move (struct queue_block *src,
                          unsigned int from,
                          struct queue_block *dst)
{
    memcpy (&dst->e[dst->n], &src->e[from], (src->n - from) * sizeof (*src->e));
    dst->n += src->n - from;
    src->n = from;
}

/* The block at i begins with another entry. */
static void note_first (struct queue *q, size_t i)
{
    q->heads[i].first = q->heads[i].b->e[0];
}

/* The block at i is full and an entry comes at the slot: make room.  At the
 * very end, where most come, blocks are left full.
 */
static struct place split (struct queue *q, struct place at)
{
    struct queue_block *b = q->heads[at.block].b, *next;

    next = block_insert (q, at.block + 1);
    if (at.slot == b->n && at.block + 2 == q->nblocks)
        return (struct place){ at.block + 1, 0 };
    entries_move (b, BLOCK_MAX / 2, next);
    note_first (q, at.block + 1);
    if (at.slot > b->n) {
        at.slot -= b->n;
        at.block++;
    }
    return at;
}

/* After reserve. */
static void insert (struct queue *q, struct pending *p)
{
    struct entry e = entry_of (p);
    struct place at;
    struct queue_block *b;

    if (q->nblocks == 0)
        block_insert (q, 0);
    at = find (q, &e);
    if (q->heads[at.block].b->n == BLOCK_MAX)
        at = split (q, at);
    b = q->heads[at.block].b;
    memmove (&b->e[at.slot + 1], &b->e[at.slot], (b->n - at.slot) * sizeof (e));
    b->e[at.slot] = e;
    b->n++;
    if (at.slot == 0)
        note_first (q, at.block);
}

static void take_out (struct queue *q, struct pending *p)
{
    struct entry e = entry_of (p);
    struct place at = find (q, &e);
    struct queue_block *b = q->heads[at.block].b, *next;

    b->n--;
    memmove (&b->e[at.slot],
             &b->e[at.slot + 1],
             (b->n - at.slot) * sizeof (*b->e));
    if (b->n == 0) {
        block_delete (q, at.block);
        return;
    }
    if (at.slot == 0)
        note_first (q, at.block);
    if (b->n >= BLOCK_LOW || at.block + 1 == q->nblocks)
        return;
    next = q->heads[at.block + 1].b;
    if (b->n + next->n <= BLOCK_JOIN) {
        entries_move (next, 0, b);
        block_delete (q, at.block + 1);
    }
}

void queue_init (struct queue *q)
{
    memset (q, 0, sizeof (*q));
}

void queue_clear (struct queue *q)
{
    struct idnode *node, *next;

    for (node = q->by_id.first; node; node = next) {
        next = node->next;
        free (node);
    }
    idtable_clear (&q->by_id);
    for (size_t i = 0; i < q->nblocks; i++)
        free (q->heads[i].b);
    free (q->heads);
    free (q->spare);
    queue_init (q);
}

static struct pending *found (struct queue *q, struct pending *p)
{
    if (p && (q->guess = (struct pending *)p->node.next)) {
        __builtin_prefetch (&q->guess->node);
        __builtin_prefetch (&q->guess->priority);
    }
    return p;
}

struct pending *queue_guess (struct queue *q, uint64_t id)
{
    if (!q->guess || q->guess->node.id != id)
        return NULL;
    return found (q, q->guess);
}

struct pending *queue_find (struct queue *q, uint64_t id)
{
    struct pending *p = queue_guess (q, id);

    if (p)
        return p;
    return found (q, (struct pending *)idtable_find (&q->by_id, id));
}

int queue_add (struct queue *q, const struct sched_job *job)
{
    struct pending *p;

    if (queue_find (q, job->id)) {
        errno = EEXIST;
        return -1;
    }
    if (reserve (q) < 0 || !(p = calloc (1, sizeof (*p))))
        return -1;
    p->node.id = job->id;
    p->spec = job->spec;
    p->priority = job->priority;
    p->t_submit = job->t_submit;
    if (idtable_add (&q->by_id, &p->node) < 0) {
        free (p);
        return -1;
    }
    insert (q, p);
    return 0;
}

void queue_remove (struct queue *q, struct pending *p)
{
    if (q->guess == p)
        q->guess = (struct pending *)p->node.next;
    take_out (q, p);
    idtable_remove (&q->by_id, &p->node);
    free (p);
}

int queue_reorder (struct queue *q, struct pending *p, int64_t priority)
{
    if (reserve (q) < 0)
        return -1;
    take_out (q, p);
    p->priority = priority;
    insert (q, p);
    return 0;
}

struct pending *queue_first (const struct queue *q)
{
    return q->nblocks > 0 ? q->heads[0].b->e[0].p : NULL;
}

struct pending *queue_next (const struct queue *q, const struct pending *p)
{
    struct entry e = entry_of (p);
    struct place at = find (q, &e);

    if (++at.slot == q->heads[at.block].b->n) {
        at.slot = 0;
        at.block++;
    }
    return at.block < q->nblocks ? q->heads[at.block].b->e[at.slot].p : NULL;
}

bool queue_before (const struct pending *a, const struct pending *b)
{
    struct entry x = entry_of (a), y = entry_of (b);

    return before (&x, &y);
}

unsigned int queue_count (const struct queue *q)
{
    return q->by_id.count;
}

unsigned int queue_place (const struct queue *q, const struct pending *p)
{
    struct entry e = entry_of (p);
    struct place at = find (q, &e);
    unsigned int place = at.slot + 1;

    while (at.block > 0)
        place += q->heads[--at.block].b->n;
    return place;
}
