/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>

#include <flux/core.h>
#include <flux/disconnect.h>

int flux_msglist_cancel (flux_t *h,
                         struct flux_msglist *l,
                         const flux_msg_t *msg)
{
    const flux_msg_t *item;

    if (!h || !l || !msg) {
        errno = EINVAL;
        return -1;
    }
    for (item = flux_msglist_first (l); item; item = flux_msglist_next (l)) {
        if (flux_cancel_match (msg, item)) {
            int rc = flux_respond_error (h, item, ENODATA, NULL);

            flux_msglist_delete (l);
            return rc;
        }
    }
    return 0;
}
