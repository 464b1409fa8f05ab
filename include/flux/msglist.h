/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_MSGLIST_H
#define FLUX_MSGLIST_H

#include <flux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct flux_msglist *flux_msglist_create (void);
void flux_msglist_destroy (struct flux_msglist *l);

int flux_msglist_push (struct flux_msglist *l, const flux_msg_t *msg);
int flux_msglist_append (struct flux_msglist *l, const flux_msg_t *msg);
void flux_msglist_delete (struct flux_msglist *l);
const flux_msg_t *flux_msglist_pop (struct flux_msglist *l);

const flux_msg_t *flux_msglist_first (struct flux_msglist *l);
const flux_msg_t *flux_msglist_next (struct flux_msglist *l);
const flux_msg_t *flux_msglist_last (struct flux_msglist *l);

int flux_msglist_count (struct flux_msglist *l);

#ifdef __cplusplus
}
#endif

#endif
