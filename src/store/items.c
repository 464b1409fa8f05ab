/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/items.h"

static void item_remove (struct item **items, struct item *it)
{
    HASH_DEL (*items, it);
    free (it->key);
    free (it->data);
    free (it);
}

void items_free (struct item **items)
{
    struct item *it, *tmp;

    HASH_ITER (hh, *items, it, tmp)
    item_remove (items, it);
}

static void item_delete (struct item **items, const char *key)
{
    struct item *it;

    HASH_FIND_STR (*items, key, it);
    if (it)
        item_remove (items, it);
}

static struct item *item_get (struct item **items, const char *key)
{
    struct item *it;

    HASH_FIND_STR (*items, key, it);
    if (it)
        return it;
    if (!(it = calloc (1, sizeof (*it))) || !(it->key = strdup (key))) {
        free (it);
        return NULL;
    }
    HASH_ADD_KEYPTR (hh, *items, it->key, strlen (it->key), it);
    return it;
}

/* Put data at offset `at` and let the item end after it. */
static int item_write (struct item *it, size_t at, const void *data, size_t len)
{
    char *p = it ? realloc (it->data, at + len + 1) : NULL;

    if (!p)
        return -1;
    memcpy (p + at, data, len);
    p[at + len] = '\0';
    it->data = p;
    it->len = at + len;
    return 0;
}

int item_put (struct item **items, const struct record *r)
{
    if (r->data)
        return item_write (item_get (items, r->key), 0, r->data, r->len);
    item_delete (items, r->key);
    return 0;
}

int item_append (struct item **items, const struct record *r)
{
    struct item *it = item_get (items, r->key);

    return item_write (it, it ? it->len : 0, r->data, r->len);
}

int item_read (struct item *items, const char *key, char **data, size_t *len)
{
    struct item *it;

    HASH_FIND_STR (items, key, it);
    if (!it || !it->data) {
        errno = ENOENT;
        return -1;
    }
    if (!(*data = malloc (it->len + 1)))
        return -1;
    memcpy (*data, it->data, it->len + 1);
    if (len)
        *len = it->len;
    return 0;
}
