/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Input of running jobs, which flux-job(1) attach writes. */

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

int stdin_cb (struct router *r,
              const flux_msg_t *msg,
              void *arg,
              flux_error_t *error)
{
    struct exec_job_state *job = arg;
    struct stdin_request req;
    const char *s;
    int rc;

    if (service_may (job, msg, &s, error) < 0)
        return -1;
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
