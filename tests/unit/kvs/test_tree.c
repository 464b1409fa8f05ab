/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>

#include "kvs/blob.h"
#include "kvs/path.h"
#include "kvs/treeobj.h"
#include "tap.h"

static const char *normal (const char *key)
{
    static char buf[256];
    struct path *p = path_parse (key);
    char *s = p ? path_join (p, 0) : NULL;

    snprintf (buf, sizeof (buf), "%s", s ? s : "refused");
    free (s);
    free (p);
    return buf;
}

static void test_path (void)
{
    char deep[2 * PATH_MAX_DEPTH + 3];
    struct path *p, *to;
    char *s;

    is_str (normal ("a.b"), "a.b", "a key of two parts");
    is_str (normal (".a..b."), "a.b", "empty parts do not count");
    is_str (normal ("."), ".", "the root");
    is_str (normal (""), "refused", "an empty key is refused");
    for (int i = 0; i <= PATH_MAX_DEPTH; i++)
        memcpy (deep + 2 * i, "a.", 3);
    ok (!path_parse (deep) && errno == EINVAL, "so is one that is too deep");
    p = path_parse ("link.x.y");
    to = path_redirect ("a.b", p, 1);
    s = path_join (to, 0);
    is_str (s, "a.b.x.y", "a link's target replaces the way to it");
    free (s);
    free (to);
    to = path_redirect (".", p, 3);
    ok (to && to->n == 0, "a link may lead to the root");
    free (to);
    free (p);
}

static bool valid (const char *text)
{
    json_t *o = json_loads (text, 0, NULL);
    bool good = o && treeobj_check (o, NULL) == 0;

    json_decref (o);
    return good;
}

#define REF "\"sha1-c0a9faf907dda6216fd73bf81d0b3b21a1a8cb91\""
#define OBJ(type, data) "{\"ver\":1,\"type\":\"" type "\",\"data\":" data "}"

static void test_check (void)
{
    ok (valid (OBJ ("val", "\"eA==\"")), "a val");
    ok (!valid (OBJ ("val", "\"eA=\"")), "its data has to be base64");
    ok (!valid (OBJ ("val", "1")), "and a string");
    ok (valid (OBJ ("valref", "[" REF "," REF "]")), "a valref");
    ok (!valid (OBJ ("valref", "[\"sha1-xyz\"]")), "of references");
    ok (valid (OBJ ("dirref", "[" REF "]")), "a dirref");
    ok (!valid (OBJ ("dirref", "[" REF "," REF "]")), "of one reference");
    ok (valid (OBJ ("symlink", "{\"target\":\"a\",\"namespace\":\"b\"}")),
        "a symlink");
    ok (!valid (OBJ ("symlink", "{\"namespace\":\"b\"}")), "needs a target");
    ok (valid (OBJ ("dir", "{\"a\":" OBJ ("val", "\"\"") "}")), "a dir");
    ok (!valid (OBJ ("dir", "{\"a\":" OBJ ("val", "1") "}")),
        "is checked down to its last entry");
    ok (!valid (OBJ ("dir", "{\"a.b\":" OBJ ("val", "\"\"") "}")),
        "names of entries have no dots");
    ok (!valid ("{\"ver\":2,\"type\":\"val\",\"data\":\"\"}"),
        "another version is refused");
    ok (!valid (OBJ ("hdir", "{}")), "so are unknown types");
}

int main (int argc, char **argv)
{
    test_path ();
    test_check ();
    return done_testing ();
}
