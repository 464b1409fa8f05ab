/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include "manager/fluid.h"

#define SEQUENCE_BITS 10
#define GENERATOR_BITS 14
#define TIME_SHIFT (SEQUENCE_BITS + GENERATOR_BITS)
#define SEQUENCE_MAX ((1U << SEQUENCE_BITS) - 1)

void fluid_init (struct fluid *f, double now, uint64_t last)
{
    f->ms = last > 0 ? (last >> TIME_SHIFT) + 1 : 0;
    f->zero = now - f->ms * 1e-3;
    f->sequence = 0;
}

uint64_t fluid_timestamp (const struct fluid *f, double now)
{
    return now > f->zero ? (uint64_t)((now - f->zero) * 1e3) : 0;
}

/* More than a thousand in a millisecond: borrow from the next. */
uint64_t fluid_next (struct fluid *f, double now)
{
    uint64_t ms = fluid_timestamp (f, now);

    if (ms > f->ms) {
        f->ms = ms;
        f->sequence = 0;
    }
    else if (f->sequence == SEQUENCE_MAX) {
        f->ms++;
        f->sequence = 0;
    }
    else
        f->sequence++;
    return f->ms << TIME_SHIFT | f->sequence;
}
