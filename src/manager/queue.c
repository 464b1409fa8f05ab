/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Queues as flux-queue(1) controls them: the anonymous one. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/manager_private.h"
#include "manager/requests.h"
#include "wire/requests_job.h"

#define META_KEY "queue-status"

struct queues {
    struct manager *m;
    bool enabled;
    bool started;
    char *disable_reason;
    char *stop_reason;
};

bool queues_started (const struct queues *q)
{
    return q->started;
}

static char *status (const struct queues *q)
{
    struct queue_status s = {
        .enable = q->enabled,
        .start = q->started,
        .disable_reason = q->enabled ? NULL : q->disable_reason,
        .stop_reason = q->started ? NULL : q->stop_reason,
    };

    return wire_queue_status_encode (&s);
}

static void checkpoint (struct queues *q)
{
    char *text = status (q);

    if (!text
        || store_meta_put (q->m->store, META_KEY, text, strlen (text)) < 0)
        log_errno (PART, "storing the state of the queue");
    free (text);
}

static void replace (char **slot, const char *s)
{
    free (*slot);
    *slot = s ? strdup (s) : NULL;
}

int queues_restore (struct queues *q, bool stop)
{
    char *text;
    size_t len;

    if (store_meta_get (q->m->store, META_KEY, &text, &len) == 0) {
        if (wire_queue_status_decode (text,
                                      &q->enabled,
                                      &q->disable_reason,
                                      &q->started,
                                      &q->stop_reason)
            < 0)
            log_msg (LOG_ERR, PART, "the stored state of the queue is bad");
        free (text);
        if (stop && q->started) {
            q->started = false;
            replace (&q->stop_reason, "Automatically stopped due to restart");
        }
    }
    alloc_stop (q->m->alloc, !q->started);
    return 0;
}

int queues_accept (struct queues *q,
                   const struct jobspec *spec,
                   flux_error_t *error)
{
    if (spec && spec->queue)
        return err_set (error,
                        EINVAL,
                        "'%s' is not a valid queue",
                        spec->queue);
    if (!q->enabled)
        return err_set (error,
                        EINVAL,
                        "job submission is disabled%s%s",
                        q->disable_reason ? ": " : "",
                        q->disable_reason ? q->disable_reason : "");
    return 0;
}

static int check_name (const char *name, flux_error_t *error)
{
    if (name)
        return err_set (error, EINVAL, "'%s' is not a valid queue", name);
    return 0;
}

static int handle_list (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    router_respond (r, msg, "{\"queues\":[]}");
    return REQUEST_DONE;
}

static int handle_status (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct manager *m = arg;
    const char *name;
    char *answer;

    if (req_name_decode (msg, &name, error) < 0 || check_name (name, error) < 0)
        return REQUEST_ERROR;
    if (!(answer = status (m->queues)))
        return REQUEST_ERROR;
    router_respond (r, msg, answer);
    free (answer);
    return REQUEST_DONE;
}

static int handle_enable (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct manager *m = arg;
    struct queues *q = m->queues;
    struct req_queue req;

    if (req_queue_decode (msg, "enable", &req, error) < 0
        || check_name (req.name, error) < 0)
        return REQUEST_ERROR;
    if (!req.on && !req.reason)
        return err_set (error, EINVAL, "reason is required for disable");
    q->enabled = req.on;
    replace (&q->disable_reason, req.on ? NULL : req.reason);
    if (!req.nocheckpoint)
        checkpoint (q);
    manager_respond (m, msg, 0, NULL);
    return REQUEST_DONE;
}

static int handle_start (struct router *r,
                         const flux_msg_t *msg,
                         void *arg,
                         flux_error_t *error)
{
    struct manager *m = arg;
    struct queues *q = m->queues;
    struct req_queue req;

    if (req_queue_decode (msg, "start", &req, error) < 0
        || check_name (req.name, error) < 0)
        return REQUEST_ERROR;
    q->started = req.on;
    replace (&q->stop_reason, req.on ? NULL : req.reason);
    alloc_stop (m->alloc, !q->started);
    if (!req.nocheckpoint)
        checkpoint (q);
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
    const struct sched_ops *ops;
    struct sched *sched = alloc_sched (m->alloc, &ops);
    unsigned int length = ops->queue_length (sched);
    char answer[128];

    /* A stopped queue asks nothing of the scheduler. */
    snprintf (answer,
              sizeof (answer),
              "{\"queue_length\":%u,\"alloc_pending\":%u,\"running\":%u}",
              m->queues->started ? 0 : length,
              m->queues->started ? length : 0,
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

struct queues *queues_create (struct manager *m)
{
    struct queues *q;

    if (!(q = calloc (1, sizeof (*q))))
        return NULL;
    q->m = m;
    q->enabled = q->started = true;
    return q;
}

void queues_destroy (struct queues *q)
{
    if (!q)
        return;
    free (q->disable_reason);
    free (q->stop_reason);
    free (q);
}
