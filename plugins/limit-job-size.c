/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* .limit-job-size: jobs may ask for no more, and no fewer, nodes, cores and
 * GPUs than policy.limits.job-size (flux-config-policy(5)) allows; what a
 * queue says about one of them comes before the general limit.
 */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <flux/jobtap.h>
#include <jansson.h>
#include <uthash.h>

#include "builtins.h"
#include "jobsize.h"

#define AUX "limits"
#define UNSET -2
#define UNLIMITED -1

static const char *const bound_names[] = { "max", "min" };
static const char *const kind_names[] = { "nnodes", "ncores", "ngpus" };

/* A number for each bound of each kind, or UNLIMITED, or UNSET. */
struct size_limits {
    int value[2][JOBSIZE_KINDS];
};

struct queue_limits {
    char *name;
    struct size_limits limits;
    UT_hash_handle hh;
};

struct policy {
    struct size_limits general;
    struct queue_limits *queues;
    bool any; /* is there any limit at all? */
};

static void policy_destroy (struct policy *pol)
{
    struct queue_limits *q, *next;

    if (pol) {
        HASH_ITER (hh, pol->queues, q, next)
        {
            HASH_DEL (pol->queues, q);
            free (q->name);
            free (q);
        }
        free (pol);
    }
}

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
                        struct size_limits *limits,
                        flux_error_t *error)
{
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

static bool has_limit (const struct size_limits *limits)
{
    for (int b = 0; b < 2; b++)
        for (int i = 0; i < JOBSIZE_KINDS; i++)
            if (limits->value[b][i] >= 0)
                return true;
    return false;
}

static int add_queue (struct policy *pol,
                      const char *name,
                      json_t *table,
                      flux_error_t *error)
{
    struct queue_limits *q = calloc (1, sizeof (*q));
    char where[128];

    if (!q || !(q->name = strdup (name))) {
        free (q);
        snprintf (error->text, sizeof (error->text), "out of memory");
        return -1;
    }
    HASH_ADD_KEYPTR (hh, pol->queues, q->name, strlen (q->name), q);
    snprintf (where, sizeof (where), "queues.%s.", name);
    if (parse_table (table, where, &q->limits, error) < 0)
        return -1;
    pol->any = pol->any || has_limit (&q->limits);
    return 0;
}

static struct policy *policy_create (json_t *conf, flux_error_t *error)
{
    struct policy *pol = calloc (1, sizeof (*pol));
    const char *name;
    json_t *table;

    if (!pol) {
        snprintf (error->text, sizeof (error->text), "out of memory");
        return NULL;
    }
    if (parse_table (conf, "", &pol->general, error) < 0)
        goto error;
    pol->any = has_limit (&pol->general);
    json_object_foreach (json_object_get (conf, "queues"),
                         name,
                         table) if (add_queue (pol, name, table, error)
                                    < 0) goto error;
    return pol;
error:
    policy_destroy (pol);
    return NULL;
}

static int conf_cb (flux_plugin_t *p,
                    const char *topic,
                    flux_plugin_arg_t *args,
                    void *arg)
{
    flux_error_t error;
    struct policy *pol;
    json_t *conf;

    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:o}",
                                "conf",
                                &conf)
        < 0)
        return flux_jobtap_error (p,
                                  args,
                                  "%s",
                                  flux_plugin_arg_strerror (args));
    if (!(pol = policy_create (conf, &error)))
        return flux_jobtap_error (p, args, "%s", error.text);
    if (flux_plugin_aux_set (p, AUX, pol, (flux_free_f)policy_destroy) < 0) {
        policy_destroy (pol);
        return flux_jobtap_error (p, args, "%s", strerror (errno));
    }
    return 0;
}

static int limit_of (const struct policy *pol,
                     const struct queue_limits *q,
                     int bound,
                     int kind)
{
    if (q && q->limits.value[bound][kind] != UNSET)
        return q->limits.value[bound][kind];
    return pol->general.value[bound][kind];
}

/* What is wrong with the size, or 0. */
static int check_size (const struct policy *pol,
                       const struct queue_limits *q,
                       const struct jobsize *size,
                       flux_error_t *error)
{
    for (int b = 0; b < 2; b++) {
        for (int i = 0; i < JOBSIZE_KINDS; i++) {
            int limit = limit_of (pol, q, b, i);
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
                      q ? " for queue " : "",
                      q ? q->name : "");
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
    struct policy *pol = flux_plugin_aux_get (p, AUX);
    struct queue_limits *q = NULL;
    const char *queue = NULL;
    struct jobsize size;
    flux_error_t error;
    json_t *jobspec;

    if (!pol || !pol->any)
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
    if (queue)
        HASH_FIND_STR (pol->queues, queue, q);
    if (jobsize_count (jobspec, &size, &error) < 0
        || check_size (pol, q, &size, &error) < 0)
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
