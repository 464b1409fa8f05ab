/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "wire/rjson.h"

#define R(x) "{\"version\":1,\"execution\":{" x "}}"

/* Texts that come back as they are. */
static const char *const same[] = {
    R ("\"R_lite\":[],\"nodelist\":[\"\"],\"starttime\":0.0,"
       "\"expiration\":0.0"),
    R ("\"R_lite\":[{\"rank\":\"19-22\",\"children\":{\"core\":\"0-47\","
       "\"gpu\":\"0-7\"}}],\"nodelist\":[\"node[186-189]\"],\"nslots\":32,"
       "\"starttime\":1676560542.0000000,\"expiration\":1676562342.0000000"),
    R ("\"R_lite\":[{\"rank\":\"0,2\",\"children\":{\"core\":\"0\"}},{\"rank\":"
       "\"1\",\"children\":{\"core\":\"1\"}}],\"nodelist\":[\"\"],"
       "\"starttime\":0.0,\"expiration\":0.0"),
    R ("\"R_lite\":[{\"rank\":\"0\",\"children\":{\"core\":\"\"}}],"
       "\"nodelist\":[\"a\"],\"properties\":{\"amd-mi50@gpu\":\"0\"},"
       "\"starttime\":0.0,\"expiration\":0.0"),
    "{\"version\":1,\"execution\":{\"R_lite\":[],\"nodelist\":[\"\"],"
    "\"starttime\":0.0,\"expiration\":0.0},\"scheduling\":{\"x\":[1]}}",
};

#define LITE(rank, core) \
    "\"R_lite\":[{\"rank\":" rank ",\"children\":{\"core\":" core "}}]"

static const char *const bad[][2] = {
    { "", "JSON" },
    { "[]", "object" },
    { "{}", "version" },
    { "{\"version\":2}", "version: expected 1, got 2" },
    { "{\"version\":1}", "execution" },
    { R (""), "execution.R_lite: expected an array" },
    { R ("\"R_lite\":[1]"), "execution.R_lite[0]: expected an object" },
    { R ("\"R_lite\":[{\"rank\":\"0\"}]"), "R_lite[0].children" },
    { R (LITE ("0", "\"0\"")), "R_lite[0].rank" },
    { R (LITE ("\"x\"", "\"0\"")), "R_lite[0].rank" },
    { R (LITE ("\"0\"", "\"1-\"")), "R_lite[0].children.core" },
    { R (LITE ("\"0\"", "0")), "R_lite[0].children.core" },
    { R (LITE ("\"0-2000000\"", "\"0\"")), "at most" },
    { R (LITE ("\"0\"", "\"70000\"")), "at most" },
    { R (LITE ("\"0-1000000\"", "\"0-65535\"")), "too large" },
    { R (LITE ("\"0\"", "\"0\"") ",\"nodelist\":[\"a\",\"b\"]"), "2 hosts" },
    { R (LITE ("\"0\"", "\"0\"") ",\"nodelist\":[1]"), "nodelist[0]" },
    { R (LITE ("\"0\"", "\"0\"") ",\"nodelist\":[\"a[\"]"), "nodelist[0]" },
    { R (LITE ("\"0\"", "\"0\"") ",\"nodelist\":\"a\""), "nodelist" },
    { R (LITE ("\"0\"", "\"0\"") ",\"properties\":[]"), "properties" },
    { R (LITE ("\"0\"", "\"0\"") ",\"properties\":{\"x\":\"1\"}"), "x" },
    { R (LITE ("\"0\"", "\"0\"") ",\"properties\":{\"a|b\":\"0\"}"), "a|b" },
    { R (LITE ("\"0\"", "\"0\"") ",\"expiration\":\"x\""), "expiration" },
    { R (LITE ("\"0\"", "\"0\"") ",\"starttime\":-1"), "starttime" },
    { R (LITE ("\"0\"", "\"0\"") ",\"nslots\":0"), "nslots" },
};

int main (void)
{
    struct text *t;
    char *s;

    for (size_t i = 0; i < sizeof (same) / sizeof (same[0]); i++) {
        flux_error_t error = { { 0 } };
        struct rset *r = rjson_decode (same[i], &error);

        ok (r != NULL, "decode %s: %s", same[i], error.text);
        if (!r)
            continue;
        s = rjson_encode (r, r->nslots > 0 ? r->nslots : 0);
        is_str (s, same[i], "encode");
        free (s);
        rset_destroy (r);
    }
    for (size_t i = 0; i < sizeof (bad) / sizeof (bad[0]); i++) {
        flux_error_t error = { { 0 } };

        errno = 0;
        ok (!rjson_decode (bad[i][0], &error) && errno == EINVAL
                && strstr (error.text, bad[i][1]),
            "refused: %s",
            error.text);
    }
    t = text_create (same[4], strlen (same[4]));
    ok (rjson_of (t) && rjson_of (t) == rjson_of (t), "the set is kept");
    ok (rjson_json (t) && rjson_json (t) == rjson_json (t)
            && !json_object_get (rjson_json (t), "scheduling"),
        "and the parsed form, without scheduling");
    text_unref (t);
    t = text_create ("{}", 2);
    ok (!rjson_of (t), "what is no R has none");
    text_unref (t);
    s = rjson_set_expiration (same[0], 1676562342.5, NULL);
    ok (s && strstr (s, "\"expiration\":1676562342.5"), "expiration is set");
    free (s);
    ok (!rjson_set_expiration ("{}", 1., NULL) && errno == EINVAL,
        "but not in what is no R");
    return done_testing ();
}
