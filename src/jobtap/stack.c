/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Calling all plugins that match a topic, in the order they were loaded.
 *
 * For the topics that every job goes through the matching plugins are looked
 * up once and remembered until a plugin comes, goes or changes its handlers.
 */

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/log.h"
#include "job/fsm.h"
#include "jobtap/private.h"
#include "lib/plugin_args.h"
#include "lib/plugin_host.h"

static const char *const topic_names[TOPIC_MAX] = {
    [TOPIC_CREATE] = "job.create",
    [TOPIC_VALIDATE] = "job.validate",
    [TOPIC_NEW] = "job.new",
    [TOPIC_DESTROY] = "job.destroy",
    [TOPIC_STATE_DEPEND] = "job.state.depend",
    [TOPIC_STATE_PRIORITY] = "job.state.priority",
    [TOPIC_STATE_SCHED] = "job.state.sched",
    [TOPIC_STATE_RUN] = "job.state.run",
    [TOPIC_STATE_CLEANUP] = "job.state.cleanup",
    [TOPIC_STATE_INACTIVE] = "job.state.inactive",
    [TOPIC_PRIORITY_GET] = "job.priority.get",
    [TOPIC_UPDATE] = "job.update",
    [TOPIC_INACTIVE_ADD] = "job.inactive-add",
    [TOPIC_INACTIVE_REMOVE] = "job.inactive-remove",
};

const char *tap_topic_name (enum tap_topic topic)
{
    return topic_names[topic];
}

enum tap_topic tap_state_topic (int state)
{
    switch (state) {
    case FLUX_JOB_STATE_DEPEND:
        return TOPIC_STATE_DEPEND;
    case FLUX_JOB_STATE_PRIORITY:
        return TOPIC_STATE_PRIORITY;
    case FLUX_JOB_STATE_SCHED:
        return TOPIC_STATE_SCHED;
    case FLUX_JOB_STATE_RUN:
        return TOPIC_STATE_RUN;
    case FLUX_JOB_STATE_CLEANUP:
        return TOPIC_STATE_CLEANUP;
    case FLUX_JOB_STATE_INACTIVE:
        return TOPIC_STATE_INACTIVE;
    default:
        return TOPIC_MAX;
    }
}

struct tap_stack *tap_stack_new (size_t size, int stat)
{
    struct tap_stack *s;

    if ((s = malloc (sizeof (*s) + size * sizeof (s->entries[0])))) {
        s->refs = 1;
        s->stat = stat;
        s->count = 0;
    }
    return s;
}

static struct tap_stack *match (struct jobtap *jt, const char *topic, int stat)
{
    struct tap_plugin *t;
    struct tap_stack *s;
    size_t count = 0;

    DL_COUNT (jt->plugins, t, count);
    if (!(s = tap_stack_new (count, stat)))
        return NULL;
    DL_FOREACH (jt->plugins, t)
    {
        struct tap_entry *e = &s->entries[s->count];

        if (!(e->cb = flux_priv_plugin_match (t->p, topic, &e->data)))
            continue;
        e->version = flux_priv_plugin_version (t->p);
        e->plugin = t;
        tap_ref (t);
        s->count++;
    }
    return s;
}

struct tap_stack *tap_stack_match (struct jobtap *jt, const char *topic)
{
    return match (jt, topic, tap_stat_of (topic));
}

/* Plugins may change their handlers at any time; this changes with them. */
static uint32_t handlers_version (struct jobtap *jt)
{
    struct tap_plugin *t;
    uint32_t sum = 0;

    DL_FOREACH (jt->plugins, t)
    {
        sum += flux_priv_plugin_version (t->p);
    }
    return sum;
}

struct tap_stack *tap_stack_of (struct jobtap *jt, enum tap_topic topic)
{
    uint32_t version = handlers_version (jt);
    struct tap_stack *s;

    if (version != jt->version)
        tap_stacks_forget (jt);
    jt->version = version;
    if (!(s = jt->stacks[topic])) {
        if (!(s = match (jt, topic_names[topic], topic)))
            return NULL;
        jt->stacks[topic] = s;
    }
    s->refs++;
    return s;
}

void tap_stack_unref (struct tap_stack *s)
{
    if (!s || --s->refs > 0)
        return;
    for (size_t i = 0; i < s->count; i++)
        tap_unref (s->entries[i].plugin);
    free (s);
}

void tap_stacks_forget (struct jobtap *jt)
{
    for (int i = 0; i < TOPIC_MAX; i++) {
        tap_stack_unref (jt->stacks[i]);
        jt->stacks[i] = NULL;
    }
}

/* What the callback that has just returned asked for with
 * flux_jobtap_jobspec_update_pack(3) becomes one event before the next
 * plugin is called.
 */
static void flush_updates (struct tap_plugin *t, struct tap_frame *frame)
{
    struct job *job = frame->call->job;
    flux_error_t error;
    char *context = json_dumps (frame->updates, JSON_COMPACT);

    json_decref (frame->updates);
    frame->updates = NULL;
    if (!context || !job
        || manager_post_named (t->jt->manager,
                               job,
                               "jobspec-update",
                               context,
                               &error)
               < 0)
        tap_log_failure (t->jt,
                         t,
                         "jobspec-update",
                         job,
                         context && job ? error.text : "job is gone");
    free (context);
}

/* Facts that a plugin could break are a defect of this program. */
static void check_job (struct tap_plugin *t,
                       const struct tap_call *call,
                       const char *topic)
{
#if SLUICE_CHECK
    const char *broken;

    if (!call->job || call->past || !(broken = job_check (call->job)))
        return;
    tap_log_refusal (LOG_CRIT, t, topic, call->job, broken);
    abort ();
#endif
}

static int call_entry (struct tap_entry *e,
                       struct tap_frame *frame,
                       const char *topic,
                       flux_plugin_arg_t *args)
{
    struct tap_plugin *t = e->plugin;
    uint32_t version = flux_priv_plugin_version (t->p);
    int rc;

    if (e->version != version) {
        e->cb = flux_priv_plugin_match (t->p, topic, &e->data);
        e->version = version;
    }
    if (!e->cb)
        return 0;
    rc = e->cb (t->p, topic, args, e->data);
    check_job (t, frame->call, topic);
    if (!flux_priv_plugin_arg_out_is_plain (args))
        tap_args_note (frame->call, t, args);
    if (frame->updates) {
        flush_updates (t, frame);
        flux_priv_plugin_arg_changed (args);
    }
    if (rc < 0) {
        const char *reason = tap_args_errmsg (args);

        tap_log_refusal (frame->call->verdict && reason ? LOG_INFO : LOG_ERR,
                         t,
                         topic,
                         frame->call->job,
                         reason);
    }
    return rc < 0 ? -1 : 1;
}

/* Priorities are numbers that are seen in no JSON value. */
static void note_priority (struct tap_call *call,
                           struct tap_plugin *t,
                           flux_plugin_arg_t *args)
{
    int64_t priority;

    if (flux_priv_plugin_arg_out_int (args, "priority", &priority) == 1
        && (priority >= 0) != (call->priority >= 0)) {
        call->priority = priority;
        call->setter[TAP_OUT_PRIORITY] = t;
    }
}

/* When the call ended. */
static double count_call (struct tap_plugin *t,
                          int stat,
                          double begin,
                          bool failed)
{
    double end = clock_monotonic (loop_clock (t->jt->loop));

    tap_stat_add (t, stat, end - begin, failed);
    return end;
}

int tap_stack_call (struct jobtap *jt,
                    struct tap_stack *s,
                    struct tap_call *call,
                    const char *topic,
                    flux_plugin_arg_t *args)
{
    struct tap_frame frame = { .call = call, .up = jt->frame };
    const struct clock *clock = loop_clock (jt->loop);
    double begin = s->count > 0 ? clock_monotonic (clock) : 0.;
    int count = 0;
    int rc = 0;

    jt->frame = &frame;
    for (size_t i = 0; i < s->count && rc >= 0; i++) {
        if (s->entries[i].plugin->removed
            || (rc = call_entry (&s->entries[i], &frame, topic, args)) == 0)
            continue;
        /* The end of one call is the begin of the next. */
        begin = count_call (s->entries[i].plugin, s->stat, begin, rc < 0);
        if (s->stat == TOPIC_PRIORITY_GET)
            note_priority (call, s->entries[i].plugin, args);
        count++;
    }
    jt->frame = frame.up;
    return rc < 0 ? -1 : count;
}

int tap_call_one (struct tap_plugin *t,
                  struct tap_call *call,
                  const char *topic,
                  flux_plugin_arg_t *args)
{
    struct tap_frame frame = { .call = call, .up = t->jt->frame };
    struct tap_entry e = { .plugin = t };
    double begin = clock_monotonic (loop_clock (t->jt->loop));
    int rc;

    e.cb = flux_priv_plugin_match (t->p, topic, &e.data);
    e.version = flux_priv_plugin_version (t->p);
    t->jt->frame = &frame;
    tap_ref (t);
    if ((rc = call_entry (&e, &frame, topic, args)) != 0)
        count_call (t, tap_stat_of (topic), begin, rc < 0);
    t->jt->frame = frame.up;
    tap_unref (t);
    return rc;
}

void tap_forget_job (struct jobtap *jt, const struct job *job)
{
    for (struct tap_frame *f = jt->frame; f; f = f->up) {
        if (f->call->job == job)
            f->call->job = NULL;
    }
}

struct job *tap_current (struct jobtap *jt)
{
    return jt->frame && !jt->frame->call->past ? jt->frame->call->job : NULL;
}

struct job *tap_job_by_id (struct jobtap *jt, flux_jobid_t id)
{
    struct job *job = tap_current (jt);

    /* A job that is just being submitted may not be in the table yet. */
    if (job && id == job->id)
        return job;
    return manager_job (jt->manager, id);
}

struct job *tap_job (struct jobtap *jt, flux_jobid_t id)
{
    struct job *job;

    if (id != FLUX_JOBTAP_CURRENT_JOB)
        return tap_job_by_id (jt, id);
    if (!(job = tap_current (jt)))
        errno = ENOENT;
    return job;
}
