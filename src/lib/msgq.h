/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A queue of messages, each held by one reference.  All zero is empty. */

#ifndef SLUICE_LIB_MSGQ_H
#define SLUICE_LIB_MSGQ_H

#include <flux/message.h>

struct msgq_item {
    struct msgq_item *prev;
    struct msgq_item *next;
    const flux_msg_t *msg;
};

struct msgq {
    struct msgq_item *head;
    int count;
};

/* Both take a reference of their own.  0, or -1 and ENOMEM. */
int msgq_append (struct msgq *q, const flux_msg_t *msg);
int msgq_push (struct msgq *q, const flux_msg_t *msg);

/* Remove the item and give its reference to the caller. */
const flux_msg_t *msgq_remove (struct msgq *q, struct msgq_item *item);

/* Move all of src, in order, before what is in dst. */
void msgq_splice_head (struct msgq *dst, struct msgq *src);

void msgq_clear (struct msgq *q);

#endif
