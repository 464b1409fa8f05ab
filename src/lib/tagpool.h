/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Matchtags (RFC 6): the numbers that tell a handle which request a response
 * belongs to, and what the owner of each is waiting for.
 */

#ifndef SLUICE_LIB_TAGPOOL_H
#define SLUICE_LIB_TAGPOOL_H

#include <stdbool.h>
#include <stdint.h>

enum tag_state {
    TAG_FREE,
    TAG_USER,    /* from flux_matchtag_alloc(): responses go to handlers */
    TAG_RPC,     /* owner is the RPC that waits */
    TAG_RETIRED, /* its RPC is gone, the last response is yet to come */
};

struct tag {
    void *owner;
    uint32_t next; /* in the list of free ones */
    uint8_t state;
    bool streaming;
};

/* All zero is an empty pool.  tags[0] is never used: 0 means no tag. */
struct tagpool {
    struct tag *tags;
    uint32_t size;
    uint32_t free_head;
    uint32_t used;
};

/* A free tag, put into the given state; 0 and ENOMEM. */
uint32_t tagpool_alloc (struct tagpool *pool,
                        enum tag_state state,
                        void *owner,
                        bool streaming);

/* The tag, or NULL if it is not in use. */
struct tag *tagpool_lookup (struct tagpool *pool, uint32_t tag);

/* Give the tag back; nothing happens if it is not in use. */
void tagpool_free (struct tagpool *pool, uint32_t tag);

void tagpool_clear (struct tagpool *pool);

#endif
