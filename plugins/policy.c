/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <flux/jobtap.h>
#include <uthash.h>

#include "policy.h"

#define AUX "policy"

struct queue {
    char *name;
    void *limits;
    UT_hash_handle hh;
};

struct policy {
    void *general;
    struct queue *queues;
};

static void policy_destroy (struct policy *pol)
{
    struct queue *q, *next;

    if (!pol)
        return;
    HASH_ITER (hh, pol->queues, q, next)
    {
        HASH_DEL (pol->queues, q);
        free (q->limits);
        free (q->name);
        free (q);
    }
    free (pol->general);
    free (pol);
}

static int out_of_memory (flux_error_t *error)
{
    snprintf (error->text, sizeof (error->text), "out of memory");
    return -1;
}

static int add_queue (struct policy *pol,
                      const char *name,
                      json_t *table,
                      const struct policy_reader *reader,
                      flux_error_t *error)
{
    struct queue *q = calloc (1, sizeof (*q));
    char where[128];

    if (!q || !(q->name = strdup (name))) {
        free (q);
        return out_of_memory (error);
    }
    HASH_ADD_KEYPTR (hh, pol->queues, q->name, strlen (q->name), q);
    if (!(q->limits = calloc (1, reader->size)))
        return out_of_memory (error);
    snprintf (where, sizeof (where), "queues.%s.", name);
    return reader->parse (table, where, q->limits, error);
}

static int read_all (struct policy *pol,
                     json_t *conf,
                     const struct policy_reader *reader,
                     flux_error_t *error)
{
    json_t *queues = json_object_get (conf, "queues");
    const char *name;
    json_t *table;

    if (!(pol->general = calloc (1, reader->size)))
        return out_of_memory (error);
    if (reader->parse (conf, "", pol->general, error) < 0)
        return -1;
    json_object_foreach (queues, name, table)
    {
        if (add_queue (pol, name, table, reader, error) < 0)
            return -1;
    }
    return 0;
}

int policy_update (flux_plugin_t *p,
                   flux_plugin_arg_t *args,
                   const struct policy_reader *reader)
{
    struct policy *pol;
    flux_error_t error;
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
    if (!(pol = calloc (1, sizeof (*pol))))
        return flux_jobtap_error (p, args, "out of memory");
    if (read_all (pol, conf, reader, &error) < 0) {
        policy_destroy (pol);
        return flux_jobtap_error (p, args, "%s", error.text);
    }
    if (flux_plugin_aux_set (p, AUX, pol, (flux_free_f)policy_destroy) < 0) {
        policy_destroy (pol);
        return flux_jobtap_error (p, args, "%s", strerror (errno));
    }
    return 0;
}

const struct policy *policy_get (flux_plugin_t *p)
{
    return flux_plugin_aux_get (p, AUX);
}

const void *policy_general (const struct policy *pol)
{
    return pol->general;
}

const void *policy_queue (const struct policy *pol, const char *name)
{
    struct queue *q = NULL;

    if (name)
        HASH_FIND_STR (pol->queues, name, q);
    return q ? q->limits : NULL;
}
