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

typedef void (*flux_log_f)(const char *buf, int len, void *arg);

void flux_log_set_appname (flux_t *h, const char *s);

void flux_log_set_procid (flux_t *h, const char *s);

void flux_log_set_hostname (flux_t *h, const char *s);

int flux_vlog (flux_t *h, int level, const char *fmt, va_list ap);
int flux_log (flux_t *h, int level, const char *fmt, ...)
              __attribute__ ((format (printf, 3, 4)));

void flux_log_verror (flux_t *h, const char *fmt, va_list ap);
void flux_log_error (flux_t *h, const char *fmt, ...)
                 __attribute__ ((format (printf, 2, 3)));

#define FLUX_LOG_ERROR(h) \
    (void)flux_log_error ((h), "%s::%d[%s]", __FILE__, __LINE__, __FUNCTION__)

void flux_log_set_redirect (flux_t *h, flux_log_f fun, void *arg);

const char *flux_strerror (int errnum);

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
