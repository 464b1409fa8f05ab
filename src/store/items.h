/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Named runs of bytes, for the store in memory: the logs and the values of a
 * job, the values of the instance.  A list is NULL when it is empty.
 */

#ifndef SLUICE_STORE_ITEMS_H
#define SLUICE_STORE_ITEMS_H

#include <uthash.h>

#include "store/batch.h"

struct item {
    char *key;
    char *data;
    size_t len;
    UT_hash_handle hh;
};

/* Set the item a record names to its data, or delete it if it has none; and:
 * append the data.  -1 and ENOMEM.
 */
int item_put (struct item **items, const struct record *r);
int item_append (struct item **items, const struct record *r);
/* As store_value_get. */
int item_read (struct item *items, const char *key, char **data, size_t *len);
void items_free (struct item **items);

#endif
