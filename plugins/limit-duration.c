/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* .limit-duration: jobs may ask for no more time than policy.limits.duration
 * (flux-config-policy(5)) allows; a queue's own limit comes before the
 * general one.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <flux/jobtap.h>
#include <jansson.h>
#include <uthash.h>

#include "builtins.h"
#include "fsd.h"

#define AUX "limits"

struct queue_limit {
    char *name;
    double seconds; /* 0: no limit */
    UT_hash_handle hh;
};

struct limits {
    double general;             /* 0: no limit */
    struct queue_limit *queues; /* those with a limit of their own, by name */
};

static void limits_destroy (struct limits *l)
{
    struct queue_limit *q, *next;

    if (l) {
        HASH_ITER (hh, l->queues, q, next)
        {
            HASH_DEL (l->queues, q);
            free (q->name);
            free (q);
        }
        free (l);
    }
}

/* 1: a limit was there, 0: none. */
static int parse_table (json_t *table,
                        const char *where,
                        double *seconds,
                        flux_error_t *error)
{
    const char *s = NULL;
    json_t *limits = NULL;
    json_t *size;
    json_error_t je;
    double value;

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
    if (!s || plugin_fsd_parse (s, &value) < 0) {
        snprintf (error->text,
                  sizeof (error->text),
                  "error parsing [%.80spolicy.limits] config table: "
                  "'duration' is not a valid FSD",
                  where);
        return -1;
    }
    *seconds = value;
    return 1;
}

static int add_queue (struct limits *l,
                      const char *name,
                      json_t *table,
                      flux_error_t *error)
{
    struct queue_limit *q;
    char where[128];
    double seconds;
    int rc;

    snprintf (where, sizeof (where), "queues.%s.", name);
    if ((rc = parse_table (table, where, &seconds, error)) <= 0)
        return rc;
    if (!(q = calloc (1, sizeof (*q))) || !(q->name = strdup (name))) {
        free (q);
        snprintf (error->text, sizeof (error->text), "out of memory");
        return -1;
    }
    q->seconds = seconds;
    HASH_ADD_KEYPTR (hh, l->queues, q->name, strlen (q->name), q);
    return 0;
}

static struct limits *limits_create (json_t *conf, flux_error_t *error)
{
    struct limits *l = calloc (1, sizeof (*l));
    const char *name;
    json_t *table;

    if (!l) {
        snprintf (error->text, sizeof (error->text), "out of memory");
        return NULL;
    }
    if (parse_table (conf, "", &l->general, error) < 0)
        goto error;
    json_object_foreach (json_object_get (conf, "queues"),
                         name,
                         table) if (add_queue (l, name, table, error)
                                    < 0) goto error;
    return l;
error:
    limits_destroy (l);
    return NULL;
}

static int conf_cb (flux_plugin_t *p,
                    const char *topic,
                    flux_plugin_arg_t *args,
                    void *arg)
{
    flux_error_t error;
    struct limits *l;
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
    if (!(l = limits_create (conf, &error)))
        return flux_jobtap_error (p, args, "%s", error.text);
    if (flux_plugin_aux_set (p, AUX, l, (flux_free_f)limits_destroy) < 0) {
        limits_destroy (l);
        return flux_jobtap_error (p, args, "%s", strerror (errno));
    }
    return 0;
}

static int validate_cb (flux_plugin_t *p,
                        const char *topic,
                        flux_plugin_arg_t *args,
                        void *arg)
{
    struct limits *l = flux_plugin_aux_get (p, AUX);
    struct queue_limit *q = NULL;
    const char *queue = NULL;
    double duration = 0.;
    double limit;
    char have[32] = "unlimited";
    char max[32];

    if (!l || (l->general == 0. && !l->queues))
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
    if (queue)
        HASH_FIND_STR (l->queues, queue, q);
    limit = q ? q->seconds : l->general;
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
