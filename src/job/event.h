/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Job events as values (RFC 18, RFC 21).
 *
 * An event names what happened to a job, when, and with which data.  The
 * kinds that change a job have their data in typed fields, checked when the
 * event was decoded (wire/eventlog.h); the text of the context is kept for
 * those who pass it on.
 */

#ifndef SLUICE_JOB_EVENT_H
#define SLUICE_JOB_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* Add a kind: here, its name in event_names[] (event.c), its row in the
 * transition table (fsm.c), its fields in wire/eventlog.c.
 */
enum event_kind {
    EVENT_SUBMIT,
    EVENT_VALIDATE,
    EVENT_INVALIDATE,
    EVENT_SET_FLAGS,
    EVENT_DEPENDENCY_ADD,
    EVENT_DEPENDENCY_REMOVE,
    EVENT_DEPEND,
    EVENT_PRIORITY,
    EVENT_URGENCY,
    EVENT_JOBSPEC_UPDATE,
    EVENT_RESOURCE_UPDATE,
    EVENT_ANNOTATIONS,
    EVENT_MEMO,
    EVENT_ALLOC,
    EVENT_PROLOG_START,
    EVENT_PROLOG_FINISH,
    EVENT_START,
    EVENT_EXCEPTION,
    EVENT_FINISH,
    EVENT_EPILOG_START,
    EVENT_EPILOG_FINISH,
    EVENT_RELEASE,
    EVENT_FREE,
    EVENT_CLEAN,
    EVENT_FLUX_RESTART,
    EVENT_OTHER, /* debug.*, and any name we do not know */
    EVENT_MAX,
};

struct event {
    enum event_kind kind;
    double timestamp;    /* seconds since the epoch */
    const char *name;    /* borrowed */
    const char *context; /* JSON object text, or NULL; borrowed */
    const char *entry;   /* the whole eventlog entry without newline, where it
                            is at hand (NUL-terminated); or NULL; borrowed */

    /* By kind; borrowed for the time of the call that takes the event. */
    uint32_t userid;          /* submit, urgency, exception */
    int urgency;              /* submit, urgency */
    int flags;                /* submit, set-flags: FLUX_JOB_* | JOB_FLAG_* */
    int64_t priority;         /* priority */
    const char *description;  /* dependency-*, prolog-*, epilog-* */
    const char *type;         /* exception */
    const char *note;         /* exception; may be NULL */
    int severity;             /* exception */
    int status;               /* finish: wait(2) status; *-finish */
    bool final;               /* release */
    const char *ranks;        /* release */
    double expiration;        /* resource-update */
    struct text *spec;        /* jobspec-update: the jobspec as updated */
    struct text *annotations; /* annotations, memo, alloc: merged result,
                                 NULL if it became empty or is unchanged */
    bool has_annotations;     /* annotations is to be applied */
    struct text *R;           /* alloc: the resources; resource-update */
};

/* "alloc"; NULL for EVENT_OTHER. */
const char *event_kind_name (enum event_kind kind);
/* EVENT_OTHER for names that have no kind. */
enum event_kind event_kind_parse (const char *name);

/* Is name fit to be an event's name: 1..63 characters, printable ASCII
 * without space, quote or backslash?
 */
bool event_name_valid (const char *name);

#endif
