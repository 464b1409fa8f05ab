/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The scheduler's side.
 *
 * The scheduler is in memory, and what it decides becomes an event of this
 * batch or a later one, so its verbs are called as events happen, before
 * they are durable.  Planning is work of its own: answers are collected and
 * posted after plan() has returned, since what a post leads to may call the
 * scheduler again.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "manager/manager_private.h"
#include "manager/requests.h"
#include "wire/jbuf.h"
#include "wire/jobspec.h"
#include "wire/requests_job.h"
#include "wire/rjson.h"

/* At most so many answers a turn, so that the loop keeps turning. */
#define PLAN_SLICE 128

/* An answer that is not posted yet.  job is NULL once the job was taken back
 * meanwhile.
 */
struct grant {
    STAILQ_ENTRY (grant) link;
    struct job *job;
    struct rset *R; /* NULL: denied */
    char *note;
};
STAILQ_HEAD (grant_head, grant);

struct alloc {
    struct manager *m;
    const struct sched_ops *ops;
    struct sched *sched;
    struct loop_source *work;
    struct grant_head grants;
    bool stopped;
    bool offline;
    unsigned int limit;
};

struct sched *alloc_sched (struct alloc *a, const struct sched_ops **ops)
{
    if (ops)
        *ops = a->ops;
    return a->sched;
}

struct sched *manager_sched (struct manager *m, const struct sched_ops **ops)
{
    return alloc_sched (m->alloc, ops);
}

void alloc_kick (struct alloc *a)
{
    if (!a->stopped && !a->offline)
        loop_kick (a->work);
}

bool alloc_due (const struct alloc *a)
{
    return loop_kicked (a->work);
}

void alloc_set_offline (struct alloc *a, bool offline, unsigned int limit)
{
    a->offline = offline;
    a->limit = limit;
    asks_changed (a->m->asks);
    alloc_kick (a);
}

void alloc_set_backfill (struct alloc *a, unsigned int depth)
{
    a->ops->set_backfill (a->sched, depth);
    alloc_kick (a);
}

void alloc_expiration (struct alloc *a, struct job *job)
{
    const struct rset *R = job->R ? rjson_of (job->R) : NULL;

    if (R && a->ops->expiration (a->sched, job->id, R->expiration) < 0
        && errno != ENOENT)
        log_errno (PART, "telling the scheduler of an expiration");
    alloc_kick (a);
}

bool alloc_offline (const struct alloc *a)
{
    return a->offline;
}

/* A stopped queue asks nothing of the scheduler. */
void alloc_counts (struct alloc *a, unsigned int *pending, unsigned int *queued)
{
    unsigned int all = a->ops->queue_length (a->sched);
    unsigned int n = a->offline ? 0 : a->ops->ready_length (a->sched);

    if (a->limit > 0 && n > a->limit)
        n = a->limit;
    *pending = n;
    *queued = all - n;
}

void alloc_stop (struct alloc *a, bool stopped)
{
    a->stopped = stopped;
    alloc_kick (a);
}

void alloc_set_queue (struct alloc *a,
                      const char *name,
                      const char *parent,
                      bool stopped)
{
    if (a->ops->set_queue (a->sched, name, parent, stopped) < 0)
        log_errno (PART, "telling the scheduler of a queue");
    asks_changed (a->m->asks);
    alloc_kick (a);
}

static void left_queue (struct job_host *host)
{
    asks_forget (host->m->asks, host->job);
    host->alloc = false;
    host->grant = NULL;
    text_unref (host->sched_spec);
    host->sched_spec = NULL;
}

int alloc_enqueue (struct alloc *a, struct job *job)
{
    struct job_host *host = host_of (job);
    struct sched_job sj = {
        .id = job->id,
        .userid = job->userid,
        .priority = job->priority,
        .t_submit = job->t_submit,
        .spec = jobspec_of (job->spec),
    };

    if (sj.spec)
        sj.queue = sj.spec->queue;
    /* A job whose queue was taken away waits for it to come back. */
    if (!queues_has (a->m->queues, sj.queue))
        alloc_set_queue (a, sj.queue, NULL, true);
    if (!sj.spec || a->ops->enqueue (a->sched, &sj) < 0) {
        const char *why = sj.spec ? strerror (errno) : "malformed jobspec";
        manager_raise (a->m, job, "alloc", 0, a->m->owner, why, NULL);
        return -1;
    }
    host->sched_spec = text_ref (job->spec);
    host->alloc = true;
    alloc_kick (a);
    asks_check (a->m->asks, job);
    return 0;
}

void alloc_cancel (struct alloc *a, struct job *job)
{
    struct job_host *host = host_of (job);

    if (!host->alloc)
        return;
    if (host->grant) {
        if (host->grant->R)
            a->ops->free (a->sched, job->id);
        host->grant->job = NULL;
        alloc_kick (a);
    }
    else if (a->ops->dequeue (a->sched, job->id) < 0)
        log_errno (PART,
                   "taking job %ju from the scheduler",
                   (uintmax_t)job->id);
    left_queue (host);
}

void alloc_prioritize (struct alloc *a, struct job *job)
{
    struct job_host *host = host_of (job);

    if (!host->alloc || host->grant)
        return;
    if (a->ops->prioritize (a->sched, job->id, job->priority) < 0)
        log_errno (PART, "prioritizing job %ju", (uintmax_t)job->id);
    alloc_kick (a);
    asks_check (a->m->asks, job);
}

void alloc_free (struct alloc *a, struct job *job)
{
    if (a->ops->free (a->sched, job->id) < 0 && errno != ENOENT)
        log_errno (PART, "freeing job %ju", (uintmax_t)job->id);
    alloc_kick (a);
}

int alloc_hello (struct alloc *a, struct job *job)
{
    const struct rset *R = job->R ? rjson_of (job->R) : NULL;

    return R ? a->ops->hello (a->sched, job->id, R) : -1;
}

void alloc_forget (struct alloc *a, struct job *job)
{
    if (a)
        alloc_cancel (a, job);
}

int alloc_hold (struct alloc *a, uint64_t id, const struct rset *R)
{
    return a->ops->hello (a->sched, id, R);
}

int alloc_shrink (struct alloc *a, uint64_t id, const struct rset *R)
{
    int rc = a->ops->free (a->sched, id);

    if (rc == 0 && R->count > 0)
        rc = a->ops->hello (a->sched, id, R);
    alloc_kick (a);
    return rc;
}

static struct grant *grant_add (struct alloc *a, uint64_t id)
{
    struct job *job = manager_job (a->m, id);
    struct grant *g;

    if (!job || !(g = calloc (1, sizeof (*g))))
        return NULL;
    g->job = job;
    host_of (job)->grant = g;
    STAILQ_INSERT_TAIL (&a->grants, g, link);
    return g;
}

static void answer_alloc (void *arg, uint64_t id, struct rset *R)
{
    struct alloc *a = arg;
    struct grant *g;

    if (!(g = grant_add (a, id))) {
        log_msg (LOG_ERR, PART, "job %ju: allocation lost", (uintmax_t)id);
        rset_destroy (R);
        return;
    }
    g->R = R;
}

static void answer_deny (void *arg, uint64_t id, const char *note)
{
    struct alloc *a = arg;
    struct grant *g;

    if ((g = grant_add (a, id)))
        g->note = strdup (note ? note : "");
}

/* The R the job gets: with the time it has, if the scheduler left that to
 * us.
 */
static struct text *make_R (struct alloc *a, struct job *job, struct rset *R)
{
    const struct jobspec *spec = jobspec_of (job->spec);

    if (R->starttime == 0.)
        R->starttime = loop_now (a->m->loop);
    if (R->expiration == 0. && spec->duration > 0.)
        R->expiration = R->starttime + spec->duration;
    return rjson_text (R, spec->nslots);
}

/* What was said of the job as it waited holds no more. */
static void forget_reason (struct alloc *a, struct job *job)
{
    char *patch;

    if (!job->annotations)
        return;
    patch = wire_pending_patch (0., NULL);
    if (!patch || manager_annotate (a->m, job, patch, true, NULL) < 0)
        log_errno (PART, "annotating a job");
    free (patch);
}

static int post_granted (struct alloc *a, struct job *job, struct rset *R)
{
    struct text *t = make_R (a, job, R);
    char *summary = rset_summary (R);
    char *context = NULL;
    flux_error_t error = { "" };
    int rc = -1;

    forget_reason (a, job);
    if (t && summary)
        context = wire_alloc_context (job->annotations, summary);
    if (context)
        rc = post_alloc (a->m, job, context, t, &error);
    if (rc < 0)
        log_msg (LOG_ERR,
                 PART,
                 "job %ju: posting alloc: %s",
                 (uintmax_t)job->id,
                 error.text[0] ? error.text : strerror (errno));
    free (context);
    free (summary);
    text_unref (t);
    return rc;
}

/* Once the grant is taken the job owns the resources or they go back. */
static void post_grant (struct alloc *a, struct grant *g)
{
    struct job *job = g->job;

    if (!job)
        return;
    left_queue (host_of (job));
    if (!g->R)
        manager_raise (a->m, job, "alloc", 0, a->m->owner, g->note, NULL);
    else if (post_granted (a, job, g->R) < 0) {
        a->ops->free (a->sched, job->id);
        alloc_kick (a);
        manager_raise (a->m,
                       job,
                       "alloc",
                       0,
                       a->m->owner,
                       "the allocation could not be recorded",
                       NULL);
    }
}

/* The scheduler's annotations are in the alloc event, too; those who hear of
 * each event of the job get them as one of their own before it.  A callback
 * may end the job: then the grant is there no more.
 */
static void tell_summary (struct alloc *a, const struct grant *g)
{
    const struct plugin_ops *ops = a->m->plugins;
    struct jbuf b = { 0 };
    char *summary = NULL;
    char *patch = NULL;

    if (!g->job || !g->R || !ops || !ops->job_watched
        || !ops->job_watched (ops->arg, g->job->id))
        return;
    if ((summary = rset_summary (g->R))) {
        jbuf_lit (&b, "{\"sched\":{\"resource_summary\":");
        jbuf_string (&b, summary);
        jbuf_lit (&b, "}}");
        patch = jbuf_take (&b, NULL);
    }
    if (!patch || manager_annotate (a->m, g->job, patch, false, NULL) < 0)
        log_errno (PART, "annotating a job");
    free (summary);
    free (patch);
}

static void post_grants (struct alloc *a)
{
    struct grant *g;

    while ((g = STAILQ_FIRST (&a->grants))) {
        if (g->job)
            asks_check (a->m->asks, g->job);
        tell_summary (a, g);
        STAILQ_REMOVE_HEAD (&a->grants, link);
        post_grant (a, g);
        rset_destroy (g->R);
        free (g->note);
        free (g);
    }
}

static void run_plan (struct loop_source *src, int revents, void *arg)
{
    struct alloc *a = arg;
    struct sched_answer answer = { answer_alloc, answer_deny, a };
    int n;

    if (a->stopped || a->offline || a->m->broken)
        return;
    n = a->ops->plan (a->sched, loop_now (a->m->loop), PLAN_SLICE, &answer);
    post_grants (a);
    if (n >= PLAN_SLICE)
        loop_kick (a->work);
    else if (a->m->heads && a->ops->ready_length (a->sched) > 0)
        heads_kick (a->m->heads);
}

struct alloc *alloc_create (struct manager *m,
                            const struct sched_ops *ops,
                            flux_error_t *error)
{
    struct alloc *a;

    if (!(a = calloc (1, sizeof (*a))))
        return err_null (error, ENOMEM, "out of memory");
    a->m = m;
    a->ops = ops;
    STAILQ_INIT (&a->grants);
    a->sched = ops->create ();
    a->work = loop_work_create (m->loop, LOOP_HOLDABLE, run_plan, a);
    if (!a->sched || !a->work) {
        alloc_destroy (a);
        return err_null (error, ENOMEM, "creating scheduler %s", ops->name);
    }
    loop_source_set_name (a->work, "schedule");
    return a;
}

void alloc_destroy (struct alloc *a)
{
    struct grant *g;

    if (!a)
        return;
    while ((g = STAILQ_FIRST (&a->grants))) {
        STAILQ_REMOVE_HEAD (&a->grants, link);
        rset_destroy (g->R);
        free (g->note);
        free (g);
    }
    if (a->work)
        loop_source_destroy (a->work);
    if (a->sched)
        a->ops->destroy (a->sched);
    free (a);
}
