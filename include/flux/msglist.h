/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Lists of messages, each held by a reference of the list.
 */

#ifndef FLUX_MSGLIST_H
#define FLUX_MSGLIST_H

#include <flux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct flux_msglist *flux_msglist_create (void);
void flux_msglist_destroy (struct flux_msglist *l);

/* Add at the head, at the tail.  0, or -1 and EINVAL or ENOMEM. */
int flux_msglist_push (struct flux_msglist *l, const flux_msg_t *msg);
int flux_msglist_append (struct flux_msglist *l, const flux_msg_t *msg);
/* Delete the one that first, next or last answered; next goes on after it. */
void flux_msglist_delete (struct flux_msglist *l);
/* Remove the head and give its reference to the caller; NULL if empty. */
const flux_msg_t *flux_msglist_pop (struct flux_msglist *l);

/* Walk: borrowed messages, NULL at the end. */
const flux_msg_t *flux_msglist_first (struct flux_msglist *l);
const flux_msg_t *flux_msglist_next (struct flux_msglist *l);
const flux_msg_t *flux_msglist_last (struct flux_msglist *l);

int flux_msglist_count (struct flux_msglist *l);

#ifdef __cplusplus
}
#endif

#endif
