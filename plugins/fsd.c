/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fsd.h"

static const struct {
    const char *name;
    double seconds;
} units[] = {
    { "d", 86400. }, { "h", 3600. }, { "m", 60. },
    { "s", 1. },     { "ms", 1e-3 }, { "", 1. },
};

#define NUNITS (sizeof (units) / sizeof (units[0]))

/* strtod() knows more spellings than RFC 23: hexadecimal, nan, blanks. */
static int parse_number (const char *s, double *value, const char **rest)
{
    char *end;

    if (!isdigit ((unsigned char)*s) && *s != '.')
        return -1;
    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
        return -1;
    *value = strtod (s, &end);
    *rest = end;
    return end == s || !isfinite (*value) ? -1 : 0;
}

int plugin_fsd_parse (const char *s, double *seconds)
{
    const char *rest;
    double value;

    if (!strcasecmp (s, "infinity") || !strcasecmp (s, "inf")) {
        *seconds = INFINITY;
        return 0;
    }
    if (parse_number (s, &value, &rest) == 0) {
        for (size_t i = 0; i < NUNITS; i++) {
            if (!strcmp (rest, units[i].name)
                && isfinite (value * units[i].seconds)) {
                *seconds = value * units[i].seconds;
                return 0;
            }
        }
    }
    errno = EINVAL;
    return -1;
}

void plugin_fsd_format (char *buf, size_t size, double seconds)
{
    size_t i = 0;
    double value;

    if (isinf (seconds)) {
        snprintf (buf, size, "infinity");
        return;
    }
    if (seconds == 0.) {
        snprintf (buf, size, "0s");
        return;
    }
    while (seconds < units[i].seconds && strcmp (units[i].name, "ms") != 0)
        i++;
    value = seconds / units[i].seconds;
    snprintf (buf,
              size,
              value < 99.5 ? "%.2g%s" : "%.0f%s",
              value,
              units[i].name);
}
