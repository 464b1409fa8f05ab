/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shape.h"

static bool differs (char *why, const char *what, json_t *got)
{
    char *s = got ? json_dumps (got, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

    snprintf (why, SHAPE_WHY, "%s%s%s", what, s ? ": got " : "", s ? s : "");
    free (s);
    return false;
}

/* Put where it was before what it is. */
static bool at (char *why, const char *where)
{
    char was[SHAPE_WHY];

    strcpy (was, why);
    snprintf (why, SHAPE_WHY, "%.60s/%.440s", where, was);
    return false;
}

static bool is_a (const char *type, size_t n, json_t *v)
{
    static const struct {
        const char *name;
        int types; /* bits by json_type */
    } kinds[] = {
        { "i", 1 << JSON_INTEGER },
        { "f", 1 << JSON_REAL },
        { "F", 1 << JSON_INTEGER | 1 << JSON_REAL },
        { "s", 1 << JSON_STRING },
        { "b", 1 << JSON_TRUE | 1 << JSON_FALSE },
        { "o", 1 << JSON_OBJECT },
        { "a", 1 << JSON_ARRAY },
        { "any", ~0 },
    };

    for (size_t i = 0; i < sizeof (kinds) / sizeof (kinds[0]); i++) {
        if (strlen (kinds[i].name) == n && !memcmp (kinds[i].name, type, n))
            return kinds[i].types & 1 << json_typeof (v);
    }
    return false;
}

static bool matches_type (const char *s, json_t *got, json_t *vars, char *why)
{
    size_t n = strcspn (s + 1, "=");

    if (!is_a (s + 1, n, got))
        return differs (why, s, got);
    if (s[1 + n] == '=') {
        char *text = json_is_string (got)
                         ? strdup (json_string_value (got))
                         : json_dumps (got, JSON_COMPACT | JSON_ENCODE_ANY);

        json_object_set_new (vars, s + n + 2, json_string (text));
        free (text);
    }
    return true;
}

/* Every key of the shape has its value; *n counts those that are there. */
static bool has_keys (json_t *shape,
                      json_t *got,
                      json_t *vars,
                      char *why,
                      size_t *n)
{
    const char *key;
    json_t *want;

    json_object_foreach (shape, key, want)
    {
        char name[256];
        size_t len = strlen (key);
        bool may_lack = len > 1 && key[len - 1] == '?';
        json_t *v;

        if (!strcmp (key, "*"))
            continue;
        snprintf (name, sizeof (name), "%.*s", (int)(len - may_lack), key);
        if (!(v = json_object_get (got, name))) {
            if (!may_lack)
                return differs (why, "absent", NULL) || at (why, name);
            continue;
        }
        (*n)++;
        if (!shape_matches (want, v, vars, why))
            return at (why, name);
    }
    return true;
}

static bool is_named (json_t *shape, const char *key)
{
    char maybe[256];

    snprintf (maybe, sizeof (maybe), "%s?", key);
    return json_object_get (shape, key) || json_object_get (shape, maybe);
}

static bool matches_object (json_t *shape, json_t *got, json_t *vars, char *why)
{
    json_t *others = json_object_get (shape, "*");
    const char *key;
    size_t n = 0;
    json_t *v;

    if (!json_is_object (got))
        return differs (why, "no object", got);
    if (!has_keys (shape, got, vars, why, &n))
        return false;
    if (n == json_object_size (got))
        return true;
    json_object_foreach (got, key, v)
    {
        if (is_named (shape, key))
            continue;
        if (!others)
            return differs (why, "not expected", v) || at (why, key);
        if (!shape_matches (others, v, vars, why))
            return at (why, key);
    }
    return true;
}

static bool is_dots (json_t *v)
{
    return v && json_is_string (v) && !strcmp (json_string_value (v), "...");
}

static bool is_among (json_t *shape, json_t *got, json_t *vars, char *why)
{
    size_t i;
    json_t *v;

    json_array_foreach (got, i, v)
    {
        if (shape_matches (shape, v, vars, why))
            return true;
    }
    return differs (why, "no such element", shape);
}

static bool matches_array (json_t *shape, json_t *got, json_t *vars, char *why)
{
    size_t n = json_array_size (shape), i = 0, end;
    bool repeats = n > 1 && is_dots (json_array_get (shape, n - 1));

    if (!json_is_array (got))
        return differs (why, "no array", got);
    if (is_dots (json_array_get (shape, 0))) {
        while (++i < n) {
            if (!is_among (json_array_get (shape, i), got, vars, why))
                return false;
        }
        return true;
    }
    end = repeats ? n - 2 : n;
    if (json_array_size (got) < end
        || (!repeats && json_array_size (got) > end))
        return differs (why, "not so many elements", got);
    for (i = 0; i < json_array_size (got); i++) {
        json_t *want = json_array_get (shape, i < end ? i : end);
        char where[32];

        snprintf (where, sizeof (where), "%zu", i);
        if (!shape_matches (want, json_array_get (got, i), vars, why))
            return at (why, where);
    }
    return true;
}

/* An entry of an eventlog (RFC 18). */
static bool matches_line (json_t *shape, json_t *got, json_t *vars, char *why)
{
    const char *s = json_string_value (got);
    const char *end = s ? strchr (s, '\n') : NULL;
    json_t *o;
    bool good;

    if (!end || end[1] || !(o = json_loads (s, 0, NULL)))
        return differs (why, "no line of JSON", got);
    good = shape_matches (shape, o, vars, why);
    json_decref (o);
    return good;
}

bool shape_matches (json_t *shape, json_t *got, json_t *vars, char *why)
{
    if (json_is_string (shape) && json_string_value (shape)[0] == ':')
        return matches_type (json_string_value (shape), got, vars, why);
    if (json_object_get (shape, "~"))
        return matches_line (json_object_get (shape, "~"), got, vars, why);
    if (json_is_object (shape))
        return matches_object (shape, got, vars, why);
    if (json_is_array (shape))
        return matches_array (shape, got, vars, why);
    if (!json_equal (shape, got)) {
        char *s = json_dumps (shape, JSON_COMPACT | JSON_ENCODE_ANY);

        differs (why, s, got);
        free (s);
        return false;
    }
    return true;
}
