/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Events <-> lines of an eventlog (RFC 18), with the contexts of RFC 21. */

#ifndef SLUICE_WIRE_EVENTLOG_H
#define SLUICE_WIRE_EVENTLOG_H

#include "base/err.h"
#include "job/event.h"
#include "job/job.h"

/* A decoded event, with what its fields point into. */
struct wire_event {
    struct event ev;
    void *priv; /* parsed JSON */
};

/* Make an event of a name and a context (JSON object text, or NULL), as a
 * plugin or a replay brings them, checked against RFC 21: a known kind with a
 * missing or mistyped key is refused with EINVAL naming the key; unknown names
 * pass if event_name_valid().  job gives the state that updates apply to
 * (spec, annotations); the merged results are put into ev.spec and
 * ev.annotations with references that wire_event_finish drops.
 */
int wire_event_make (struct wire_event *w,
                     const struct job *job,
                     const char *name,
                     double timestamp,
                     const char *context,
                     flux_error_t *error);

/* As wire_event_make, from one line (without or with its newline). */
int wire_event_decode (struct wire_event *w,
                       const struct job *job,
                       const char *line,
                       size_t len,
                       flux_error_t *error);
void wire_event_finish (struct wire_event *w);

/* The line of ev, malloced, ending in "\n".  ev->context is used if it is
 * set; else it is built from the typed fields of ev->kind.
 */
char *wire_event_encode (const struct event *ev, size_t *len);

/* Iterate over the lines of a log: sets *line and *len (without newline),
 * returns false at the end.  *pos starts at 0.
 */
bool eventlog_next (const char *log,
                    size_t size,
                    size_t *pos,
                    const char **line,
                    size_t *len);

/* Deep-merge patch into a JSON object text as annotations are (RFC 27: null
 * deletes); both may be NULL.  Malloced; NULL with errno 0 if the result is
 * empty.
 */
char *annotations_merge (const char *object, const char *patch);

#endif
