/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Inside the manager's queues: queue.c has their state, queue_requests.c
 * what clients ask of it.
 */

#ifndef SLUICE_MANAGER_QUEUE_H
#define SLUICE_MANAGER_QUEUE_H

#include "manager/manager_private.h"
#include "wire/queue_settings.h"

/* Whether jobs are taken, or scheduled; and what of it outlives a restart. */
struct queue_switch {
    bool on;
    char *reason; /* why it is off; NULL: not said */
    bool saved_on;
    char *saved_reason;
};

struct mqueue {
    char *name;            /* NULL: the anonymous queue */
    struct mqueue *parent; /* of a virtual queue */
    struct queue_switch enable;
    struct queue_switch start;
};

struct queues {
    struct manager *m;
    struct queue_settings settings;
    struct mqueue *list; /* as configured; one without a name if none is */
    size_t count;
};

bool queues_named (const struct queues *q);
/* NULL finds the anonymous queue.  NULL, EINVAL and a sentence. */
struct mqueue *queues_find (const struct queues *q,
                            const char *name,
                            flux_error_t *error);
/* Started, and so is its parent. */
bool mqueue_started (const struct mqueue *mq);
void mqueue_set (struct queue_switch *sw,
                 bool on,
                 const char *reason,
                 bool nocheckpoint);
/* Write down what outlives a restart. */
void queues_checkpoint (struct queues *q);
/* Tell the scheduler which queues there are and run. */
void queues_push (struct queues *q);

#endif
