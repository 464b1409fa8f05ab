/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "daemon/rfc5424.h"

static const char *const severities[] = {
    "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"
};

const char *log_severity_name (int severity)
{
    return severities[severity & LOG_PRIMASK];
}

/* Copy the word at *s, which ends in a space, and step over it. */
static int take_word (const char **s, char *buf, size_t size)
{
    size_t n = strcspn (*s, " ");

    if (n == 0 || (*s)[n] != ' ')
        return -1;
    if (buf) {
        size_t k = n < size ? n : size - 1;

        memcpy (buf, *s, k);
        buf[k] = '\0';
    }
    *s += n + 1;
    return 0;
}

/* Structured data: "-", or elements in brackets. */
static int skip_data (const char **s)
{
    const char *p = *s;

    if (*p == '-') {
        p++;
    }
    else {
        if (*p != '[')
            return -1;
        while (*p == '[') {
            while (*p && *p != ']')
                p += *p == '\\' && p[1] ? 2 : 1;
            if (*p++ != ']')
                return -1;
        }
    }
    if (*p == ' ')
        p++;
    *s = p;
    return 0;
}

/* Flux has the severity in the upper bits of PRI, where RFC 5424 has the
 * facility; all its clients write and read it so.
 */
#define PRI_SHIFT 3

int rfc5424_parse (const char *s, struct log_record *rec)
{
    int pri;
    int n = 0;

    if (sscanf (s, "<%3d>1 %n", &pri, &n) != 1 || n == 0 || pri < 0
        || pri > 191)
        goto proto;
    s += n;
    rec->severity = pri >> PRI_SHIFT & LOG_PRIMASK;
    if (take_word (&s, rec->timestamp, sizeof (rec->timestamp)) < 0
        || take_word (&s, rec->hostname, sizeof (rec->hostname)) < 0
        || take_word (&s, rec->appname, sizeof (rec->appname)) < 0
        || take_word (&s, NULL, 0) < 0 || take_word (&s, NULL, 0) < 0
        || skip_data (&s) < 0)
        goto proto;
    rec->text = s;
    return 0;
proto:
    errno = EPROTO;
    return -1;
}

static void format_time (double t, char *buf, size_t size)
{
    time_t sec = (time_t)t;
    struct tm tm;
    char date[32];

    if (!gmtime_r (&sec, &tm)
        || strftime (date, sizeof (date), "%Y-%m-%dT%H:%M:%S", &tm) == 0) {
        snprintf (buf, size, "-");
        return;
    }
    snprintf (buf, size, "%s.%06dZ", date, (int)((t - (double)sec) * 1E6));
}

char *rfc5424_format (int severity,
                      double t,
                      uint32_t rank,
                      const char *appname,
                      int pid,
                      const char *text)
{
    char date[64];
    char *s;

    format_time (t, date, sizeof (date));
    if (asprintf (&s,
                  "<%d>1 %s %u %s %d - - %s",
                  (severity & LOG_PRIMASK) << PRI_SHIFT,
                  date,
                  rank,
                  appname,
                  pid,
                  text)
        < 0) {
        errno = ENOMEM;
        return NULL;
    }
    for (char *p = s; *p; p++) {
        if (*p == '\n' || *p == '\r')
            *p = ' ';
    }
    return s;
}
