/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Timers in the order they are due: a binary heap of sources.
 *
 * libev has such a heap too, but under a virtual clock thousands of timers
 * are due at the same instant, and the order among them has to be that in
 * which they were started; the key here is (time, serial).
 */

#ifndef SLUICE_LOOP_HEAP_H
#define SLUICE_LOOP_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct heap_item {
    double at;
    uint64_t serial;
    size_t index; /* place in the heap, from 1; 0: not in it */
};

struct heap {
    struct heap_item **items; /* [1..count] */
    size_t count;
    size_t alloced;
};

/* Make room for one more item than there are places taken; -1 and ENOMEM.
 * heap_add then cannot fail.
 */
int heap_reserve (struct heap *heap, size_t count);
void heap_add (struct heap *heap, struct heap_item *item);
void heap_remove (struct heap *heap, struct heap_item *item);
/* The first item, or NULL. */
struct heap_item *heap_first (const struct heap *heap);
void heap_clear (struct heap *heap);

#endif
