/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>

#include <flux/message.h>
#include <flux/request.h>
#include <flux/response.h>
#include "tap.h"

/* What a real client sends for attr.get, tag 1 (body only). */
static const unsigned char request[] = {
    0x00, 0x08, 'a',  't',  't',  'r',  '.',  'g',  'e',  't',
    0x11, '{',  '"',  'n',  'a',  'm',  'e',  '"',  ':',  ' ',
    '"',  'r',  'a',  'n',  'k',  '"',  '}',  0x00, 0x14, 0x8e,
    0x01, 0x01, 0x0b, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00,
    0x00, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01,
};

static void test_golden (void)
{
    flux_msg_t *msg = flux_msg_decode (request, sizeof (request));
    unsigned char buf[256];
    const char *topic = NULL;
    const char *s = NULL;
    const char *name;
    uint32_t tag;

    ok (msg != NULL, "a client's request is decoded");
    ok (flux_request_decode (msg, &topic, &s) == 0, "it is a request");
    is_str (topic, "attr.get", "its topic");
    is_str (s, "{\"name\": \"rank\"}", "its payload");
    ok (flux_msg_get_matchtag (msg, &tag) == 0 && tag == 1, "its tag");
    is_int (flux_msg_route_count (msg), 0, "an empty route stack");
    ok (flux_msg_unpack (msg, "{s:s}", "name", &name) == 0
            && !strcmp (name, "rank"),
        "its JSON");
    is_int (flux_msg_encode_size (msg), sizeof (request), "the same size");
    ok (flux_msg_encode (msg, buf, sizeof (request)) == 0
            && !memcmp (buf, request, sizeof (request)),
        "and the same bytes again");
    errno = 0;
    ok (flux_msg_encode (msg, buf, sizeof (request) - 1) < 0 && errno == EINVAL,
        "not into less room");
    flux_msg_destroy (msg);

    msg = flux_request_encode ("attr.get", "{\"name\": \"rank\"}");
    flux_msg_set_matchtag (msg, 1);
    ok (flux_msg_encode_size (msg) == sizeof (request)
            && flux_msg_encode (msg, buf, sizeof (buf)) == 0
            && !memcmp (buf, request, sizeof (request)),
        "ours has the same bytes");
    flux_msg_destroy (msg);
}

static flux_msg_t *round_trip (const flux_msg_t *msg)
{
    ssize_t size = flux_msg_encode_size (msg);
    /* exactly as much as is needed, for the address sanitizer */
    void *buf = malloc (size);
    flux_msg_t *msg2 = NULL;

    if (flux_msg_encode (msg, buf, size) == 0)
        msg2 = flux_msg_decode (buf, size);
    free (buf);
    return msg2;
}

static void test_sizes (void)
{
    static const size_t sizes[] = { 1, 253, 254, 255, 256, 70000 };

    for (size_t i = 0; i < sizeof (sizes) / sizeof (sizes[0]); i++) {
        size_t n = sizes[i];
        char *s = malloc (n + 1);
        flux_msg_t *msg;
        flux_msg_t *msg2;
        const char *topic;
        const void *p;
        size_t len;

        memset (s, 'a', n);
        s[n] = '\0';
        msg = flux_request_encode_raw (s, s, n);
        flux_msg_route_push (msg, s);
        flux_msg_route_push (msg, "second");
        msg2 = round_trip (msg);
        ok (msg2 && flux_msg_get_topic (msg2, &topic) == 0 && !strcmp (topic, s)
                && flux_msg_get_payload (msg2, &p, &len) == 0 && len == n
                && !memcmp (p, s, n) && !strcmp (flux_msg_route_first (msg2), s)
                && !strcmp (flux_msg_route_last (msg2), "second"),
            "parts of %zu bytes come back",
            n);
        ok (flux_msg_route_push (msg2, "third") == 0
                && !strcmp (flux_msg_route_last (msg2), "third")
                && flux_msg_route_count (msg2) == 3,
            "and take another route");
        flux_msg_destroy (msg);
        flux_msg_destroy (msg2);
        free (s);
    }
}

static void test_types (void)
{
    flux_msg_t *msg = flux_msg_create (FLUX_MSGTYPE_EVENT);
    flux_msg_t *msg2;
    uint32_t seq;
    int type, status;

    flux_msg_set_topic (msg, "x");
    flux_msg_set_seq (msg, 0x01020304);
    flux_msg_set_private (msg);
    msg2 = round_trip (msg);
    ok (msg2 && flux_msg_get_seq (msg2, &seq) == 0 && seq == 0x01020304
            && flux_msg_is_private (msg2) && flux_msg_route_count (msg2) < 0,
        "an event");
    flux_msg_destroy (msg);
    flux_msg_destroy (msg2);
    msg = flux_msg_create (FLUX_MSGTYPE_CONTROL);
    flux_msg_set_control (msg, 3, -1);
    msg2 = round_trip (msg);
    ok (msg2 && flux_msg_get_control (msg2, &type, &status) == 0 && type == 3
            && status == -1,
        "a control message");
    flux_msg_destroy (msg);
    flux_msg_destroy (msg2);
    msg = flux_response_encode_error ("a.b", ENODATA, NULL);
    msg2 = round_trip (msg);
    errno = 0;
    ok (flux_response_decode (msg2, NULL, NULL) < 0 && errno == ENODATA,
        "a response that says no");
    flux_msg_destroy (msg);
    flux_msg_destroy (msg2);
}

static bool refused (const unsigned char *buf, size_t len)
{
    /* a copy of its own, so that a read past the end is seen */
    unsigned char *cpy = malloc (len ? len : 1);
    flux_msg_t *msg;

    memcpy (cpy, buf, len);
    errno = 0;
    msg = flux_msg_decode (cpy, len);
    free (cpy);
    flux_msg_destroy (msg);
    return !msg && errno == EPROTO;
}

static void test_hostile (void)
{
    unsigned char buf[sizeof (request) + 1];
    int good = 0;

    for (size_t n = 0; n < sizeof (request); n++)
        good += refused (request, n);
    is_int (good, sizeof (request), "each shorter piece is refused");
    memcpy (buf, request, sizeof (request));
    buf[sizeof (request)] = 0;
    ok (refused (buf, sizeof (buf)), "and one byte more");
    buf[29] = 0x8f;
    ok (refused (buf, sizeof (request)), "bad magic");
    buf[29] = 0x8e;
    buf[30] = 2;
    ok (refused (buf, sizeof (request)), "bad version");
    buf[30] = 1;
    buf[31] = 3;
    ok (refused (buf, sizeof (request)), "bad type");
    buf[31] = 1;
    buf[32] = 0x0b | 0x44;
    ok (refused (buf, sizeof (request)), "streaming and noresponse");
    buf[32] = 0x03;
    ok (refused (buf, sizeof (request)), "a delimiter without the flag");
    buf[32] = 0x09;
    ok (refused (buf, sizeof (request)), "a payload without the flag");
    buf[32] = 0x0b;
    buf[4] = 0;
    ok (refused (buf, sizeof (request)), "a NUL in the topic");
    buf[4] = 't';
    buf[1] = 0xff;
    ok (refused (buf, sizeof (request)), "a length over the end");
    buf[1] = 0x08;
    buf[0] = 0x01;
    ok (refused (buf, sizeof (request)), "routes without an end");
    errno = 0;
    ok (!flux_msg_decode (NULL, 5) && errno == EINVAL, "NULL: EINVAL");
}

int main (void)
{
    test_golden ();
    test_sizes ();
    test_types ();
    test_hostile ();
    return done_testing ();
}
