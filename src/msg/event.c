/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <string.h>

#include <flux/event.h>
#include "msg/msg.h"

int flux_event_decode (const flux_msg_t *msg,
                       const char **topic,
                       const char **s)
{
    return msg_decode (msg, FLUX_MSGTYPE_EVENT, topic, s);
}

int flux_event_unpack (const flux_msg_t *msg,
                       const char **topic,
                       const char *fmt,
                       ...)
{
    va_list ap;
    int rc;

    va_start (ap, fmt);
    rc = msg_vunpack_as (msg, FLUX_MSGTYPE_EVENT, topic, fmt, ap);
    va_end (ap);
    return rc;
}

int flux_event_decode_raw (const flux_msg_t *msg,
                           const char **topic,
                           const void **data,
                           size_t *len)
{
    return msg_decode_raw (msg, FLUX_MSGTYPE_EVENT, topic, data, len);
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
