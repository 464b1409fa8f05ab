/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the manager tells, as topics of flux-jobtap-plugins(7). */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/jobid.h"
#include "base/log.h"
#include "jobtap/private.h"
#include "lib/plugin_args.h"

void tap_log_refusal (int severity,
                      const struct tap_plugin *who,
                      const char *topic,
                      const struct job *job,
                      const char *reason)
{
    char id[JOBID_TEXT_MAX] = "-";

    if (job)
        jobid_encode (job->id, JOBID_F58PLAIN, id, sizeof (id));
    log_msg (severity,
             TAP_PART,
             "jobtap: %s: %s: job %s: %s",
             who ? who->name : "plugins",
             topic,
             id,
             reason ? reason : "callback returned an error");
}

void tap_log_failure (struct jobtap *jt,
                      const struct tap_plugin *who,
                      const char *topic,
                      const struct job *job,
                      const char *reason)
{
    tap_log_refusal (LOG_ERR, who, topic, job, reason);
}

/* Call every plugin that matches; apply says whether the answers are acted
 * upon.  How many handled the topic, or -1 with the refusal in error (may be
 * NULL).
 */
static int call_topic (struct tap_call *call,
                       enum tap_topic topic,
                       bool apply,
                       flux_error_t *error,
                       const char *fallback)
{
    const char *name = tap_topic_name (topic);
    struct tap_stack *s = tap_stack_of (call->jt, topic);
    flux_plugin_arg_t *args = NULL;
    int rc = -1;

    if (!s)
        return err_set (error, ENOMEM, "%s: out of memory", name);
    if (s->count == 0) {
        rc = 0;
        goto done;
    }
    if (!(args = tap_args_create (call))) {
        err_set (error, ENOMEM, "%s: out of memory", name);
        goto done;
    }
    if ((rc = tap_stack_call (call->jt, s, call, name, args)) < 0)
        tap_args_error (args, error, fallback);
    if (apply)
        tap_args_apply (call, name, args);
done:
    tap_args_destroy (call->jt, args);
    tap_stack_unref (s);
    return rc;
}

static const char *const rejected = "rejected by job-manager plugin";

static int topics_create (void *arg, struct job *job, flux_error_t *error)
{
    struct tap_call call = { .jt = arg, .job = job, .verdict = true };

    return call_topic (&call, TOPIC_CREATE, true, error, rejected) < 0 ? -1 : 0;
}

static int topics_validate (void *arg, struct job *job, flux_error_t *error)
{
    struct tap_call call = { .jt = arg, .job = job, .verdict = true };

    return call_topic (&call, TOPIC_VALIDATE, false, error, rejected) < 0 ? -1
                                                                          : 0;
}

static void topics_new (void *arg, struct job *job)
{
    struct tap_call call = { .jt = arg, .job = job };

    call_topic (&call, TOPIC_NEW, true, NULL, NULL);
}

static int topics_dependencies (void *arg, struct job *job, flux_error_t *error)
{
    return tap_dependencies (arg, job, false, error);
}

/* job.event.NAME goes to those who subscribed to the job, in that order. */
static void call_subscribers (struct tap_call *call, const struct event *ev)
{
    struct tap_stack *s = tap_subscribers (call->jt, call->job->id);
    flux_plugin_arg_t *args = NULL;
    char topic[64];

    if (!s)
        return;
    if (snprintf (topic, sizeof (topic), "job.event.%s", ev->name)
        >= (int)sizeof (topic))
        tap_log_failure (call->jt, NULL, topic, call->job, "name is too long");
    else if ((args = tap_args_create (call)))
        tap_stack_call (call->jt, s, call, topic, args);
    tap_args_destroy (call->jt, args);
    tap_stack_unref (s);
}

static void call_update (struct tap_call *call, const struct event *ev)
{
    struct tap_stack *s = tap_stack_of (call->jt, TOPIC_UPDATE);
    const char *name = tap_topic_name (TOPIC_UPDATE);
    flux_plugin_arg_t *args = NULL;
    json_t *updates = NULL;

    if (!s || s->count == 0 || !(args = tap_args_create (call)))
        goto done;
    if (ev->context && (updates = json_loads (ev->context, 0, NULL)))
        flux_plugin_arg_pack (args,
                              FLUX_PLUGIN_ARG_IN,
                              "{s:o}",
                              "updates",
                              updates);
    tap_stack_call (call->jt, s, call, name, args);
    tap_args_apply (call, name, args);
done:
    tap_args_destroy (call->jt, args);
    tap_stack_unref (s);
}

static void topics_event (void *arg,
                          struct job *job,
                          const struct event *ev,
                          const char *line,
                          int prev_state)
{
    struct jobtap *jt = arg;
    struct tap_call call = { .jt = jt, .job = job, .line = line };
    int state = job->state;
    enum tap_topic topic;

    if (jt->records.count > 0)
        call_subscribers (&call, ev);
    if (ev->kind == EVENT_JOBSPEC_UPDATE && call.job) {
        struct tap_call update = { .jt = jt, .job = job };

        call_update (&update, ev);
        call.job = update.job;
    }
    if (state == prev_state || !call.job
        || (topic = tap_state_topic (state)) == TOPIC_MAX)
        return;
    call.prev_state = prev_state;
    call_topic (&call, topic, true, NULL, NULL);
    if (state == FLUX_JOB_STATE_INACTIVE && call.job) {
        call.prev_state = 0;
        call.line = NULL;
        call_topic (&call, TOPIC_INACTIVE_ADD, true, NULL, NULL);
    }
}

static int topics_priority_get (void *arg, struct job *job, int64_t *priority)
{
    struct jobtap *jt = arg;
    struct tap_call call = { .jt = jt, .job = job };
    struct tap_stack *s = tap_stack_of (jt, TOPIC_PRIORITY_GET);
    const char *name = tap_topic_name (TOPIC_PRIORITY_GET);
    flux_plugin_arg_t *args = NULL;
    int rc = 1;

    if (!s || s->count == 0 || !(args = tap_args_create (&call)))
        goto done;
    if (tap_stack_call (jt, s, &call, name, args) < 0 || !call.job)
        goto done;
    if (tap_args_priority (&call, name, args, priority) == 1) {
        if (*priority >= 0)
            rc = 0;
        else if (job->state == FLUX_JOB_STATE_SCHED)
            tap_log_failure (jt,
                             call.setter[TAP_OUT_PRIORITY],
                             name,
                             job,
                             "BUG: plugin returned no priority for a job that "
                             "is in SCHED already");
    }
done:
    tap_args_destroy (jt, args);
    tap_stack_unref (s);
    return rc;
}

static void topics_destroy (void *arg, struct job *job)
{
    struct jobtap *jt = arg;
    struct tap_call call = { .jt = jt, .job = job };

    call_topic (&call, TOPIC_DESTROY, false, NULL, NULL);
    tap_record_drop (jt, job->id);
    tap_forget_job (jt, job);
}

static bool topics_watched (void *arg, uint64_t id)
{
    struct jobtap *jt = arg;

    return jt->records.count > 0 && tap_is_watched (jt, id);
}

/* Nothing is read from the store unless somebody listens. */
static void topics_purge (void *arg, uint64_t id)
{
    struct jobtap *jt = arg;
    struct tap_call call = { .jt = jt, .past = true };
    struct tap_stack *s = tap_stack_of (jt, TOPIC_INACTIVE_REMOVE);
    struct job *old = NULL;

    if (s && s->count > 0 && (call.job = tap_job_any (jt, id, &old)))
        call_topic (&call, TOPIC_INACTIVE_REMOVE, false, NULL, NULL);
    job_destroy (old);
    tap_stack_unref (s);
}

/* After a restart dependencies come first, and nobody can be told no. */
static int topics_restored (void *arg, struct job *job)
{
    struct jobtap *jt = arg;
    struct tap_call call = { .jt = jt, .job = job };

    tap_dependencies (jt, job, true, NULL);
    call_topic (&call, TOPIC_CREATE, true, NULL, NULL);
    if (call.job)
        call_topic (&call, TOPIC_NEW, true, NULL, NULL);
    return 0;
}

void tap_topics_init (struct jobtap *jt)
{
    jt->ops = (struct plugin_ops){
        .job_create = topics_create,
        .job_validate = topics_validate,
        .job_dependencies = topics_dependencies,
        .job_new = topics_new,
        .job_event = topics_event,
        .priority_get = topics_priority_get,
        .job_destroy = topics_destroy,
        .job_update = tap_job_update,
        .job_restored = topics_restored,
        .job_purge = topics_purge,
        .job_watched = topics_watched,
        .arg = jt,
    };
}
