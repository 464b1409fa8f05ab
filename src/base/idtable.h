/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A table of things by id, which keep their order.
 *
 * It grows by a bucket with each thing that is added (linear hashing), so
 * that no addition takes long however many there are: a table that doubles
 * itself stops its user for a fifth of a second at a million.  It shrinks in
 * the same way when three quarters are empty.  A thing has
 * its node inside, and costs the table some ten bytes more.
 */

#ifndef SLUICE_BASE_IDTABLE_H
#define SLUICE_BASE_IDTABLE_H

#include <stddef.h>
#include <stdint.h>

struct idnode {
    uint64_t id;
    struct idnode *chain;       /* in its bucket */
    struct idnode *prev, *next; /* in the order they were added; NULL: none */
};

/* Zeroed, it is empty. */
struct idtable {
    struct idnode ***segments;
    size_t room;    /* in segments */
    size_t buckets; /* in use */
    size_t count;
    struct idnode *first, *last;
};

/* Add a node whose id is set and not in the table.  -1 and ENOMEM. */
int idtable_add (struct idtable *t, struct idnode *node);
/* NULL: there is none. */
struct idnode *idtable_find (const struct idtable *t, uint64_t id);
/* The node is in the table. */
void idtable_remove (struct idtable *t, struct idnode *node);
/* Forget all nodes, and free what the table has: it is empty after that. */
void idtable_clear (struct idtable *t);

#endif
