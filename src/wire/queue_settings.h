/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the configuration says of queues and of defaults for jobspecs (RFC 33,
 * flux-config-queues(5), flux-config-policy(5)).
 */

#ifndef SLUICE_WIRE_QUEUE_SETTINGS_H
#define SLUICE_WIRE_QUEUE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Strings are malloced; NULL means not given. */
struct queue_setting {
    char *name;
    char *parent;    /* of a virtual queue */
    char *requires;  /* JSON text of an array of properties */
    double duration; /* default, seconds; < 0: none of its own */
};

struct queue_settings {
    struct queue_setting *queues;
    size_t count;        /* 0: there is the anonymous queue */
    double duration;     /* default of all queues; < 0: none */
    char *default_queue; /* one of queues */
};

/* json is the text of the whole configuration, NULL: an empty one.  -1 and
 * EINVAL: unknown keys, a default queue or parent that is not there, a parent
 * that is virtual itself, a virtual queue with resources of its own, names of
 * properties that RFC 20 forbids.
 */
int queue_settings_decode (const char *json,
                           struct queue_settings *s,
                           flux_error_t *error);
void queue_settings_clear (struct queue_settings *s);

const struct queue_setting *queue_settings_find (const struct queue_settings *s,
                                                 const char *name);

/* What a job of a queue gets where its jobspec says nothing. */
struct jobspec_defaults {
    double duration;      /* < 0: none */
    const char *queue;    /* NULL: none */
    const char *requires; /* JSON text of an array of properties, or NULL:
                             added to the constraints there are */
};
/* A checked jobspec with defaults; malloced.  NULL and EINVAL or ENOMEM. */
char *jobspec_apply_defaults (const char *text,
                              const struct jobspec_defaults *d,
                              flux_error_t *error);

/* What is kept of queues from one run to the next, as JSON text. */
struct queue_saved {
    char *name; /* NULL: the anonymous queue */
    bool enable;
    char *disable_reason; /* NULL: none */
    bool start;
    char *stop_reason;
};
char *queue_saved_encode (const struct queue_saved *list, size_t count);
/* A new list with strings of its own.  -1 and EINVAL or ENOMEM. */
int queue_saved_decode (const char *text,
                        struct queue_saved **list,
                        size_t *count);
void queue_saved_destroy (struct queue_saved *list, size_t count);

#endif
