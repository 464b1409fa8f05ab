/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/err.h"

static void err_format (flux_error_t *e, const char *fmt, va_list ap)
{
    int n;

    if (!e)
        return;
    n = vsnprintf (e->text, sizeof (e->text), fmt, ap);
    if (n >= (int)sizeof (e->text))
        e->text[sizeof (e->text) - 2] = '+';
}

int err_set (flux_error_t *e, int errnum, const char *fmt, ...)
{
    va_list ap;

    va_start (ap, fmt);
    err_format (e, fmt, ap);
    va_end (ap);
    errno = errnum;
    return -1;
}

void *err_null (flux_error_t *e, int errnum, const char *fmt, ...)
{
    va_list ap;

    va_start (ap, fmt);
    err_format (e, fmt, ap);
    va_end (ap);
    errno = errnum;
    return NULL;
}
