/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <string.h>

#include <flux/response.h>
#include "msg/msg.h"

/* A response that says no fails its decoding with the errno it carries. */
static int expect_success (const flux_msg_t *msg, const char **topic)
{
    const char *t;

    if (msg_expect (msg, FLUX_MSGTYPE_RESPONSE, &t) < 0)
        return -1;
    if (msg->aux1 != 0) {
        errno = (int)msg->aux1;
        return -1;
    }
    if (topic)
        *topic = t;
    return 0;
}

int flux_response_decode (const flux_msg_t *msg,
                          const char **topic,
                          const char **s)
{
    if (expect_success (msg, topic) < 0)
        return -1;
    return s ? flux_msg_get_string (msg, s) : 0;
}

int flux_response_decode_raw (const flux_msg_t *msg,
                              const char **topic,
                              const void **data,
                              size_t *len)
{
    if (!data || !len) {
        errno = EINVAL;
        return -1;
    }
    if (expect_success (msg, topic) < 0)
        return -1;
    *data = msg->payload;
    *len = msg->payload_size;
    return 0;
}

int flux_response_decode_error (const flux_msg_t *msg, const char **errstr)
{
    const char *s;

    if (!msg || !errstr) {
        errno = EINVAL;
        return -1;
    }
    if (msg->type != FLUX_MSGTYPE_RESPONSE) {
        errno = EPROTO;
        return -1;
    }
    if (msg->aux1 == 0 || !msg->payload) {
        errno = ENOENT;
        return -1;
    }
    if (flux_msg_get_string (msg, &s) < 0)
        return -1;
    *errstr = s;
    return 0;
}

flux_msg_t *flux_response_encode (const char *topic, const char *s)
{
    return msg_new (FLUX_MSGTYPE_RESPONSE, topic, s, s ? strlen (s) + 1 : 0);
}

flux_msg_t *flux_response_encode_raw (const char *topic,
                                      const void *data,
                                      size_t len)
{
    return msg_new (FLUX_MSGTYPE_RESPONSE, topic, data, len);
}

flux_msg_t *flux_response_encode_error (const char *topic,
                                        int errnum,
                                        const char *errstr)
{
    flux_msg_t *msg;

    if (errnum == 0) {
        errno = EINVAL;
        return NULL;
    }
    if ((msg = flux_response_encode (topic, errstr)))
        msg->aux1 = (uint32_t)errnum;
    return msg;
}

/* Topic, tag, routes and flags are the request's; credentials are not: the
 * broker puts the responder's.
 */
flux_msg_t *flux_response_derive (const flux_msg_t *request, int errnum)
{
    flux_msg_t *msg;

    if (!request || request->type != FLUX_MSGTYPE_REQUEST) {
        errno = EINVAL;
        return NULL;
    }
    if (!(msg = flux_msg_copy (request, false)))
        return NULL;
    msg->type = FLUX_MSGTYPE_RESPONSE;
    msg->flags &= MSGFLAGS_FRAMES | FLUX_MSGFLAG_STREAMING;
    msg->userid = FLUX_USERID_UNKNOWN;
    msg->rolemask = FLUX_ROLE_NONE;
    msg->aux1 = (uint32_t)errnum;
    return msg;
}
