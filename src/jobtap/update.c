/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* May a job's jobspec be updated as a user asks?
 *
 * Each key needs a plugin that answers for it (job.update.KEY).  Unless all
 * of them say that they validated their value, the jobspec as it would be
 * goes through job.validate as a whole; if one asks for it, the scheduler
 * says whether it could ever run.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobtap/private.h"
#include "lib/plugin_args.h"
#include "wire/jobspec.h"

struct update {
    struct tap_call call;
    uint32_t userid;
    uint32_t rolemask;
    json_t *updates;  /* what was asked, then what plugins made of it */
    bool validated;   /* by all so far */
    bool feasibility; /* asked for by one */
};

static bool is_set (json_t *out, const char *key)
{
    json_t *value = json_object_get (out, key);

    return json_is_true (value) || json_integer_value (value) != 0;
}

static int take_answer (struct update *u,
                        const char *key,
                        json_t *out,
                        json_t *result,
                        flux_error_t *error)
{
    json_t *more = json_object_get (out, "updates");

    u->validated = u->validated && is_set (out, "validated");
    u->feasibility = u->feasibility || is_set (out, "feasibility");
    if (more && json_object_update (result, more) < 0)
        return err_set (error,
                        EINVAL,
                        "update of %s: plugin's updates are not an object",
                        key);
    return 0;
}

static flux_plugin_arg_t *update_args (struct update *u,
                                       const char *key,
                                       json_t *value)
{
    flux_plugin_arg_t *args = tap_args_create (&u->call);

    if (args
        && flux_plugin_arg_pack (args,
                                 FLUX_PLUGIN_ARG_IN,
                                 "{s:{s:I s:I} s:s s:O s:O}",
                                 "cred",
                                 "userid",
                                 (json_int_t)u->userid,
                                 "rolemask",
                                 (json_int_t)u->rolemask,
                                 "key",
                                 key,
                                 "value",
                                 value,
                                 "updates",
                                 u->updates)
               < 0) {
        tap_args_destroy (u->call.jt, args);
        return NULL;
    }
    return args;
}

static int check_key (struct update *u,
                      const char *key,
                      json_t *value,
                      json_t *result,
                      flux_error_t *error)
{
    struct jobtap *jt = u->call.jt;
    flux_plugin_arg_t *args = NULL;
    struct tap_stack *s = NULL;
    char topic[256];
    char fallback[160];
    int rc;

    if (snprintf (topic, sizeof (topic), "job.update.%s", key)
        >= (int)sizeof (topic))
        return err_set (error, EINVAL, "update of %.64s...: key too long", key);
    if (!(s = tap_stack_match (jt, topic))
        || !(args = update_args (u, key, value)))
        rc = err_set (error, ENOMEM, "update of %s: out of memory", key);
    else if ((rc = tap_stack_call (jt, s, &u->call, topic, args)) < 0) {
        snprintf (fallback, sizeof (fallback), "update of %s rejected", key);
        tap_args_error (args, error, fallback);
    }
    else if (rc == 0)
        rc = err_set (error, EINVAL, "update of %s not supported", key);
    else
        rc = take_answer (u,
                          key,
                          flux_priv_plugin_arg_out (args),
                          result,
                          error);
    tap_args_destroy (jt, args);
    tap_stack_unref (s);
    return rc;
}

static int check_keys (struct update *u, flux_error_t *error)
{
    json_t *result = json_copy (u->updates);
    const char *key;
    json_t *value;

    if (!result)
        return err_set (error, ENOMEM, "update: out of memory");
    json_object_foreach (u->updates, key, value)
    {
        if (check_key (u, key, value, result, error) < 0) {
            json_decref (result);
            return -1;
        }
        if (!u->call.job) {
            json_decref (result);
            return err_set (error, EINVAL, "job is inactive");
        }
    }
    json_decref (u->updates);
    u->updates = result;
    return 0;
}

static int validate (struct update *u, struct text *spec, flux_error_t *error)
{
    struct tap_call call = { .jt = u->call.jt,
                             .job = u->call.job,
                             .spec = spec,
                             .verdict = true };
    struct tap_stack *s = tap_stack_of (call.jt, TOPIC_VALIDATE);
    flux_plugin_arg_t *args = NULL;
    int rc = -1;

    if (!s || !(args = tap_args_create (&call)))
        err_set (error, ENOMEM, "job.validate: out of memory");
    else if ((rc = tap_stack_call (call.jt,
                                   s,
                                   &call,
                                   tap_topic_name (TOPIC_VALIDATE),
                                   args))
             < 0)
        tap_args_error (args, error, "rejected by job-manager plugin");
    tap_args_destroy (call.jt, args);
    tap_stack_unref (s);
    u->call.job = call.job;
    return rc < 0 ? -1 : 0;
}

static int feasible (struct update *u, struct text *spec, flux_error_t *error)
{
    const struct sched_ops *ops;
    struct sched *sched = manager_sched (u->call.jt->manager, &ops);
    const struct jobspec *js = jobspec_of (spec);

    if (!js)
        return err_set (error, EINVAL, "updated jobspec is invalid");
    return sched && ops->feasible ? ops->feasible (sched, js, error) : 0;
}

/* The owner went beyond the limits for somebody else's job: from now on only
 * the owner may change it.
 */
static int make_immutable (struct update *u, flux_error_t *error)
{
    if (!(u->rolemask & FLUX_ROLE_OWNER) || !u->validated
        || u->userid == u->call.job->userid
        || (u->call.job->flags & JOB_FLAG_IMMUTABLE))
        return 0;
    return manager_post_named (u->call.jt->manager,
                               u->call.job,
                               "set-flags",
                               "{\"flags\":[\"immutable\"]}",
                               error);
}

int tap_job_update (void *arg,
                    struct job *job,
                    uint32_t userid,
                    uint32_t rolemask,
                    const char *asked,
                    char **updates,
                    flux_error_t *error)
{
    struct update u = {
        .call = { .jt = arg, .job = job, .verdict = true },
        .userid = userid,
        .rolemask = rolemask,
        .validated = true,
    };
    struct text *spec = NULL;
    char *s = NULL;
    char *applied = NULL;
    int rc = -1;

    if (!(u.updates = json_loads (asked, 0, NULL))
        || json_object_size (u.updates) == 0) {
        err_set (error, EINVAL, "one or more jobspec updates are invalid");
        goto done;
    }
    if (check_keys (&u, error) < 0)
        goto done;
    if (!(s = json_dumps (u.updates, JSON_COMPACT))) {
        err_set (error, ENOMEM, "update: out of memory");
        goto done;
    }
    if (!text_str (job->spec)) {
        err_set (error, ENOMEM, "update: out of memory");
        goto done;
    }
    if (!(applied = jobspec_update (text_str (job->spec), s, error)))
        goto done;
    if (!(spec = text_create (applied, strlen (applied)))) {
        err_set (error, ENOMEM, "update: out of memory");
        goto done;
    }
    if (!u.validated && validate (&u, spec, error) < 0)
        goto done;
    if (!u.call.job) {
        err_set (error, EINVAL, "job is inactive");
        goto done;
    }
    if (u.feasibility && feasible (&u, spec, error) < 0)
        goto done;
    if ((rc = make_immutable (&u, error)) == 0) {
        *updates = s;
        s = NULL;
    }
done:
    text_unref (spec);
    json_decref (u.updates);
    free (applied);
    free (s);
    return rc;
}
