/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Durations as people write them (RFC 23), for plugins. */

#ifndef SLUICE_PLUGINS_FSD_H
#define SLUICE_PLUGINS_FSD_H

#include <stddef.h>

/* Parse "90", "1.5h", "2d", "250ms", "infinity" and the like into seconds
 * (INFINITY for the last).  0, or -1 and EINVAL: not of this form, or less
 * than 0.
 */
int plugin_fsd_parse (const char *s, double *seconds);

/* Write seconds with the largest unit that leaves at least 1 of it and two
 * significant digits, as in "1.5m"; three digits or more are kept whole.
 */
void plugin_fsd_format (char *buf, size_t size, double seconds);

#endif
