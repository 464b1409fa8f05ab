/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsd.h"
#include "wire/jload.h"
#include "wire/queue_settings.h"

static int get_duration (json_t *defaults,
                         const char *where,
                         double *value,
                         flux_error_t *error)
{
    json_t *v = json_object_get (defaults, "duration");

    *value = -1.;
    if (!v)
        return 0;
    if (json_is_number (v) && json_number_value (v) >= 0.)
        *value = json_number_value (v);
    else if (!json_is_string (v)
             || fsd_decode (json_string_value (v), value) < 0)
        return err_set (error,
                        EINVAL,
                        "%s.jobspec.defaults.system.duration: expected a "
                        "duration (Flux Standard Duration)",
                        where);
    if (isinf (*value))
        *value = 0.;
    return 0;
}

/* policy.jobspec.defaults.system: NULL if it is not there. */
static int get_defaults (json_t *policy,
                         const char *where,
                         json_t **defaults,
                         flux_error_t *error)
{
    static const char *const path[] = { "jobspec", "defaults", "system", NULL };
    json_t *o = policy;

    for (int i = 0; o; i++) {
        if (!json_is_object (o))
            return err_set (error,
                            EINVAL,
                            "%s%s%s: expected a table, got %s",
                            where,
                            i > 0 ? "..." : "",
                            i > 0 ? path[i - 1] : "",
                            jload_type (o));
        if (!path[i])
            break;
        o = json_object_get (o, path[i]);
    }
    *defaults = o;
    return 0;
}

/* RFC 20: a property has none of these characters and no blanks. */
static bool is_property (const json_t *v)
{
    const char *s = json_string_value (v);

    return s && s[0] && !strpbrk (s, "!&'\"^`|() \t\n");
}

static int get_requires (json_t *v,
                         struct queue_setting *q,
                         flux_error_t *error)
{
    json_t *item;
    size_t i;
    bool good = json_is_array (v);

    json_array_foreach (v, i, item) good = good && is_property (item);
    if (!good)
        return err_set (error,
                        EINVAL,
                        "error parsing [queues.%s] config table: 'requires' "
                        "must be an array of property strings (RFC 20)",
                        q->name);
    if (json_array_size (v) > 0
        && !(q->requires = json_dumps (v, JSON_COMPACT)))
        return err_set (error, ENOMEM, "out of memory");
    return 0;
}

static int get_policy (json_t *policy,
                       struct queue_setting *q,
                       flux_error_t *error)
{
    char where[128];
    json_t *defaults;

    snprintf (where, sizeof (where), "queues.%s.policy", q->name);
    if (get_defaults (policy, where, &defaults, error) < 0
        || get_duration (defaults, where, &q->duration, error) < 0)
        return -1;
    if (json_object_get (defaults, "queue"))
        return err_set (error,
                        EINVAL,
                        "%s: a queue cannot have a default queue",
                        where);
    return 0;
}

static int bad_key (const struct queue_setting *q,
                    const char *key,
                    flux_error_t *error)
{
    return err_set (error,
                    EINVAL,
                    "error parsing [queues.%s] config table: 1 object item(s) "
                    "left unpacked: %s",
                    q->name,
                    key);
}

static int get_queue (json_t *o, struct queue_setting *q, flux_error_t *error)
{
    const char *key;
    json_t *v;

    q->duration = -1.;
    if (!json_is_object (o))
        return err_set (error,
                        EINVAL,
                        "queues.%s: expected a table, got %s",
                        q->name,
                        jload_type (o));
    json_object_foreach (o, key, v)
    {
        if (!strcmp (key, "requires")) {
            if (get_requires (v, q, error) < 0)
                return -1;
        }
        else if (!strcmp (key, "policy")) {
            if (get_policy (v, q, error) < 0)
                return -1;
        }
        else if (strcmp (key, "parent"))
            return bad_key (q, key, error);
        else if (!json_is_string (v))
            return err_set (error,
                            EINVAL,
                            "queues.%s.parent: expected a string, got %s",
                            q->name,
                            jload_type (v));
        else if (!(q->parent = strdup (json_string_value (v))))
            return err_set (error, ENOMEM, "out of memory");
    }
    return 0;
}

static int check_virtual (const struct queue_settings *s,
                          const struct queue_setting *q,
                          json_t *o,
                          flux_error_t *error)
{
    const struct queue_setting *parent = queue_settings_find (s, q->parent);

    if (!parent)
        return err_set (error,
                        EINVAL,
                        "queues.%s.parent: '%s' is not a configured queue",
                        q->name,
                        q->parent);
    if (parent->parent)
        return err_set (error,
                        EINVAL,
                        "queues.%s.parent: '%s' is a virtual queue itself",
                        q->name,
                        q->parent);
    if (json_object_get (o, "requires")
        || json_object_get (json_object_get (o, "policy"), "scheduler"))
        return err_set (error,
                        EINVAL,
                        "queues.%s: a virtual queue has neither requires nor "
                        "policy.scheduler",
                        q->name);
    return 0;
}

static int get_queues (json_t *o, struct queue_settings *s, flux_error_t *error)
{
    const char *name;
    json_t *v;

    if (!o)
        return 0;
    if (!json_is_object (o))
        return err_set (error,
                        EINVAL,
                        "queues: expected a table, got %s",
                        jload_type (o));
    if (!(s->queues = calloc (json_object_size (o) + 1, sizeof (*s->queues))))
        return err_set (error, ENOMEM, "out of memory");
    json_object_foreach (o, name, v)
    {
        struct queue_setting *q = &s->queues[s->count++];

        if (!(q->name = strdup (name)))
            return err_set (error, ENOMEM, "out of memory");
        if (get_queue (v, q, error) < 0)
            return -1;
    }
    for (size_t i = 0; i < s->count; i++) {
        const struct queue_setting *q = &s->queues[i];

        if (q->parent
            && check_virtual (s, q, json_object_get (o, q->name), error) < 0)
            return -1;
    }
    return 0;
}

static int get_default_queue (json_t *defaults,
                              struct queue_settings *s,
                              flux_error_t *error)
{
    json_t *v = json_object_get (defaults, "queue");

    if (!v)
        return 0;
    if (!json_is_string (v))
        return err_set (error,
                        EINVAL,
                        "policy.jobspec.defaults.system.queue: expected a "
                        "string, got %s",
                        jload_type (v));
    if (!queue_settings_find (s, json_string_value (v)))
        return err_set (error,
                        EINVAL,
                        "the [policy] config table defines a default queue %s "
                        "that is not in [queues] table",
                        json_string_value (v));
    if (!(s->default_queue = strdup (json_string_value (v))))
        return err_set (error, ENOMEM, "out of memory");
    return 0;
}

int queue_settings_decode (const char *json,
                           struct queue_settings *s,
                           flux_error_t *error)
{
    json_t *o, *defaults;
    int rc = -1;

    *s = (struct queue_settings){ .duration = -1. };
    if (!json)
        return 0;
    if (!(o = jload_object (json, strlen (json), "configuration", error)))
        return -1;
    if (get_queues (json_object_get (o, "queues"), s, error) == 0
        && get_defaults (json_object_get (o, "policy"),
                         "policy",
                         &defaults,
                         error)
               == 0
        && get_duration (defaults, "policy", &s->duration, error) == 0)
        rc = get_default_queue (defaults, s, error);
    json_decref (o);
    if (rc < 0) {
        int saved_errno = errno;

        queue_settings_clear (s);
        errno = saved_errno;
    }
    return rc;
}

void queue_settings_clear (struct queue_settings *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free (s->queues[i].name);
        free (s->queues[i].parent);
        free (s->queues[i].requires);
    }
    free (s->queues);
    free (s->default_queue);
    *s = (struct queue_settings){ .duration = -1. };
}

const struct queue_setting *queue_settings_find (const struct queue_settings *s,
                                                 const char *name)
{
    for (size_t i = 0; name && i < s->count; i++) {
        if (!strcmp (s->queues[i].name, name))
            return &s->queues[i];
    }
    return NULL;
}
