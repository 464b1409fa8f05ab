/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Test Anything Protocol for unit tests: ok (condition, "what should hold").
 *
 * A test program is one main() that ends in "return done_testing ();".
 */

#ifndef SLUICE_TESTS_TAP_H
#define SLUICE_TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count;
static int tap_failed;

#define ok(cond, ...) tap_ok (!!(cond), #cond, __FILE__, __LINE__, __VA_ARGS__)
#define pass(...) ok (true, __VA_ARGS__)
#define fail(...) ok (false, __VA_ARGS__)
/* Compare, and show both sides when they differ. */
#define is_int(got, want, ...)                                               \
    do {                                                                     \
        long long tap_g = (long long)(got), tap_w = (long long)(want);       \
        if (!tap_ok (tap_g == tap_w, #got, __FILE__, __LINE__, __VA_ARGS__)) \
            printf ("#   got %lld, want %lld\n", tap_g, tap_w);              \
    } while (0)
#define is_str(got, want, ...)                                 \
    do {                                                       \
        const char *tap_g = (got), *tap_w = (want);            \
        if (!tap_ok (tap_g && tap_w && !strcmp (tap_g, tap_w), \
                     #got,                                     \
                     __FILE__,                                 \
                     __LINE__,                                 \
                     __VA_ARGS__))                             \
            printf ("#   got  '%s'\n#   want '%s'\n",          \
                    tap_g ? tap_g : "(null)",                  \
                    tap_w ? tap_w : "(null)");                 \
    } while (0)
#define diag(...) (printf ("# "), printf (__VA_ARGS__), printf ("\n"))
#define bail_out(...) \
    (printf ("Bail out! "), printf (__VA_ARGS__), printf ("\n"), exit (255))

__attribute__ ((format (printf, 5, 6), unused)) static bool tap_ok (
    bool good,
    const char *expr,
    const char *file,
    int line,
    const char *fmt,
    ...)
{
    va_list ap;

    printf ("%sok %d - ", good ? "" : "not ", ++tap_count);
    va_start (ap, fmt);
    vprintf (fmt, ap);
    va_end (ap);
    printf ("\n");
    if (!good) {
        tap_failed++;
        printf ("#   failed: %s (%s:%d)\n", expr, file, line);
    }
    fflush (stdout);
    return good;
}

__attribute__ ((unused)) static int done_testing (void)
{
    printf ("1..%d\n", tap_count);
    return tap_failed ? 1 : 0;
}

#endif
