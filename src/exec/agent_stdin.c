/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Input of running jobs: the service "<uid>-shell-<id>" that flux-job(1)
 * attach writes to.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/exec_agent.h"

static int forward (struct exec_job_state *job, const struct stdin_request *req)
{
    struct agent_stdin in = {
        .id = job->id,
        .ranks = req->ranks,
        .data = req->data,
        .len = req->len,
        .eof = req->eof,
    };
    flux_msg_t *msg = agent_stdin_encode (&in);

    if (!msg)
        return -1;
    for (unsigned int i = 0; i < job->nparts; i++) {
        if (job->parts[i].sent && !job->parts[i].over)
            node_send (job->parts[i].node, msg);
    }
    flux_msg_destroy (msg);
    return 0;
}

static int stdin_cb (struct router *r,
                     const flux_msg_t *msg,
                     void *arg,
                     flux_error_t *error)
{
    struct exec_job_state *job = arg;
    struct stdin_request req;
    const char *s;
    int rc;

    if (!router_may (msg, job->userid))
        return err_set (error, EPERM, "Request requires owner credentials");
    if (flux_msg_get_string (msg, &s) < 0 || !s)
        return err_set (error, EPROTO, "request: expected a payload");
    if (job->stdin_closed)
        return err_set (error, EPIPE, "input of the job is closed");
    if (stdin_request_decode (s, &req, error) < 0)
        return -1;
    rc = forward (job, &req);
    job->stdin_closed = req.eof && !strcmp (req.ranks, "all");
    free (req.data);
    if (rc < 0)
        return -1;
    return router_respond (r, msg, NULL) < 0 ? -1 : REQUEST_DONE;
}

int stdin_register (struct exec_job_state *job)
{
    struct router *r = job->x->env.router;
    char id[JOBID_TEXT_MAX];

    if (!r)
        return 0;
    jobid_encode (job->id, JOBID_F58PLAIN, id, sizeof (id));
    if (asprintf (&job->topic, "%u-shell-%s.stdin", job->userid, id) < 0) {
        job->topic = NULL;
        return -1;
    }
    if (router_method_add (r,
                           job->topic,
                           FLUX_ROLE_OWNER | FLUX_ROLE_USER,
                           0,
                           stdin_cb,
                           job)
        < 0) {
        free (job->topic);
        job->topic = NULL;
        return -1;
    }
    return 0;
}

void stdin_unregister (struct exec_job_state *job)
{
    if (!job->topic)
        return;
    router_method_remove (job->x->env.router, job->topic);
    free (job->topic);
    job->topic = NULL;
}
