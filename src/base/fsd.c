/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsd.h"

static const struct {
    const char *suffix;
    double seconds;
} units[] = { { "d", 86400. },
              { "h", 3600. },
              { "m", 60. },
              { "s", 1. },
              { "ms", 1e-3 } };

enum { UNIT_COUNT = sizeof (units) / sizeof (units[0]) };

static int invalid (void)
{
    errno = EINVAL;
    return -1;
}

int fsd_decode (const char *s, double *seconds)
{
    char *end;
    double n;

    /* strtod alone would take blanks, signs and hexadecimal */
    if (!s || !seconds || isspace ((unsigned char)*s) || *s == '-'
        || strpbrk (s, "xX"))
        return invalid ();
    n = strtod (s, &end);
    if (end == s || isnan (n) || n < 0.)
        return invalid ();
    if (*end == '\0') {
        /* 1e999 is no number of seconds, but infinity has a name */
        if (isinf (n) && isdigit ((unsigned char)*s))
            return invalid ();
        *seconds = n;
        return 0;
    }
    for (int i = 0; i < UNIT_COUNT && isfinite (n); i++) {
        if (strcmp (end, units[i].suffix) == 0) {
            *seconds = n * units[i].seconds;
            return 0;
        }
    }
    return invalid ();
}

int fsd_encode (double seconds, char *buf, size_t size)
{
    int i = 0;
    int n;

    if (!buf || isnan (seconds) || seconds < 0.)
        return invalid ();
    while (i < UNIT_COUNT - 1 && seconds < units[i].seconds)
        i++;
    if (isinf (seconds))
        n = snprintf (buf, size, "infinity");
    else if (seconds == 0.)
        n = snprintf (buf, size, "0s");
    else
        n = snprintf (buf,
                      size,
                      "%.4g%s",
                      seconds / units[i].seconds,
                      units[i].suffix);
    if (n < 0 || (size_t)n >= size) {
        errno = EOVERFLOW;
        return -1;
    }
    return 0;
}
