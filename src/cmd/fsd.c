/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/fsd.h"
#include "cmd/fsd.h"

void fsd_format (char *buf, size_t size, double d)
{
    if (isinf (d))
        snprintf (buf, size, "infinity");
    else if (d < 1E-3)
        snprintf (buf, size, "0s");
    else if (d < 10.)
        snprintf (buf, size, "%.3fs", d);
    else if (d < 60.)
        snprintf (buf, size, "%.4gs", d);
    else if (d < 3600.)
        snprintf (buf, size, "%.4gm", d / 60.);
    else if (d < 86400.)
        snprintf (buf, size, "%.4gh", d / 3600.);
    else
        snprintf (buf, size, "%.4gd", d / 86400.);
}

void hms_format (char *buf, size_t size, double d)
{
    long s = lround (d);
    long days = s / 86400;

    s %= 86400;
    if (days > 0)
        snprintf (buf,
                  size,
                  "%ld day%s, %ld:%02ld:%02ld",
                  days,
                  days == 1 ? "" : "s",
                  s / 3600,
                  s / 60 % 60,
                  s % 60);
    else
        snprintf (buf, size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
}

static double at_midnight (double now, int days)
{
    time_t t = now;
    struct tm tm;

    localtime_r (&t, &tm);
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    tm.tm_mday += days;
    tm.tm_isdst = -1;
    return mktime (&tm);
}

/* "8am", "8:30 pm", "13:00", "13:00:59"; "" is midnight */
static int clock_parse (const char *s, struct tm *tm)
{
    int n = 0;

    tm->tm_hour = tm->tm_min = tm->tm_sec = 0;
    if (!*s)
        return 0;
    if (sscanf (s, "%2d%n", &tm->tm_hour, &n) != 1)
        return -1;
    s += n;
    if (*s == ':' && sscanf (s, ":%2d%n", &tm->tm_min, &n) == 1)
        s += n;
    if (*s == ':' && sscanf (s, ":%2d%n", &tm->tm_sec, &n) == 1)
        s += n;
    s += strspn (s, " ");
    if (!strcasecmp (s, "am") || !strcasecmp (s, "pm")) {
        if (tm->tm_hour < 1 || tm->tm_hour > 12)
            return -1;
        tm->tm_hour %= 12;
        if (!strcasecmp (s, "pm"))
            tm->tm_hour += 12;
        s += 2;
    }
    if (*s || tm->tm_hour > 23 || tm->tm_min > 59 || tm->tm_sec > 60)
        return -1;
    return 0;
}

int when_parse (const char *s, double now, double *t)
{
    time_t sec = now;
    struct tm tm;
    double d;
    char *end;
    int n = 0;

    if (*s == '+' || *s == '-') {
        if (fsd_decode (s + 1, &d) < 0)
            return -1;
        *t = *s == '+' ? now + d : now - d;
        return 0;
    }
    if (!strcmp (s, "now")) {
        *t = now;
        return 0;
    }
    if (!strcmp (s, "today") || !strcmp (s, "tomorrow")
        || !strcmp (s, "yesterday")) {
        *t = at_midnight (now, s[3] == 'o' ? 1 : s[0] == 'y' ? -1 : 0);
        return 0;
    }
    localtime_r (&sec, &tm);
    tm.tm_isdst = -1;
    if (sscanf (s, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &n)
            == 3
        && n > 0) {
        s += n;
        if (*s == 'T' || *s == ' ')
            s++;
        tm.tm_year -= 1900;
        tm.tm_mon -= 1;
        if (clock_parse (s, &tm) < 0)
            goto inval;
        *t = mktime (&tm);
        return 0;
    }
    d = strtod (s, &end);
    if (end != s && !*end && d > 1E6) {
        *t = d;
        return 0;
    }
    if (*s && strpbrk (s, ":mM") && clock_parse (s, &tm) == 0) {
        *t = mktime (&tm);
        return 0;
    }
inval:
    errno = EINVAL;
    return -1;
}
