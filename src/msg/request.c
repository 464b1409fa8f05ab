/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <string.h>

#include <flux/request.h>
#include "msg/msg.h"

int flux_request_decode (const flux_msg_t *msg,
                         const char **topic,
                         const char **s)
{
    return msg_decode (msg, FLUX_MSGTYPE_REQUEST, topic, s);
}

int flux_request_unpack (const flux_msg_t *msg,
                         const char **topic,
                         const char *fmt,
                         ...)
{
    va_list ap;
    int rc;

    va_start (ap, fmt);
    rc = msg_vunpack_as (msg, FLUX_MSGTYPE_REQUEST, topic, fmt, ap);
    va_end (ap);
    return rc;
}

int flux_request_decode_raw (const flux_msg_t *msg,
                             const char **topic,
                             const void **data,
                             size_t *len)
{
    return msg_decode_raw (msg, FLUX_MSGTYPE_REQUEST, topic, data, len);
}

flux_msg_t *flux_request_encode (const char *topic, const char *s)
{
    return msg_new (FLUX_MSGTYPE_REQUEST, topic, s, s ? strlen (s) + 1 : 0);
}

flux_msg_t *flux_request_encode_raw (const char *topic,
                                     const void *data,
                                     size_t len)
{
    return msg_new (FLUX_MSGTYPE_REQUEST, topic, data, len);
}
