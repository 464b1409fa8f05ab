/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/tagpool.h"

#define POOL_MIN 16

/* New tags go to the free list the lowest first, as small numbers are easy
 * to read in traces.
 */
static int grow (struct tagpool *pool)
{
    uint32_t size = pool->size ? pool->size * 2 : POOL_MIN;
    struct tag *tags;

    if (size < pool->size) {
        errno = ENOMEM;
        return -1;
    }
    if (!(tags = realloc (pool->tags, size * sizeof (*tags))))
        return -1;
    memset (tags + pool->size, 0, (size - pool->size) * sizeof (*tags));
    for (uint32_t i = size - 1; i >= pool->size && i > 0; i--) {
        tags[i].next = pool->free_head;
        pool->free_head = i;
    }
    pool->tags = tags;
    pool->size = size;
    return 0;
}

uint32_t tagpool_alloc (struct tagpool *pool,
                        enum tag_state state,
                        void *owner,
                        bool streaming)
{
    uint32_t i;

    if (pool->free_head == 0 && grow (pool) < 0)
        return 0;
    i = pool->free_head;
    pool->free_head = pool->tags[i].next;
    pool->tags[i].state = state;
    pool->tags[i].owner = owner;
    pool->tags[i].streaming = streaming;
    pool->used++;
    return i;
}

struct tag *tagpool_lookup (struct tagpool *pool, uint32_t tag)
{
    if (tag == 0 || tag >= pool->size || pool->tags[tag].state == TAG_FREE)
        return NULL;
    return &pool->tags[tag];
}

void tagpool_free (struct tagpool *pool, uint32_t tag)
{
    struct tag *t;

    if (!(t = tagpool_lookup (pool, tag)))
        return;
    t->state = TAG_FREE;
    t->owner = NULL;
    t->next = pool->free_head;
    pool->free_head = tag;
    pool->used--;
}

void tagpool_clear (struct tagpool *pool)
{
    free (pool->tags);
    memset (pool, 0, sizeof (*pool));
}
