/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The contexts of RFC 21 as a table: which key goes to which field of struct
 * event, its type and range.  Reading and writing both go by it.
 */

#ifndef SLUICE_WIRE_EVENTFIELDS_H
#define SLUICE_WIRE_EVENTFIELDS_H

#include <jansson.h>

#include "base/err.h"
#include "job/event.h"
#include "wire/jbuf.h"

/* Fill the fields of ev (whose kind is set) from context, which may be NULL
 * for an absent one.  Strings are borrowed from context.  -1 and EINVAL
 * naming the key.
 */
int eventfields_read (struct event *ev,
                      const json_t *context,
                      flux_error_t *error);

/* The same for a context that is written as ours are, without a JSON parser:
 * the integers of a kind that has nothing else, in the order of the table,
 * and no blanks.  False, and ev as it was, for all else: read it.
 */
bool eventfields_scan (struct event *ev, const char *context);

/* Write the context object of ev from its fields; returns false, and writes
 * nothing, if the kind has no context.
 */
bool eventfields_write (const struct event *ev, struct jbuf *b);

#endif
