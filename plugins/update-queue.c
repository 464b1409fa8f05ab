/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* .update-queue: a pending job may move to another queue (flux-update(1)).
 * The constraints that its queue put on it are replaced by those of the other
 * one, and the scheduler is asked whether it could run there.
 */

#include <errno.h>
#include <string.h>

#include <flux/core.h>
#include <flux/jobtap.h>
#include <jansson.h>

#include "builtins.h"

#define AUX "queues"

static int conf_cb (flux_plugin_t *p,
                    const char *topic,
                    flux_plugin_arg_t *args,
                    void *arg)
{
    json_t *queues = NULL;

    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:{s?o}}",
                                "conf",
                                "queues",
                                &queues)
        < 0)
        return flux_jobtap_error (p,
                                  args,
                                  "%s",
                                  flux_plugin_arg_strerror (args));
    if (flux_plugin_aux_set (p, AUX, NULL, NULL) < 0
        || (queues
            && flux_plugin_aux_set (p,
                                    AUX,
                                    json_incref (queues),
                                    (flux_free_f)json_decref)
                   < 0))
        return flux_jobtap_error (p, args, "%s", strerror (errno));
    return 0;
}

/* The constraints a queue puts on its jobs; empty if it has none. */
static json_t *queue_constraints (json_t *queues, const char *name)
{
    json_t *requires =
        json_object_get (json_object_get (queues, name), "requires");

    if (json_array_size (requires) == 0)
        return json_object ();
    return json_pack ("{s:O}", "properties", requires);
}

/* Does the job have no other constraints than those of its queue? */
static bool only_constrained_by (json_t *queues,
                                 const char *queue,
                                 json_t *constraints)
{
    json_t *of_queue = queue_constraints (queues, queue ? queue : "");
    bool same = constraints ? json_equal (of_queue, constraints)
                            : json_object_size (of_queue) == 0;

    json_decref (of_queue);
    return same;
}

static int accept (flux_plugin_t *p,
                   flux_plugin_arg_t *args,
                   json_t *constraints)
{
    if (!constraints
        || flux_plugin_arg_pack (args,
                                 FLUX_PLUGIN_ARG_OUT,
                                 "{s:i s:{s:o}}",
                                 "feasibility",
                                 1,
                                 "updates",
                                 "attributes.system.constraints",
                                 constraints)
               < 0)
        return flux_jobtap_error (p, args, "out of memory");
    return 0;
}

static int check_cb (flux_plugin_t *p,
                     const char *topic,
                     flux_plugin_arg_t *args,
                     void *arg)
{
    json_t *queues = flux_plugin_aux_get (p, AUX);
    json_t *constraints = NULL;
    const char *queue = NULL;
    const char *name;
    int state;

    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:i s:s s:{s:{s?{s?s s?o}}}}",
                                "state",
                                &state,
                                "value",
                                &name,
                                "jobspec",
                                "attributes",
                                "system",
                                "queue",
                                &queue,
                                "constraints",
                                &constraints)
        < 0)
        return flux_jobtap_error (p,
                                  args,
                                  "%s",
                                  flux_plugin_arg_strerror (args));
    if (state == FLUX_JOB_STATE_RUN || state == FLUX_JOB_STATE_CLEANUP)
        return flux_jobtap_error (p,
                                  args,
                                  "update of queue for running job not "
                                  "supported");
    if (queue && !strcmp (queue, name))
        return flux_jobtap_error (p,
                                  args,
                                  "job queue is already set to %s",
                                  name);
    if (!json_object_get (queues, name))
        return flux_jobtap_error (p, args, "'%s' is not a valid queue", name);
    if (!only_constrained_by (queues, queue, constraints))
        return flux_jobtap_error (p,
                                  args,
                                  "job appears to have non-queue constraints, "
                                  "unable to update queue to %s",
                                  name);
    return accept (p, args, queue_constraints (queues, name));
}

static const struct flux_plugin_handler handlers[] = {
    { "conf.update", conf_cb, NULL },
    { "job.update.attributes.system.queue", check_cb, NULL },
    { NULL, NULL, NULL },
};

int update_queue_init (flux_plugin_t *p)
{
    return flux_plugin_register (p, ".update-queue", handlers);
}
