/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdlib.h>
#include <string.h>

#include "base/idtable.h"

/* Buckets are in segments that never move.  A segment is what one addition
 * may have to clear.
 */
#define SEGMENT 1024

static uint64_t scramble (uint64_t id)
{
    id ^= id >> 32;
    id *= 0x9e3779b97f4a7c15ULL;
    return id ^ (id >> 29);
}

static struct idnode **bucket (const struct idtable *t, size_t i)
{
    return &t->segments[i / SEGMENT][i % SEGMENT];
}

/* The greatest power of two that is not above n: of n buckets the first
 * n - half have been split, and their other halves are at half and on.
 */
static size_t half_of (size_t n)
{
    return (size_t)1 << (63 - __builtin_clzl (n));
}

static struct idnode **bucket_of (const struct idtable *t, uint64_t id)
{
    uint64_t h = scramble (id);
    size_t half = half_of (t->buckets);
    size_t i = h & (2 * half - 1);

    return bucket (t, i < t->buckets ? i : i - half);
}

/* Room for one more bucket. */
static int reserve (struct idtable *t)
{
    size_t segment = t->buckets / SEGMENT;

    if (t->buckets % SEGMENT != 0)
        return 0;
    if (segment == t->room) {
        size_t room = t->room ? 2 * t->room : 4;
        struct idnode ***grown =
            realloc (t->segments, room * sizeof (*t->segments));

        if (!grown)
            return -1;
        t->segments = grown;
        t->room = room;
    }
    if (!(t->segments[segment] = calloc (SEGMENT, sizeof (struct idnode *))))
        return -1;
    return 0;
}

/* Add a bucket, which takes its share of another's nodes. */
static int grow (struct idtable *t)
{
    size_t half;
    struct idnode **from, **to;

    if (reserve (t) < 0)
        return -1;
    if (t->buckets++ == 0)
        return 0;
    half = half_of (t->buckets - 1);
    from = bucket (t, t->buckets - 1 - half);
    to = bucket (t, t->buckets - 1);
    while (*from) {
        struct idnode *node = *from;

        if ((scramble (node->id) & (2 * half - 1)) != t->buckets - 1) {
            from = &node->chain;
            continue;
        }
        *from = node->chain;
        node->chain = *to;
        *to = node;
    }
    return 0;
}

/* Take the last bucket back: its nodes go where they came from. */
static void shrink (struct idtable *t)
{
    size_t last = t->buckets - 1;
    struct idnode **from = bucket (t, last);
    struct idnode **to = bucket (t, last - half_of (last));

    while (*to)
        to = &(*to)->chain;
    *to = *from;
    *from = NULL;
    t->buckets--;
    if (last % SEGMENT == 0) {
        free (t->segments[last / SEGMENT]);
        t->segments[last / SEGMENT] = NULL;
    }
}

int idtable_add (struct idtable *t, struct idnode *node)
{
    struct idnode **p;

    if (t->count >= t->buckets && grow (t) < 0)
        return -1;
    p = bucket_of (t, node->id);
    node->chain = *p;
    *p = node;
    node->next = NULL;
    node->prev = t->last;
    if (t->last)
        t->last->next = node;
    else
        t->first = node;
    t->last = node;
    t->count++;
    return 0;
}

struct idnode *idtable_find (const struct idtable *t, uint64_t id)
{
    struct idnode *node;

    if (t->buckets == 0)
        return NULL;
    for (node = *bucket_of (t, id); node && node->id != id; node = node->chain)
        ;
    return node;
}

void idtable_remove (struct idtable *t, struct idnode *node)
{
    struct idnode **p = bucket_of (t, node->id);

    while (*p != node)
        p = &(*p)->chain;
    *p = node->chain;
    if (node->prev)
        node->prev->next = node->next;
    else
        t->first = node->next;
    if (node->next)
        node->next->prev = node->prev;
    else
        t->last = node->prev;
    t->count--;
    for (int i = 0; i < 8 && t->buckets > SEGMENT && t->buckets > 4 * t->count;
         i++)
        shrink (t);
}

void idtable_clear (struct idtable *t)
{
    for (size_t i = 0; i < t->buckets; i += SEGMENT)
        free (t->segments[i / SEGMENT]);
    free (t->segments);
    memset (t, 0, sizeof (*t));
}
