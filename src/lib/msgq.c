/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdlib.h>
#include <utlist.h>

#include "lib/msgq.h"

static struct msgq_item *item_create (const flux_msg_t *msg)
{
    struct msgq_item *item;

    if ((item = malloc (sizeof (*item))))
        item->msg = flux_msg_incref (msg);
    return item;
}

int msgq_append (struct msgq *q, const flux_msg_t *msg)
{
    struct msgq_item *item;

    if (!(item = item_create (msg)))
        return -1;
    DL_APPEND (q->head, item);
    q->count++;
    return 0;
}

int msgq_push (struct msgq *q, const flux_msg_t *msg)
{
    struct msgq_item *item;

    if (!(item = item_create (msg)))
        return -1;
    DL_PREPEND (q->head, item);
    q->count++;
    return 0;
}

const flux_msg_t *msgq_remove (struct msgq *q, struct msgq_item *item)
{
    const flux_msg_t *msg = item->msg;

    DL_DELETE (q->head, item);
    q->count--;
    free (item);
    return msg;
}

void msgq_splice_head (struct msgq *dst, struct msgq *src)
{
    DL_CONCAT (src->head, dst->head);
    dst->head = src->head;
    dst->count += src->count;
    src->head = NULL;
    src->count = 0;
}

void msgq_clear (struct msgq *q)
{
    while (q->head)
        flux_msg_decref (msgq_remove (q, q->head));
}
