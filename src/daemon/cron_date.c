/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/cron_private.h"

/* Steps through the calendar: more than any date that exists needs. */
#define STEPS_MAX 20000

const char *const cron_field_names[CRON_FIELDS] = {
    "second", "minute", "hour", "mday", "month", "year", "weekday",
};

static const struct {
    unsigned int first, last;
} ranges[CRON_FIELDS] = {
    { 0, 59 }, { 0, 59 },   { 0, 23 }, { 1, 31 },
    { 0, 11 }, { 0, 1100 }, { 0, 6 },
};

static int bad (flux_error_t *error, enum cron_field field, const char *text)
{
    return err_set (error,
                    EINVAL,
                    "%s: %s: not a set of numbers from %u to %u",
                    cron_field_names[field],
                    text,
                    ranges[field].first,
                    ranges[field].last);
}

/* "*", "1-5", "3", each with "/N". */
static struct idset *parse_part (enum cron_field field, char *part)
{
    char *slash = strchr (part, '/');
    char *end = NULL;
    unsigned long step = 1;
    struct idset *ids = idset_create (0, IDSET_FLAG_AUTOGROW);
    struct idset *kept = idset_create (0, IDSET_FLAG_AUTOGROW);
    struct idset *given;

    if (slash) {
        *slash++ = '\0';
        step = strtoul (slash, &end, 10);
    }
    if (!strcmp (part, "*"))
        (void)idset_range_set (ids, ranges[field].first, ranges[field].last);
    else if ((given = idset_decode (part))) {
        (void)idset_add (ids, given);
        idset_destroy (given);
    }
    if (slash && (*slash < '0' || *slash > '9' || *end || step < 1))
        step = 0;
    for (unsigned int n = 0, i = idset_first (ids);
         step > 0 && i != IDSET_INVALID_ID;
         i = idset_next (ids, i), n++) {
        if (n % step == 0)
            (void)idset_set (kept, i);
    }
    idset_destroy (ids);
    return kept;
}

int cron_date_set (struct cron_date *d,
                   enum cron_field field,
                   const char *text,
                   flux_error_t *error)
{
    struct idset *all = idset_create (0, IDSET_FLAG_AUTOGROW);
    char *copy = strdup (text);
    char *save = NULL;
    bool ok = copy && *copy;

    for (char *part = copy ? strtok_r (copy, ",", &save) : NULL; part && ok;
         part = strtok_r (NULL, ",", &save)) {
        struct idset *ids = parse_part (field, part);

        ok = idset_count (ids) > 0 && idset_first (ids) >= ranges[field].first
             && idset_last (ids) <= ranges[field].last;
        (void)idset_add (all, ids);
        idset_destroy (ids);
    }
    free (copy);
    if (!ok || idset_count (all) == 0) {
        idset_destroy (all);
        return bad (error, field, text);
    }
    idset_destroy (d->fields[field]);
    d->fields[field] = all;
    return 0;
}

static bool fits (const struct cron_date *d, enum cron_field field, int value)
{
    return !d->fields[field]
           || (value >= 0 && idset_test (d->fields[field], value));
}

/* Go to the begin of the next unit where one does not fit: true if all fit. */
static bool step (const struct cron_date *d, struct tm *tm)
{
    if (!fits (d, CRON_YEAR, tm->tm_year)) {
        tm->tm_year++;
        tm->tm_mon = 0;
        tm->tm_mday = 1;
        tm->tm_hour = tm->tm_min = tm->tm_sec = 0;
    }
    else if (!fits (d, CRON_MONTH, tm->tm_mon)) {
        tm->tm_mon++;
        tm->tm_mday = 1;
        tm->tm_hour = tm->tm_min = tm->tm_sec = 0;
    }
    else if (!fits (d, CRON_MDAY, tm->tm_mday)
             || !fits (d, CRON_WEEKDAY, tm->tm_wday)) {
        tm->tm_mday++;
        tm->tm_hour = tm->tm_min = tm->tm_sec = 0;
    }
    else if (!fits (d, CRON_HOUR, tm->tm_hour)) {
        tm->tm_hour++;
        tm->tm_min = tm->tm_sec = 0;
    }
    else if (!fits (d, CRON_MINUTE, tm->tm_min)) {
        tm->tm_min++;
        tm->tm_sec = 0;
    }
    else if (!fits (d, CRON_SECOND, tm->tm_sec))
        tm->tm_sec++;
    else
        return true;
    return false;
}

double cron_date_next (const struct cron_date *d, double now)
{
    time_t t = (time_t)floor (now) + 1;
    struct tm tm;

    if (!localtime_r (&t, &tm))
        return -1.;
    for (int i = 0; i < STEPS_MAX; i++) {
        time_t before = t;

        if (step (d, &tm))
            return (double)t;
        tm.tm_isdst = -1;
        if ((t = mktime (&tm)) == -1)
            return -1.;
        /* The hour that comes twice in autumn. */
        if (t <= before)
            t = before + 1;
        if (!localtime_r (&t, &tm) || tm.tm_year > 1100)
            return -1.;
    }
    return -1.;
}

void cron_date_clear (struct cron_date *d)
{
    for (int i = 0; i < CRON_FIELDS; i++) {
        idset_destroy (d->fields[i]);
        d->fields[i] = NULL;
    }
}
