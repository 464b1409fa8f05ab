/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Errors: an errno for programs and a sentence for people.
 *
 * Functions that can fail return -1 or NULL, set errno, and, where they take
 * a flux_error_t, say in it what went wrong, where, and with which value.
 */

#ifndef SLUICE_BASE_ERR_H
#define SLUICE_BASE_ERR_H

#include <flux/types.h>

/* Format the sentence into e (which may be NULL), set errno to errnum and
 * return -1, so that a refusal is one line: return err_set (e, EINVAL, ...).
 * A text that does not fit is cut and ends in "+".
 */
int err_set (flux_error_t *e, int errnum, const char *fmt, ...)
    __attribute__ ((format (printf, 3, 4)));

/* As err_set, for callers that return a pointer. */
void *err_null (flux_error_t *e, int errnum, const char *fmt, ...)
    __attribute__ ((format (printf, 3, 4)));

#endif
