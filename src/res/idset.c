/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "res/idset_private.h"

enum { DEFAULT_UNIVERSE = 1024 };

static const int create_flags = IDSET_FLAG_AUTOGROW | IDSET_FLAG_INITFULL
                                | IDSET_FLAG_COUNT_LAZY | IDSET_FLAG_ALLOC_RR;

static bool valid_id (unsigned int id)
{
    return id < IDSET_MAX_UNIVERSE;
}

struct idset *idset_create (size_t size, int flags)
{
    struct idset *idset;

    if (flags & ~create_flags) {
        errno = EINVAL;
        return NULL;
    }
    if (size > IDSET_MAX_UNIVERSE) {
        errno = ERANGE;
        return NULL;
    }
    if (!(idset = calloc (1, sizeof (*idset))))
        return NULL;
    idset->ranges = idset->few;
    idset->alloced = RANGES_INLINE;
    idset->universe = size ? size : DEFAULT_UNIVERSE;
    idset->flags = flags;
    idset->last_alloc = IDSET_INVALID_ID;
    if (flags & IDSET_FLAG_INITFULL) {
        idset->few[0] = (struct range){ 0, idset->universe - 1 };
        idset->n = 1;
        idset->count = idset->universe;
    }
    return idset;
}

void idset_destroy (struct idset *idset)
{
    int saved_errno = errno;

    if (!idset)
        return;
    if (idset->ranges != idset->few)
        free (idset->ranges);
    free (idset);
    errno = saved_errno;
}

size_t idset_universe_size (const struct idset *idset)
{
    return idset ? idset->universe : 0;
}

static int reserve (struct idset *idset, size_t n)
{
    size_t alloced = idset->alloced;
    struct range *ranges;

    if (n <= alloced)
        return 0;
    while (alloced < n)
        alloced *= 2;
    if (idset->ranges == idset->few) {
        if (!(ranges = malloc (alloced * sizeof (*ranges))))
            return -1;
        memcpy (ranges, idset->few, idset->n * sizeof (*ranges));
    }
    else if (!(ranges = realloc (idset->ranges, alloced * sizeof (*ranges))))
        return -1;
    idset->ranges = ranges;
    idset->alloced = alloced;
    return 0;
}

struct idset *idset_copy (const struct idset *idset)
{
    struct idset *cpy;

    if (!idset) {
        errno = EINVAL;
        return NULL;
    }
    if (!(cpy = idset_create (idset->universe,
                              idset->flags & ~IDSET_FLAG_INITFULL)))
        return NULL;
    if (reserve (cpy, idset->n) < 0) {
        idset_destroy (cpy);
        return NULL;
    }
    memcpy (cpy->ranges, idset->ranges, idset->n * sizeof (*cpy->ranges));
    cpy->n = idset->n;
    cpy->count = idset->count;
    cpy->flags = idset->flags;
    cpy->last_alloc = idset->last_alloc;
    return cpy;
}

/* The index of the first range whose end is not before id. */
static size_t find (const struct idset *idset, unsigned int id)
{
    size_t lo = 0, hi = idset->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (idset->ranges[mid].hi < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static size_t width (struct range r)
{
    return (size_t)r.hi - r.lo + 1;
}

/* Put count ranges in place of those from index i to before j. */
static int splice (struct idset *idset,
                   size_t i,
                   size_t j,
                   const struct range *with,
                   size_t count)
{
    struct range *r;

    if (reserve (idset, idset->n - (j - i) + count) < 0)
        return -1;
    r = idset->ranges;
    for (size_t k = i; k < j; k++)
        idset->count -= width (r[k]);
    memmove (&r[i + count], &r[j], (idset->n - j) * sizeof (*r));
    for (size_t k = 0; k < count; k++) {
        r[i + k] = with[k];
        idset->count += width (with[k]);
    }
    idset->n = idset->n - (j - i) + count;
    return 0;
}

static int insert (struct idset *idset, unsigned int lo, unsigned int hi)
{
    size_t i = find (idset, lo > 0 ? lo - 1 : 0);
    size_t j = i;
    struct range r = { lo, hi };

    if (i < idset->n && idset->ranges[i].lo <= lo && idset->ranges[i].hi >= hi)
        return 0;
    while (j < idset->n && idset->ranges[j].lo <= hi + 1)
        j++;
    if (j > i) {
        if (idset->ranges[i].lo < r.lo)
            r.lo = idset->ranges[i].lo;
        if (idset->ranges[j - 1].hi > r.hi)
            r.hi = idset->ranges[j - 1].hi;
    }
    return splice (idset, i, j, &r, 1);
}

static int erase (struct idset *idset, unsigned int lo, unsigned int hi)
{
    size_t i = find (idset, lo);
    size_t j = i;
    struct range rest[2];
    size_t n = 0;

    while (j < idset->n && idset->ranges[j].lo <= hi)
        j++;
    if (i == j)
        return 0;
    if (idset->ranges[i].lo < lo)
        rest[n++] = (struct range){ idset->ranges[i].lo, lo - 1 };
    if (idset->ranges[j - 1].hi > hi)
        rest[n++] = (struct range){ hi + 1, idset->ranges[j - 1].hi };
    return splice (idset, i, j, rest, n);
}

int idset_grow (struct idset *idset, unsigned int id)
{
    size_t universe = idset->universe;

    if (id < universe)
        return 0;
    if (!(idset->flags & IDSET_FLAG_AUTOGROW)) {
        errno = EINVAL;
        return -1;
    }
    if (!valid_id (id)) {
        errno = ERANGE;
        return -1;
    }
    while (universe <= id)
        universe *= 2;
    if (universe > IDSET_MAX_UNIVERSE)
        universe = IDSET_MAX_UNIVERSE;
    if ((idset->flags & IDSET_FLAG_INITFULL)
        && insert (idset, idset->universe, universe - 1) < 0)
        return -1;
    idset->universe = universe;
    return 0;
}

int idset_range_set (struct idset *idset, unsigned int lo, unsigned int hi)
{
    if (!idset || !valid_id (lo) || !valid_id (hi)) {
        errno = EINVAL;
        return -1;
    }
    if (lo > hi)
        return idset_range_set (idset, hi, lo);
    if (idset_grow (idset, hi) < 0)
        return -1;
    return insert (idset, lo, hi);
}

int idset_range_clear (struct idset *idset, unsigned int lo, unsigned int hi)
{
    const int grows = IDSET_FLAG_AUTOGROW | IDSET_FLAG_INITFULL;

    if (!idset || !valid_id (lo) || !valid_id (hi)) {
        errno = EINVAL;
        return -1;
    }
    if (lo > hi)
        return idset_range_clear (idset, hi, lo);
    /* above the universe of such a set all ids are members */
    if ((idset->flags & grows) == grows && idset_grow (idset, hi) < 0)
        return -1;
    return erase (idset, lo, hi);
}

int idset_set (struct idset *idset, unsigned int id)
{
    return idset_range_set (idset, id, id);
}

int idset_clear (struct idset *idset, unsigned int id)
{
    return idset_range_clear (idset, id, id);
}

bool idset_test (const struct idset *idset, unsigned int id)
{
    size_t i;

    if (!idset || !valid_id (id))
        return false;
    i = find (idset, id);
    return i < idset->n && idset->ranges[i].lo <= id;
}

unsigned int idset_first (const struct idset *idset)
{
    return idset && idset->n ? idset->ranges[0].lo : IDSET_INVALID_ID;
}

unsigned int idset_last (const struct idset *idset)
{
    return idset && idset->n ? idset->ranges[idset->n - 1].hi
                             : IDSET_INVALID_ID;
}

unsigned int idset_next (const struct idset *idset, unsigned int id)
{
    size_t i;

    if (!idset || !valid_id (id))
        return IDSET_INVALID_ID;
    i = find (idset, id + 1);
    if (i == idset->n)
        return IDSET_INVALID_ID;
    return idset->ranges[i].lo > id ? idset->ranges[i].lo : id + 1;
}

unsigned int idset_prev (const struct idset *idset, unsigned int id)
{
    size_t i;

    if (!idset || id == 0 || !valid_id (id))
        return IDSET_INVALID_ID;
    i = find (idset, id - 1);
    if (i < idset->n && idset->ranges[i].lo <= id - 1)
        return id - 1;
    return i > 0 ? idset->ranges[i - 1].hi : IDSET_INVALID_ID;
}

size_t idset_count (const struct idset *idset)
{
    return idset ? idset->count : 0;
}

bool idset_empty (const struct idset *idset)
{
    return !idset || idset->n == 0;
}

int idset_alloc (struct idset *idset, unsigned int *val)
{
    unsigned int id = IDSET_INVALID_ID;

    if (!idset || !val || !(idset->flags & IDSET_FLAG_INITFULL)) {
        errno = EINVAL;
        return -1;
    }
    if ((idset->flags & IDSET_FLAG_ALLOC_RR)
        && idset->last_alloc != IDSET_INVALID_ID)
        id = idset_next (idset, idset->last_alloc);
    if (id == IDSET_INVALID_ID)
        id = idset_first (idset);
    if (id == IDSET_INVALID_ID) {
        if (!(idset->flags & IDSET_FLAG_AUTOGROW)) {
            errno = ENOSPC;
            return -1;
        }
        id = idset->universe;
        if (idset_grow (idset, id) < 0)
            return -1;
    }
    if (erase (idset, id, id) < 0)
        return -1;
    idset->last_alloc = id;
    *val = id;
    return 0;
}

static bool valid_alloc (const struct idset *idset, unsigned int val)
{
    return idset && (idset->flags & IDSET_FLAG_INITFULL)
           && val < idset->universe;
}

void idset_free (struct idset *idset, unsigned int val)
{
    int saved_errno = errno;

    if (valid_alloc (idset, val))
        (void)insert (idset, val, val);
    errno = saved_errno;
}

int idset_free_check (struct idset *idset, unsigned int val)
{
    if (!valid_alloc (idset, val)) {
        errno = EINVAL;
        return -1;
    }
    if (idset_test (idset, val)) {
        errno = EEXIST;
        return -1;
    }
    return insert (idset, val, val);
}
