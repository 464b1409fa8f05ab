/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Requests, responses, events and control messages. */

#include <errno.h>

#include <flux/control.h>
#include <flux/event.h>
#include <flux/request.h>
#include <flux/response.h>
#include "tap.h"

static void test_request (void)
{
    flux_msg_t *msg;
    const char *topic, *s;
    const void *data;
    size_t len;
    int i;

    errno = 0;
    ok (!flux_request_encode (NULL, NULL) && errno == EINVAL,
        "a request needs a topic");
    msg = flux_request_encode ("a.b", "{\"i\":3}");
    ok (flux_msg_route_count (msg) == 0, "it has an empty route stack");
    ok (flux_request_decode (msg, &topic, &s) == 0 && !strcmp (topic, "a.b")
            && !strcmp (s, "{\"i\":3}"),
        "decode");
    ok (flux_request_unpack (msg, NULL, "{s:i}", "i", &i) == 0 && i == 3,
        "unpack");
    ok (flux_request_decode_raw (msg, NULL, &data, &len) == 0 && len == 8,
        "raw");
    errno = 0;
    ok (flux_event_decode (msg, NULL, NULL) < 0 && errno == EPROTO,
        "it is no event");
    errno = 0;
    ok (flux_request_decode (NULL, NULL, NULL) < 0 && errno == EINVAL,
        "NULL: EINVAL");
    flux_msg_destroy (msg);
    msg = flux_request_encode ("a.b", NULL);
    ok (flux_request_decode (msg, NULL, &s) == 0 && !s, "no payload: NULL");
    ok (flux_request_decode_raw (msg, NULL, &data, &len) == 0 && !data
            && len == 0,
        "raw: NULL and 0");
    errno = 0;
    ok (flux_request_unpack (msg, NULL, "{}") < 0 && errno == EPROTO,
        "unpack: EPROTO");
    flux_msg_destroy (msg);
}

static void test_response (void)
{
    flux_msg_t *req = flux_request_encode ("a.b", "{}");
    flux_msg_t *msg;
    const char *topic, *s;
    uint32_t val;

    flux_msg_set_matchtag (req, 77);
    flux_msg_set_streaming (req);
    flux_msg_set_flag (req, FLUX_MSGFLAG_UPSTREAM);
    flux_msg_set_userid (req, 1000);
    flux_msg_set_rolemask (req, FLUX_ROLE_OWNER);
    flux_msg_route_push (req, "x");
    msg = flux_response_derive (req, 0);
    ok (flux_response_decode (msg, &topic, &s) == 0 && !strcmp (topic, "a.b")
            && !s,
        "a response has the topic and no payload");
    ok (flux_msg_get_matchtag (msg, &val) == 0 && val == 77, "the tag");
    ok (flux_msg_is_streaming (msg), "the streaming flag");
    ok (!flux_msg_has_flag (msg, FLUX_MSGFLAG_UPSTREAM), "not all flags");
    is_str (flux_msg_route_last (msg), "x", "the route");
    ok (flux_msg_get_rolemask (msg, &val) == 0 && val == FLUX_ROLE_NONE,
        "not the requester's roles");
    flux_msg_destroy (msg);
    errno = 0;
    ok (!flux_response_derive (NULL, 0) && errno == EINVAL, "NULL: EINVAL");
    msg = flux_response_encode_error ("a.b", EPERM, "no way");
    errno = 0;
    ok (flux_response_decode (msg, NULL, NULL) < 0 && errno == EPERM,
        "an error decodes to its errno");
    ok (flux_response_decode_error (msg, &s) == 0 && !strcmp (s, "no way"),
        "and its text");
    flux_msg_destroy (msg);
    msg = flux_response_encode ("a.b", "{}");
    errno = 0;
    ok (flux_response_decode_error (msg, &s) < 0 && errno == ENOENT,
        "success has no error text");
    errno = 0;
    ok (!flux_response_encode_error ("a", 0, NULL) && errno == EINVAL,
        "an error has to be one");
    flux_msg_destroy (msg);
    flux_msg_destroy (req);
}

static void test_event (void)
{
    flux_msg_t *msg = flux_event_pack ("ev", "{s:i}", "x", 1);
    const char *topic, *s;
    int x, status;

    ok (flux_event_unpack (msg, &topic, "{s:i}", "x", &x) == 0 && x == 1
            && !strcmp (topic, "ev"),
        "an event");
    ok (flux_msg_route_count (msg) < 0, "has no routes (RFC 3)");
    ok (flux_event_decode (msg, NULL, &s) == 0 && !strcmp (s, "{\"x\":1}"),
        "decode");
    flux_msg_destroy (msg);
    msg = flux_control_encode (5, 6);
    ok (flux_control_decode (msg, &x, &status) == 0 && x == 5 && status == 6,
        "a control message");
    flux_msg_destroy (msg);
}

int main (void)
{
    test_request ();
    test_response ();
    test_event ();
    return done_testing ();
}
