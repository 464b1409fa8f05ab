/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include "fuzz.h"
#include "wire/base64.h"
#include "wire/sign.h"

/* Headers, which are damaged before they are encoded; @ stands for NUL. */
static const char *const inputs[] = {
    "version@i1@userid@i1000@mechanism@snone@",
    "version@i1@mechanism@smunge@userid@i1000@x@sy@",
    "mechanism@snone@userid@i4294967295@version@i1@",
    "dmVyc2lvbgBpMQB1c2VyaWQAaTAAbWVjaGFuaXNtAHNub25lAA==.Zm9v.none",
};

static void unwrap (const char *J)
{
    char *payload;
    char mech[32];
    size_t len;
    uint32_t userid;

    if (sign_none_unwrap (J, &payload, &len, &userid, mech, NULL) == 0) {
        fuzz_assert (!strcmp (mech, "none") && payload[len] == '\0');
        free (payload);
    }
}

static void one (const char *s, size_t len)
{
    char *header = malloc (len + 1), *h, *J;

    for (size_t i = 0; i < len; i++)
        header[i] = s[i] == '@' ? '\0' : s[i];
    h = base64_encode (header, len);
    if (asprintf (&J, "%s.Zm9v.none", h) < 0)
        abort ();
    unwrap (J);
    free (J);
    free (h);
    free (header);
    unwrap (s);
}

int main (int argc, char **argv)
{
    return fuzz_main (argc,
                      argv,
                      inputs,
                      sizeof (inputs) / sizeof (inputs[0]),
                      one);
}
