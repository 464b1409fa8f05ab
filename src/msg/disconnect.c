/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Which requests end when a client goes away, or says that it no longer
 * wants one.
 */

#include <errno.h>
#include <stdlib.h>

#include <flux/disconnect.h>
#include "msg/msg.h"

/* Came both from the same connection, and may who sent msg1 end what the
 * sender of msg2 asked for?
 */
bool flux_disconnect_match (const flux_msg_t *msg1, const flux_msg_t *msg2)
{
    return msg1 && msg2 && flux_msg_route_match_first (msg1, msg2)
           && flux_msg_authorize (msg1, msg2->userid) == 0;
}

bool flux_cancel_match (const flux_msg_t *msg1, const flux_msg_t *msg2)
{
    json_int_t tag;

    return flux_disconnect_match (msg1, msg2)
           && flux_msg_unpack (msg1, "{s:I}", "matchtag", &tag) == 0 && tag >= 0
           && tag <= UINT32_MAX && flux_msg_cmp_matchtag (msg2, (uint32_t)tag);
}

int flux_msglist_disconnect (struct flux_msglist *l, const flux_msg_t *msg)
{
    const flux_msg_t *item;
    int count = 0;

    if (!l || !msg) {
        errno = EINVAL;
        return -1;
    }
    item = flux_msglist_first (l);
    while (item) {
        if (flux_disconnect_match (msg, item)) {
            flux_msglist_delete (l);
            count++;
        }
        item = flux_msglist_next (l);
    }
    return count;
}
