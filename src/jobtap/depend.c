/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job.dependency.SCHEME, once for each entry of
 * attributes.system.dependencies (RFC 26).
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "jobtap/private.h"
#include "lib/plugin_args.h"

/* The array, or NULL if the job has no dependencies. */
static json_t *dependencies_of (struct jobtap *jt, struct job *job)
{
    json_t *spec = tap_json_of (jt, job->spec);
    json_t *system =
        json_object_get (json_object_get (spec, "attributes"), "system");

    return json_object_get (system, "dependencies");
}

static const char *scheme_of (json_t *dependency, char *topic, size_t size)
{
    const char *scheme =
        json_string_value (json_object_get (dependency, "scheme"));

    if (!scheme
        || snprintf (topic, size, "job.dependency.%s", scheme) >= (int)size)
        return NULL;
    return scheme;
}

static int check_one (struct tap_call *call,
                      json_t *dependency,
                      flux_plugin_arg_t *args,
                      flux_error_t *error)
{
    char topic[128];
    const char *scheme = scheme_of (dependency, topic, sizeof (topic));
    struct tap_stack *s;
    int rc;

    if (!scheme)
        return err_set (error, EINVAL, "dependency: missing or bad scheme");
    if (!(s = tap_stack_match (call->jt, topic))
        || flux_plugin_arg_pack (args,
                                 FLUX_PLUGIN_ARG_IN,
                                 "{s:O}",
                                 "dependency",
                                 dependency)
               < 0) {
        tap_stack_unref (s);
        return err_set (error, ENOMEM, "%s: out of memory", topic);
    }
    rc = tap_stack_call (call->jt, s, call, topic, args);
    tap_stack_unref (s);
    if (rc < 0)
        return tap_args_error (args,
                               error,
                               "rejected by job-manager dependency plugin");
    if (rc == 0)
        return err_set (error,
                        EINVAL,
                        "dependency scheme \"%s\" not supported",
                        scheme);
    return 0;
}

int tap_dependencies (struct jobtap *jt,
                      struct job *job,
                      bool restored,
                      flux_error_t *error)
{
    struct tap_call call = { .jt = jt, .job = job, .verdict = true };
    json_t *deps = json_incref (dependencies_of (jt, job));
    flux_plugin_arg_t *args = NULL;
    flux_error_t why;
    json_t *dep;
    size_t i;
    int rc = 0;

    if (json_array_size (deps) > 0 && !(args = tap_args_create (&call)))
        rc = err_set (error, ENOMEM, "dependencies: out of memory");
    /* One set of arguments for all entries: what a plugin put into OUT for
     * one is still there for the next.
     */
    if (args) {
        json_array_foreach (deps, i, dep)
        {
            if (!call.job || check_one (&call, dep, args, &why) == 0)
                continue;
            if (!restored) {
                rc = err_set (error, EINVAL, "%s", why.text);
                break;
            }
            if (call.job)
                manager_raise (jt->manager,
                               job,
                               "dependency",
                               4,
                               router_owner (jt->router),
                               why.text,
                               NULL);
        }
    }
    tap_args_destroy (jt, args);
    json_decref (deps);
    return rc;
}

void tap_replay_dependencies (struct tap_plugin *t,
                              struct tap_call *call,
                              flux_plugin_arg_t *args)
{
    json_t *deps = json_incref (dependencies_of (t->jt, call->job));
    char topic[128];
    json_t *dep;
    size_t i;

    json_array_foreach (deps, i, dep)
    {
        if (call->job && scheme_of (dep, topic, sizeof (topic))
            && flux_plugin_arg_pack (args,
                                     FLUX_PLUGIN_ARG_IN,
                                     "{s:O}",
                                     "dependency",
                                     dep)
                   == 0)
            tap_call_one (t, call, topic, args);
    }
    json_decref (deps);
}
