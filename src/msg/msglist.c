/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#include <flux/message.h>
#include <flux/msglist.h>

struct item {
    struct item *prev;
    struct item *next;
    const flux_msg_t *msg;
};

struct flux_msglist {
    struct item *head;
    /* What first/next/last answered; after flux_msglist_delete() the item
     * before it (NULL with at_start: the start of the list).
     */
    struct item *cursor;
    bool at_start;
    int count;
};

struct flux_msglist *flux_msglist_create (void)
{
    return calloc (1, sizeof (struct flux_msglist));
}

static void item_remove (struct flux_msglist *l, struct item *item)
{
    DL_DELETE (l->head, item);
    l->count--;
    flux_msg_decref (item->msg);
    free (item);
}

void flux_msglist_destroy (struct flux_msglist *l)
{
    int saved = errno;

    if (!l)
        return;
    while (l->head)
        item_remove (l, l->head);
    free (l);
    errno = saved;
}

static struct item *item_new (struct flux_msglist *l, const flux_msg_t *msg)
{
    struct item *item;

    if (!l || !msg) {
        errno = EINVAL;
        return NULL;
    }
    if (!(item = calloc (1, sizeof (*item))))
        return NULL;
    item->msg = flux_msg_incref (msg);
    l->count++;
    return item;
}

int flux_msglist_push (struct flux_msglist *l, const flux_msg_t *msg)
{
    struct item *item;

    if (!(item = item_new (l, msg)))
        return -1;
    DL_PREPEND (l->head, item);
    return 0;
}

int flux_msglist_append (struct flux_msglist *l, const flux_msg_t *msg)
{
    struct item *item;

    if (!(item = item_new (l, msg)))
        return -1;
    DL_APPEND (l->head, item);
    return 0;
}

void flux_msglist_delete (struct flux_msglist *l)
{
    struct item *item;

    if (!l || !(item = l->cursor))
        return;
    l->at_start = item == l->head;
    l->cursor = l->at_start ? NULL : item->prev;
    item_remove (l, item);
}

const flux_msg_t *flux_msglist_pop (struct flux_msglist *l)
{
    const flux_msg_t *msg;

    if (!l || !l->head)
        return NULL;
    if (l->cursor == l->head) {
        l->cursor = NULL;
        l->at_start = true;
    }
    msg = flux_msg_incref (l->head->msg);
    item_remove (l, l->head);
    return msg;
}

static const flux_msg_t *point (struct flux_msglist *l, struct item *item)
{
    l->cursor = item;
    l->at_start = false;
    return item ? item->msg : NULL;
}

const flux_msg_t *flux_msglist_first (struct flux_msglist *l)
{
    return l ? point (l, l->head) : NULL;
}

const flux_msg_t *flux_msglist_next (struct flux_msglist *l)
{
    if (!l)
        return NULL;
    if (l->at_start)
        return point (l, l->head);
    return l->cursor ? point (l, l->cursor->next) : NULL;
}

const flux_msg_t *flux_msglist_last (struct flux_msglist *l)
{
    return l ? point (l, l->head ? l->head->prev : NULL) : NULL;
}

int flux_msglist_count (struct flux_msglist *l)
{
    return l ? l->count : 0;
}
