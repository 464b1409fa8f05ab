/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The one place that asks the system what time it is.
 *
 * Everything else is given a time, or a clock to ask, so that the whole
 * manager can run under a clock that a test or a simulation moves.
 */

#ifndef SLUICE_BASE_CLOCK_H
#define SLUICE_BASE_CLOCK_H

#include <stdbool.h>

struct clock {
    bool is_virtual;
    double t; /* virtual clock: seconds since the epoch */
};

/* The system's clock. */
#define CLOCK_REAL_INIT              \
    {                                \
        .is_virtual = false, .t = 0. \
    }

/* Seconds since the epoch. */
double clock_now (const struct clock *c);

/* Seconds on a clock that never goes back, from an arbitrary start.  For a
 * virtual clock this is clock_now.
 */
double clock_monotonic (const struct clock *c);

/* The system's time in so many seconds from now, as pthread_cond_timedwait(3)
 * wants it: a thread that waits, waits in real time.
 */
struct timespec;
void clock_real_deadline (struct timespec *t, double seconds);

/* Move a virtual clock forward to t; earlier times are ignored. */
void clock_advance (struct clock *c, double t);

#endif
