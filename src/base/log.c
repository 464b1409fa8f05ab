/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

/* The log is, with constants, the one thing allowed to be global. */
static log_sink_f log_sink;
static void *log_sink_arg;
uint32_t log_trace_bits;

void log_set_sink (log_sink_f sink, void *arg)
{
    log_sink = sink;
    log_sink_arg = arg;
}

static void log_line (int severity, const char *part, const char *line)
{
    if (log_sink)
        log_sink (severity, part, line, log_sink_arg);
    else
        fprintf (stderr, "%s: %s\n", part, line);
}

void log_msg (int severity, const char *part, const char *fmt, ...)
{
    char line[2048];
    va_list ap;

    va_start (ap, fmt);
    vsnprintf (line, sizeof (line), fmt, ap);
    va_end (ap);
    log_line (severity, part, line);
}

void log_errno (const char *part, const char *fmt, ...)
{
    int saved_errno = errno;
    char line[2048];
    size_t n;
    va_list ap;

    va_start (ap, fmt);
    vsnprintf (line, sizeof (line), fmt, ap);
    va_end (ap);
    n = strlen (line);
    snprintf (line + n, sizeof (line) - n, ": %s", strerror (saved_errno));
    log_line (LOG_ERR, part, line);
    errno = saved_errno;
}
