/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Reading messages that have a topic: requests and events. */

#include <errno.h>

#include "msg/msg.h"

int msg_decode (const flux_msg_t *msg,
                int type,
                const char **topic,
                const char **s)
{
    if (msg_expect (msg, type, topic) < 0)
        return -1;
    return s ? flux_msg_get_string (msg, s) : 0;
}

int msg_vunpack_as (const flux_msg_t *msg,
                    int type,
                    const char **topic,
                    const char *fmt,
                    va_list ap)
{
    const char *t;

    if (!fmt) {
        errno = EINVAL;
        return -1;
    }
    if (msg_expect (msg, type, &t) < 0 || flux_msg_vunpack (msg, fmt, ap) < 0)
        return -1;
    if (topic)
        *topic = t;
    return 0;
}

int msg_decode_raw (const flux_msg_t *msg,
                    int type,
                    const char **topic,
                    const void **data,
                    size_t *len)
{
    if (!data || !len) {
        errno = EINVAL;
        return -1;
    }
    if (msg_expect (msg, type, topic) < 0)
        return -1;
    *data = msg->payload;
    *len = msg->payload_size;
    return 0;
}
