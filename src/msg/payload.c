/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "msg/msg.h"

static int fail (int errnum)
{
    errno = errnum;
    return -1;
}

static void set_error (struct flux_msg *msg, const char *text)
{
    free (msg->last_error);
    msg->last_error = text ? strdup (text) : NULL;
}

void msg_payload_changed (struct flux_msg *msg)
{
    json_decref (msg->json);
    msg->json = NULL;
    set_error (msg, NULL);
}

/* Give msg a payload of the bytes at buf (from malloc), which it owns now. */
static void msg_payload_take (struct flux_msg *msg, void *buf, size_t size)
{
    msg_payload_changed (msg);
    msg_mem_free (msg, msg->payload);
    msg->payload = buf;
    msg->payload_size = size;
    if (buf)
        msg->flags |= FLUX_MSGFLAG_PAYLOAD;
    else
        msg->flags &= ~FLUX_MSGFLAG_PAYLOAD;
}

int flux_msg_set_payload (flux_msg_t *msg, const void *buf, size_t size)
{
    void *cpy = NULL;

    if (!msg || (!buf != !size))
        return fail (EINVAL);
    if (buf) {
        /* buf may be (part of) the old payload: copy before that goes. */
        if (!(cpy = msg_mem (msg, size)))
            return -1;
        memcpy (cpy, buf, size);
    }
    msg_payload_take (msg, cpy, size);
    return 0;
}

int flux_msg_get_payload (const flux_msg_t *msg, const void **buf, size_t *size)
{
    if (!msg)
        return fail (EINVAL);
    if (!msg->payload)
        return fail (EPROTO);
    if (buf)
        *buf = msg->payload;
    if (size)
        *size = msg->payload_size;
    return 0;
}

bool flux_msg_has_payload (const flux_msg_t *msg)
{
    return msg && msg->payload;
}

int flux_msg_set_string (flux_msg_t *msg, const char *s)
{
    return flux_msg_set_payload (msg, s, s ? strlen (s) + 1 : 0);
}

int flux_msg_get_string (const flux_msg_t *msg, const char **s)
{
    const char *text;

    if (!msg || !s)
        return fail (EINVAL);
    text = msg->payload;
    if (text && (msg->payload_size == 0 || text[msg->payload_size - 1] != '\0'))
        return fail (EPROTO);
    *s = text;
    return 0;
}

int flux_msg_vpack (flux_msg_t *msg, const char *fmt, va_list ap)
{
    json_t *o;
    json_error_t error;
    char *s;

    if (!msg || !fmt || !*fmt)
        return fail (EINVAL);
    set_error (msg, NULL);
    if (!(o = json_vpack_ex (&error, 0, fmt, ap))) {
        set_error (msg, error.text);
        return fail (EINVAL);
    }
    if (!json_is_object (o)) {
        json_decref (o);
        set_error (msg, "payload is not a JSON object");
        return fail (EINVAL);
    }
    s = json_dumps (o, JSON_COMPACT);
    json_decref (o);
    if (!s)
        return fail (ENOMEM);
    msg_payload_take (msg, s, strlen (s) + 1);
    return 0;
}

int flux_msg_pack (flux_msg_t *msg, const char *fmt, ...)
{
    va_list ap;
    int rc;

    va_start (ap, fmt);
    rc = flux_msg_vpack (msg, fmt, ap);
    va_end (ap);
    return rc;
}

/* Parse the payload, once: strings that callers unpacked live in it. */
static int parse (struct flux_msg *msg)
{
    const char *s;
    json_error_t error;

    if (msg->json)
        return 0;
    if (!msg->payload) {
        set_error (msg, "message has no payload");
        return fail (EPROTO);
    }
    if (flux_msg_get_string (msg, &s) < 0) {
        set_error (msg, "payload is not terminated by a NUL");
        return fail (EPROTO);
    }
    if (!(msg->json = json_loadb (s, msg->payload_size - 1, 0, &error))) {
        set_error (msg, error.text);
        return fail (EPROTO);
    }
    if (!json_is_object (msg->json)) {
        msg_payload_changed (msg);
        set_error (msg, "payload is not a JSON object");
        return fail (EPROTO);
    }
    return 0;
}

int flux_msg_vunpack (const flux_msg_t *cmsg, const char *fmt, va_list ap)
{
    /* What is kept (the parsed payload, the error) is no part of the value. */
    struct flux_msg *msg = (struct flux_msg *)cmsg;
    json_error_t error;

    if (!msg || !fmt || !*fmt)
        return fail (EINVAL);
    set_error (msg, NULL);
    if (parse (msg) < 0)
        return -1;
    if (json_vunpack_ex (msg->json, &error, 0, fmt, ap) < 0) {
        set_error (msg, error.text);
        return fail (EPROTO);
    }
    return 0;
}

int flux_msg_unpack (const flux_msg_t *msg, const char *fmt, ...)
{
    va_list ap;
    int rc;

    va_start (ap, fmt);
    rc = flux_msg_vunpack (msg, fmt, ap);
    va_end (ap);
    return rc;
}

const char *flux_msg_last_error (const flux_msg_t *msg)
{
    if (!msg)
        return "msg object is NULL";
    return msg->last_error ? msg->last_error : "";
}
