/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "slice.h"

/* Numbers are held below this, so that sums of them do not overflow. */
#define LIMIT (1L << 60)

/* A number or nothing; 1 if there was one, -1 if it is malformed. */
static int parse_number (const char **s, long *value)
{
    const char *p = *s;
    char *end;

    if (*p == ':' || *p == ']')
        return 0;
    if (*p == '-')
        p++;
    if (!isdigit ((unsigned char)*p))
        return -1;
    *value = strtol (*s, &end, 10);
    if (*value > LIMIT)
        *value = LIMIT;
    if (*value < -LIMIT)
        *value = -LIMIT;
    *s = end;
    return 1;
}

static int parse (const char *s, struct slice *slice)
{
    int start, stop;

    if (*s++ != '[' || (start = parse_number (&s, &slice->start)) < 0
        || *s++ != ':' || (stop = parse_number (&s, &slice->stop)) < 0)
        return -1;
    slice->has_start = start;
    slice->has_stop = stop;
    if (*s == ':') {
        s++;
        if (parse_number (&s, &slice->step) < 0 || slice->step == 0)
            return -1;
    }
    return s[0] == ']' && s[1] == '\0' ? 0 : -1;
}

int slice_parse (const char *s, struct slice *slice)
{
    *slice = (struct slice){ .step = 1 };
    if (parse (s, slice) < 0) {
        errno = EINVAL;
        return -1;
    }
    return 0;
}

static ssize_t clamp (long i, ssize_t n, ssize_t low, ssize_t high)
{
    if (i < 0)
        i += n;
    return i < low ? low : i > high ? high : i;
}

void slice_fit (const struct slice *slice,
                ssize_t n,
                ssize_t *start,
                ssize_t *stop)
{
    bool back = slice->step < 0;
    ssize_t low = back ? -1 : 0;
    ssize_t high = back ? n - 1 : n;

    *start = back ? high : low;
    *stop = back ? low : high;
    if (slice->has_start)
        *start = clamp (slice->start, n, low, high);
    if (slice->has_stop)
        *stop = clamp (slice->stop, n, low, high);
}
