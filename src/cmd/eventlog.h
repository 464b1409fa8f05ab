/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Reading and showing eventlogs (RFC 18). */

#ifndef SLUICE_CMD_EVENTLOG_H
#define SLUICE_CMD_EVENTLOG_H

#include <stdbool.h>
#include <stdio.h>

#include <flux/core.h>
#include <jansson.h>

/* One entry; context may be NULL.  All is borrowed. */
struct entry {
    double timestamp;
    const char *name;
    json_t *context;
};

/* -1 and EPROTO when o is no entry. */
int entry_unpack (json_t *o, struct entry *ent);

enum entry_form {
    FORM_TEXT,
    FORM_JSON,
};

enum time_form {
    TIME_RAW, /* seconds since the epoch, six digits */
    TIME_ISO,
    TIME_OFFSET, /* seconds since the first entry */
    TIME_HUMAN,  /* date for the first of a minute, then offsets */
};

/* How to print entries; zero is text with raw times. */
struct entry_printer {
    enum entry_form form;
    enum time_form time;
    bool color;
    double t0;   /* the first entry */
    double last; /* TIME_HUMAN: the last one shown as a date */
};

/* -1 and EINVAL for an unknown word. */
int entry_form_parse (const char *s, enum entry_form *form);
int time_form_parse (const char *s, enum time_form *form);

/* One line.  o is the whole entry; prefix (may be NULL) goes before the
 * name.
 */
void entry_print (struct entry_printer *p,
                  FILE *f,
                  json_t *o,
                  const char *prefix);

/* "exec" -> "guest.exec.eventlog", "output", "input"; others unchanged. */
const char *eventlog_path (const char *s);

/* A stream of entries. */
struct event_watch;

/* ent is NULL at the end of the stream, then errnum is ENODATA for a good
 * end, or says what went wrong with text.  A backlog that has been read
 * through (flag INITIAL_SENTINEL) is told as ent->name NULL.  The watch may
 * be destroyed from here.
 */
typedef void (*event_watch_f) (struct event_watch *w,
                               const struct entry *ent,
                               json_t *o,
                               int errnum,
                               const char *text,
                               void *arg);

/* Follow log path of job id.  flags are those of
 * flux_job_event_watch(3).  NULL and errno.
 */
struct event_watch *event_watch_start (flux_t *h,
                                       flux_jobid_t id,
                                       const char *path,
                                       int flags,
                                       event_watch_f cb,
                                       void *arg);

/* Ask the instance to end the stream; the callback hears of the end. */
void event_watch_cancel (struct event_watch *w);
void event_watch_destroy (struct event_watch *w);

#endif
