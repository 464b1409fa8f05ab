/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The manager's side of running jobs: a table of verbs with several answers.
 *
 * exec_agent.c hands jobs to flux-agent processes, one per node, over a
 * connection; exec_mock.c pretends, for as long as it is told (simulation,
 * tests, and jobs with attributes.system.exec.test).  No code outside exec/
 * and agent/ may assume that a task runs on the broker's host.
 */

#ifndef SLUICE_EXEC_EXEC_H
#define SLUICE_EXEC_EXEC_H

#include "base/err.h"
#include "loop/loop.h"
#include "res/rset.h"
#include "router/router.h"

struct exec;

struct exec_job {
    uint64_t id;
    uint32_t userid;
    int urgency;
    bool may_test;        /* its user may pretend to run */
    bool debug;           /* submitted with the debug flag */
    bool reattach;        /* it ran before this broker started: look for it */
    const char *jobspec;  /* whole, environment included; borrowed */
    const struct rset *R; /* borrowed */
    const char *R_text;   /* as stored; borrowed */
};

/* What became of jobs.  Called on the loop from LOOP_HOLDABLE sources, never
 * from inside a verb.  For each job that was given: started once (unless it
 * fails before), any number of log and exception, then finish once (after
 * started; not if it never started), then release once, last.
 */
struct exec_reports {
    /* "start" may be posted: every agent has the job and its tasks run. */
    void (*started) (void *arg, uint64_t id);
    /* Lines (each ending in "\n") for a log of the job:
     * "guest.exec.eventlog" (RFC 50), "guest.output" or "guest.input"
     * (RFC 24).
     */
    void (*log) (void *arg,
                 uint64_t id,
                 const char *path,
                 const char *data,
                 size_t len);
    void (*exception) (void *arg,
                       uint64_t id,
                       int severity,
                       const char *type,
                       const char *note);
    /* Highest wait(2) status of the job's tasks. */
    void (*finish) (void *arg, uint64_t id, int status);
    /* Nothing of the job is left on any node. */
    void (*release) (void *arg, uint64_t id);
    void *arg;

    /* With launched ranks: one came, or it is gone and will not be back.
     * Called at any time; may be NULL. */
    void (*node) (void *arg, unsigned int rank, bool up);

    /* For executors that outlive a broker; each may be NULL. */
    /* Keep a short text with the job that says what was told of its part on
     * this rank, durable with all that was told till now; NULL: forget it.
     */
    void (*mark) (void *arg, uint64_t id, unsigned int rank, const char *s);
    /* The text, as it was when this broker started; malloced, NULL: none. */
    char *(*marked) (void *arg, uint64_t id, unsigned int rank);
    /* The number of the batch that makes durable what was told till now. */
    uint64_t (*batch) (void *arg);
};

struct exec_env {
    struct loop *loop;
    struct router *router; /* for "<uid>-shell-<f58>.stdin" services */
    const char *rundir;
    const char *statedir;   /* NULL: none */
    const char *local_uri;  /* FLUX_URI of tasks */
    const char *agent_path; /* flux-agent's executable */
    unsigned int nranks;    /* agents on this machine */
    bool launched;          /* those above rank 0 come by themselves */
    double grace;           /* seconds that jobs go on without a broker; 0:
                               10 */
    const struct exec_reports *reports;
};

struct exec_ops {
    const char *name;
    struct exec *(*create) (const struct exec_env *env, flux_error_t *error);
    /* Agents end with their jobs unless `leave` (a restart is coming). */
    void (*destroy) (struct exec *x, bool leave);
    int (*start) (struct exec *x, const struct exec_job *job, flux_error_t *e);
    /* Signal all tasks of the job (before they started: the start is
     * abandoned for SIGKILL and SIGTERM).  ENOENT: not under way. */
    int (*kill) (struct exec *x, uint64_t id, int signum);
    /* All batches up to this one are durable.  NULL: of no interest. */
    void (*durable) (struct exec *x, uint64_t batch);
};

extern const struct exec_ops exec_agent;
extern const struct exec_ops exec_mock;

#endif
