/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Input of running jobs, which flux-job(1) attach writes, and its log
 * guest.input (RFC 24).
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/exec_agent.h"
#include "wire/guestlog.h"

static const char *const input_path = "guest.input";

void stdin_started (struct exec_job_state *job)
{
    struct jbuf b = { 0 };

    guestlog_input_header (&b, job->t_start);
    if (job->infile)
        guestlog_redirect (&b, job->t_start, "stdin", "all", job->infile);
    jbuf_raw (&b, job->input.s ? job->input.s : "", job->input.len);
    exec_tell_log (job, input_path, b.s, b.failed ? 0 : b.len);
    free (b.s);
    free (job->input.s);
    memset (&job->input, 0, sizeof (job->input));
}

static void note (struct exec_job_state *job, const struct stdin_request *req)
{
    double now = loop_now (job->x->env.loop);
    struct jbuf b = { 0 };
    struct jbuf *to = job->started ? &b : &job->input;

    guestlog_input (to, now, req->ranks, req->data, req->len, req->eof);
    if (job->started)
        exec_tell_log (job, input_path, b.s, b.failed ? 0 : b.len);
    free (b.s);
}

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
    if (rc == 0)
        note (job, &req);
    job->stdin_closed = req.eof && !strcmp (req.ranks, "all");
    free (req.data);
    if (rc < 0)
        return -1;
    return router_respond (r, msg, NULL) < 0 ? -1 : REQUEST_DONE;
}
