/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "res/idset_private.h"

bool idset_equal (const struct idset *a, const struct idset *b)
{
    if (!a || !b || a->n != b->n || a->count != b->count)
        return false;
    return memcmp (a->ranges, b->ranges, a->n * sizeof (*a->ranges)) == 0;
}

bool idset_has_intersection (const struct idset *a, const struct idset *b)
{
    size_t i = 0, j = 0;

    if (!a || !b)
        return false;
    while (i < a->n && j < b->n) {
        if (a->ranges[i].hi < b->ranges[j].lo)
            i++;
        else if (b->ranges[j].hi < a->ranges[i].lo)
            j++;
        else
            return true;
    }
    return false;
}

/* Change idset by each range of b, or not at all. */
static int apply (struct idset *idset,
                  const struct idset *b,
                  int (*change) (struct idset *idset,
                                 unsigned int lo,
                                 unsigned int hi))
{
    for (size_t i = 0; i < b->n; i++) {
        if (change (idset, b->ranges[i].lo, b->ranges[i].hi) < 0)
            return -1;
    }
    return 0;
}

static void clear_all (struct idset *a)
{
    a->n = 0;
    a->count = 0;
}

int idset_add (struct idset *a, const struct idset *b)
{
    if (!a || !b) {
        errno = EINVAL;
        return -1;
    }
    if (a == b || b->n == 0)
        return 0;
    /* what would be refused is refused before anything is changed */
    if (idset_grow (a, idset_last (b)) < 0)
        return -1;
    return apply (a, b, idset_range_set);
}

int idset_subtract (struct idset *a, const struct idset *b)
{
    if (!a || !b) {
        errno = EINVAL;
        return -1;
    }
    if (a == b) {
        clear_all (a);
        return 0;
    }
    return apply (a, b, idset_range_clear);
}

/* The allocator flags are of no use in a set that is a result. */
static struct idset *copy_plain (const struct idset *a)
{
    struct idset *r = idset_copy (a);

    if (r)
        r->flags &= IDSET_FLAG_AUTOGROW | IDSET_FLAG_COUNT_LAZY;
    return r;
}

struct idset *idset_union (const struct idset *a, const struct idset *b)
{
    struct idset *r;

    if (!a || !b) {
        errno = EINVAL;
        return NULL;
    }
    if (!(r = copy_plain (a)))
        return NULL;
    if (r->universe < b->universe)
        r->universe = b->universe;
    if (idset_add (r, b) < 0) {
        idset_destroy (r);
        return NULL;
    }
    return r;
}

struct idset *idset_difference (const struct idset *a, const struct idset *b)
{
    struct idset *r;

    if (!a || !b) {
        errno = EINVAL;
        return NULL;
    }
    if (!(r = copy_plain (a)))
        return NULL;
    if (idset_subtract (r, b) < 0) {
        idset_destroy (r);
        return NULL;
    }
    return r;
}

static unsigned int max (unsigned int x, unsigned int y)
{
    return x > y ? x : y;
}

static unsigned int min (unsigned int x, unsigned int y)
{
    return x < y ? x : y;
}

struct idset *idset_intersect (const struct idset *a, const struct idset *b)
{
    const int flags = IDSET_FLAG_AUTOGROW | IDSET_FLAG_COUNT_LAZY;
    struct idset *r;
    size_t i = 0, j = 0;

    if (!a || !b) {
        errno = EINVAL;
        return NULL;
    }
    if (!(r = idset_create (a->universe, a->flags & flags)))
        return NULL;
    while (i < a->n && j < b->n) {
        struct range x = a->ranges[i], y = b->ranges[j];

        if (max (x.lo, y.lo) <= min (x.hi, y.hi)
            && idset_range_set (r, max (x.lo, y.lo), min (x.hi, y.hi)) < 0) {
            idset_destroy (r);
            return NULL;
        }
        if (x.hi < y.hi)
            i++;
        else
            j++;
    }
    return r;
}
