/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <time.h>

#include "base/clock.h"

static double read_clock (clockid_t which)
{
    struct timespec ts;

    clock_gettime (which, &ts);
    return ts.tv_sec + 1e-9 * ts.tv_nsec;
}

double clock_now (const struct clock *c)
{
    return c->is_virtual ? c->t : read_clock (CLOCK_REALTIME);
}

double clock_monotonic (const struct clock *c)
{
    return c->is_virtual ? c->t : read_clock (CLOCK_MONOTONIC);
}

void clock_real_deadline (struct timespec *t, double seconds)
{
    double s = read_clock (CLOCK_REALTIME) + seconds;

    t->tv_sec = s;
    t->tv_nsec = (s - t->tv_sec) * 1E9;
}

void clock_advance (struct clock *c, double t)
{
    if (c->is_virtual && t > c->t)
        c->t = t;
}
