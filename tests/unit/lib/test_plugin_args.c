/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What is read through a provider has to be what jansson reads from the full
 * object: each format is run both ways, and results, return code and values
 * left alone are compared.
 */

#include <errno.h>
#include <jansson.h>

#include "lib/plugin_args.h"
#include "tap.h"

static int json_calls;
static int destroyed;

static enum flux_priv_arg_type scalar (void *arg,
                                       const char *key,
                                       union flux_priv_arg_value *v)
{
    if (!strcmp (key, "id"))
        return v->i = 1234567890123, FLUX_PRIV_ARG_INT;
    if (!strcmp (key, "urgency"))
        return v->i = 16, FLUX_PRIV_ARG_INT;
    if (!strcmp (key, "t"))
        return v->f = 1.5, FLUX_PRIV_ARG_REAL;
    if (!strcmp (key, "yes"))
        return v->b = true, FLUX_PRIV_ARG_BOOL;
    if (!strcmp (key, "name"))
        return v->s = "hello", FLUX_PRIV_ARG_STRING;
    if (!strcmp (key, "jobspec") || !strcmp (key, "list"))
        return FLUX_PRIV_ARG_JSON;
    return FLUX_PRIV_ARG_ABSENT;
}

static json_t *make (void *arg, const char *key)
{
    json_calls++;
    if (!strcmp (key, "list"))
        return json_pack ("[iii]", 1, 2, 3);
    return json_pack ("{s:{s:i s:s}}", "attributes", "x", 1, "y", "z");
}

static void gone (void *arg)
{
    destroyed++;
}

static const char *const keys[] = { "id",      "urgency", "t", "yes", "name",
                                    "jobspec", "list",    "R", NULL };
static const struct flux_priv_arg_provider provider = { scalar,
                                                        make,
                                                        keys,
                                                        gone };

static json_t *whole (void)
{
    return json_pack ("{s:I s:i s:f s:b s:s s:o s:o}",
                      "id",
                      (json_int_t)1234567890123,
                      "urgency",
                      16,
                      "t",
                      1.5,
                      "yes",
                      1,
                      "name",
                      "hello",
                      "jobspec",
                      make (NULL, "jobspec"),
                      "list",
                      make (NULL, "list"));
}

/* Run fmt with the arguments given on both; targets start as 0x55. */
#define both(fmt, n, ...)                                            \
    do {                                                             \
        union u a[n], b[n];                                          \
        int ra, rb;                                                  \
        memset (a, 0x55, sizeof (a));                                \
        memset (b, 0x55, sizeof (b));                                \
        {                                                            \
            union u *x = a;                                          \
            ra = json_unpack (o, fmt, __VA_ARGS__);                  \
        }                                                            \
        {                                                            \
            union u *x = b;                                          \
            rb = flux_plugin_arg_unpack (args, 0, fmt, __VA_ARGS__); \
        }                                                            \
        ok (ra == rb && same (a, b, n), "%s (%d)", fmt, rb);         \
    } while (0)

union u {
    int i;
    json_int_t I;
    double f;
    const char *s;
    size_t z;
    json_t *o;
};

static bool same_value (union u a, union u b)
{
    if (memcmp (&a, &b, sizeof (a)) == 0)
        return true;
    /* pointers: into the two objects, so compare what they point to */
    if ((uintptr_t)a.s > 0x10000 && (uintptr_t)b.s > 0x10000
        && (uintptr_t)a.s != 0x5555555555555555
        && (uintptr_t)b.s != 0x5555555555555555)
        return strcmp (a.s, b.s) == 0 || json_equal (a.o, b.o);
    return false;
}

static bool same (union u *a, union u *b, int n)
{
    for (int i = 0; i < n; i++) {
        if (!same_value (a[i], b[i]))
            return false;
    }
    return true;
}

static void test_formats (void)
{
    json_t *o = whole ();
    flux_plugin_arg_t *args = flux_plugin_arg_create ();
    json_int_t pair[2];

    flux_priv_plugin_arg_provide (args, &provider, NULL);
    json_calls = 0;
    both ("{s:I}", 1, "id", &x[0].I);
    both ("{s:i, s:I}", 2, "urgency", &x[0].i, "id", &x[1].I);
    both ("{sisI}", 2, "urgency", &x[0].i, "id", &x[1].I);
    both ("{s?i s:I}", 2, "nope", &x[0].i, "id", &x[1].I);
    both ("{ s:f s:F s:F }", 3, "t", &x[0].f, "t", &x[1].f, "id", &x[2].f);
    both ("{s:b s:s}", 2, "yes", &x[0].i, "name", &x[1].s);
    is_int (json_calls, 0, "simple formats make no JSON");
    both ("{s:i}", 1, "nope", &x[0].i);
    both ("{s:i s:i}", 2, "urgency", &x[0].i, "nope", &x[1].i);
    both ("{s:f}", 1, "id", &x[0].f);
    both ("{s:i}", 1, "t", &x[0].i);
    both ("{s:s}", 1, "id", &x[0].s);
    both ("{s:b}", 1, "urgency", &x[0].i);
    both ("{s:i}", 1, "jobspec", &x[0].i);
    both ("{s:i", 1, "urgency", &x[0].i);
    both ("{s:i}x", 1, "urgency", &x[0].i);
    both ("[i]", 1, &x[0].i);
    both ("{s:q}", 1, "urgency", &x[0].i);
    both ("{s:s%}", 2, "name", &x[0].s, &x[1].z);
    both ("{s:{s:{s:i s?s}}}",
          2,
          "jobspec",
          "attributes",
          "x",
          &x[0].i,
          "y",
          &x[1].s);
    both ("{s:{s:{s:i !}}}", 1, "jobspec", "attributes", "x", &x[0].i);
    both ("{s:i s:[iii!] s:I}",
          5,
          "urgency",
          &x[0].i,
          "list",
          &x[1].i,
          &x[2].i,
          &x[3].i,
          "id",
          &x[4].I);
    both ("{s:i !}", 1, "urgency", &x[0].i);
    both ("{s:i *}", 1, "urgency", &x[0].i);
    both ("{s?{s?{s?i}}}", 1, "nope", "a", "b", &x[0].i);
    both ("{s?s}", 1, "name", &x[0].s);
    both ("{}", 1, x);

    json_decref (o);
    is_int (flux_plugin_arg_unpack (args,
                                    0,
                                    "{s:o s:I s:o}",
                                    "jobspec",
                                    &o,
                                    "id",
                                    &pair[0],
                                    "id",
                                    &pair[1]),
            0,
            "borrowed objects");
    ok (json_is_object (o), "of which one is the jobspec");
    ok (flux_plugin_arg_unpack (args, 0, "{s:i}", "nope", &json_calls) < 0
            && errno == EINVAL
            && strstr (flux_plugin_arg_strerror (args), "nope"),
        "an error says which key: %s",
        flux_plugin_arg_strerror (args));
    flux_plugin_arg_destroy (args);
    is_int (destroyed, 1, "the provider is told of the end");
}

static void test_explicit (void)
{
    flux_plugin_arg_t *args = flux_plugin_arg_create ();
    json_t *o = whole ();
    json_int_t id;
    const char *s;
    char *text;
    json_t *all;

    flux_priv_plugin_arg_provide (args, &provider, NULL);
    ok (flux_plugin_arg_get (args, 0, &text) == 0, "get the whole");
    all = json_loads (text, 0, NULL);
    ok (json_equal (all, o), "has everything");
    json_decref (all);
    json_decref (o);
    free (text);
    flux_plugin_arg_pack (args, 0, "{s:i s:s}", "id", 7, "entry", "e");
    ok (flux_plugin_arg_unpack (args, 0, "{s:I s:s}", "id", &id, "entry", &s)
                == 0
            && id == 7 && !strcmp (s, "e"),
        "explicit values come first");
    flux_priv_plugin_arg_reset (args);
    ok (flux_plugin_arg_unpack (args, 0, "{s:I}", "id", &id) == 0
            && id == 1234567890123,
        "until reset");
    json_calls = 0;
    flux_plugin_arg_unpack (args, 0, "{s:o}", "jobspec", &o);
    flux_plugin_arg_unpack (args, 0, "{s:o}", "jobspec", &o);
    is_int (json_calls, 1, "JSON is made once");
    flux_priv_plugin_arg_changed (args);
    flux_plugin_arg_unpack (args, 0, "{s:o}", "jobspec", &o);
    is_int (json_calls, 2, "and again when told of a change");
    flux_plugin_arg_set (args, FLUX_PLUGIN_ARG_REPLACE, "{\"a\":1}");
    ok (flux_plugin_arg_unpack (args, 0, "{s:I}", "id", &id) < 0,
        "replaced: the provider is gone");
    flux_plugin_arg_destroy (args);
}

static void test_out (void)
{
    flux_plugin_arg_t *args = flux_plugin_arg_create ();
    const int out = FLUX_PLUGIN_ARG_OUT;
    int64_t v = 0;
    int i = -1;
    char *text;

    errno = 0;
    ok (flux_plugin_arg_unpack (args, out, "{s?i}", "x", &i) < 0
            && errno == ENOENT,
        "OUT is not set");
    flux_priv_plugin_arg_out_begin (args);
    ok (flux_plugin_arg_unpack (args, out, "{s?i}", "x", &i) == 0 && i == -1,
        "begun: empty");
    flux_priv_plugin_arg_reset (args);
    flux_priv_plugin_arg_out_begin (args);
    ok (flux_priv_plugin_arg_out_int (args, "priority", &v) == 0, "absent");
    flux_priv_plugin_arg_out_set_int (args, "priority", 16);
    flux_plugin_arg_pack (args, out, "{s:I}", "priority", (json_int_t)42);
    ok (flux_priv_plugin_arg_out_is_plain (args)
            && flux_priv_plugin_arg_out_int (args, "priority", &v) == 1
            && v == 42,
        "an integer, without JSON");
    flux_plugin_arg_pack (args, out, "{s:s}", "errmsg", "no");
    ok (!flux_priv_plugin_arg_out_is_plain (args)
            && flux_priv_plugin_arg_out_int (args, "priority", &v) == 1
            && v == 42,
        "still there with other things");
    flux_plugin_arg_get (args, out, &text);
    is_str (text, "{\"priority\":42,\"errmsg\":\"no\"}", "all of OUT");
    free (text);
    errno = 0;
    ok (flux_priv_plugin_arg_out_int (args, "errmsg", &v) < 0
            && errno == EPROTO,
        "not an integer");
    flux_plugin_arg_set (args, out, "{}");
    ok (json_object_size (flux_priv_plugin_arg_out (args)) == 2,
        "an empty object changes nothing");
    flux_plugin_arg_set (args, out | FLUX_PLUGIN_ARG_REPLACE, "{}");
    is_int (json_object_size (flux_priv_plugin_arg_out (args)), 0, "replace");
    errno = 0;
    ok (flux_plugin_arg_set (args, out, "[1]") < 0 && errno == EINVAL,
        "only objects merge: %s",
        flux_plugin_arg_strerror (args));
    ok (flux_plugin_arg_set (args, out, "{") < 0 && errno == EINVAL,
        "bad JSON: %s",
        flux_plugin_arg_strerror (args));
    ok (flux_plugin_arg_pack (args, 8, "{}") < 0 && errno == EINVAL,
        "bad flags");
    ok (flux_plugin_arg_pack (args, out, "{s:i", "x", 1) < 0,
        "bad format: %s",
        flux_plugin_arg_strerror (args));
    flux_plugin_arg_destroy (args);
    flux_plugin_arg_destroy (NULL);
}

int main (void)
{
    test_formats ();
    test_explicit ();
    test_out ();
    return done_testing ();
}
