/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Durations as people write them (RFC 23), sizes, and points in time. */

#ifndef SLUICE_CMD_FSD_H
#define SLUICE_CMD_FSD_H

#include <stddef.h>

/* The shortest fitting unit with four digits: 0.5 -> "0.500s", 90 ->
 * "1.5m".  Under a millisecond is "0s".
 */
void fsd_format (char *buf, size_t size, double seconds);

/* hours:minutes:seconds */
void hms_format (char *buf, size_t size, double seconds);

/* A point in time: "+FSD", "-FSD" (from now), "now", "today", "tomorrow",
 * "yesterday", seconds since the epoch, or "YYYY-MM-DD[ T]HH[:MM[:SS]]" with
 * "am"/"pm", or only a time of today.  -1 and EINVAL.
 */
int when_parse (const char *s, double now, double *t);

#endif
