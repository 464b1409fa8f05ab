/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include "fuzz.h"
#include "wire/rjson.h"

static const char *const inputs[] = {
    "{\"version\":1,\"execution\":{\"R_lite\":[{\"rank\":\"19-22\","
    "\"children\":{\"core\":\"0-47\",\"gpu\":\"0-7\"}}],\"nodelist\":"
    "[\"node[186-189]\"],\"nslots\":32,\"starttime\":1676560542,"
    "\"expiration\":1676562342}}",
    "{\"version\":1,\"execution\":{\"R_lite\":[{\"rank\":\"0,2\",\"children\":"
    "{\"core\":\"0\"}},{\"rank\":\"1\",\"children\":{\"core\":\"1,3-4\"}}],"
    "\"nodelist\":[\"a,b[01-02]\"],\"properties\":{\"x@gpu\":\"0-1\"}},"
    "\"scheduling\":{\"a\":[1]}}",
};

static void one (const char *s, size_t len)
{
    struct text *t = text_create (s, len);
    struct rset *r, *r2;
    char *enc, *enc2;

    rjson_json (t);
    if (strlen (s) == len && (r = rjson_decode (s, NULL))) {
        fuzz_assert ((enc = rjson_encode (r, r->nslots > 0 ? r->nslots : 0)));
        fuzz_assert ((r2 = rjson_decode (enc, NULL)));
        fuzz_assert (rset_equal (r, r2));
        enc2 = rjson_encode (r2, r2->nslots > 0 ? r2->nslots : 0);
        fuzz_assert (!strcmp (enc, enc2));
        fuzz_assert (rjson_of (t) != NULL);
        free (enc);
        free (enc2);
        enc = rjson_set_expiration (s, 1.5, NULL);
        fuzz_assert (enc != NULL);
        free (enc);
        rset_destroy (r);
        rset_destroy (r2);
    }
    text_unref (t);
}

int main (int argc, char **argv)
{
    return fuzz_main (argc,
                      argv,
                      inputs,
                      sizeof (inputs) / sizeof (inputs[0]),
                      one);
}
