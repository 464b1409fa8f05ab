/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "msg/auxlist.h"

struct auxitem {
    struct auxitem *next;
    void *value;
    flux_free_f destroy;
    bool named;
    char name[];
};

static void item_destroy (struct auxitem *item)
{
    int saved = errno;

    if (item->destroy)
        item->destroy (item->value);
    free (item);
    errno = saved;
}

static struct auxitem *item_find (struct auxitem *head, const char *name)
{
    struct auxitem *item;

    LL_FOREACH (head, item)
    {
        if (item->named && !strcmp (item->name, name))
            return item;
    }
    return NULL;
}

int auxlist_set (struct auxitem **head,
                 const char *name,
                 void *value,
                 flux_free_f destroy)
{
    struct auxitem *item = NULL;
    struct auxitem *old;
    size_t size = name ? strlen (name) + 1 : 1;

    if ((!name && !value) || (!value && destroy)) {
        errno = EINVAL;
        return -1;
    }
    if (value) {
        if (!(item = calloc (1, sizeof (*item) + size)))
            return -1;
        item->value = value;
        item->destroy = destroy;
        item->named = name != NULL;
        if (name)
            memcpy (item->name, name, size);
    }
    old = name ? item_find (*head, name) : NULL;
    if (old)
        LL_DELETE (*head, old);
    if (item && name)
        LL_PREPEND (*head, item);
    else if (item)
        LL_APPEND (*head, item);
    if (old)
        item_destroy (old);
    return 0;
}

void *auxlist_get (struct auxitem *head, const char *name)
{
    struct auxitem *item;

    if (!name) {
        errno = EINVAL;
        return NULL;
    }
    if (!(item = item_find (head, name))) {
        errno = ENOENT;
        return NULL;
    }
    return item->value;
}

void auxlist_delete_value (struct auxitem **head, const void *value)
{
    struct auxitem *item;

    LL_FOREACH (*head, item)
    {
        if (item->value == value) {
            LL_DELETE (*head, item);
            item_destroy (item);
            return;
        }
    }
}

void auxlist_clear (struct auxitem **head)
{
    struct auxitem *item;

    /* A destructor may look at the list, so take one off at a time. */
    while ((item = *head)) {
        LL_DELETE (*head, item);
        item_destroy (item);
    }
}
