/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-manager.drain and idle: answers that wait until jobs are gone. */

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "manager/manager_private.h"
#include "manager/requests.h"

struct drainer {
    const flux_msg_t *msg;
    bool idle; /* else: drain */
    struct drainer *prev;
    struct drainer *next;
};

struct drains {
    struct manager *m;
    struct drainer *list;
};

/* Jobs that have not ended: what is INACTIVE is only waiting for its commit. */
static unsigned int pending_count (struct manager *m)
{
    return manager_count_in (m, FLUX_JOB_STATE_PENDING);
}

/* A started queue with jobs in it may start one any moment. */
static bool is_idle (struct manager *m)
{
    const struct sched_ops *ops;
    struct sched *sched = alloc_sched (m->alloc, &ops);

    return m->running_count == 0 && ops->ready_length (sched) == 0;
}

static void remove_drainer (struct drains *d, struct drainer *dr)
{
    DL_DELETE (d->list, dr);
    flux_msg_decref (dr->msg);
    free (dr);
}

void drains_check (struct drains *d)
{
    struct manager *m = d->m;
    struct drainer *dr, *tmp;
    char answer[32];

    DL_FOREACH_SAFE (d->list, dr, tmp)
    {
        if (dr->idle ? !is_idle (m) : m->active_count > 0)
            continue;
        snprintf (answer,
                  sizeof (answer),
                  "{\"pending\":%u}",
                  pending_count (m));
        manager_respond (m, dr->msg, 0, dr->idle ? answer : NULL);
        remove_drainer (d, dr);
    }
}

static int add (struct manager *m, const flux_msg_t *msg, bool idle)
{
    struct drainer *dr;

    if (!(dr = calloc (1, sizeof (*dr))))
        return REQUEST_ERROR;
    dr->msg = flux_msg_incref (msg);
    dr->idle = idle;
    DL_APPEND (m->drains->list, dr);
    drains_check (m->drains);
    return REQUEST_LATER;
}

static int handle_drain (struct router *r,
                         const flux_msg_t *msg,
                         void *arg,
                         flux_error_t *error)
{
    return add (arg, msg, false);
}

static int handle_idle (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    return add (arg, msg, true);
}

void drains_disconnect (struct drains *d, const flux_msg_t *msg)
{
    struct drainer *dr, *tmp;

    DL_FOREACH_SAFE (d->list, dr, tmp)
    {
        if (router_same_client (dr->msg, msg))
            remove_drainer (d, dr);
    }
}

static const struct request_row rows[] = {
    { "job-manager.drain", FLUX_ROLE_OWNER, METHOD_HELD, handle_drain },
    { "job-manager.idle", FLUX_ROLE_OWNER, METHOD_HELD, handle_idle },
    { NULL },
};

const struct request_row *drain_requests (void)
{
    return rows;
}

struct drains *drains_create (struct manager *m)
{
    struct drains *d;

    if ((d = calloc (1, sizeof (*d))))
        d->m = m;
    return d;
}

void drains_destroy (struct drains *d)
{
    if (!d)
        return;
    while (d->list)
        remove_drainer (d, d->list);
    free (d);
}
