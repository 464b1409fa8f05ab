/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Inside the manager (for src/manager only).
 *
 * struct manager is a directory of parts; a part keeps its own state behind
 * an opaque pointer and is reached through the functions listed under its
 * file here.
 */

#ifndef SLUICE_MANAGER_MANAGER_PRIVATE_H
#define SLUICE_MANAGER_MANAGER_PRIVATE_H

#include <flux/message.h>

#include "base/err.h"
#include "base/log.h"
#include "job/effects.h"
#include "job/fsm.h"
#include "job/job.h"
#include "loop/loop.h"
#include "manager/manager.h"
#include "wire/eventlog.h"

#define PART "job-manager"

/* Work on many jobs is done in slices of this length, so that the loop keeps
 * turning.
 */
#define SLICE_SECONDS 0.001
#define CLOCK_EVERY 64 /* jobs between two looks at the clock */

struct queued_event;
struct grant;

/* What the manager knows of an active job beside its history; job->host. */
struct job_host {
    struct manager *m;
    struct job *job;
    struct queued_event *queue; /* events that wait for their turn */
    uint64_t last_batch;        /* the last batch with writes of the job */
    double t_bulk_priority;     /* of a priority event that is not stored; 0:
                                   there is none */

    bool busy : 1;         /* an event is being processed */
    bool alloc : 1;        /* the scheduler has it */
    bool start : 1;        /* the executor has it, until it released all */
    bool act_listed : 1;   /* in the list of jobs to act upon */
    bool row_listed : 1;   /* its row is to be written with this batch */
    bool row_has_spec : 1; /* the stored row has the jobspec as it is */
    bool row_lacks_R : 1;  /* and not the R, which was updated */
    bool restored : 1;     /* ran before this manager started: reattach */
    bool base_kept : 1;    /* the jobspec before updates is stored */
    uint8_t kill_stage;    /* 0: not asked to end, 1: asked, 2: killed */
    uint16_t tally;        /* tally.c */

    struct grant *grant;          /* answer of the scheduler not yet posted */
    struct text *sched_spec;      /* what the scheduler borrowed */
    struct text *plugin_R;        /* R a plugin gave, before alloc */
    struct loop_source *deadline; /* time limit, then kill timeout */
    struct job_host *row_next;
};

struct manager {
    struct loop *loop;
    struct router *router;
    struct store *store;
    struct text_pool *texts;
    struct clock *clock;
    uint32_t owner;
    char *hostname;
    const struct plugin_ops *plugins; /* NULL: none */

    struct idtable jobs; /* active */
    unsigned int active_count;
    unsigned int running_count;                /* in RUN or CLEANUP */
    unsigned int in_state[FLUX_JOB_NR_STATES]; /* active jobs */
    struct job_host *rows;      /* jobs whose row is to be written */
    struct manager_walk *walks; /* under way */

    struct tallies *tallies;
    struct outbox *outbox;
    struct acts *acts;
    struct alloc *alloc;
    struct asks *asks;
    struct heads *heads;
    struct start *start;
    struct ingest *ingest;
    struct pace *pace;
    struct waits *waits;
    struct queues *queues;
    struct drains *drains;
    struct prioritizer *prioritizer;
    struct raiser *raiser;
    struct resources *resources;
    struct purger *purger;
    struct housekeeping *housekeeping;
    struct evjournal *journal;
    struct shutdown *shutdown;

    void (*failed) (void *arg, const char *error);
    void (*online_changed) (void *arg);
    void (*resource_event) (void *arg, const char *line);
    void *failed_arg;
    bool turn_hook;
    bool stop_queues_on_restart;
    bool private_mode;   /* guests see no jobs but their own */
    bool broken;         /* the store failed: nothing new is accepted */
    bool stopping;       /* manager_shutdown was called */
    bool exec_offline;   /* nothing is started */
    bool leave;          /* what runs is left to the next manager */
    struct aside *aside; /* jobs that could not be replayed */
};

static inline struct job_host *host_of (const struct job *job)
{
    return job->host;
}

/* ---- hosts.c: the table of active jobs ---- */

/* A job with its host, in the table.  NULL and EEXIST or ENOMEM. */
struct job *hosts_add (struct manager *m, uint64_t id);
/* The same for an id that is certainly not there: looking for it would take
 * longer than the rest.
 */
struct job *hosts_restore (struct manager *m, uint64_t id);
/* Take the job out of the table and free it and all the parts hold of it. */
void hosts_remove (struct manager *m, struct job *job);
/* Write the job's row with the open batch, once however often asked. */
void hosts_row_dirty (struct manager *m, struct job *job);
/* Write the rows asked for. */
void hosts_rows_flush (struct manager *m);

/* ---- tally.c ---- */

struct tallies *tallies_create (void);
void tallies_destroy (struct tallies *all);
/* Count the job, in the state it has, with the queue its jobspec names; at
 * first and when that has changed.
 */
void tally_enter (struct manager *m, struct job *job);
void tally_leave (struct manager *m, struct job *job);
/* The job was in state prev. */
void tally_move (struct manager *m, const struct job *job, int prev);

/* ---- manager.c ---- */

/* The job is INACTIVE and durably so: it leaves memory. */
void manager_forget (struct manager *m, struct job *job);

/* ---- post.c ---- */

/* Only if the job has the debug flag (RFC 21: "debug.*"). */
void manager_post_debug (struct manager *m, struct job *job, const char *name);
/* As manager_post_named, with resources for "alloc". */
int post_alloc (struct manager *m,
                struct job *job,
                const char *context,
                struct text *R,
                flux_error_t *error);
/* The job's jobspec is going to be updated: keep the first one, as the value
 * "jobspec"; and the row no longer has the last.
 */
void post_before_update (struct manager *m, const struct job *job);
/* After replay: as if the job's last event had just happened. */
void post_resume (struct manager *m, struct job *job);
/* Post what the job owes itself and hand the rest to the parts. */
void post_effects (struct manager *m, struct job *job);
void post_queue_drop (struct job_host *host);
struct job_inflight post_inflight (const struct job *job);

/* ---- outbox.c: what waits for the commit ---- */

struct outbox *outbox_create (struct manager *m);
void outbox_destroy (struct outbox *o);
/* Tell listeners of an event; takes line (malloced, with newline). */
void outbox_entry (struct outbox *o,
                   const struct job *job,
                   const struct event *ev,
                   char *line,
                   size_t len,
                   bool volatile_);
void outbox_log (struct outbox *o,
                 uint64_t id,
                 const char *path,
                 const char *data,
                 size_t len);
void outbox_guest_done (struct outbox *o, uint64_t id);
/* The job was durably inactive and left memory: tell at once. */
void outbox_inactive (struct outbox *o, uint64_t id);
/* Publish an event message after the commit; json is copied. */
void outbox_publish (struct outbox *o, const char *topic, const char *json);
/* The first line of the job that was posted and is not told yet, with its
 * length, or NULL.
 */
const char *outbox_untold (struct outbox *o, uint64_t id, size_t *len);
/* See to it that the end of a turn comes: something was written. */
void outbox_wake (struct outbox *o);
/* The last durable batch. */
uint64_t outbox_durable (const struct outbox *o);
/* Turns of the loop so far. */
uint64_t outbox_turns (const struct outbox *o);
/* The store's done callback. */
void outbox_done (uint64_t batch, int ret, const char *error, void *arg);
/* Hand over the open batch, tell what is durable. */
void outbox_commit (struct outbox *o);
/* The end of a turn: the same, unless the next one comes at once with more. */
void outbox_turn (struct outbox *o);
/* The number of the batch that what is written now becomes durable with. */
uint64_t outbox_batch (const struct outbox *o);

/* ---- acts.c: acting on jobs after the commit ---- */

struct acts *acts_create (struct manager *m);
void acts_destroy (struct acts *acts);
/* Look at the job when all it wrote is durable: start, kill, forget. */
void acts_add (struct acts *acts, struct job *job);
/* More is durable than before. */
void acts_durable (struct acts *acts);

/* ---- alloc.c: the scheduler's side ---- */

struct alloc *alloc_create (struct manager *m,
                            const struct sched_ops *ops,
                            flux_error_t *error);
void alloc_destroy (struct alloc *a);
int alloc_enqueue (struct alloc *a, struct job *job);
void alloc_cancel (struct alloc *a, struct job *job);
void alloc_prioritize (struct alloc *a, struct job *job);
/* The job gave its resources back. */
void alloc_free (struct alloc *a, struct job *job);
/* The job holds job->R and the scheduler did not give it. */
int alloc_hello (struct alloc *a, struct job *job);
/* Ask for a plan soon: something changed. */
void alloc_kick (struct alloc *a);
/* Will the next turn plan? */
bool alloc_due (const struct alloc *a);
struct sched *alloc_sched (struct alloc *a, const struct sched_ops **ops);
void alloc_forget (struct alloc *a, struct job *job);
/* Of what was given to job id, R is held again (after a restart); and: only R
 * is held from now on, nothing if it is empty.
 */
int alloc_hold (struct alloc *a, uint64_t id, const struct rset *R);
int alloc_shrink (struct alloc *a, uint64_t id, const struct rset *R);
/* Stop or resume planning; jobs stay in the scheduler's queue. */
void alloc_stop (struct alloc *a, bool stopped);
/* The scheduler is not there at all; and how many jobs it wants to know of
 * (0: all).
 */
void alloc_set_offline (struct alloc *a, bool offline, unsigned int limit);
bool alloc_offline (const struct alloc *a);
/* How many jobs behind a head that does not fit are tried; 0: none. */
void alloc_set_backfill (struct alloc *a, unsigned int depth);
/* The job's R has another expiration. */
void alloc_expiration (struct alloc *a, struct job *job);
/* Jobs the scheduler works on, and those it has not been told of. */
void alloc_counts (struct alloc *a,
                   unsigned int *pending,
                   unsigned int *queued);
/* The same for one queue, as sched_ops.set_queue. */
void alloc_set_queue (struct alloc *a,
                      const char *name,
                      const char *parent,
                      bool stopped);

/* ---- asks.c: when "debug.alloc-request" is posted ---- */

struct asks *asks_create (struct manager *m);
void asks_destroy (struct asks *a); /* accepts NULL */
/* The job waits for resources, and may have got another priority. */
void asks_check (struct asks *a, struct job *job);
/* It waits no more. */
void asks_forget (struct asks *a, struct job *job);
/* A queue was started or stopped, or the scheduler came or went. */
void asks_changed (struct asks *a);

/* ---- heads.c: what is said of jobs that wait first in a queue ---- */

struct heads *heads_create (struct manager *m);
void heads_destroy (struct heads *h);
/* A plan left jobs waiting: look soon. */
void heads_kick (struct heads *h);

/* ---- effects.c: what follows from an event ---- */

/* What an event that was just applied means to the manager's parts. */
void effects_of_event (struct manager *m,
                       struct job *job,
                       const struct event *ev,
                       int prev_state);

/* ---- pace.c: how far those who write much run ahead of the store ---- */

struct pace *pace_create (void);
void pace_destroy (struct pace *p);
/* More is durable than before; stats are the store's. */
void pace_note (struct pace *p, const struct store_stats *stats);
/* How many records may be written and not durable. */
uint64_t pace_limit (const struct pace *p);
/* May those who write much write more now? */
bool pace_has_room (const struct manager *m);
/* The same within one slice, which began when store_pending() was begin: what
 * it wrote goes to the writer before the next one goes on.
 */
bool pace_goes_on (const struct manager *m, uint64_t begin);

/* ---- prioritize.c ---- */

struct prioritizer *prioritizer_create (struct manager *m);
void prioritizer_destroy (struct prioritizer *p);
/* Are many jobs being given priorities right now? */
bool prioritizer_walking (const struct prioritizer *p);

/* ---- raise.c ---- */

struct raiser *raiser_create (struct manager *m);
/* More is durable than before. */
void raiser_durable (struct raiser *r);
/* What is under way is not answered. */
void raiser_destroy (struct raiser *r);

/* ---- resource_check.c ---- */

/* EPERM and a sentence for a job whose constraints name hosts there are not:
 * it could never run.
 */
int resources_check_job (struct resources *res,
                         const struct jobspec *spec,
                         flux_error_t *error);

/* ---- drain.c ---- */

/* The number of active or running jobs went down. */
void drains_check (struct drains *d);

/* ---- wait.c ---- */

/* A job was accepted, or came back after a restart; and: it ended. */
void waits_active (struct waits *w, const struct job *job);
void waits_inactive (struct waits *w, const struct job *job);

/* ---- restart.c ---- */

int restart_jobs (struct manager *m, flux_error_t *error);

/* ---- aside.c: jobs that could not be replayed ---- */

/* Say so, and list the job with the reason. */
void aside_add (struct manager *m, uint64_t id, const char *why);
/* Its record is removed. */
void aside_forget (struct manager *m, uint64_t id);
unsigned int aside_count (const struct manager *m);
/* Array of {"id","reason"}, malloced. */
char *aside_json (const struct manager *m);
void aside_clear (struct manager *m);

/* ---- housekeeping.c: what is cleaned before it is free again ---- */

struct housekeeping *housekeeping_create (struct manager *m);
void housekeeping_destroy (struct housekeeping *hk);
/* json was checked. */
void housekeeping_configure (struct housekeeping *hk, const char *json);
/* The job gave its resources back: are they to be cleaned?  Then the
 * scheduler is told when they are.
 */
bool housekeeping_take (struct housekeeping *hk, struct job *job);
/* Hold what was being cleaned when the last manager ended, and clean it. */
int housekeeping_restore (struct housekeeping *hk);
/* More is durable than before. */
void housekeeping_durable (struct housekeeping *hk);
/* JSON text for job-manager.stats-get, malloced. */
char *housekeeping_stats (struct housekeeping *hk);

/* ---- shutdown.c ---- */

/* Was that the last job that shutdown waits for? */
void shutdown_check (struct manager *m);
/* A job got resources and would start: true if it may not, as the instance
 * ends.  It is canceled or waits for the next one.
 */
bool shutdown_holds (struct manager *m, struct job *job);
void shutdown_destroy (struct manager *m);

/* ---- start.c: the executor's side ---- */

struct start *start_create (struct manager *m,
                            const struct exec_ops *ops,
                            const struct exec_env *env,
                            flux_error_t *error);
void start_destroy (struct start *s, bool leave);
/* Both after the commit. */
void start_job (struct start *s, struct job *job);
void start_kill (struct start *s, struct job *job);
int start_signal (struct start *s, struct job *job, int signum);
/* May jobs of guests have exec.test? */
void start_set_guest_tests (struct start *s, bool allowed);
void start_set_kill_timeout (struct start *s, double seconds);
/* Batches up to this one are durable. */
void start_durable (struct start *s, uint64_t batch);
/* Arm the time limit of a running job from its R. */
void deadline_arm (struct manager *m, struct job *job);
void deadline_stop (struct job *job);

#endif
