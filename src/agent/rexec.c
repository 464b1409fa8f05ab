/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A subprocess server (RFC 42) for "rexec", and for the shell service of each
 * job that runs here ("<uid>-shell-<id>.rexec").  The broker relays requests
 * of those who may, and our responses.
 */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <utlist.h>

#include "agent/rexec.h"
#include "lib/handle_host.h"
#include "lib/subprocess_host.h"

/* ---- responses ---- */

static void send_response (struct rexec *rx,
                           const flux_msg_t *req,
                           int errnum,
                           const char *payload)
{
    flux_msg_t *msg;

    if (flux_msg_is_noresponse (req) || !rx->agent->conn)
        return;
    if ((msg = flux_response_derive (req, errnum))
        && (!payload || flux_msg_set_string (msg, payload) == 0))
        (void)net_conn_send (rx->agent->conn, msg);
    flux_msg_decref (msg);
}

void rexec_respond_done (struct rexec *rx, const flux_msg_t *req)
{
    send_response (rx, req, 0, NULL);
}

void rexec_respond (struct rexec *rx, const flux_msg_t *req, char *json)
{
    if (json)
        send_response (rx, req, 0, json);
    else
        send_response (rx, req, ENOMEM, NULL);
    free (json);
}

void rexec_respond_error (struct rexec *rx,
                          const flux_msg_t *req,
                          int errnum,
                          const char *text)
{
    send_response (rx, req, errnum ? errnum : EINVAL, text);
}

/* ---- life ---- */

void rexec_exited (struct rexec *rx, pid_t pid, int status)
{
    struct rexec_proc *proc;

    DL_FOREACH (rx->procs, proc)
    {
        if (!proc->finished && flux_subprocess_pid (proc->p) == pid) {
            flux_priv_subprocess_exited (proc->p, status);
            return;
        }
    }
}

void rexec_signal (struct rexec *rx, struct agent_job *job, int signum)
{
    struct rexec_proc *proc, *next;

    DL_FOREACH_SAFE (rx->procs, proc, next)
    {
        if (job && proc->job != job)
            continue;
        if (signum == SIGKILL && !job && proc->finished)
            rexec_proc_destroy (proc);
        else
            (void)rexec_proc_kill (proc, signum);
    }
}

void rexec_job_gone (struct rexec *rx, struct agent_job *job)
{
    struct rexec_proc *proc;

    if (!rx)
        return;
    rexec_signal (rx, job, SIGKILL);
    DL_FOREACH (rx->procs, proc)
    {
        if (proc->job == job)
            proc->job = NULL;
    }
}

void rexec_lost (struct rexec *rx)
{
    struct rexec_proc *proc, *next;

    DL_FOREACH_SAFE (rx->procs, proc, next)
    {
        rexec_proc_destroy (proc);
    }
}

/* Processes that have ended and are not waited for keep nobody here. */
bool rexec_idle (const struct rexec *rx)
{
    struct rexec_proc *proc;

    DL_FOREACH (rx->procs, proc)
    {
        if (!proc->zombie)
            return false;
    }
    return true;
}

struct rexec *rexec_create (struct agent *a)
{
    struct rexec *rx = calloc (1, sizeof (*rx));

    if (!rx)
        return NULL;
    rx->agent = a;
    if (!(rx->reactor = flux_priv_reactor_wrap (a->loop))) {
        free (rx);
        return NULL;
    }
    return rx;
}

void rexec_destroy (struct rexec *rx)
{
    if (!rx)
        return;
    rexec_lost (rx);
    flux_reactor_destroy (rx->reactor);
    free (rx);
}
