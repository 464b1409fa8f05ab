/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_STATS_H
#define FLUX_STATS_H

#include <flux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Numbers for a statsd (UDP) at FLUX_FRIPP_STATSD=HOST:PORT.  Without it all
 * of this does nothing.  Values gather for a period, 1 s at first, and are
 * sent by the reactor of h; the last value of a name counts.
 */
void flux_stats_count (flux_t *h, const char *name, ssize_t count);

void flux_stats_gauge_set (flux_t *h, const char *name, ssize_t value);

void flux_stats_gauge_inc (flux_t *h, const char *name, ssize_t inc);

void flux_stats_timing (flux_t *h, const char *name, double ms);

/* Seconds; 0: send at once.  What has gathered is sent. */
void flux_stats_set_period (flux_t *h, double period);

/* Put before names, with a dot; at most 127 bytes, "flux.RANK" at first. */
void flux_stats_set_prefix (flux_t *h, const char *fmt, ...);

/* Are statistics sent; with metric: has it been set? */
bool flux_stats_enabled (flux_t *h, const char *metric);

#ifdef __cplusplus
}
#endif

#endif
