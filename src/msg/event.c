/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <string.h>

#include <flux/event.h>
#include "msg/msg.h"

int flux_event_decode (const flux_msg_t *msg,
                       const char **topic,
                       const char **s)
{
    if (msg_expect (msg, FLUX_MSGTYPE_EVENT, topic) < 0)
        return -1;
    return s ? flux_msg_get_string (msg, s) : 0;
}

int flux_event_unpack (const flux_msg_t *msg,
                       const char **topic,
                       const char *fmt,
                       ...)
{
    const char *t;
    va_list ap;
    int rc;

    if (!fmt) {
        errno = EINVAL;
        return -1;
    }
    if (msg_expect (msg, FLUX_MSGTYPE_EVENT, &t) < 0)
        return -1;
    va_start (ap, fmt);
    rc = flux_msg_vunpack (msg, fmt, ap);
    va_end (ap);
    if (rc == 0 && topic)
        *topic = t;
    return rc;
}

int flux_event_decode_raw (const flux_msg_t *msg,
                           const char **topic,
                           const void **data,
                           size_t *len)
{
    if (!data || !len) {
        errno = EINVAL;
        return -1;
    }
    if (msg_expect (msg, FLUX_MSGTYPE_EVENT, topic) < 0)
        return -1;
    *data = msg->payload;
    *len = msg->payload_size;
    return 0;
}

flux_msg_t *flux_event_encode (const char *topic, const char *s)
{
    return msg_new (FLUX_MSGTYPE_EVENT, topic, s, s ? strlen (s) + 1 : 0);
}

flux_msg_t *flux_event_encode_raw (const char *topic,
                                   const void *data,
                                   size_t len)
{
    return msg_new (FLUX_MSGTYPE_EVENT, topic, data, len);
}

flux_msg_t *flux_event_pack (const char *topic, const char *fmt, ...)
{
    flux_msg_t *msg;
    va_list ap;
    int rc;

    if (!(msg = flux_event_encode (topic, NULL)))
        return NULL;
    va_start (ap, fmt);
    rc = flux_msg_vpack (msg, fmt, ap);
    va_end (ap);
    if (rc < 0) {
        flux_msg_destroy (msg);
        return NULL;
    }
    return msg;
}
