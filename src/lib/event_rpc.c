/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Subscribing to events and publishing them (flux_event_subscribe(3),
 * flux_event_publish(3)).
 */

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>

static flux_future_t *subscription (flux_t *h,
                                    const char *method,
                                    const char *topic,
                                    int flags)
{
    flux_future_t *f;

    if (!h || !topic) {
        errno = EINVAL;
        return NULL;
    }
    if ((flux_flags_get (h) & FLUX_O_TEST_NOSUB)) {
        if ((f = flux_future_create (NULL, NULL))) {
            flux_future_set_flux (f, h);
            flux_future_fulfill (f, NULL, NULL);
        }
        return f;
    }
    return flux_rpc_pack (h,
                          method,
                          FLUX_NODEID_ANY,
                          flags,
                          "{s:s}",
                          "topic",
                          topic);
}

flux_future_t *flux_event_subscribe_ex (flux_t *h, const char *topic, int flags)
{
    return subscription (h, "event.subscribe", topic, flags);
}

flux_future_t *flux_event_unsubscribe_ex (flux_t *h,
                                          const char *topic,
                                          int flags)
{
    return subscription (h, "event.unsubscribe", topic, flags);
}

static int wait_and_destroy (flux_future_t *f)
{
    int rc;

    if (!f)
        return -1;
    rc = flux_future_get (f, NULL);
    flux_future_destroy (f);
    return rc;
}

int flux_event_subscribe (flux_t *h, const char *topic)
{
    return wait_and_destroy (flux_event_subscribe_ex (h, topic, 0));
}

int flux_event_unsubscribe (flux_t *h, const char *topic)
{
    return wait_and_destroy (flux_event_unsubscribe_ex (h, topic, 0));
}

/* RFC 4648; NULL and ENOMEM. */
static char *base64 (const void *data, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = data;
    char *s;
    char *out;

    if (!(s = malloc ((len + 2) / 3 * 4 + 1)))
        return NULL;
    for (out = s; len > 0;) {
        size_t n = len < 3 ? len : 3;
        unsigned int v =
            p[0] << 16 | (n > 1 ? p[1] << 8 : 0) | (n > 2 ? p[2] : 0);

        *out++ = digits[v >> 18];
        *out++ = digits[v >> 12 & 63];
        *out++ = n > 1 ? digits[v >> 6 & 63] : '=';
        *out++ = n > 2 ? digits[v & 63] : '=';
        p += n;
        len -= n;
    }
    *out = '\0';
    return s;
}

flux_future_t *flux_event_publish_raw (flux_t *h,
                                       const char *topic,
                                       int flags,
                                       const void *data,
                                       size_t len)
{
    flux_future_t *f;
    char *payload = NULL;

    if (!h || !topic || (flags & ~FLUX_MSGFLAG_PRIVATE) || (!data && len > 0)) {
        errno = EINVAL;
        return NULL;
    }
    if (data && !(payload = base64 (data, len)))
        return NULL;
    f = flux_rpc_pack (h,
                       "event.publish",
                       0,
                       0,
                       "{s:s s:i s:s*}",
                       "topic",
                       topic,
                       "flags",
                       flags,
                       "payload",
                       payload);
    free (payload);
    return f;
}

flux_future_t *flux_event_publish (flux_t *h,
                                   const char *topic,
                                   int flags,
                                   const char *s)
{
    return flux_event_publish_raw (h, topic, flags, s, s ? strlen (s) + 1 : 0);
}

flux_future_t *flux_event_publish_pack (flux_t *h,
                                        const char *topic,
                                        int flags,
                                        const char *fmt,
                                        ...)
{
    flux_future_t *f = NULL;
    flux_msg_t *msg;
    const char *s;
    va_list ap;
    int rc;

    if (!topic || !fmt) {
        errno = EINVAL;
        return NULL;
    }
    if (!(msg = flux_event_encode (topic, NULL)))
        return NULL;
    va_start (ap, fmt);
    rc = flux_msg_vpack (msg, fmt, ap);
    va_end (ap);
    if (rc == 0 && flux_msg_get_string (msg, &s) == 0)
        f = flux_event_publish (h, topic, flags, s);
    flux_msg_destroy (msg);
    return f;
}

int flux_event_publish_get_seq (flux_future_t *f, int *seq)
{
    int val;

    if (flux_rpc_get_unpack (f, "{s:i}", "seq", &val) < 0)
        return -1;
    if (seq)
        *seq = val;
    return 0;
}
