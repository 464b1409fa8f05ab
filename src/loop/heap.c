/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdbool.h>
#include <stdlib.h>

#include "loop/heap.h"

static bool before (const struct heap_item *a, const struct heap_item *b)
{
    if (a->at != b->at)
        return a->at < b->at;
    return a->serial < b->serial;
}

static void put (struct heap *heap, size_t i, struct heap_item *item)
{
    heap->items[i] = item;
    item->index = i;
}

static void sift_up (struct heap *heap, size_t i, struct heap_item *item)
{
    while (i > 1 && before (item, heap->items[i / 2])) {
        put (heap, i, heap->items[i / 2]);
        i /= 2;
    }
    put (heap, i, item);
}

static void sift_down (struct heap *heap, size_t i, struct heap_item *item)
{
    size_t child;

    while ((child = 2 * i) <= heap->count) {
        if (child < heap->count
            && before (heap->items[child + 1], heap->items[child]))
            child++;
        if (!before (heap->items[child], item))
            break;
        put (heap, i, heap->items[child]);
        i = child;
    }
    put (heap, i, item);
}

int heap_reserve (struct heap *heap, size_t count)
{
    struct heap_item **items;
    size_t n = heap->alloced ? heap->alloced : 16;

    if (count + 1 <= heap->alloced)
        return 0;
    while (n < count + 1)
        n *= 2;
    if (!(items = realloc (heap->items, n * sizeof (*items))))
        return -1;
    heap->items = items;
    heap->alloced = n;
    return 0;
}

void heap_add (struct heap *heap, struct heap_item *item)
{
    heap->count++;
    sift_up (heap, heap->count, item);
}

void heap_remove (struct heap *heap, struct heap_item *item)
{
    size_t i = item->index;
    struct heap_item *last;

    if (i == 0)
        return;
    last = heap->items[heap->count--];
    item->index = 0;
    if (last == item)
        return;
    if (i > 1 && before (last, heap->items[i / 2]))
        sift_up (heap, i, last);
    else
        sift_down (heap, i, last);
}

struct heap_item *heap_first (const struct heap *heap)
{
    return heap->count ? heap->items[1] : NULL;
}

void heap_clear (struct heap *heap)
{
    free (heap->items);
    *heap = (struct heap){ 0 };
}
