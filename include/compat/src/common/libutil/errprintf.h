/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Print into a flux_error_t. */

#ifndef SLUICE_COMPAT_ERRPRINTF_H
#define SLUICE_COMPAT_ERRPRINTF_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <flux/types.h>

/* Empty the text; errp may be NULL. */
static inline void err_init (flux_error_t *errp)
{
    if (errp)
        errp->text[0] = '\0';
}

/* Format into errp (which may be NULL), keep errno, and return -1. */
__attribute__ ((format (printf, 2, 3), unused)) static int errprintf (
    flux_error_t *errp,
    const char *fmt,
    ...)
{
    int saved_errno = errno;
    va_list ap;

    if (errp) {
        va_start (ap, fmt);
        vsnprintf (errp->text, sizeof (errp->text), fmt, ap);
        va_end (ap);
    }
    errno = saved_errno;
    return -1;
}

#endif
