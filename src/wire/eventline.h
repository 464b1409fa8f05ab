/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* One line of an eventlog (RFC 18) cut into its parts. */

#ifndef SLUICE_WIRE_EVENTLINE_H
#define SLUICE_WIRE_EVENTLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct eventline {
    double timestamp;
    char name[64];
    const char *context; /* into the line; NULL: none */
    size_t context_len;
};

/* Cut a line that is written as ours are, {"timestamp":N,"name":"NAME"} or
 * with ,"context":OBJECT before the end, without parsing it: if what stands
 * where the object is expected is one JSON object, then the line is an event.
 * False: the line may yet be a good one.
 */
bool eventline_scan (const char *line, size_t len, struct eventline *parts);

/* Cut any line that RFC 18 allows, keys in any order.  The context, as compact
 * text that the caller frees, goes to *context, and not to parts; absent
 * leaves it.  -1 and EINVAL, ENOMEM.
 */
int eventline_parse (const char *line,
                     size_t len,
                     struct eventline *parts,
                     char **context,
                     flux_error_t *error);

#endif
