/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <flux/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static void put (const char *dir, const char *name, const char *text)
{
    char path[256];
    FILE *f;

    snprintf (path, sizeof (path), "%s/%s", dir, name);
    if (!(f = fopen (path, "w")) || fputs (text, f) < 0 || fclose (f) != 0)
        bail_out ("%s", path);
}

static void test_parse (void)
{
    char dir[] = "/tmp/test_conf.XXXXXX";
    char path[256], cmd[256];
    flux_conf_t *conf;
    flux_error_t e;
    const char *s;
    int a, b, yes;
    double d;

    if (!mkdtemp (dir))
        bail_out ("mkdtemp");
    put (dir, "a.toml", "[t]\na = 1\nwhen = 2020-01-02\n");
    put (dir,
         "b.toml",
         "[t]\nb = 2\n[q.\"x y\"]\ns = \"é\"\nf = 1.5\nl = [true]\n");
    put (dir, "c.txt", "not TOML");
    conf = flux_conf_parse (dir, &e);
    ok (conf
            && flux_conf_unpack (conf,
                                 &e,
                                 "{s:{s:i s:i s:s}}",
                                 "t",
                                 "a",
                                 &a,
                                 "b",
                                 &b,
                                 "when",
                                 &s)
                   == 0
            && a == 1 && b == 2,
        "the files of a directory are merged");
    is_str (s, "2020-01-02", "a date is text");
    ok (flux_conf_unpack (conf,
                          &e,
                          "{s:{s:{s:s s:f s:[b]}}}",
                          "q",
                          "x y",
                          "s",
                          &s,
                          "f",
                          &d,
                          "l",
                          &yes)
                == 0
            && !strcmp (s, "é") && d == 1.5 && yes,
        "strings, reals, arrays, booleans");
    ok (flux_conf_unpack (conf, &e, "{s:i}", "t", &a) < 0 && errno == EINVAL,
        "wrong type: %s",
        e.text);
    flux_conf_decref (conf);
    put (dir, "d.toml", "x = 1\ny = \n");
    snprintf (path, sizeof (path), "%s/d.toml:2:", dir);
    errno = 0;
    ok (!flux_conf_parse (dir, &e) && errno == EINVAL && strstr (e.text, path),
        "an error names file and line: %s",
        e.text);
    errno = 0;
    ok (!flux_conf_parse ("/nonexistent", &e) && errno == ENOENT, "%s", e.text);
    snprintf (cmd, sizeof (cmd), "rm -r %s", dir);
    if (system (cmd) != 0)
        diag ("%s", cmd);
}

static void test_update (void)
{
    flux_conf_t *conf = flux_conf_pack ("{s:{s:i}}", "t", "a", 1), *copy;
    flux_error_t e;
    const char *s;
    int a, b;

    copy = flux_conf_copy (conf);
    ok (flux_conf_update (conf, "t.b=2", &e) == 0
            && flux_conf_update (conf, "t.s=two words", &e) == 0
            && flux_conf_update (conf, "{\"t\":{\"a\":7}}", &e) == 0,
        "update by key and by JSON");
    ok (flux_conf_unpack (conf,
                          &e,
                          "{s:{s:i s:i s:s !} !}",
                          "t",
                          "a",
                          &a,
                          "b",
                          &b,
                          "s",
                          &s)
                == 0
            && a == 7 && b == 2 && !strcmp (s, "two words"),
        "merged");
    ok (flux_conf_update (conf, "[t]\na = 8\n", &e) == 0
            && flux_conf_unpack (conf, &e, "{s:{s:i}}", "t", "a", &a) == 0
            && a == 8,
        "update by TOML");
    ok (flux_conf_unpack (copy, &e, "{s:{s:i !}}", "t", "a", &a) == 0 && a == 1,
        "a copy is its own");
    ok (flux_conf_update (conf, "{", &e) < 0 && errno == EINVAL,
        "bad JSON: %s",
        e.text);
    ok (flux_conf_update (conf, "a..b=1", &e) < 0 && errno == EINVAL,
        "bad key: %s",
        e.text);
    ok (flux_conf_update (conf, "x\ny", &e) < 0 && errno == EINVAL,
        "bad TOML: %s",
        e.text);
    ok (flux_conf_update (conf, "/nonexistent.json", &e) < 0 && errno == ENOENT,
        "no file: %s",
        e.text);
    ok (!flux_conf_pack ("[i]", 1) && errno == EINVAL, "only objects");
    flux_conf_incref (conf);
    flux_conf_decref (conf);
    flux_conf_decref (conf);
    flux_conf_decref (copy);
    flux_conf_decref (NULL);
    ok (flux_conf_builtin_get ("confdir", FLUX_CONF_AUTO) != NULL, "builtin");
    errno = 0;
    ok (!flux_conf_builtin_get ("nope", FLUX_CONF_AUTO) && errno == EINVAL,
        "unknown builtin");
}

int main (void)
{
    test_parse ();
    test_update ();
    return done_testing ();
}
