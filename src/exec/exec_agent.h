/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The inside of exec_agent: nodes with their agents, and jobs with a part on
 * each of their nodes.
 */

#ifndef SLUICE_EXEC_EXEC_AGENT_H
#define SLUICE_EXEC_EXEC_AGENT_H

#include <sys/queue.h>
#include <sys/types.h>
#include <uthash.h>

#include "base/jobid.h"
#include "exec/exec.h"
#include "net/net.h"
#include "wire/agent_msgs.h"
#include "wire/agent_talk.h"
#include "wire/jbuf.h"

struct exec_job_state;
struct rexec;

/* An agent's connection. */
struct peer {
    struct exec *x;
    struct net_conn *conn;
    pid_t pid;
    struct node *node; /* NULL: has not said hello */
    LIST_ENTRY (peer) link;
};

/* A rank, with the agent that was started for it. */
struct node {
    struct exec *x;
    unsigned int rank;
    struct peer *peer; /* NULL: not connected */
    pid_t pid;         /* 0: none */
    int pidfd;
    double born;
    struct loop_source *watch; /* of pidfd */
    struct loop_source *again; /* starts another one after a pause */
    bool adopted;              /* another broker started it */
    uint64_t seen;             /* number of its last report */
    /* Reports up to seq may be acknowledged when the batch is durable: those
     * that wait for one, and those that came since. */
    struct exec_ack {
        uint64_t batch; /* 0: none */
        uint64_t seq;
    } ack, next_ack;
};

/* What a job has on a node. */
struct part {
    struct node *node;
    bool sent; /* the start */
    bool started;
    bool over;
    bool marked;    /* there is a mark */
    uint64_t first; /* number of the report that said started */
    uint64_t seen;  /* number of the last report */
    int status;
    int signum; /* to be sent when its agent is back; 0: none */
};

struct agent_job_logs {
    struct jbuf exec;
    struct jbuf output;
};

struct exec_job_state {
    struct exec *x;
    uint64_t id;
    uint32_t userid;
    double t_start;
    flux_msg_t *start;  /* until it is sent to all */
    struct part *parts; /* in the order of R: the first leads */
    unsigned int nparts;
    unsigned int nstarted;
    unsigned int nover;
    bool started;    /* was reported */
    bool tell_again; /* started is to be reported for a job that was found */
    bool failed;     /* an exception was reported */
    int status;
    bool stdin_closed;
    char *infile;         /* what tasks read; NULL: what they are sent */
    struct jbuf input;    /* lines that wait for the job to start */
    bool lost;            /* by an agent, and this is to be told */
    const char *fatal;    /* what to raise an exception for; NULL: nothing */
    int nmethods;         /* of its service that are registered */
    struct exec_pty *pty; /* NULL: no terminal to attach to */
    struct exec_pmi *pmi; /* NULL: no exchange so far */
    LIST_HEAD (, proctable_request) proctables;
    /* Until the job is started: of the leader, and of the others. */
    struct agent_job_logs held[2];
    UT_hash_handle hh;
};

/* Something to be told on the loop when jobs may be touched. */
struct item {
    struct node *node;
    const flux_msg_t *msg; /* a report of node; NULL: */
    uint64_t id;           /* look whether this job is over; 0: node died */
    STAILQ_ENTRY (item) link;
};

struct exec {
    struct exec_env env;
    struct exec *mock;
    char *socket;
    struct net_listener *listener;
    LIST_HEAD (, peer) peers;
    struct node *nodes; /* by rank */
    unsigned int nnodes;
    struct exec_job_state *jobs;
    struct rexec *rexec; /* rexec.h */
    STAILQ_HEAD (, item) items;
    struct loop_source *work;
    int64_t last_number; /* of a question to agents */
};

/* ---- agent_proc.c: processes and connections ---- */
int nodes_create (struct exec *x, flux_error_t *error);
void nodes_destroy (struct exec *x, bool leave);
/* An agent is needed: those of pretended nodes start when a job comes. */
void node_want (struct node *node);
/* -1 if there is no connection. */
int node_send (struct node *node, const flux_msg_t *msg);

/* ---- exec_agent.c ---- */
/* The agent is there and has these jobs: send what waits for it, look for
 * what is lost.
 */
void exec_node_ready (struct node *node, const char *jobs);
/* For the work source. */
int exec_queue (struct exec *x,
                struct node *node,
                const flux_msg_t *msg,
                uint64_t id);

struct part *exec_part_of (struct exec_job_state *job, struct node *node);

/* ---- agent_ack.c: what is durable here, agents need not keep ---- */
/* Numbers of a job's parts, kept with the job. */
void exec_mark (struct exec_job_state *job, struct part *part);
void exec_mark_read (struct exec_job_state *job, struct part *part);
void exec_marks_drop (struct exec_job_state *job);
/* Reports were told: acknowledge them in time. */
void exec_ack_note (struct node *node);
void exec_durable (struct exec *x, uint64_t batch);

/* ---- agent_report.c ---- */
void exec_work_cb (struct loop_source *src, int revents, void *arg);
void exec_job_destroy (struct exec_job_state *job);
struct exec_job_state *exec_job_find (struct exec *x, uint64_t id);
/* Count a part that has nothing left as over. */
void exec_part_over (struct exec_job_state *job, struct part *part, int status);
int exec_send_kill (struct exec_job_state *job, int signum);

/* Lines for a log of the job; none if len is 0. */
void exec_tell_log (struct exec_job_state *job,
                    const char *path,
                    const char *data,
                    size_t len);
/* Raise a fatal exception; why is a constant. */
void exec_fail (struct exec_job_state *job, const char *why);

/* ---- agent_service.c ---- */
int service_register (struct exec_job_state *job, const char *jobspec);
void service_unregister (struct exec_job_state *job);
/* May the sender have the job's service?  Its payload, or -1. */
int service_may (struct exec_job_state *job,
                 const flux_msg_t *msg,
                 const char **payload,
                 flux_error_t *error);
/* An agent said something that is not durable. */
void service_talk (struct node *node, const flux_msg_t *msg);
/* Say it to the agent of part, or (NULL) of all; false: it went to none. */
bool service_say (struct exec_job_state *job,
                  struct part *part,
                  struct agent_talk *talk);

/* ---- agent_stdin.c ---- */
/* The job started: its log of what it is sent begins. */
void stdin_started (struct exec_job_state *job);
int stdin_cb (struct router *r,
              const flux_msg_t *msg,
              void *arg,
              flux_error_t *error);

/* ---- agent_pty.c ---- */
int pty_create (struct exec_job_state *job);
/* An agent is there again: it does not know who is attached. */
void pty_again (struct exec_job_state *job);
void pty_end (struct exec_job_state *job);
void pty_talk (struct exec_job_state *job,
               struct part *part,
               const struct agent_talk *talk);
int pty_cb (struct router *r,
            const flux_msg_t *msg,
            void *arg,
            flux_error_t *error);
int pty_disconnect_cb (struct router *r,
                       const flux_msg_t *msg,
                       void *arg,
                       flux_error_t *error);

/* ---- agent_pmi.c ---- */
void pmi_talk (struct exec_job_state *job,
               struct part *part,
               const struct agent_talk *talk);
void pmi_end (struct exec_job_state *job);

/* ---- agent_proctable.c ---- */
int proctable_cb (struct router *r,
                  const flux_msg_t *msg,
                  void *arg,
                  flux_error_t *error);
void proctable_talk (struct exec_job_state *job,
                     struct part *part,
                     const struct agent_talk *talk);
/* The part has nothing more to say. */
void proctable_lost (struct exec_job_state *job, struct part *part);
void proctable_end (struct exec_job_state *job);

#endif
