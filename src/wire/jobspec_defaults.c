/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Defaults of the configuration, put into a jobspec. */

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "wire/jload.h"
#include "wire/queue_settings.h"

/* Both have to hold: properties join properties, whatever else there is
 * becomes a term beside them.
 */
static int add_requires (json_t *system, const char *text)
{
    json_t *properties = json_loads (text, 0, NULL);
    json_t *c = json_object_get (system, "constraints");
    json_t *have = json_object_get (c, "properties");
    json_t *both;
    int rc;

    if (!properties)
        return -1;
    if (json_is_array (have) && json_object_size (c) == 1)
        rc = json_array_extend (have, properties);
    else {
        if (json_object_size (c) == 0)
            both = json_pack ("{s:O}", "properties", properties);
        else
            both =
                json_pack ("{s:[O,{s:O}]}", "and", c, "properties", properties);
        rc = json_object_set_new (system, "constraints", both);
    }
    json_decref (properties);
    return rc;
}

static json_t *child (json_t *o, const char *key)
{
    json_t *v = json_object_get (o, key);

    if (v)
        return v;
    v = json_object ();
    return json_object_set_new (o, key, v) < 0 ? NULL : v;
}

static int apply (json_t *system, const struct jobspec_defaults *d)
{
    if (d->duration >= 0.
        && json_number_value (json_object_get (system, "duration")) == 0.
        && json_object_set_new (system, "duration", json_real (d->duration))
               < 0)
        return -1;
    if (d->queue && !json_object_get (system, "queue")
        && json_object_set_new (system, "queue", json_string (d->queue)) < 0)
        return -1;
    return d->requires ? add_requires (system, d->requires) : 0;
}

char *jobspec_apply_defaults (const char *text,
                              const struct jobspec_defaults *d,
                              flux_error_t *error)
{
    json_t *o = jload_object (text, strlen (text), "jobspec", error);
    json_t *attributes = o ? child (o, "attributes") : NULL;
    json_t *system = attributes ? child (attributes, "system") : NULL;
    char *s = NULL;

    if (!o)
        return NULL;
    if (!json_is_object (system) || apply (system, d) < 0)
        err_set (error, EINVAL, "jobspec: defaults cannot be applied");
    else if (!(s = json_dumps (o, JSON_COMPACT)))
        err_set (error, ENOMEM, "out of memory");
    json_decref (o);
    return s;
}
