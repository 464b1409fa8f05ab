/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdlib.h>
#include <string.h>

#include <flux/request.h>

#include "tap.h"
#include "wire/submit_scan.h"

/* "J,urgency,flags", or "no"; static. */
static const char *scan (const char *s)
{
    static char buf[256];
    struct req_submit r;
    const char *J;
    size_t len;

    if (!submit_scan (s, &r, &J, &len))
        return "no";
    snprintf (buf, sizeof (buf), "%.*s,%d,%d", (int)len, J, r.urgency, r.flags);
    return buf;
}

static void test_good (void)
{
    is_str (scan ("{\"J\":\"ab.c.none\",\"urgency\":16,\"flags\":0}"),
            "ab.c.none,16,0",
            "as compact as can be");
    is_str (scan (" { \"flags\" : 2 ,\n\t\"J\" : \"x\", \"urgency\":-1 } "),
            "x,-1,2",
            "blanks, another order, a sign");
    is_str (scan ("{\"J\":\"\",\"urgency\":0,\"flags\":0}"),
            ",0,0",
            "an empty J");
}

static void test_left (void)
{
    static const char *const left[] = {
        "",
        "{",
        "{}",
        "[]",
        "{\"J\":\"x\",\"urgency\":16}",
        "{\"J\":\"x\",\"urgency\":16,\"flags\":0",
        "{\"J\":\"x\",\"urgency\":16,\"flags\":0,}",
        "{\"J\":\"x\",\"urgency\":16,\"flags\":0}x",
        "{\"J\":\"x\",\"urgency\":16,\"flags\":0,\"a\":1}",
        "{\"J\":\"x\",\"urgency\":16,\"urgency\":16,\"flags\":0}",
        "{\"J\":\"x\\n\",\"urgency\":16,\"flags\":0}",
        "{\"J\":\"x\303\244\",\"urgency\":16,\"flags\":0}",
        "{\"J\":\"x\n\",\"urgency\":16,\"flags\":0}",
        "{\"J\":\"x,\"urgency\":16,\"flags\":0}",
        "{\"J\":\"x",
        "{\"J\":1,\"urgency\":16,\"flags\":0}",
        "{\"J\":\"x\",\"urgency\":1.5,\"flags\":0}",
        "{\"J\":\"x\",\"urgency\":01,\"flags\":0}",
        "{\"J\":\"x\",\"urgency\":-,\"flags\":0}",
        "{\"J\":\"x\",\"urgency\":12345678901,\"flags\":0}",
        "{\"J\":\"x\",\"urgency\":\"16\",\"flags\":0}",
        "{\"J\" \"x\",\"urgency\":16,\"flags\":0}",
    };

    for (size_t i = 0; i < sizeof (left) / sizeof (left[0]); i++)
        is_str (scan (left[i]), "no", "left to a parser: %s", left[i]);
}

static void test_decode (const char *json, const char *J, int urgency)
{
    flux_msg_t *msg = flux_request_encode ("job-ingest.submit", json);
    struct req_submit r;
    flux_error_t error;
    int rc = req_submit_decode (msg, &r, &error);

    if (!J)
        ok (rc < 0, "refused: %s", json);
    else {
        ok (rc == 0 && !strcmp (r.J, J), "J of %s", json);
        is_int (r.urgency, urgency, "and the urgency");
    }
    flux_msg_destroy (msg);
}

int main (void)
{
    test_good ();
    test_left ();
    test_decode ("{\"J\":\"x.y\",\"urgency\":3,\"flags\":0}", "x.y", 3);
    test_decode ("{\"J\":\"x\\u0041\",\"urgency\":3,\"flags\":0}", "xA", 3);
    test_decode ("{\"J\":\"x\",\"urgency\":3}", NULL, 0);
    return done_testing ();
}
