/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Requests that end before their time (RFC 6).
 */

#ifndef FLUX_DISCONNECT_H
#define FLUX_DISCONNECT_H

#include <flux/types.h>
#include <flux/message.h>
#include <flux/msglist.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Does the disconnect request msg1 end msg2: same sender, and allowed to? */
bool flux_disconnect_match (const flux_msg_t *msg1, const flux_msg_t *msg2);

/* Remove all that msg ends from l; their number, or -1 and EINVAL. */
int flux_msglist_disconnect (struct flux_msglist *l, const flux_msg_t *msg);

/* The same, of the one request whose matchtag is in the payload of msg1. */
bool flux_cancel_match (const flux_msg_t *msg1, const flux_msg_t *msg2);

/* Answer the request that msg cancels with ENODATA and remove it from l.
 * 0 (also if there is none), or -1 and errno.
 */
int flux_msglist_cancel (flux_t *h,
                         struct flux_msglist *l,
                         const flux_msg_t *msg);

#ifdef __cplusplus
}
#endif

#endif
