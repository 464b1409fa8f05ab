/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <jansson.h>

#include <flux/message.h>
#include "tap.h"

static flux_msg_t *with_string (const char *s)
{
    flux_msg_t *msg = flux_msg_create (FLUX_MSGTYPE_REQUEST);

    flux_msg_set_string (msg, s);
    return msg;
}

static void test_pack (void)
{
    flux_msg_t *msg = flux_msg_create (FLUX_MSGTYPE_REQUEST);
    const char *s;
    const char *t;
    int i = 0;

    ok (flux_msg_pack (msg, "{s:s s:i}", "a", "b", "n", 42) == 0
            && flux_msg_get_string (msg, &s) == 0,
        "an object is packed");
    is_str (s, "{\"a\":\"b\",\"n\":42}", "compact");
    ok (flux_msg_unpack (msg, "{s:s s:i}", "a", &t, "n", &i) == 0 && i == 42
            && !strcmp (t, "b"),
        "and unpacked");
    is_str (flux_msg_last_error (msg), "", "no error");
    errno = 0;
    ok (flux_msg_unpack (msg, "{s:s}", "x", &t) < 0 && errno == EPROTO,
        "a missing key: EPROTO");
    ok (strstr (flux_msg_last_error (msg), "x") != NULL, "the error names it");
    errno = 0;
    ok (flux_msg_pack (msg, "[i]", 1) < 0 && errno == EINVAL,
        "an array: EINVAL");
    ok (*flux_msg_last_error (msg), "with a text");
    errno = 0;
    ok (flux_msg_pack (msg, "{s", "a") < 0 && errno == EINVAL,
        "a bad format: EINVAL");
    ok (flux_msg_get_string (msg, &s) == 0
            && !strcmp (s, "{\"a\":\"b\",\"n\":42}"),
        "the payload is as before");
    ok (flux_msg_pack (msg, "{s:i}", "n", 43) == 0
            && flux_msg_unpack (msg, "{s:i}", "n", &i) == 0 && i == 43,
        "a new payload is not confused with the old");
    ok (*flux_msg_last_error (NULL), "NULL has a last error too");
    flux_msg_destroy (msg);
}

static void test_hostile (void)
{
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "1",
        "{\"a\":\"\xff\xfe\"}",
        "{\"a\":1}x",
        "{\"a\":1e999}",
    };
    flux_msg_t *msg;
    char *deep;
    json_t *o;

    for (size_t i = 0; i < sizeof (bad) / sizeof (bad[0]); i++) {
        msg = with_string (bad[i]);
        errno = 0;
        ok (flux_msg_unpack (msg, "{}") < 0 && errno == EPROTO
                && *flux_msg_last_error (msg),
            "refused: %zu",
            i);
        flux_msg_destroy (msg);
    }
    deep = malloc (2000001);
    for (int i = 0; i < 1000000; i++)
        memcpy (deep + i * 2, i % 2 ? " [" : " [", 2);
    memcpy (deep, "{\"a\":", 5);
    deep[2000000] = '\0';
    msg = with_string (deep);
    errno = 0;
    ok (flux_msg_unpack (msg, "{s:o}", "a", &o) < 0 && errno == EPROTO,
        "a million brackets");
    flux_msg_destroy (msg);
    free (deep);
    msg = flux_msg_create (FLUX_MSGTYPE_REQUEST);
    errno = 0;
    ok (flux_msg_unpack (msg, "{}") < 0 && errno == EPROTO, "no payload");
    flux_msg_set_payload (msg, "{}", 2);
    errno = 0;
    ok (flux_msg_unpack (msg, "{}") < 0 && errno == EPROTO, "no NUL");
    flux_msg_set_payload (msg, "{}\0{}", 6);
    errno = 0;
    ok (flux_msg_unpack (msg, "{}") < 0 && errno == EPROTO, "a NUL inside");
    flux_msg_destroy (msg);
}

int main (void)
{
    test_pack ();
    test_hostile ();
    return done_testing ();
}
