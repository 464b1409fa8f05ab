/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_FLOG_H
#define FLUX_FLOG_H

#include <flux/types.h>
#include <stdarg.h>
#include <syslog.h>
#include <stdlib.h>
#include <errno.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Given each record (RFC 5424, no newline) instead of the broker. */
typedef void (*flux_log_f) (const char *buf, int len, void *arg);

/* Fields of the records of this handle; longer ones are cut (48, 128 and 255
 * bytes).  Defaults: program name, process id, broker rank.
 */
void flux_log_set_appname (flux_t *h, const char *s);

void flux_log_set_procid (flux_t *h, const char *s);

void flux_log_set_hostname (flux_t *h, const char *s);

/* Send a message at a syslog(3) severity to the broker; to standard error if h
 * is NULL.  0, or -1 and errno; errno is kept on success.
 */
int flux_vlog (flux_t *h, int level, const char *fmt, va_list ap);
int flux_log (flux_t *h, int level, const char *fmt, ...)
    __attribute__ ((format (printf, 3, 4)));

/* At LOG_ERR, with the text of errno after it.  errno is kept. */
void flux_log_verror (flux_t *h, const char *fmt, va_list ap);
void flux_log_error (flux_t *h, const char *fmt, ...)
    __attribute__ ((format (printf, 2, 3)));

#define FLUX_LOG_ERROR(h) \
    (void)flux_log_error ((h), "%s::%d[%s]", __FILE__, __LINE__, __FUNCTION__)

void flux_log_set_redirect (flux_t *h, flux_log_f fun, void *arg);

const char *flux_strerror (int errnum);

/* As flux_vlog with h = arg, for those who want a function of this type. */
void flux_llog (void *arg,
                const char *file,
                int line,
                const char *func,
                const char *subsys,
                int level,
                const char *fmt,
                va_list ap);

#ifdef __cplusplus
}
#endif

#endif
