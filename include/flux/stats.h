/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_STATS_H
#define FLUX_STATS_H

#include <flux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

void flux_stats_count (flux_t *h, const char *name, ssize_t count);

void flux_stats_gauge_set (flux_t *h, const char *name, ssize_t value);

void flux_stats_gauge_inc (flux_t *h, const char *name, ssize_t inc);

void flux_stats_timing (flux_t *h, const char *name, double ms);

void flux_stats_set_period (flux_t *h, double period);

void flux_stats_set_prefix (flux_t *h, const char *fmt, ...);

bool flux_stats_enabled (flux_t *h, const char *metric);

#ifdef __cplusplus
}
#endif

#endif
