/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Who runs where: pure decisions, time passed in (RFC 27 in spirit).
 *
 * A scheduler knows resources and pending jobs and, asked to plan, says which
 * jobs start on which resources.  It never acts and never asks the clock.
 * It is a table of verbs with several answers: fifo (strict priority, then
 * age, or with backfill), and later one that speaks to another process.
 */

#ifndef SLUICE_SCHED_SCHED_H
#define SLUICE_SCHED_SCHED_H

#include "base/err.h"
#include "res/rset.h"
#include "wire/jobspec.h"

struct sched;

struct sched_job {
    uint64_t id;
    uint32_t userid;
    int64_t priority;
    double t_submit;
    const struct jobspec *spec; /* borrowed until the job is dequeued, runs
                                   or is denied */
    const char *queue;          /* borrowed for the call; NULL: the anonymous
                                   one.  One not heard of is made, started. */
};

/* What plan() says.  The callee may call the other verbs only after plan has
 * returned.  alloc: R is owned by the callee, and the scheduler counts it as
 * held by id until free.  deny: the job can never run; it left the queue.
 */
struct sched_answer {
    void (*alloc) (void *arg, uint64_t id, struct rset *R);
    void (*deny) (void *arg, uint64_t id, const char *note);
    void *arg;
};

struct sched_ops {
    const char *name;
    struct sched *(*create) (void);
    void (*destroy) (struct sched *s);
    /* All resources there are (copied); called again when they change.  */
    int (*resources) (struct sched *s, const struct rset *all);
    /* Ranks (RFC 22 idset text) that may not get new jobs: drained, down,
     * excluded.  Replaces the former set. */
    int (*set_down) (struct sched *s, const char *ranks);
    /* Start or stop a named queue (NULL: the anonymous one), which keeps its
     * jobs.  Jobs of one with a parent (RFC 33: a virtual queue) stand in one
     * order with those of the parent, and wait while either is stopped.
     * Another queue's jobs are overtaken as if they were not there.
     */
    int (*set_queue) (struct sched *s,
                      const char *name,
                      const char *parent,
                      bool stopped);
    /* Pending jobs.  ENOENT for an unknown id, EEXIST for one that is in. */
    int (*enqueue) (struct sched *s, const struct sched_job *job);
    int (*dequeue) (struct sched *s, uint64_t id);
    int (*prioritize) (struct sched *s, uint64_t id, int64_t priority);
    /* A job that holds R already (after a restart, or a plugin's R). */
    int (*hello) (struct sched *s, uint64_t id, const struct rset *R);
    /* How far down a queue whose head does not fit it is looked for jobs that
     * can start without delaying the head's reservation (EASY backfill): so
     * many jobs; 0: not at all.  The reservation is what the head will get at
     * the time at which it will fit, if jobs end when they have to.
     */
    void (*set_backfill) (struct sched *s, unsigned int depth);
    /* The job that has R has to end then (seconds since the epoch; 0: it need
     * not).  ENOENT. */
    int (*expiration) (struct sched *s, uint64_t id, double t);
    /* The job gave everything back. */
    int (*free) (struct sched *s, uint64_t id);
    /* Decide at time now.  At most max jobs (0: no limit): call again while
     * it returns max.  Returns the number of answers given.  Cheap when
     * nothing changed since the last call.  Jobs with priority 0 are held.
     */
    int (*plan) (struct sched *s,
                 double now,
                 int max,
                 const struct sched_answer *answer);
    /* Could the job ever run?  0, or -1, EOVERFLOW and a sentence as RFC 27
     * clients know it ("unsatisfiable request: ...").
     */
    int (*feasible) (struct sched *s,
                     const struct jobspec *spec,
                     flux_error_t *error);
    /* For listings: caller destroys. */
    struct rset *(*allocated) (struct sched *s);
    unsigned int (*queue_length) (struct sched *s);
    /* Of these, how many are in queues that are started. */
    unsigned int (*ready_length) (struct sched *s);
    /* The pending job's place in the queue and why it waits, as a sentence
     * in buf ("needs 4 cores, 2 free", "held by urgency 0"): 1 for the first,
     * 0 if id is not pending. */
    unsigned int (*explain) (struct sched *s,
                             uint64_t id,
                             char *buf,
                             size_t size);
    /* Tell of each job at the head of a queue, as of the last plan(): when it
     * will start if running jobs end when they have to (0: that is not
     * known), and why it waits.
     */
    void (*heads) (struct sched *s,
                   double now,
                   void (*cb) (void *arg,
                               uint64_t id,
                               double t_estimate,
                               const char *reason),
                   void *arg);
};

extern const struct sched_ops sched_fifo;

#endif
