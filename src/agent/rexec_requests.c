/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Requests to the subprocess server (RFC 42): a table of methods, of rexec and
 * of each job's shell service.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "agent/rexec.h"
#include "lib/subprocess_host.h"

/* ---- which process ---- */

/* Those of a job's service are not seen from rexec, nor from another's. */
static bool in_scope (const struct rexec_proc *proc,
                      const struct agent_job *job)
{
    return proc->job == job && (job || !proc->of_job);
}

static const char *label_of (const struct rexec_proc *proc)
{
    return flux_cmd_get_label (flux_subprocess_get_cmd (proc->p));
}

static struct rexec_proc *find (struct rexec *rx,
                                const struct agent_job *job,
                                const struct rexec_target *t)
{
    struct rexec_proc *proc;
    const char *label;

    DL_FOREACH (rx->procs, proc)
    {
        if (!in_scope (proc, job))
            continue;
        if (!t->label && flux_subprocess_pid (proc->p) == t->pid)
            return proc;
        if (t->label && (label = label_of (proc)) && !strcmp (label, t->label))
            return proc;
    }
    return NULL;
}

/* The process, or NULL with errnum and a sentence. */
static struct rexec_proc *find_or_say (struct rexec *rx,
                                       const struct agent_job *job,
                                       const struct rexec_target *t,
                                       int errnum,
                                       flux_error_t *error)
{
    struct rexec_proc *proc = find (rx, job, t);

    if (!proc && t->label)
        err_set (error,
                 errnum,
                 "label %s does not belong to any subprocess",
                 t->label);
    else if (!proc)
        err_set (error,
                 errnum,
                 "pid %d does not belong to any subprocess",
                 t->pid);
    return proc;
}

static bool same_client (const flux_msg_t *a, const flux_msg_t *b)
{
    const char *x = flux_msg_route_last (a);
    const char *y = flux_msg_route_last (b);

    return x && y && !strcmp (x, y);
}

static struct rexec_proc *find_client (struct rexec *rx,
                                       const char *client,
                                       uint32_t matchtag)
{
    struct rexec_proc *proc;
    const char *route;
    uint32_t tag;

    DL_FOREACH (rx->procs, proc)
    {
        const flux_msg_t *req = proc->client.req;

        if (req && flux_msg_get_matchtag (req, &tag) == 0 && tag == matchtag
            && (route = flux_msg_route_last (req)) && client
            && !strcmp (route, client))
            return proc;
    }
    return NULL;
}

/* ---- requests ---- */

struct call {
    struct rexec *rx;
    struct agent_job *job; /* whose service; NULL: rexec */
    const flux_msg_t *msg;
    const char *payload; /* NULL: none */
};

/* Each returns 0 if it has answered or will, or -1 and errno. */
typedef int (*call_f) (struct call *c, flux_error_t *error);

static int check_exec (struct call *c,
                       const struct rexec_exec *req,
                       flux_error_t *error)
{
    struct rexec_target t = { .label = req->cmd->label };

    bool bg = !flux_msg_is_streaming (c->msg);

    if (bg && (req->flags & REXEC_WRITE_CREDIT))
        return err_set (error,
                        EINVAL,
                        "write-credit flag is not allowed in background mode");
    if (bg && (req->local_flags & REXEC_FALLTHROUGH))
        return err_set (error,
                        EINVAL,
                        "stdio-fallthrough flag is not allowed in background"
                        " mode");
    if (req->cmd->msgchans.n > 0)
        return err_set (error, ENOTSUP, "message channels are not supported");
    if (t.label && find (c->rx, c->job, &t))
        return err_set (error, EINVAL, "command label is not unique");
    if (c->rx->agent->leaving)
        return err_set (error, ENOSYS, "subprocess server is shutting down");
    return 0;
}

static int exec_cb (struct call *c, flux_error_t *error)
{
    struct rexec_exec req;
    int rc;

    if (rexec_exec_decode (c->payload, &req, error) < 0)
        return -1;
    rc = check_exec (c, &req, error);
    if (rc == 0)
        rc = rexec_proc_start (c->rx, c->job, &req, c->msg, error);
    flux_cmd_destroy (req.cmd);
    return rc;
}

/* More than the client was given credit for ends the process: what it is to
 * read is not what was written.
 */
static void overrun (struct rexec_proc *proc, const struct rexec_io *io)
{
    char text[128];

    snprintf (text,
              sizeof (text),
              "%.64s: more input than there is room for",
              io->stream);
    rexec_respond_error (proc->rx, proc->client.req, ENOSPC, text);
    rexec_proc_leave (proc);
}

static int write_cb (struct call *c, flux_error_t *error)
{
    const char *client = flux_msg_route_last (c->msg);
    struct rexec_proc *proc;
    struct rexec_io io;
    uint32_t matchtag;

    if (rexec_write_decode (c->payload, &matchtag, &io, error) < 0)
        return -1;
    if ((proc = find_client (c->rx, client, matchtag)) && !proc->background) {
        if (io.len > 0
            && flux_subprocess_write (proc->p, io.stream, io.data, io.len) < 0
            && errno == ENOSPC)
            overrun (proc, &io);
        else if (io.eof)
            flux_subprocess_close (proc->p, io.stream);
    }
    rexec_io_clear (&io);
    return 0;
}

static int kill_cb (struct call *c, flux_error_t *error)
{
    struct rexec_target t;
    struct rexec_proc *proc;
    int rc = -1;

    if (rexec_target_decode (c->payload, &t, error) < 0)
        return -1;
    if (t.signum < 0)
        err_set (error, EPROTO, "request: expected signum");
    else if ((proc = find_or_say (c->rx, c->job, &t, ESRCH, error)))
        rc = rexec_proc_kill (proc, t.signum);
    rexec_target_clear (&t);
    if (rc == 0)
        rexec_respond_done (c->rx, c->msg);
    return rc;
}

static int list_cb (struct call *c, flux_error_t *error)
{
    struct rexec_listed *list;
    struct rexec_proc *proc;
    size_t n = 0;

    DL_COUNT (c->rx->procs, proc, n);
    if (!(list = calloc (n + 1, sizeof (*list))))
        return -1;
    n = 0;
    DL_FOREACH (c->rx->procs, proc)
    {
        if (in_scope (proc, c->job))
            list[n++] = (struct rexec_listed){
                .pid = flux_subprocess_pid (proc->p),
                .cmd = flux_cmd_arg (flux_subprocess_get_cmd (proc->p), 0),
                .label = label_of (proc),
                .zombie = proc->finished,
            };
    }
    rexec_respond (c->rx,
                   c->msg,
                   rexec_list_encode (c->rx->agent->opt.rank, list, n));
    free (list);
    return 0;
}

static int wait_cb (struct call *c, flux_error_t *error)
{
    struct rexec_target t;
    struct rexec_proc *proc;

    if (rexec_target_decode (c->payload, &t, error) < 0)
        return -1;
    proc = find_or_say (c->rx, c->job, &t, ESRCH, error);
    rexec_target_clear (&t);
    if (!proc)
        return -1;
    if (!proc->waitable)
        return err_set (error, EINVAL, "process is not waitable");
    if (flux_msglist_count (proc->waiters) > 0)
        return err_set (error, EINVAL, "process is already being waited on");
    if (flux_msglist_append (proc->waiters, c->msg) < 0)
        return -1;
    if (proc->zombie)
        rexec_proc_reap (proc);
    return 0;
}

static int attach_cb (struct call *c, flux_error_t *error)
{
    struct rexec_target t;
    struct rexec_proc *proc;

    if (rexec_target_decode (c->payload, &t, error) < 0)
        return -1;
    proc = find_or_say (c->rx, c->job, &t, ENOENT, error);
    rexec_target_clear (&t);
    if (!flux_msg_is_streaming (c->msg))
        return err_set (error,
                        EPROTO,
                        "attach request is missing STREAMING flag");
    if (t.flags < 0)
        return err_set (error, EPROTO, "request: expected flags");
    if (!proc)
        return -1;
    if (!proc->background)
        return err_set (error, EBUSY, "process is not in the background");
    if (proc->client.req)
        return err_set (error, EBUSY, "process has a client attached");
    rexec_proc_attach (proc, c->msg, t.flags);
    return 0;
}

static void forget_waiters (struct rexec_proc *proc, const flux_msg_t *gone)
{
    int n = flux_msglist_count (proc->waiters);

    while (n-- > 0) {
        const flux_msg_t *msg = flux_msglist_pop (proc->waiters);

        if (!same_client (msg, gone))
            (void)flux_msglist_append (proc->waiters, msg);
        flux_msg_decref (msg);
    }
}

static int disconnect_cb (struct call *c, flux_error_t *error)
{
    struct rexec_proc *proc, *next;

    DL_FOREACH_SAFE (c->rx->procs, proc, next)
    {
        forget_waiters (proc, c->msg);
        if (proc->client.req && same_client (proc->client.req, c->msg))
            rexec_proc_leave (proc);
    }
    return 0;
}

static const struct {
    const char *name;
    call_f cb;
} methods[] = {
    { "exec", exec_cb },
    { "write", write_cb },
    { "kill", kill_cb },
    { "list", list_cb },
    { "wait", wait_cb },
    { "attach", attach_cb },
    { "disconnect", disconnect_cb },
};

static call_f method_of (const char *topic)
{
    const char *dot = strrchr (topic, '.');

    for (size_t i = 0; dot && i < sizeof (methods) / sizeof (methods[0]); i++) {
        if (!strcmp (methods[i].name, dot + 1))
            return methods[i].cb;
    }
    return NULL;
}

/* "<uid>-shell-<id>.rexec.exec"; NULL: no such job here. */
static struct agent_job *job_of (struct rexec *rx, const char *topic)
{
    const char *id = strstr (topic, "-shell-");
    const char *end = id ? strchr (id, '.') : NULL;
    struct agent_job *job, *next;

    if (!end)
        return NULL;
    id += strlen ("-shell-");
    HASH_ITER (hh, rx->agent->jobs, job, next)
    {
        if (!job->over && strlen (job->f58plain) == (size_t)(end - id)
            && !strncmp (job->f58plain, id, end - id))
            return job;
    }
    return NULL;
}

void rexec_request (struct rexec *rx, const flux_msg_t *msg)
{
    struct call c = { .rx = rx, .msg = msg };
    flux_error_t error = { .text = "" };
    const char *topic;
    call_f cb;

    if (flux_msg_get_topic (msg, &topic) < 0 || !(cb = method_of (topic)))
        return;
    if (strncmp (topic, "rexec.", 6) != 0 && cb != disconnect_cb
        && !(c.job = job_of (rx, topic))) {
        rexec_respond_error (rx, msg, ENOSYS, "the job does not run here");
        return;
    }
    if (flux_msg_has_payload (msg)
        && flux_msg_get_string (msg, &c.payload) < 0) {
        rexec_respond_error (rx, msg, EPROTO, NULL);
        return;
    }
    errno = 0;
    if (cb (&c, &error) < 0)
        rexec_respond_error (rx, msg, errno, error.text[0] ? error.text : NULL);
}

void rexec_flow (struct rexec *rx, const struct agent_flow *flow)
{
    struct rexec_proc *proc = find_client (rx, flow->client, flow->matchtag);

    if (proc)
        rexec_proc_flow (proc, flow->bytes);
}
