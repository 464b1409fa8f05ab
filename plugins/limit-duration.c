/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* .limit-duration: jobs may ask for no more time than policy.limits.duration
 * (flux-config-policy(5)) allows; a queue's own limit comes before the
 * general one.
 */

#include <stdio.h>

#include <flux/core.h>
#include <flux/jobtap.h>
#include <jansson.h>

#include "builtins.h"
#include "fsd.h"
#include "policy.h"

struct limit {
    bool given;
    double seconds; /* 0: no limit */
};

static int parse_table (json_t *table,
                        const char *where,
                        void *arg,
                        flux_error_t *error)
{
    struct limit *limit = arg;
    const char *s = NULL;
    json_t *limits = NULL;
    json_t *size;
    json_error_t je;

    if (json_unpack_ex (table, &je, 0, "{s?{s?o}}", "policy", "limits", &limits)
            < 0
        || (limits
            && json_unpack_ex (limits,
                               &je,
                               0,
                               "{s?o s?o !}",
                               "duration",
                               &size,
                               "job-size",
                               &size)
                   < 0)) {
        snprintf (error->text,
                  sizeof (error->text),
                  "error parsing [%.40spolicy.limits] config table: %.70s",
                  where,
                  je.text);
        return -1;
    }
    if (!limits || !json_object_get (limits, "duration"))
        return 0;
    s = json_string_value (json_object_get (limits, "duration"));
    if (!s || plugin_fsd_parse (s, &limit->seconds) < 0) {
        snprintf (error->text,
                  sizeof (error->text),
                  "error parsing [%.80spolicy.limits] config table: "
                  "'duration' is not a valid FSD",
                  where);
        return -1;
    }
    limit->given = true;
    return 0;
}

static const struct policy_reader reader = {
    .size = sizeof (struct limit),
    .parse = parse_table,
};

static int conf_cb (flux_plugin_t *p,
                    const char *topic,
                    flux_plugin_arg_t *args,
                    void *arg)
{
    return policy_update (p, args, &reader);
}

/* Seconds, 0: none. */
static double limit_of (const struct policy *pol, const char *queue)
{
    const struct limit *own = policy_queue (pol, queue);
    const struct limit *general = policy_general (pol);

    return own && own->given ? own->seconds : general->seconds;
}

static int validate_cb (flux_plugin_t *p,
                        const char *topic,
                        flux_plugin_arg_t *args,
                        void *arg)
{
    const struct policy *pol = policy_get (p);
    const char *queue = NULL;
    double duration = 0.;
    double limit;
    char have[32] = "unlimited";
    char max[32];

    if (!pol)
        return 0;
    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:{s:{s?{s?F s?s}}}}",
                                "jobspec",
                                "attributes",
                                "system",
                                "duration",
                                &duration,
                                "queue",
                                &queue)
        < 0)
        return flux_jobtap_reject_job (p,
                                       args,
                                       "%s",
                                       flux_plugin_arg_strerror (args));
    limit = limit_of (pol, queue);
    if (limit == 0. || (duration > 0. && duration <= limit))
        return 0;
    if (duration > 0.)
        plugin_fsd_format (have, sizeof (have), duration);
    plugin_fsd_format (max, sizeof (max), limit);
    return flux_jobtap_reject_job (p,
                                   args,
                                   "requested duration (%s) exceeds policy "
                                   "limit of %s%s%s",
                                   have,
                                   max,
                                   queue ? " for queue " : "",
                                   queue ? queue : "");
}

static const struct flux_plugin_handler handlers[] = {
    { "conf.update", conf_cb, NULL },
    { "job.validate", validate_cb, NULL },
    { NULL, NULL, NULL },
};

int limit_duration_init (flux_plugin_t *p)
{
    return flux_plugin_register (p, ".limit-duration", handlers);
}
