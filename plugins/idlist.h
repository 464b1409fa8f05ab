/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A set of job ids in order, 8 bytes each: adding new ones, taking away the
 * oldest and reading are cheap; it is sorted when it is next read.
 */

#ifndef SLUICE_PLUGINS_IDLIST_H
#define SLUICE_PLUGINS_IDLIST_H

#include <stdbool.h>
#include <flux/core.h>

struct idlist {
    flux_jobid_t *ids;
    size_t head; /* those before it were removed */
    size_t tail;
    size_t size;
    bool unsorted;
};

/* Add an id, unless it is there.  0, or -1 and ENOMEM. */
int idlist_add (struct idlist *l, flux_jobid_t id);

/* Take it away, if it is there. */
void idlist_remove (struct idlist *l, flux_jobid_t id);

size_t idlist_count (struct idlist *l);

/* The i'th id from the newest, which is 0; i is less than the count. */
flux_jobid_t idlist_newest (struct idlist *l, size_t i);

void idlist_clear (struct idlist *l);

#endif
