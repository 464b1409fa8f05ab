/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Operations on lists of hosts as sets. */

#ifndef SLUICE_CMD_HOSTSET_H
#define SLUICE_CMD_HOSTSET_H

#include <stdbool.h>

#include <flux/core.h>
#include <flux/hostlist.h>
#include <flux/idset.h>

enum hostset_op {
    HOSTSET_IN_ALL,     /* in every list */
    HOSTSET_FIRST_ONLY, /* in the first and in no other */
    HOSTSET_ODD,        /* in an odd number of lists */
};

/* Hosts by op; new.  FIRST_ONLY keeps the order and repetitions of the first
 * list; the others give every host once, sorted.
 */
struct hostlist *hostset_select (struct hostlist **lists,
                                 int count,
                                 enum hostset_op op);

/* The hosts of hl whose index is in ids (in), or is not; new. */
struct hostlist *hostset_at (struct hostlist *hl,
                             const struct idset *ids,
                             bool in);

/* Add the ids of text s; one that is no set adds none. */
void hostset_add_ids (struct idset *ids, const char *s);

/* The hosts of the instance, by rank; new.  Dies. */
struct hostlist *hostset_instance (flux_t *h);

#endif
