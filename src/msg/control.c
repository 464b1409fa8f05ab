/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <flux/control.h>

flux_msg_t *flux_control_encode (int type, int status)
{
    flux_msg_t *msg;

    if ((msg = flux_msg_create (FLUX_MSGTYPE_CONTROL)))
        flux_msg_set_control (msg, type, status);
    return msg;
}

int flux_control_decode (const flux_msg_t *msg, int *type, int *status)
{
    return flux_msg_get_control (msg, type, status);
}
