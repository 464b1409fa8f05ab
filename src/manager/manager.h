/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The job manager: where jobs, store, scheduler, executor and messages meet.
 *
 * This header is what the plugin host, the views and the daemon see.  The
 * manager's own files share manager_private.h.
 */

#ifndef SLUICE_MANAGER_MANAGER_H
#define SLUICE_MANAGER_MANAGER_H

#include "base/err.h"
#include "exec/exec.h"
#include "job/job.h"
#include "manager/plugins.h"
#include "manager/runner.h"
#include "router/router.h"
#include "sched/sched.h"
#include "store/store.h"

struct manager;

struct manager_config {
    struct loop *loop;
    struct router *router;
    const char *statedir; /* NULL or "": jobs live in memory */
    const char *store_sync; /* as sync of store_open: NULL is "full" */
    const char *hostname;
    const struct sched_ops *sched;
    const struct exec_ops *exec;
    struct exec_env exec_env;     /* reports is filled by the manager */
    const struct rset *resources; /* copied */
    const char *resources_method; /* how they were found (RFC 44); a constant.
                                     NULL: "dynamic-discovery" */
    /* hwloc's description of this node as XML, malloced; asked once, when a
     * client wants it.  NULL: not known. */
    char *(*topo_xml) (void);
    /* A rank came or went (exec_env.launched).  May be NULL. */
    void (*online_changed) (void *arg);
    /* An event that resource.eventlog is to keep (RFC 44), a line with its
     * newline; stored with the open batch.  May be NULL. */
    void (*resource_event) (void *arg, const char *line);
    /* The store failed for good: what is only in memory never happened.  Go
     * down and come back from what is durable.  May be NULL.
     */
    void (*failed) (void *arg, const char *error);
    void *failed_arg; /* of all three */
};

struct manager *manager_create (const struct manager_config *cfg,
                                flux_error_t *error);
/* Give the plugin host's verbs; before manager_start. */
void manager_set_plugins (struct manager *m, const struct plugin_ops *ops);
/* Give what runs housekeeping; before manager_start.  Without, resources are
 * free at once. */
void manager_set_runner (struct manager *m, const struct runner_ops *ops);
/* Load the store, replay active jobs, resume what is owed, serve. */
int manager_start (struct manager *m, flux_error_t *error);
/* As if the scheduler, or what runs jobs, were not there: jobs wait for it.
 * Both are there at first.  limit: at most so many jobs are said to be with
 * the scheduler (alloc-query); 0: any number.
 */
void manager_sched_online (struct manager *m, bool online, unsigned int limit);
void manager_exec_online (struct manager *m, bool online);
/* Another manager is to come in this process: manager_destroy leaves it what
 * runs.
 */
void manager_leave (struct manager *m);
/* Nothing new is accepted or started from now on.  Which jobs end with the
 * instance: done is called when that is durable, or the store failed.
 */
enum manager_end {
    MANAGER_END_ALL,     /* running ones, and pending ones are canceled */
    MANAGER_END_RUNNING, /* pending ones are there when the next one starts */
    MANAGER_END_NONE,    /* running ones go on, too, and the next finds them */
};
void manager_shutdown (struct manager *m,
                       enum manager_end how,
                       void (*done) (void *arg),
                       void *arg);
/* Would manager_destroy leave running jobs to the next manager?  Then what
 * their agents need has to stay. */
bool manager_leaves_jobs (const struct manager *m);
void manager_destroy (struct manager *m);

/* The instance's configuration changed: JSON text of the whole object.
 * Checked by manager and plugins' host separately; -1 refuses it with a
 * sentence and changes nothing.
 */
int manager_config_check (struct manager *m,
                          const char *json,
                          flux_error_t *error);
void manager_config_apply (struct manager *m, const char *json);

/* ---- jobs ---- */

/* The active job, or NULL and ENOENT. */
struct job *manager_job (struct manager *m, uint64_t id);
/* The first active job; the others with job_next (). */
struct job *manager_jobs (struct manager *m);
/* A walk over the active jobs that there are when it begins, in the order in
 * which they came, which jobs may leave meanwhile: the place is moved on when
 * the job that it is at goes.  A zeroed one is not begun.
 */
struct manager_walk {
    struct job *next; /* NULL: at its end */
    struct job *last;
    struct manager_walk *prev_walk, *next_walk;
};
/* A walk that is under way begins anew. */
void manager_walk_begin (struct manager *m, struct manager_walk *w);
/* NULL after the last. */
struct job *manager_walk_next (struct manager *m, struct manager_walk *w);
/* Needed only where a walk is left before its end. */
void manager_walk_end (struct manager *m, struct manager_walk *w);
unsigned int manager_active_count (const struct manager *m);
/* How many jobs in memory are in one of these states (FLUX_JOB_STATE_*). */
unsigned int manager_count_in (const struct manager *m, int states);
/* The same for each named queue that jobs are or were in: in_state has
 * FLUX_JOB_NR_STATES numbers, in the order of their bits.
 */
void manager_each_queue (struct manager *m,
                         void (*cb) (const char *queue,
                                     const unsigned int in_state[],
                                     void *arg),
                         void *arg);
struct store *manager_store (struct manager *m);
struct loop *manager_loop (struct manager *m);
struct router *manager_router (struct manager *m);
/* All resources, as text of R version 1; malloced. */
char *manager_resources (struct manager *m);
/* The ranks that are there; new. */
struct idset *manager_online (struct manager *m);
struct sched *manager_sched (struct manager *m, const struct sched_ops **ops);

/* May the sender of msg see jobs of userid, and counts of all jobs (userid
 * FLUX_USERID_UNKNOWN)?  Everyone may unless [access] private-mode is set:
 * then owner, admins, and the user itself.
 */
bool manager_may_see (const struct manager *m,
                      const flux_msg_t *msg,
                      uint32_t userid);

/* The name of the i-th queue as configured; NULL: there are not so many, or
 * only the anonymous one.
 */
const char *manager_queue_name (struct manager *m, size_t i);
/* The i-th virtual queue and its parent (RFC 33), both good until the
 * configuration changes; false: there are not so many.
 */
bool manager_virtual_queue (struct manager *m,
                            size_t i,
                            const char **name,
                            const char **parent);

/* ---- the life of an event (post.c) ---- */

/* Post an event of a typed kind; timestamp 0 means now.  If the job is idle
 * the event and all that follows from it happen before the call returns;
 * else it waits in the job's queue and the call returns 0.  -1: EINVAL,
 * ENOENT as fsm_legal, nothing changed.
 */
int manager_post (struct manager *m,
                  struct job *job,
                  const struct event *ev,
                  flux_error_t *error);
/* The same by name with a context (JSON text or NULL), checked as RFC 21
 * says (wire_event_make).
 */
int manager_post_named (struct manager *m,
                        struct job *job,
                        const char *name,
                        const char *context,
                        flux_error_t *error);
/* Is an event of this kind waiting in the job's queue? */
bool manager_event_queued (struct manager *m,
                           struct job *job,
                           enum event_kind kind);
/* Is the job in the middle of an event (a callback for it is running)? */
bool manager_job_busy (struct manager *m, struct job *job);
/* Has the start request gone to the executor? */
bool manager_start_requested (struct manager *m, struct job *job);

/* Raise an exception; userid UINT32_MAX leaves the key out.  Publishes the
 * "job-exception" event too.
 */
int manager_raise (struct manager *m,
                   struct job *job,
                   const char *type,
                   int severity,
                   uint32_t userid,
                   const char *note,
                   flux_error_t *error);

/* Set a priority a plugin gave: no-op unless the job is in PRIORITY or SCHED,
 * or if priority is negative; urgency 0 and 31 win over it; in SCHED an
 * unchanged priority posts nothing, in PRIORITY it always moves the job.
 */
int manager_set_priority (struct manager *m, struct job *job, int64_t priority);
/* Begin job.priority.get for every job in PRIORITY or SCHED: some at once,
 * the rest in slices of a few milliseconds.  A second call while one is
 * under way starts over after it.
 */
int manager_reprioritize_all (struct manager *m);
/* Merge annotations (JSON object text; null deletes) into the job's; posts
 * the uncommitted "annotations" event, or with quiet only keeps them.
 */
int manager_annotate (struct manager *m,
                      struct job *job,
                      const char *patch,
                      bool quiet,
                      flux_error_t *error);
/* A plugin's own R for a job in SCHED that has none (text of R version 1). */
int manager_set_R (struct manager *m,
                   struct job *job,
                   const char *R,
                   flux_error_t *error);

/* ---- after the commit ---- */

/* Answer req when all that was posted so far is durable (at once if it is
 * already); error != 0 answers an error.  Keeps a reference to req.
 */
int manager_respond (struct manager *m,
                     const flux_msg_t *req,
                     int errnum,
                     const char *text_or_json);

/* Call cb when all that was written to the store so far is durable (at once
 * if it is already), in order with all that is told; errnum is 0, or says why
 * it will never be.  cb only answers clients.  -1 and ENOMEM: it is not called.
 */
int manager_when_durable (struct manager *m,
                          void (*cb) (void *arg, int errnum),
                          void *arg);

/* One durable event of a job, as journal consumers see it. */
struct manager_entry {
    uint64_t id;
    const struct event *ev; /* kind, name, timestamp, typed fields that do
                               not point anywhere */
    const char *line;       /* the eventlog entry, with newline */
    size_t len;
    int state;           /* after the event */
    const char *jobspec; /* with submit: redacted jobspec, else NULL */
    const char *R;       /* with alloc */
    bool volatile_;      /* journal only: not in the eventlog */
};

/* Called after commit, in order, on the loop (LOOP_ALWAYS: also while a
 * plugin waits; listeners only answer clients, they never post).
 */
struct manager_listener {
    void (*entry) (void *arg, const struct manager_entry *entry);
    /* Lines were added to a log of the job ("eventlog" included). */
    void (*log) (void *arg,
                 uint64_t id,
                 const char *path,
                 const char *data,
                 size_t len);
    /* The job's guest logs are complete; and: the job left memory. */
    void (*guest_done) (void *arg, uint64_t id);
    void (*inactive) (void *arg, uint64_t id);
    void *arg;
};
int manager_listen (struct manager *m, const struct manager_listener *l);

#endif
