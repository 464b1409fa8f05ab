/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* .limit-job-size: jobs may ask for no more, and no fewer, nodes, cores and
 * GPUs than policy.limits.job-size (flux-config-policy(5)) allows; what a
 * queue says about one of them comes before the general limit.
 */

#include <stdio.h>

#include <flux/core.h>
#include <flux/jobtap.h>
#include <jansson.h>

#include "builtins.h"
#include "jobsize.h"
#include "policy.h"

#define UNSET -2
#define UNLIMITED -1

static const char *const bound_names[] = { "max", "min" };
static const char *const kind_names[] = { "nnodes", "ncores", "ngpus" };

/* A number for each bound of each kind, or UNLIMITED, or UNSET. */
struct size_limits {
    int value[2][JOBSIZE_KINDS];
};

static int bad_table (flux_error_t *error,
                      const char *where,
                      const char *sub,
                      const char *why)
{
    snprintf (error->text,
              sizeof (error->text),
              "error parsing [%.40spolicy.limits%.10s] config table: %.60s",
              where,
              sub,
              why);
    return -1;
}

static int parse_bound (json_t *table,
                        int bound,
                        const char *where,
                        int *value,
                        flux_error_t *error)
{
    json_error_t je;
    char sub[8];

    if (!table)
        return 0;
    snprintf (sub, sizeof (sub), ".%s", bound_names[bound]);
    if (json_unpack_ex (table,
                        &je,
                        0,
                        "{s?i s?i s?i !}",
                        kind_names[0],
                        &value[0],
                        kind_names[1],
                        &value[1],
                        kind_names[2],
                        &value[2])
        < 0)
        return bad_table (error, where, sub, je.text);
    for (int i = 0; i < JOBSIZE_KINDS; i++)
        if (value[i] < UNLIMITED && json_object_get (table, kind_names[i]))
            return bad_table (error, where, sub, "values must be >= -1");
    return 0;
}

static int parse_table (json_t *table,
                        const char *where,
                        void *arg,
                        flux_error_t *error)
{
    struct size_limits *limits = arg;
    json_t *job_size = NULL;
    json_t *bound[2] = { NULL, NULL };
    json_error_t je;

    for (int b = 0; b < 2; b++)
        for (int i = 0; i < JOBSIZE_KINDS; i++)
            limits->value[b][i] = UNSET;
    if (json_unpack_ex (table,
                        &je,
                        0,
                        "{s?{s?{s?o}}}",
                        "policy",
                        "limits",
                        "job-size",
                        &job_size)
        < 0)
        return bad_table (error, where, "", je.text);
    if (!job_size)
        return 0;
    if (json_unpack_ex (job_size,
                        &je,
                        0,
                        "{s?o s?o !}",
                        bound_names[0],
                        &bound[0],
                        bound_names[1],
                        &bound[1])
        < 0)
        return bad_table (error, where, ".job-size", je.text);
    for (int b = 0; b < 2; b++)
        if (parse_bound (bound[b], b, where, limits->value[b], error) < 0)
            return -1;
    return 0;
}

static const struct policy_reader reader = {
    .size = sizeof (struct size_limits),
    .parse = parse_table,
};

static int conf_cb (flux_plugin_t *p,
                    const char *topic,
                    flux_plugin_arg_t *args,
                    void *arg)
{
    return policy_update (p, args, &reader);
}

static int limit_of (const struct policy *pol,
                     const char *queue,
                     int bound,
                     int kind)
{
    const struct size_limits *own = policy_queue (pol, queue);
    const struct size_limits *general = policy_general (pol);

    if (own && own->value[bound][kind] != UNSET)
        return own->value[bound][kind];
    return general->value[bound][kind];
}

static bool any_limit (const struct policy *pol, const char *queue)
{
    for (int b = 0; b < 2; b++)
        for (int i = 0; i < JOBSIZE_KINDS; i++)
            if (limit_of (pol, queue, b, i) >= 0)
                return true;
    return false;
}

/* What is wrong with the size, or 0. */
static int check_size (const struct policy *pol,
                       const char *queue,
                       const struct jobsize *size,
                       flux_error_t *error)
{
    for (int b = 0; b < 2; b++) {
        for (int i = 0; i < JOBSIZE_KINDS; i++) {
            int limit = limit_of (pol, queue, b, i);
            double n = size->count[i];

            if (limit < 0 || (b == 0 ? n <= limit : n >= limit))
                continue;
            snprintf (error->text,
                      sizeof (error->text),
                      "requested %s (%.0f) %s policy limit of %d%s%.64s",
                      kind_names[i],
                      n,
                      b == 0 ? "exceeds" : "is under",
                      limit,
                      policy_queue (pol, queue) ? " for queue " : "",
                      policy_queue (pol, queue) ? queue : "");
            return -1;
        }
    }
    return 0;
}

static int validate_cb (flux_plugin_t *p,
                        const char *topic,
                        flux_plugin_arg_t *args,
                        void *arg)
{
    const struct policy *pol = policy_get (p);
    const char *queue = NULL;
    struct jobsize size;
    flux_error_t error;
    json_t *jobspec;

    if (!pol)
        return 0;
    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:o s:{s:{s?{s?s}}}}",
                                "jobspec",
                                &jobspec,
                                "jobspec",
                                "attributes",
                                "system",
                                "queue",
                                &queue)
        < 0)
        return flux_jobtap_reject_job (p,
                                       args,
                                       "%s",
                                       flux_plugin_arg_strerror (args));
    if (!any_limit (pol, queue))
        return 0;
    if (jobsize_count (jobspec, &size, &error) < 0
        || check_size (pol, queue, &size, &error) < 0)
        return flux_jobtap_reject_job (p, args, "%s", error.text);
    return 0;
}

static const struct flux_plugin_handler handlers[] = {
    { "conf.update", conf_cb, NULL },
    { "job.validate", validate_cb, NULL },
    { NULL, NULL, NULL },
};

int limit_job_size_init (flux_plugin_t *p)
{
    return flux_plugin_register (p, ".limit-job-size", handlers);
}
