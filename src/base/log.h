/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The daemon's log.
 *
 * Libraries return errors and do not log; manager/, jobtap/, daemon/ and
 * agent/ log what an administrator should know.  Records go to one sink
 * (the broker's log ring, or standard error before there is one).  Decisions
 * are traced per subsystem: a trace line costs one test while its bit is off.
 */

#ifndef SLUICE_BASE_LOG_H
#define SLUICE_BASE_LOG_H

#include <stdarg.h>
#include <stdint.h>
#include <syslog.h>

enum {
    TRACE_ROUTER = 1 << 0,
    TRACE_STORE = 1 << 1,
    TRACE_POST = 1 << 2,
    TRACE_SCHED = 1 << 3,
    TRACE_EXEC = 1 << 4,
    TRACE_JOBTAP = 1 << 5,
    TRACE_NET = 1 << 6,
    TRACE_LOOP = 1 << 7,
};

/* Receives each record: a syslog severity (LOG_ERR, ...), the name of the
 * part that logs ("job-manager"), and one line without a newline.
 */
typedef void (*log_sink_f) (int severity,
                            const char *part,
                            const char *line,
                            void *arg);

/* Replace the sink; a NULL sink restores standard error. */
void log_set_sink (log_sink_f sink, void *arg);

void log_msg (int severity, const char *part, const char *fmt, ...)
    __attribute__ ((format (printf, 3, 4)));

/* As log_msg at LOG_ERR, with the text of errno appended. */
void log_errno (const char *part, const char *fmt, ...)
    __attribute__ ((format (printf, 2, 3)));

extern uint32_t log_trace_bits;

#define log_trace(bit, part, ...)                   \
    do {                                            \
        if (log_trace_bits & (bit))                 \
            log_msg (LOG_DEBUG, part, __VA_ARGS__); \
    } while (0)

#endif
