/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Durations as text: RFC 23, Flux Standard Duration. */

#ifndef SLUICE_BASE_FSD_H
#define SLUICE_BASE_FSD_H

#include <stddef.h>

/* "1.5h" is 5400.; units ms, s, m, h, d, seconds if there is none; "inf" and
 * "infinity" (any case, no unit) are INFINITY.  -1 and EINVAL if s is
 * anything else, negative ones among them.
 */
int fsd_decode (const char *s, double *seconds);

/* The same in the largest unit of which it is at least one, with up to four
 * significant digits: "1.5h", "90ms", "infinity".  0 is "0s".  -1 and EINVAL
 * for a negative time or NaN, EOVERFLOW if it does not fit.
 */
int fsd_encode (double seconds, char *buf, size_t size);

#endif
