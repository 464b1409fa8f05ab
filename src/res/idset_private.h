/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* An idset as ascending ranges that neither overlap nor touch.
 *
 * Sets of ranks, cores and tasks are a few runs of ids: as ranges they take
 * a few bytes, and no text of an idset, however large its numbers, needs
 * more memory than its own length.
 */

#ifndef SLUICE_RES_IDSET_PRIVATE_H
#define SLUICE_RES_IDSET_PRIVATE_H

#include <limits.h>
#include <stddef.h>

#include <flux/idset.h>

struct range {
    unsigned int lo;
    unsigned int hi; /* inclusive */
};

enum { RANGES_INLINE = 2 };

struct idset {
    struct range *ranges;
    size_t n;
    size_t alloced;
    size_t count;
    size_t universe;
    int flags;
    unsigned int last_alloc; /* IDSET_INVALID_ID: none yet */
    struct range few[RANGES_INLINE];
};

/* Grow the universe by doubling until it holds id, filling the new part if
 * the set was created full.  Without AUTOGROW fails with EINVAL, above
 * IDSET_MAX_UNIVERSE with ERANGE.
 */
__attribute__ ((visibility ("hidden"))) int idset_grow (struct idset *idset,
                                                        unsigned int id);

#endif
