/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Job ids (RFC 19): 40 bits of milliseconds, 14 of generator, 10 of sequence.
 *
 * Milliseconds count from the birth of the instance, so that ids of a young
 * one are short; after a restart they go on where the highest id left off,
 * whatever the wall clock says.
 */

#ifndef SLUICE_MANAGER_FLUID_H
#define SLUICE_MANAGER_FLUID_H

#include <stdint.h>

struct fluid {
    double zero; /* clock value of millisecond 0 */
    uint64_t ms; /* of the last id */
    unsigned int sequence;
};

/* now: a clock that does not go back, in seconds; last: the highest id ever
 * given out, or 0.
 */
void fluid_init (struct fluid *f, double now, uint64_t last);
/* An id higher than all before. */
uint64_t fluid_next (struct fluid *f, double now);
/* Milliseconds since the birth of the instance. */
uint64_t fluid_timestamp (const struct fluid *f, double now);

#endif
