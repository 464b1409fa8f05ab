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
#include "wire/jbuf.h"

struct exec_job_state;

/* An agent's connection. */
struct peer {
    struct exec *x;
    struct net_conn *conn;
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
};

/* What a job has on a node. */
struct part {
    struct node *node;
    bool sent; /* the start */
    bool started;
    bool over;
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
    bool started; /* was reported */
    bool failed;  /* an exception was reported */
    int status;
    bool stdin_closed;
    const char *lost; /* the note of an exception to be told; NULL: none */
    char *topic;      /* of the input service; NULL: not registered */
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
    STAILQ_HEAD (, item) items;
    struct loop_source *work;
};

/* ---- agent_proc.c: processes and connections ---- */
int nodes_create (struct exec *x, flux_error_t *error);
void nodes_destroy (struct exec *x, bool leave);
/* An agent is needed: those of pretended nodes start when a job comes. */
void node_want (struct node *node);
/* -1 if there is no connection. */
int node_send (struct node *node, const flux_msg_t *msg);

/* ---- exec_agent.c ---- */
/* The agent is there: send what waits for it. */
void exec_node_ready (struct node *node);
/* For the work source. */
int exec_queue (struct exec *x,
                struct node *node,
                const flux_msg_t *msg,
                uint64_t id);

/* ---- agent_report.c ---- */
void exec_work_cb (struct loop_source *src, int revents, void *arg);
void exec_job_destroy (struct exec_job_state *job);
struct exec_job_state *exec_job_find (struct exec *x, uint64_t id);
/* Count a part that has nothing left as over. */
void exec_part_over (struct exec_job_state *job, struct part *part, int status);
int exec_send_kill (struct exec_job_state *job, int signum);

/* ---- agent_stdin.c ---- */
int stdin_register (struct exec_job_state *job);
void stdin_unregister (struct exec_job_state *job);

#endif
