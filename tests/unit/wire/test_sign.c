/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "wire/base64.h"
#include "wire/sign.h"

static void test_base64 (void)
{
    static const char *const cases[][2] = {
        { "", "" },
        { "f", "Zg==" },
        { "fo", "Zm8=" },
        { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" },
        { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" },
    };
    static const char *const bad[] = { "Z",      "Zg",   "Zg=",  "Zg===",
                                       "====",   "Zh==", "Zm9=", "Zm 9",
                                       "Zm9v\n", "Z=g=", "Zm-_", "Zg==Zg==" };
    size_t n;

    for (size_t i = 0; i < sizeof (cases) / sizeof (cases[0]); i++) {
        char *s = base64_encode (cases[i][0], strlen (cases[i][0]));
        char *d = base64_decode (cases[i][1], strlen (cases[i][1]), &n);

        is_str (s, cases[i][1], "encode");
        is_str (d, cases[i][0], "decode");
        is_int (n, strlen (cases[i][0]), "length");
        free (s);
        free (d);
    }
    for (size_t i = 0; i < sizeof (bad) / sizeof (bad[0]); i++)
        ok (!base64_decode (bad[i], strlen (bad[i]), &n) && errno == EINVAL,
            "\"%s\" is refused",
            bad[i]);
}

/* J of a header as it is. */
static char *make (const char *header, size_t len, const char *tail)
{
    char *h = base64_encode (header, len);
    char *J;

    if (asprintf (&J, "%s.%s", h, tail) < 0)
        bail_out ("no memory");
    free (h);
    return J;
}

static void refuse (const char *J, const char *expect)
{
    flux_error_t error = { { 0 } };
    char *payload;
    size_t len;
    uint32_t userid;

    errno = 0;
    ok (sign_none_unwrap (J, &payload, &len, &userid, NULL, &error) < 0
            && errno == EINVAL && strstr (error.text, expect),
        "refused: %s",
        error.text);
}

#define HEADER(s) s, sizeof (s) - 1

static void test_refused (void)
{
    static const struct {
        const char *header;
        size_t len;
        const char *tail;
        const char *expect;
    } cases[] = {
        { HEADER ("version\0i1\0userid\0i5\0mechanism\0snone\0"),
          "Zm9v.some",
          "signature" },
        { HEADER ("version\0i1\0userid\0i5\0mechanism\0snone\0"),
          "Zm9.none",
          "payload" },
        { HEADER ("version\0i1\0userid\0i5\0mechanism\0snone\0"),
          "Zm9v.none.none",
          "signature" },
        { HEADER ("version\0i2\0userid\0i5\0mechanism\0snone\0"),
          "Zm9v.none",
          "version" },
        { HEADER ("version\0s1\0userid\0i5\0mechanism\0snone\0"),
          "Zm9v.none",
          "version" },
        { HEADER ("userid\0i5\0mechanism\0snone\0"), "Zm9v.none", "version" },
        { HEADER ("version\0i1\0mechanism\0snone\0"), "Zm9v.none", "userid" },
        { HEADER ("version\0i1\0userid\0i5\0"), "Zm9v.none", "mechanism" },
        { HEADER ("version\0i1\0userid\0i-5\0mechanism\0snone\0"),
          "Zm9v.none",
          "userid" },
        { HEADER ("version\0i1\0userid\0i4294967296\0mechanism\0snone\0"),
          "Zm9v.none",
          "userid" },
        { HEADER ("version\0i1\0userid\0i5\0userid\0i0\0mechanism\0snone\0"),
          "Zm9v.none",
          "userid" },
        { HEADER ("version\0i1\0userid\0i5x\0mechanism\0snone\0"),
          "Zm9v.none",
          "userid" },
        { HEADER ("version\0i1\0userid\0i5\0mechanism\0snone\0x\0i1\0"),
          "Zm9v.none",
          "\"x\"" },
        { HEADER ("version\0i1\0userid\0i5\0mechanism\0snone"),
          "Zm9v.none",
          "pairs" },
        { HEADER ("version\0i1\0\0i5\0mechanism\0snone"),
          "Zm9v.none",
          "pairs" },
        { HEADER ("version\0i1\0userid"), "Zm9v.none", "pairs" },
    };

    refuse ("", "HEADER");
    refuse ("a", "HEADER");
    refuse ("a.b", "HEADER");
    refuse ("..", "version");
    refuse ("!!!!.Zm9v.none", "base64");
    for (size_t i = 0; i < sizeof (cases) / sizeof (cases[0]); i++) {
        char *J = make (cases[i].header, cases[i].len, cases[i].tail);

        refuse (J, cases[i].expect);
        free (J);
    }
}

int main (void)
{
    char *J = sign_none_wrap ("{\"a\":1}", 7, 4294967294u);
    char *payload = NULL;
    char mech[32];
    size_t len = 0;
    uint32_t userid = 0;

    test_base64 ();
    ok (sign_none_unwrap (J, &payload, &len, &userid, mech, NULL) == 0,
        "what was wrapped is unwrapped");
    is_str (payload, "{\"a\":1}", "payload");
    is_int (len, 7, "length");
    is_int (userid, 4294967294u, "signer");
    is_str (mech, "none", "mechanism");
    free (payload);
    free (J);

    J = sign_none_wrap ("", 0, 0);
    is_str (J,
            "dmVyc2lvbgBpMQB1c2VyaWQAaTAAbWVjaGFuaXNtAHNub25lAA==..none",
            "the header is as RFC 38 and 39 have it");
    free (J);

    J = make (HEADER ("version\0i1\0mechanism\0smunge\0userid\0i5\0x\0sy\0"),
              "Zm9v.MUNGE:abc");
    ok (sign_none_unwrap (J, &payload, &len, &userid, mech, NULL) < 0
            && errno == EINVAL,
        "another mechanism is refused");
    is_str (mech, "munge", "and named");
    free (J);
    test_refused ();
    return done_testing ();
}
