/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <math.h>

#include "base/fsd.h"
#include "tap.h"

static const struct {
    const char *s;
    double seconds;
} good[] = {
    { "2ms", 0.002 },         { "0.1s", 0.1 },     { "30", 30. },
    { "1.2h", 4320. },        { "5m", 300. },      { "0s", 0. },
    { "5d", 432000. },        { "inf", INFINITY }, { "INF", INFINITY },
    { "infinity", INFINITY }, { "0", 0. },
};

static const char *bad[] = { "",      "x",   "-1",    "1x",   " 1",
                             "1 s",   "nan", "inf s", "infs", "1S",
                             "1e999", "-0",  "0x10",  "0X1p3" };

static const struct {
    double seconds;
    const char *s;
} texts[] = {
    { 0., "0s" },      { 0.002, "2ms" },  { 0.5, "500ms" },
    { 1., "1s" },      { 59.5, "59.5s" }, { 90., "1.5m" },
    { 5400., "1.5h" }, { 86400., "1d" },  { INFINITY, "infinity" },
};

int main (void)
{
    char buf[32];
    double d;

    for (size_t i = 0; i < sizeof (good) / sizeof (good[0]); i++)
        ok (fsd_decode (good[i].s, &d) == 0
                && (d == good[i].seconds || fabs (d - good[i].seconds) < 1e-9),
            "%s",
            good[i].s);
    for (size_t i = 0; i < sizeof (bad) / sizeof (bad[0]); i++) {
        errno = 0;
        ok (fsd_decode (bad[i], &d) < 0 && errno == EINVAL,
            "'%s' is refused",
            bad[i]);
    }
    for (size_t i = 0; i < sizeof (texts) / sizeof (texts[0]); i++) {
        fsd_encode (texts[i].seconds, buf, sizeof (buf));
        is_str (buf, texts[i].s, "%g", texts[i].seconds);
    }
    errno = 0;
    ok (fsd_encode (-1., buf, sizeof (buf)) < 0 && errno == EINVAL, "negative");
    errno = 0;
    ok (fsd_encode (90., buf, 3) < 0 && errno == EOVERFLOW, "small buffer");
    return done_testing ();
}
