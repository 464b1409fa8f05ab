/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <jansson.h>
#include <math.h>

#include "fsd.h"
#include "idlist.h"
#include "jobsize.h"
#include "slice.h"
#include "tap.h"

static void test_fsd (void)
{
    static const struct {
        const char *s;
        double want;
    } good[] = { { "0", 0. },     { "90", 90. },    { "1.5m", 90. },
                 { "2h", 7200. }, { "1d", 86400. }, { "250ms", .25 },
                 { "5s", 5. },    { ".5", .5 } };
    static const char *const bad[] = { "",   "x",   "-1",  "1x",    "nan",
                                       " 1", "0x1", "1 m", "1e999", "s" };
    static const struct {
        double seconds;
        const char *want;
    } written[] = {
        { 0., "0s" },    { 60., "1m" },       { 90., "1.5m" },
        { 54.2, "54s" }, { 360000., "4.2d" }, { 8640000., "100d" },
        { .1, "100ms" }, { 3600., "1h" },     { INFINITY, "infinity" }
    };
    double value;
    char buf[32];

    for (size_t i = 0; i < sizeof (good) / sizeof (good[0]); i++)
        ok (plugin_fsd_parse (good[i].s, &value) == 0
                && fabs (value - good[i].want) < 1e-9,
            "%s is a duration",
            good[i].s);
    ok (plugin_fsd_parse ("infinity", &value) == 0 && isinf (value),
        "infinity is one");
    for (size_t i = 0; i < sizeof (bad) / sizeof (bad[0]); i++) {
        errno = 0;
        ok (plugin_fsd_parse (bad[i], &value) < 0 && errno == EINVAL,
            "'%s' is none",
            bad[i]);
    }
    for (size_t i = 0; i < sizeof (written) / sizeof (written[0]); i++) {
        plugin_fsd_format (buf, sizeof (buf), written[i].seconds);
        is_str (buf, written[i].want, "%g seconds", written[i].seconds);
    }
}

/* Indices of a list of n, as text. */
static void is_slice (const char *s, ssize_t n, const char *want)
{
    char got[128] = "";
    struct slice slice;
    ssize_t start, stop;

    if (slice_parse (s, &slice) < 0) {
        fail ("%s can be parsed", s);
        return;
    }
    slice_fit (&slice, n, &start, &stop);
    for (ssize_t i = start; slice.step > 0 ? i < stop : i > stop;
         i += slice.step)
        snprintf (got + strlen (got), sizeof (got) - strlen (got), "%zd", i);
    is_str (got, want, "%s of %zd", s, n);
}

static void test_slice (void)
{
    static const char *const bad[] = {
        "",      "1",   "[1]",   "[]",        "[::0]",  "[a:]",
        "[ :1]", "[:1", "[:1]x", "[1:2:3:4]", "[--1:]", "[+1:]"
    };
    struct slice slice;

    is_slice ("[:]", 5, "01234");
    is_slice ("[:1]", 5, "0");
    is_slice ("[:1]", 0, "");
    is_slice ("[-2:]", 5, "34");
    is_slice ("[:-1]", 5, "0123");
    is_slice ("[::-1]", 5, "43210");
    is_slice ("[::-1]", 0, "");
    is_slice ("[5:1:-2]", 6, "53");
    is_slice ("[100:]", 5, "");
    is_slice ("[-100:2]", 5, "01");
    is_slice ("[::99999999999999999999]", 5, "0");
    is_slice ("[-99999999999999999999:99999999999999999999]", 3, "012");
    for (size_t i = 0; i < sizeof (bad) / sizeof (bad[0]); i++)
        ok (slice_parse (bad[i], &slice) < 0 && errno == EINVAL,
            "'%s' is no slice",
            bad[i]);
}

static void test_idlist (void)
{
    struct idlist l = { 0 };
    bool good = true;

    is_int (idlist_count (&l), 0, "a new list is empty");
    idlist_remove (&l, 7);
    for (flux_jobid_t id = 1; id <= 1000; id++)
        good = good && idlist_add (&l, id * 10) == 0;
    ok (good && idlist_count (&l) == 1000, "a thousand ids");
    is_int (idlist_newest (&l, 0), 10000, "the newest comes first");
    is_int (idlist_newest (&l, 999), 10, "the oldest last");
    ok (idlist_add (&l, 50) == 0 && idlist_add (&l, 55) == 0
            && idlist_count (&l) == 1001 && idlist_newest (&l, 995) == 55,
        "ids out of order find their place, those there are not doubled");
    for (flux_jobid_t id = 1; id <= 900; id++)
        idlist_remove (&l, id * 10);
    idlist_remove (&l, 55);
    idlist_remove (&l, 9990);
    ok (idlist_count (&l) == 99 && idlist_newest (&l, 98) == 9010
            && idlist_newest (&l, 1) == 9980,
        "old and new ones can be removed");
    for (flux_jobid_t id = 2000; id < 6000; id++)
        idlist_add (&l, id * 10);
    is_int (idlist_count (&l), 4099, "and others added");
    idlist_clear (&l);
    is_int (idlist_count (&l), 0, "a cleared list is empty");
}

static void is_size (const char *resources,
                     double nodes,
                     double cores,
                     double gpus)
{
    json_t *o =
        json_pack ("{s:o}", "resources", json_loads (resources, 0, NULL));
    struct jobsize size;
    flux_error_t error;

    ok (jobsize_count (o, &size, &error) == 0
            && size.count[JOBSIZE_NODES] == nodes
            && size.count[JOBSIZE_CORES] == cores
            && size.count[JOBSIZE_GPUS] == gpus,
        "%s",
        resources);
    json_decref (o);
}

static void test_jobsize (void)
{
    static const char *const bad[] = {
        "{}",
        "{\"resources\":7}",
        "{\"resources\":[7]}",
        "{\"resources\":[{\"type\":\"core\"}]}",
        "{\"resources\":[{\"type\":\"core\",\"count\":\"1\"}]}",
        "{\"resources\":[{\"type\":\"slot\",\"count\":1,\"with\":{}}]}",
    };
    struct jobsize size;
    flux_error_t error;

    is_size (
        "[{\"type\":\"slot\",\"count\":3,\"with\":["
        "{\"type\":\"core\",\"count\":2},{\"type\":\"gpu\",\"count\":1}]}]",
        0,
        6,
        3);
    is_size ("[{\"type\":\"node\",\"count\":2,\"with\":[{\"type\":\"slot\","
             "\"count\":3,\"with\":[{\"type\":\"core\",\"count\":4}]}]}]",
             2,
             24,
             0);
    is_size ("[{\"type\":\"slot\",\"count\":{\"min\":2,\"max\":9},\"with\":["
             "{\"type\":\"node\",\"count\":1}]}]",
             2,
             0,
             0);
    for (size_t i = 0; i < sizeof (bad) / sizeof (bad[0]); i++) {
        json_t *o = json_loads (bad[i], 0, NULL);

        ok (jobsize_count (o, &size, &error) < 0, "%s: %s", bad[i], error.text);
        json_decref (o);
    }
}

int main (void)
{
    test_fsd ();
    test_slice ();
    test_idlist ();
    test_jobsize ();
    return done_testing ();
}
