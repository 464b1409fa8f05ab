/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_DISCONNECT_H
#define FLUX_DISCONNECT_H

#include <flux/types.h>
#include <flux/message.h>
#include <flux/msglist.h>

#ifdef __cplusplus
extern "C" {
#endif

bool flux_disconnect_match (const flux_msg_t *msg1, const flux_msg_t *msg2);

int flux_msglist_disconnect (struct flux_msglist *l, const flux_msg_t *msg);

bool flux_cancel_match (const flux_msg_t *msg1, const flux_msg_t *msg2);

int flux_msglist_cancel (flux_t *h,
                         struct flux_msglist *l,
                         const flux_msg_t *msg);

#ifdef __cplusplus
}
#endif

#endif
