/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Process ids of a job's tasks, as tools want them: asked from the agents. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exec/exec_agent.h"
#include "wire/proctable.h"

struct proctable_request {
    const flux_msg_t *msg;
    int64_t number;
    unsigned int nwait; /* answers that are to come */
    bool *waits;        /* by part */
    struct proctable table;
    LIST_ENTRY (proctable_request) link;
};

static void request_free (struct proctable_request *req)
{
    LIST_REMOVE (req, link);
    flux_msg_decref (req->msg);
    proctable_clear (&req->table);
    free (req->waits);
    free (req);
}

static void answer (struct exec_job_state *job, struct proctable_request *req)
{
    struct router *r = job->x->env.router;
    char *json = proctable_encode (&req->table);

    if (json)
        router_respond (r, req->msg, json);
    else
        router_respond_error (r, req->msg, ENOMEM, NULL);
    free (json);
    request_free (req);
}

static void came (struct exec_job_state *job,
                  struct proctable_request *req,
                  struct part *part)
{
    size_t i = part - job->parts;

    if (!req->waits[i])
        return;
    req->waits[i] = false;
    if (--req->nwait == 0)
        answer (job, req);
}

void proctable_talk (struct exec_job_state *job,
                     struct part *part,
                     const struct agent_talk *talk)
{
    struct proctable_request *req;

    LIST_FOREACH (req, &job->proctables, link)
    {
        if (req->number == talk->n)
            break;
    }
    if (!req)
        return;
    proctable_add (&req->table, part->node->rank, talk->text, talk->len);
    came (job, req, part);
}

/* A node that is not there, or has nothing any more, has no tasks to tell. */
static void ask (struct exec_job_state *job, struct proctable_request *req)
{
    struct agent_talk talk = { .kind = TALK_PIDS, .n = req->number };

    for (unsigned int i = 0; i < job->nparts; i++) {
        req->waits[i] = service_say (job, &job->parts[i], &talk);
        req->nwait += req->waits[i];
    }
}

int proctable_cb (struct router *r,
                  const flux_msg_t *msg,
                  void *arg,
                  flux_error_t *error)
{
    struct exec_job_state *job = arg;
    struct proctable_request *req;

    if (!router_may (msg, job->userid))
        return err_set (error, EPERM, "Request requires owner credentials");
    if (!(req = calloc (1, sizeof (*req)))
        || !(req->waits = calloc (job->nparts, sizeof (*req->waits)))) {
        free (req);
        return err_set (error, ENOMEM, "out of memory");
    }
    req->msg = flux_msg_incref (msg);
    req->number = ++job->x->last_number;
    LIST_INSERT_HEAD (&job->proctables, req, link);
    ask (job, req);
    if (req->nwait == 0)
        answer (job, req);
    return REQUEST_LATER;
}

void proctable_lost (struct exec_job_state *job, struct part *part)
{
    struct proctable_request *req, *next;

    for (req = LIST_FIRST (&job->proctables); req; req = next) {
        next = LIST_NEXT (req, link);
        came (job, req, part);
    }
}

void proctable_end (struct exec_job_state *job)
{
    struct proctable_request *req;

    while ((req = LIST_FIRST (&job->proctables)))
        answer (job, req);
}
