/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "wire/jload.h"
#include "wire/constraint.h"
#include "wire/jobspec_env.h"
#include "wire/jobspec_tree.h"

/* What is kept beside a text: the typed form with its strings behind it, and
 * the parsed form once someone asked for it.
 */
struct cache {
    struct jobspec js;
    json_t *json;
    char strings[];
};

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

static const size_t string_fields[] = {
    offsetof (struct jobspec, name),
    offsetof (struct jobspec, queue),
    offsetof (struct jobspec, cwd),
    offsetof (struct jobspec, project),
    offsetof (struct jobspec, bank),
    offsetof (struct jobspec, constraints),
    offsetof (struct jobspec, dependencies),
};
#define NSTRINGS (sizeof (string_fields) / sizeof (*string_fields))
#define STRING(js, i) (*(const char **)((char *)(js) + string_fields[i]))

static void cache_free (void *arg)
{
    struct cache *cache = arg;

    json_decref (cache->json);
    free (cache);
}

/* The strings of js are copied. */
static struct cache *cache_create (struct jobspec *js)
{
    size_t size = 0;
    struct cache *cache;
    char *p;

    for (size_t i = 0; i < NSTRINGS; i++)
        size += STRING (js, i) ? strlen (STRING (js, i)) + 1 : 0;
    if (!(cache = malloc (sizeof (*cache) + size)))
        return NULL;
    cache->js = *js;
    cache->json = NULL;
    p = cache->strings;
    for (size_t i = 0; i < NSTRINGS; i++) {
        if (!STRING (js, i))
            continue;
        STRING (&cache->js, i) = p;
        p = stpcpy (p, STRING (js, i)) + 1;
    }
    return cache;
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

static struct cache *cache_of_tree (json_t *o, struct jobspec *js)
{
    char *constraints = NULL, *dependencies = NULL;
    struct cache *cache = NULL;

    if ((!(constraints = system_text (o, "constraints")) && errno != 0)
        || (!(dependencies = system_text (o, "dependencies")) && errno != 0))
        goto done;
    js->constraints = constraints;
    js->dependencies = dependencies;
    cache = cache_create (js);
done:
    free (constraints);
    free (dependencies);
    return cache;
}

/* The text's cache, made at need; with the parsed form if want_json. */
static struct cache *cache_of (struct text *spec, bool want_json)
{
    struct cache *cache = spec->aux;
    struct jobspec js;
    json_t *o;

    if (cache && spec->aux_free != cache_free) {
        errno = EINVAL;
        return NULL;
    }
    if (cache && (cache->json || !want_json))
        return cache;
    if (!(o = jobspec_tree_load (spec->s, spec->len, &js, NULL)))
        return NULL;
    if (!cache && (cache = cache_of_tree (o, &js))) {
        spec->aux = cache;
        spec->aux_free = cache_free;
    }
    if (cache && want_json)
        cache->json = json_incref (o);
    json_decref (o);
    return cache;
}

const struct jobspec *jobspec_of (struct text *spec)
{
    struct cache *cache = cache_of (spec, false);

    return cache ? &cache->js : NULL;
}

struct json_t *jobspec_json (struct text *spec)
{
    struct cache *cache = cache_of (spec, true);

    return cache ? cache->json : NULL;
}

void jobspec_json_forget (struct text *spec)
{
    struct cache *cache = spec->aux;

    if (!cache || spec->aux_free != cache_free)
        return;
    json_decref (cache->json);
    cache->json = NULL;
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
