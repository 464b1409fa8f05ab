/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A clock that never goes back. */

#ifndef SLUICE_COMPAT_MONOTIME_H
#define SLUICE_COMPAT_MONOTIME_H

#include <stdbool.h>
#include <time.h>

static inline void monotime (struct timespec *t)
{
    clock_gettime (CLOCK_MONOTONIC, t);
}

/* Milliseconds from t0 to now. */
static inline double monotime_since (struct timespec t0)
{
    struct timespec t;

    monotime (&t);
    return (t.tv_sec - t0.tv_sec) * 1E3 + (t.tv_nsec - t0.tv_nsec) * 1E-6;
}

static inline bool monotime_isset (struct timespec t)
{
    return t.tv_sec || t.tv_nsec;
}

#endif
