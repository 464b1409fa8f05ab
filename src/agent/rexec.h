/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The inside of the agent's subprocess server. */

#ifndef SLUICE_AGENT_REXEC_H
#define SLUICE_AGENT_REXEC_H

#include <flux/core.h>
#include <flux/subprocess.h>

#include "agent/agent.h"
#include "wire/rexec_msgs.h"

/* A request that gets responses. */
struct rexec_client {
    const flux_msg_t *req; /* NULL: nobody */
    int flags;             /* streams that are forwarded: REXEC_STDOUT, ... */
    size_t unacked;        /* bytes on their way */
    bool stopped;          /* streams are not read for want of FLOW */
};

struct rexec_proc {
    struct rexec *rx;
    struct agent_job *job; /* whose shell it belongs to; NULL: rexec's own */
    bool of_job;           /* it was a job's, which may be gone */
    flux_subprocess_t *p;
    struct rexec_client client; /* of exec or attach */
    bool background;
    bool waitable;
    bool finished;                /* it has exited, and finished was sent */
    bool zombie;                  /* waits for wait or attach */
    bool doomed;                  /* killed for want of a client */
    struct flux_msglist *waiters; /* wait requests */
    struct rexec_tail tail;       /* for them */
    struct rexec_proc *prev, *next;
};

struct rexec {
    struct agent *agent;
    flux_reactor_t *reactor;
    struct rexec_proc *procs;
};

/* ---- rexec.c ---- */
/* Success that has nothing to say; with json, which it takes; and an error. */
void rexec_respond_done (struct rexec *rx, const flux_msg_t *req);
void rexec_respond (struct rexec *rx, const flux_msg_t *req, char *json);
void rexec_respond_error (struct rexec *rx,
                          const flux_msg_t *req,
                          int errnum,
                          const char *text);

/* ---- rexec_proc.c: one process ---- */
/* Start it.  -1 and errno with a sentence. */
int rexec_proc_start (struct rexec *rx,
                      struct agent_job *job,
                      struct rexec_exec *req,
                      const flux_msg_t *msg,
                      flux_error_t *error);
void rexec_proc_destroy (struct rexec_proc *proc);
int rexec_proc_kill (struct rexec_proc *proc, int signum);
/* The requester of msg gets what comes from now on. */
void rexec_proc_attach (struct rexec_proc *proc,
                        const flux_msg_t *msg,
                        int flags);
/* The client has gone. */
void rexec_proc_leave (struct rexec_proc *proc);
void rexec_proc_flow (struct rexec_proc *proc, size_t bytes);
/* Answer those who wait; the process is gone then. */
void rexec_proc_reap (struct rexec_proc *proc);

/* ---- rexec_user.c ---- */
/* What every process gets besides what the client says: FLUX_URI, the limits
 * that tasks have, the user of the job.
 */
int rexec_user_env (struct rexec *rx, flux_cmd_t *cmd);
void rexec_user_pre_exec (flux_subprocess_t *p, void *arg);

#endif
