/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef SLUICE_MANAGER_POST_QUEUE_H
#define SLUICE_MANAGER_POST_QUEUE_H

#include "manager/manager_private.h"

struct queued_event {
    struct queued_event *prev;
    struct queued_event *next;
    struct event ev; /* if line is NULL: a kind without texts */
    struct text *R;  /* alloc */
    size_t len;
    char line[]; /* else the entry, decoded when its turn comes: what a
                    merge gives depends on the events before it */
};

/* What is borrowed in ev is kept; -1 and ENOMEM. */
int post_queue_push (struct job_host *host, const struct event *ev);
void post_queue_free (struct queued_event *q);

#endif
