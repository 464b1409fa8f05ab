/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "wire/jload.h"
#include "wire/constraint.h"
#include "wire/jobspec_env.h"
#include "wire/jobspec_form.h"
#include "wire/jobspec_tree.h"

/* The scheduler would say the same, but only once the job is there. */
static int check_constraints (json_t *o, flux_error_t *error)
{
    json_t *value =
        jobspec_tree_get (o, "attributes", "system", "constraints", NULL);
    struct constraint *c;
    char *s;

    if (!value)
        return 0;
    if (!(s = json_dumps (value, JSON_COMPACT | JSON_ENCODE_ANY)))
        return err_set (error, ENOMEM, "jobspec: out of memory");
    c = constraint_create (s, error);
    free (s);
    constraint_destroy (c);
    return c ? 0 : -1;
}

int jobspec_check (const char *text, size_t len, flux_error_t *error)
{
    static const char *const keys[] = {
        "version", "resources", "tasks", "attributes", NULL,
    };
    struct jobspec js;
    json_t *o = jobspec_tree_load (text, len, &js, error);
    int rc = -1;

    if (o && jobspec_only_keys (o, "top level", keys, error) == 0
        && check_constraints (o, error) == 0)
        rc = 0;
    json_decref (o);
    return rc;
}

/* JSON text of attributes.system.KEY; NULL and errno 0 if it is absent. */
static char *system_text (json_t *o, const char *key)
{
    json_t *value = jobspec_tree_get (o, "attributes", "system", key, NULL);
    char *s;

    errno = 0;
    if (!value)
        return NULL;
    if (!(s = json_dumps (value, JSON_COMPACT)))
        errno = ENOMEM;
    return s;
}

static const struct jobspec *form_of_tree (struct text *spec,
                                           json_t *o,
                                           struct jobspec *js)
{
    char *constraints = NULL, *dependencies = NULL;
    const struct jobspec *form = NULL;

    if ((!(constraints = system_text (o, "constraints")) && errno != 0)
        || (!(dependencies = system_text (o, "dependencies")) && errno != 0))
        goto done;
    js->constraints = constraints;
    js->dependencies = dependencies;
    form = jobspec_form_set (spec, js);
done:
    free (constraints);
    free (dependencies);
    return form;
}

const struct jobspec *jobspec_of (struct text *spec)
{
    const struct jobspec *form = jobspec_form_get (spec);
    const char *s;
    struct jobspec js;
    json_t *o;

    if (form || errno != 0)
        return form;
    if (!(s = text_str (spec))
        || !(o = jobspec_tree_load (s, spec->len, &js, NULL)))
        return NULL;
    form = form_of_tree (spec, o, &js);
    json_decref (o);
    return form;
}

static char *redact (const char *text, size_t len, flux_error_t *error)
{
    struct jobspec js;
    json_t *o = jobspec_tree_load (text, len, &js, error);
    char *s;

    if (!o)
        return NULL;
    json_object_del (jobspec_tree_get (o, "attributes", "system", NULL),
                     "environment");
    if (!(s = json_dumps (o, JSON_COMPACT)))
        err_set (error, ENOMEM, "jobspec: out of memory");
    json_decref (o);
    return s;
}

char *jobspec_redact (const char *text, size_t len, flux_error_t *error)
{
    size_t start, end;
    char *rest, *s;

    if (len > JOBSPEC_MAX_SIZE || !jobspec_env_find (text, len, &start, &end))
        return redact (text, len, error);
    if (!(rest = malloc (len)))
        return err_null (error, ENOMEM, "jobspec: out of memory");
    memcpy (rest, text, start);
    memcpy (rest + start, "{}", 2);
    memcpy (rest + start + 2, text + end, len - end);
    s = redact (rest, len - (end - start) + 2, error);
    free (rest);
    return s;
}

/* Set the value at a dotted key below o. */
static int set_path (json_t *o,
                     const char *path,
                     json_t *value,
                     flux_error_t *error)
{
    const char *part = path, *dot;
    char name[128];
    json_t *next;

    while ((dot = strchr (part, '.'))) {
        if (dot == part || (size_t)(dot - part) >= sizeof (name))
            goto invalid;
        memcpy (name, part, dot - part);
        name[dot - part] = '\0';
        if (!(next = json_object_get (o, name))) {
            if (json_object_set_new (o, name, json_object ()) < 0)
                return err_set (error, ENOMEM, "jobspec update: no memory");
            next = json_object_get (o, name);
        }
        if (!json_is_object (next))
            return err_set (error,
                            EINVAL,
                            "jobspec update: %.60s: %.40s is %s, not an object",
                            path,
                            name,
                            jload_type (next));
        o = next;
        part = dot + 1;
    }
    if (*part == '\0')
        goto invalid;
    if (json_object_set (o, part, value) < 0)
        return err_set (error, ENOMEM, "jobspec update: out of memory");
    return 0;
invalid:
    return err_set (error,
                    EINVAL,
                    "jobspec update: \"%.60s\" is not a dotted key",
                    path);
}

static bool is_top_key (const char *key)
{
    static const char *const top[] = { "attributes", "resources", "tasks" };

    for (int i = 0; i < 3; i++) {
        size_t n = strlen (top[i]);

        if (!strncmp (key, top[i], n) && (key[n] == '\0' || key[n] == '.'))
            return true;
    }
    return false;
}

static int set_all (json_t *o, json_t *updates, flux_error_t *error)
{
    const char *key;
    json_t *value;

    json_object_foreach (updates, key, value)
    {
        if (!is_top_key (key))
            return err_set (error,
                            EINVAL,
                            "jobspec update: \"%.60s\" does not start with "
                            "attributes, resources or tasks",
                            key);
        if (set_path (o, key, value, error) < 0)
            return -1;
    }
    return 0;
}

char *jobspec_update (const char *text, const char *updates, flux_error_t *e)
{
    json_t *o = jload_object (text, strlen (text), "jobspec", e);
    json_t *u = NULL;
    char *s = NULL;

    if (!o
        || !(u = jload_object (updates, strlen (updates), "jobspec update", e)))
        goto done;
    if (set_all (o, u, e) < 0)
        goto done;
    if (!(s = json_dumps (o, JSON_COMPACT)))
        err_set (e, ENOMEM, "jobspec update: out of memory");
done:
    json_decref (o);
    json_decref (u);
    return s;
}

int jobspec_check_object (const char *text, size_t len, flux_error_t *error)
{
    json_t *o = jload_object (text, len, "jobspec", error);

    json_decref (o);
    return o ? 0 : -1;
}
