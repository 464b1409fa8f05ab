/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* queue-list, queue-status, queue-enable, queue-start and alloc-query. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "manager/queue.h"
#include "manager/requests.h"
#include "wire/jbuf.h"
#include "wire/requests_job.h"

static int handle_list (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    struct manager *m = arg;
    struct queues *q = m->queues;
    struct jbuf b = { 0 };
    char *s;

    jbuf_lit (&b, "{\"queues\":[");
    for (size_t i = 0; queues_named (q) && i < q->count; i++) {
        if (i > 0)
            jbuf_lit (&b, ",");
        jbuf_string (&b, q->list[i].name);
    }
    jbuf_lit (&b, "]}");
    if (!(s = jbuf_take (&b, NULL)))
        return REQUEST_ERROR;
    router_respond (r, msg, s);
    free (s);
    return REQUEST_DONE;
}

/* What keeps a queue from scheduling: itself, its parent, no scheduler. */
static char *status (struct manager *m, const struct mqueue *mq)
{
    struct queue_status s = {
        .enable = mq->enable.on,
        .start = mqueue_started (mq),
        .disable_reason = mq->enable.reason,
        .stop_reason = mq->start.reason,
        .parent = mq->parent ? mq->parent->name : NULL,
    };
    char why[256];

    if (mq->start.on && !s.start) {
        snprintf (why,
                  sizeof (why),
                  "parent queue '%s' is stopped",
                  mq->parent->name);
        s.blocked = "parent";
        s.stop_reason = why;
    }
    else if (s.start && alloc_offline (m->alloc)) {
        s.start = false;
        s.blocked = "scheduler";
        s.stop_reason = "Scheduler is offline";
    }
    return wire_queue_status_encode (&s);
}

static int handle_status (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct manager *m = arg;
    const struct mqueue *mq;
    const char *name;
    char *answer;

    if (req_name_decode (msg, &name, error) < 0
        || !(mq = queues_find (m->queues, name, error))
        || !(answer = status (m, mq)))
        return REQUEST_ERROR;
    router_respond (r, msg, answer);
    free (answer);
    return REQUEST_DONE;
}

/* Turn one switch of the queues that a request means: by name, or all. */
static int turn (struct queues *q,
                 const struct req_queue *req,
                 bool enable,
                 flux_error_t *error)
{
    struct mqueue *one = NULL;

    if (!req->name && !req->all && queues_named (q))
        return err_set (error,
                        EINVAL,
                        "Use --all to apply this command to all queues");
    if (req->name && !(one = queues_find (q, req->name, error)))
        return -1;
    for (size_t i = 0; i < q->count; i++) {
        struct mqueue *mq = &q->list[i];

        if (!one || mq == one)
            mqueue_set (enable ? &mq->enable : &mq->start,
                        req->on,
                        req->reason,
                        req->nocheckpoint);
    }
    if (!req->nocheckpoint)
        queues_checkpoint (q);
    return 0;
}

static int handle_enable (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct manager *m = arg;
    struct req_queue req;

    if (req_queue_decode (msg, "enable", &req, error) < 0)
        return REQUEST_ERROR;
    if (!req.on && !req.reason)
        return err_set (error, EINVAL, "reason is required for disable");
    if (turn (m->queues, &req, true, error) < 0)
        return REQUEST_ERROR;
    manager_respond (m, msg, 0, NULL);
    return REQUEST_DONE;
}

static int handle_start (struct router *r,
                         const flux_msg_t *msg,
                         void *arg,
                         flux_error_t *error)
{
    struct manager *m = arg;
    struct req_queue req;

    if (req_queue_decode (msg, "start", &req, error) < 0
        || turn (m->queues, &req, false, error) < 0)
        return REQUEST_ERROR;
    queues_push (m->queues);
    drains_check (m->drains);
    manager_respond (m, msg, 0, NULL);
    return REQUEST_DONE;
}

static int handle_alloc_query (struct router *r,
                               const flux_msg_t *msg,
                               void *arg,
                               flux_error_t *error)
{
    struct manager *m = arg;
    unsigned int pending, queued;
    char answer[128];

    alloc_counts (m->alloc, &pending, &queued);
    snprintf (answer,
              sizeof (answer),
              "{\"queue_length\":%u,\"alloc_pending\":%u,\"running\":%u}",
              queued,
              pending,
              m->running_count);
    router_respond (r, msg, answer);
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "job-manager.queue-list", FLUX_ROLE_USER, 0, handle_list },
    { "job-manager.queue-status", FLUX_ROLE_USER, 0, handle_status },
    { "job-manager.queue-enable", FLUX_ROLE_OWNER, METHOD_HELD, handle_enable },
    { "job-manager.queue-start", FLUX_ROLE_OWNER, METHOD_HELD, handle_start },
    { "job-manager.alloc-query", FLUX_ROLE_USER, 0, handle_alloc_query },
    { NULL },
};

const struct request_row *queues_requests (void)
{
    return rows;
}
