/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The life of an event: legal? apply, check, append, derive (DESIGN.md).
 *
 * A job is busy while one of its events is processed.  What is posted to a
 * busy job waits in its queue, so that a cascade is flat: the call that found
 * the job idle works until the queue is empty.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "manager/manager_private.h"
#include "manager/post_queue.h"
#include "manager/requests.h"

/* Facts that do not hold are a defect of this program. */
static void check_facts (const struct job *job)
{
    const char *broken;

#if SLUICE_CHECK
    if ((broken = job_check (job))) {
        log_msg (LOG_CRIT, PART, "job %ju: %s", (uintmax_t)job->id, broken);
        abort ();
    }
#else
    if (job->state == FLUX_JOB_STATE_INACTIVE && (broken = job_check (job)))
        log_msg (LOG_CRIT, PART, "job %ju: %s", (uintmax_t)job->id, broken);
#endif
}

/* Journal only: told to listeners, not kept. */
static bool is_volatile (const struct event *ev)
{
    return ev->kind == EVENT_ANNOTATIONS || ev->kind == EVENT_INVALIDATE;
}

/* One of many that a reprioritization gives out: only the last of a job's is
 * worth keeping, and none is needed after a restart, which asks anew.
 */
static bool is_bulk (const struct manager *m,
                     const struct job *job,
                     const struct event *ev)
{
    return ev->kind == EVENT_PRIORITY && job->state == FLUX_JOB_STATE_SCHED
           && prioritizer_walking (m->prioritizer);
}

static void store_line (struct manager *m,
                        const struct job *job,
                        const char *line,
                        size_t len)
{
    if (store_log_append (m->store, job->id, "eventlog", line, len) < 0)
        log_errno (PART, "appending to an eventlog");
}

/* The priority that led to what happens now goes before it. */
static void store_bulk (struct manager *m,
                        struct job *job,
                        const struct event *next)
{
    struct job_host *host = host_of (job);
    struct event ev = {
        .kind = EVENT_PRIORITY,
        .timestamp = host->t_bulk_priority,
        .priority = job->priority,
    };
    char *line;
    size_t len;

    host->t_bulk_priority = 0.;
    if (next->kind == EVENT_PRIORITY || job->priority < 0)
        return;
    if ((line = wire_event_encode (&ev, &len)))
        store_line (m, job, line, len);
    free (line);
}

static void append (struct manager *m,
                    struct job *job,
                    const struct event *ev,
                    const char *line,
                    size_t len)
{
    if (host_of (job)->t_bulk_priority > 0.)
        store_bulk (m, job, ev);
    store_line (m, job, line, len);
    host_of (job)->last_batch = store_next_batch (m->store);
    outbox_wake (m->outbox);
}

/* Plugins see the entry without its newline.  They may turn the loop, and
 * the line may be told and freed meanwhile: they get a copy.
 */
static void call_plugins (struct manager *m,
                          struct job *job,
                          const struct event *ev,
                          const char *entry,
                          int prev_state)
{
    if (m->plugins && m->plugins->job_event)
        m->plugins->job_event (m->plugins->arg, job, ev, entry, prev_state);
}

/* Is nobody there to hear of a priority that is not stored? */
static bool is_quiet (const struct manager *m,
                      const struct job *job,
                      const struct event *ev)
{
    const struct plugin_ops *ops = m->plugins;

    return is_bulk (m, job, ev) && evjournal_listeners (m->journal) == 0
           && !(ops && ops->job_watched
                && ops->job_watched (ops->arg, job->id));
}

/* A priority that no one is told of: no entry is made, and nothing follows but
 * another place in the queue.
 */
static int apply_quiet (struct manager *m,
                        struct job *job,
                        const struct event *given,
                        flux_error_t *error)
{
    struct event ev = *given;
    int prev;

    if (fsm_legal (job, &ev, error) < 0)
        return -1;
    if (ev.timestamp == 0.)
        ev.timestamp = clock_now (m->clock);
    if ((prev = fsm_apply (job, &ev)) < 0)
        return err_set (error, ENOMEM, "event priority: out of memory");
    check_facts (job);
    host_of (job)->t_bulk_priority = ev.timestamp;
    log_trace (TRACE_POST,
               PART,
               "%ju: priority %jd",
               (uintmax_t)job->id,
               (intmax_t)ev.priority);
    effects_of_event (m, job, &ev, prev);
    return 0;
}

void post_before_update (struct manager *m, const struct job *job)
{
    const char *spec = job->spec ? text_str (job->spec) : NULL;
    char *s;
    size_t len;

    host_of (job)->row_has_spec = false;
    if (!spec || host_of (job)->base_kept)
        return;
    if (store_value_get (m->store, job->id, "jobspec", &s, &len) == 0)
        free (s);
    else if (store_value_put (m->store, job->id, "jobspec", spec, strlen (spec))
             < 0)
        log_errno (PART, "storing a jobspec before its update");
    host_of (job)->base_kept = true;
}

/* Steps 1 to 5 for one event. */
static int apply_one (struct manager *m,
                      struct job *job,
                      const struct event *given,
                      flux_error_t *error)
{
    char buf[512];
    char *line, *entry = buf;
    struct event ev = *given;
    bool bulk = is_bulk (m, job, given);
    bool passing = bulk || is_volatile (given);
    size_t len;
    int prev;

    if (m->broken)
        return err_set (error, EIO, "the job store has failed");
    if (is_quiet (m, job, given))
        return apply_quiet (m, job, given, error);
    if (fsm_legal (job, &ev, error) < 0)
        return -1;
    if (!ev.name)
        ev.name = event_kind_name (ev.kind);
    if (ev.timestamp == 0.)
        ev.timestamp = clock_now (m->clock);
    if (!(line = wire_event_encode (&ev, &len)))
        return err_set (error, errno, "encoding event %s", ev.name);
    if (len > sizeof (buf) && !(entry = malloc (len)))
        goto nomem;
    memcpy (entry, line, len - 1);
    entry[len - 1] = '\0';
    ev.entry = entry;
    if (ev.kind == EVENT_JOBSPEC_UPDATE)
        post_before_update (m, job);
    if ((prev = fsm_apply (job, &ev)) < 0)
        goto nomem;
    check_facts (job);
    if (bulk)
        host_of (job)->t_bulk_priority = ev.timestamp;
    else if (!passing)
        append (m, job, &ev, line, len);
    outbox_entry (m->outbox, job, &ev, line, len, passing);
    log_trace (TRACE_POST, PART, "%ju: %s", (uintmax_t)job->id, entry);
    call_plugins (m, job, &ev, entry, prev);
    effects_of_event (m, job, &ev, prev);
    if (entry != buf)
        free (entry);
    return 0;
nomem:
    if (entry != buf)
        free (entry);
    free (line);
    return err_set (error, ENOMEM, "event %s: out of memory", ev.name);
}

/* R for an alloc that came from elsewhere than the scheduler: what a plugin
 * set, else what it stored.
 */
static struct text *foreign_R (struct manager *m, struct job *job)
{
    struct job_host *host = host_of (job);
    struct text *t = NULL;
    char *s;
    size_t len;

    if (host->plugin_R)
        return text_ref (host->plugin_R);
    if (store_value_get (m->store, job->id, "R", &s, &len) == 0) {
        t = text_create (s, len);
        free (s);
    }
    return t;
}

static int apply_queued (struct manager *m,
                         struct job *job,
                         struct queued_event *q,
                         flux_error_t *error)
{
    struct wire_event w;
    int rc;

    if (q->len == 0)
        return apply_one (m, job, &q->ev, error);
    if (wire_event_decode (&w, job, q->line, q->len, error) < 0)
        return -1;
    if (q->ev.kind == EVENT_ALLOC) {
        text_unref (w.ev.R);
        w.ev.R = q->R ? text_ref (q->R) : foreign_R (m, job);
        if (!w.ev.R) {
            wire_event_finish (&w);
            return err_set (error, EINVAL, "alloc: the job has no R");
        }
    }
    rc = apply_one (m, job, &w.ev, error);
    wire_event_finish (&w);
    return rc;
}

/* An event that has no place any more is dropped alone.  Those the manager
 * owes itself may well be overtaken, by an exception for example.
 */
static void dropped (const struct job *job,
                     const struct queued_event *q,
                     const char *why)
{
    if (q->len > 0)
        log_msg (LOG_ERR,
                 PART,
                 "job %ju: dropped %.*s: %s",
                 (uintmax_t)job->id,
                 (int)q->len - 1,
                 q->line,
                 why);
    else
        log_trace (TRACE_POST,
                   PART,
                   "%ju: dropped %s: %s",
                   (uintmax_t)job->id,
                   event_kind_name (q->ev.kind),
                   why);
}

static void drain_queue (struct manager *m, struct job *job)
{
    struct job_host *host = host_of (job);
    struct queued_event *q;
    flux_error_t error;

    while ((q = host->queue)) {
        DL_DELETE (host->queue, q);
        error.text[0] = '\0';
        if (apply_queued (m, job, q, &error) < 0)
            dropped (job, q, error.text);
        post_queue_free (q);
        post_effects (m, job);
    }
}

int manager_post (struct manager *m,
                  struct job *job,
                  const struct event *ev,
                  flux_error_t *error)
{
    struct job_host *host = host_of (job);

    if (host->busy)
        return post_queue_push (host, ev);
    if (is_quiet (m, job, ev) && !m->broken)
        return apply_quiet (m, job, ev, error);
    host->busy = true;
    if (apply_one (m, job, ev, error) < 0) {
        int saved_errno = errno;
        host->busy = false;
        errno = saved_errno;
        return -1;
    }
    post_effects (m, job);
    drain_queue (m, job);
    host->busy = false;
    return 0;
}

static int post_made (struct manager *m,
                      struct job *job,
                      const char *name,
                      const char *context,
                      struct text *R,
                      flux_error_t *error)
{
    struct wire_event w;
    int rc;

    if (wire_event_make (&w, job, name, clock_now (m->clock), context, error)
        < 0)
        return -1;
    if (R) {
        text_unref (w.ev.R);
        w.ev.R = text_ref (R);
    }
    if (host_of (job)->busy) {
        /* As given: what it leads to is found out when its turn comes. */
        w.ev.context = context;
        rc = post_queue_push (host_of (job), &w.ev);
    }
    else
        rc = manager_post (m, job, &w.ev, error);
    wire_event_finish (&w);
    return rc;
}

int manager_post_named (struct manager *m,
                        struct job *job,
                        const char *name,
                        const char *context,
                        flux_error_t *error)
{
    struct text *R = NULL;
    int rc;

    /* A busy job may be given its R before the event has its turn. */
    if (!strcmp (name, "alloc") && !(R = foreign_R (m, job))
        && !host_of (job)->busy)
        return err_set (error, EINVAL, "alloc: the job has no R");
    rc = post_made (m, job, name, context, R, error);
    text_unref (R);
    return rc;
}

int post_alloc (struct manager *m,
                struct job *job,
                const char *context,
                struct text *R,
                flux_error_t *error)
{
    return post_made (m, job, "alloc", context, R, error);
}

int manager_raise (struct manager *m,
                   struct job *job,
                   const char *type,
                   int severity,
                   uint32_t userid,
                   const char *note,
                   flux_error_t *error)
{
    struct event ev = {
        .kind = EVENT_EXCEPTION,
        .type = type,
        .severity = severity,
        .userid = userid,
        .note = note ? note : "",
    };

    if (severity < 0 || severity > 7)
        return err_set (error, EINVAL, "invalid exception severity");
    if (!type[0] || strpbrk (type, " \t\n\r\v\f="))
        return err_set (error, EINVAL, "invalid exception type");
    return manager_post (m, job, &ev, error);
}

void post_resume (struct manager *m, struct job *job)
{
    struct job_host *host = host_of (job);

    host->busy = true;
    post_effects (m, job);
    drain_queue (m, job);
    host->busy = false;
}

/* Effects that are events are posted (they wait in the queue while the job
 * is busy); those within this process happen; those that leave it wait for
 * the commit.
 */
void post_effects (struct manager *m, struct job *job)
{
    static const struct {
        int owed;
        enum event_kind kind;
    } own[] = {
        { OWE_DEPEND, EVENT_DEPEND },
        { OWE_FREE, EVENT_FREE },
        { OWE_CLEAN, EVENT_CLEAN },
    };
    struct job_inflight f = post_inflight (job);
    int owed = job_effects (job, &f);

    if (owed & OWE_ALLOC_CANCEL) {
        alloc_cancel (m->alloc, job);
        f = post_inflight (job);
        owed = job_effects (job, &f);
    }
    if ((owed & OWE_ALLOC) && alloc_enqueue (m->alloc, job) < 0)
        return;
    if ((owed & OWE_START)
        || ((owed & OWE_KILL) && host_of (job)->kill_stage == 0))
        acts_add (m->acts, job);
    for (size_t i = 0; i < sizeof (own) / sizeof (own[0]); i++) {
        struct event ev = { .kind = own[i].kind };
        if ((owed & own[i].owed) && manager_post (m, job, &ev, NULL) < 0)
            log_errno (PART, "posting %s", event_kind_name (ev.kind));
    }
}

void manager_post_debug (struct manager *m, struct job *job, const char *name)
{
    if (job->flags & FLUX_JOB_DEBUG)
        (void)manager_post_named (m, job, name, NULL, NULL);
}
