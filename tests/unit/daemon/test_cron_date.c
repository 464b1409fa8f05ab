/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/cron_private.h"
#include "tap.h"

/* Fields in the order of a crontab, second 0; the date after `from`. */
static const char *next (const char *tab, const char *from)
{
    static const enum cron_field order[] = { CRON_MINUTE,
                                             CRON_HOUR,
                                             CRON_MDAY,
                                             CRON_MONTH,
                                             CRON_WEEKDAY };
    static char buf[64];
    struct cron_date d = { { NULL } };
    char *copy = strdup (tab);
    char *save = NULL;
    struct tm tm = { .tm_isdst = -1 };
    double t;
    time_t when;
    int i = 0;

    strptime (from, "%Y-%m-%d %H:%M:%S", &tm);
    cron_date_set (&d, CRON_SECOND, "0", NULL);
    for (char *w = strtok_r (copy, " ", &save); w;
         w = strtok_r (NULL, " ", &save))
        cron_date_set (&d, order[i++], w, NULL);
    t = cron_date_next (&d, (double)mktime (&tm));
    when = (time_t)t;
    if (t < 0.)
        strcpy (buf, "never");
    else
        strftime (buf,
                  sizeof (buf),
                  "%Y-%m-%d %H:%M:%S",
                  localtime_r (&when, &tm));
    cron_date_clear (&d);
    free (copy);
    return buf;
}

static void test_next (void)
{
    is_str (next ("* * * * *", "2026-11-30 13:26:22"),
            "2026-11-30 13:27:00",
            "the next minute");
    is_str (next ("0 5 * * 1-5", "2026-11-30 13:26:22"),
            "2026-12-01 05:00:00",
            "the next morning");
    is_str (next ("0 5 * * 1-5", "2026-12-04 05:00:00"),
            "2026-12-07 05:00:00",
            "not at the weekend, and not now");
    is_str (next ("*/2 1,2 1-3 */3 */2", "2026-11-30 13:26:22"),
            "2027-01-02 01:00:00",
            "all fields have to fit");
    is_str (next ("59 23 31 11 *", "2026-11-30 13:26:22"),
            "2026-12-31 23:59:00",
            "months are from 0");
    is_str (next ("0 0 29 1 *", "2026-11-30 13:26:22"),
            "2028-02-29 00:00:00",
            "a leap year");
    is_str (next ("0 0 30 1 *", "2026-11-30 13:26:22"), "never", "no such day");
}

static void test_clock_changes (void)
{
    setenv ("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset ();
    is_str (next ("30 2 * * *", "2026-03-28 12:00:00"),
            "2026-03-30 02:30:00",
            "an hour that is left out");
    is_str (next ("30 3 * * *", "2026-03-28 12:00:00"),
            "2026-03-29 03:30:00",
            "the hour after it");
    is_str (next ("30 4 * * *", "2026-10-24 12:00:00"),
            "2026-10-25 04:30:00",
            "after an hour that comes twice");
}

static void test_bad (void)
{
    static const char *const bad[] = { "",    "60", "x",  "*/0",   "*/",
                                       "*/x", "5-", "-1", "1,,60", NULL };
    struct cron_date d = { { NULL } };
    flux_error_t error;

    for (int i = 0; bad[i]; i++) {
        errno = 0;
        ok (cron_date_set (&d, CRON_MINUTE, bad[i], &error) < 0
                && errno == EINVAL && !strncmp (error.text, "minute: ", 8),
            "minute \"%s\" is refused",
            bad[i]);
    }
    ok (cron_date_set (&d, CRON_MDAY, "0", NULL) < 0, "there is no day 0");
    ok (cron_date_set (&d, CRON_MONTH, "12", NULL) < 0, "nor a month 12");
    cron_date_clear (&d);
}

int main (void)
{
    setenv ("TZ", "UTC", 1);
    tzset ();
    test_next ();
    test_clock_changes ();
    test_bad ();
    return done_testing ();
}
