/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/base64.h"
#include "wire/jload.h"

/* Deepest nesting and number of values (an upper bound) of text. */
static void measure (const char *text, size_t len, size_t *deep, size_t *count)
{
    bool quoted = false;
    size_t depth = 0;

    *deep = *count = 0;
    for (size_t i = 0; i < len; i++) {
        switch (text[i]) {
        case '"':
            quoted = !quoted;
            break;
        case '\\':
            if (quoted)
                i++;
            break;
        case '{':
        case '[':
            if (!quoted && ++depth > *deep)
                *deep = depth;
            *count += !quoted;
            break;
        case '}':
        case ']':
            if (!quoted && depth > 0)
                depth--;
            break;
        case ',':
            *count += !quoted;
            break;
        }
    }
}

static json_t *load (const char *text,
                     size_t len,
                     const char *what,
                     size_t flags,
                     flux_error_t *error)
{
    json_error_t e;
    json_t *o;
    size_t depth, count;

    measure (text, len, &depth, &count);
    if (depth > JLOAD_MAX_DEPTH)
        return err_null (error,
                         EINVAL,
                         "%s: nested %zu deep, at most %d is accepted",
                         what,
                         depth,
                         JLOAD_MAX_DEPTH);
    if (count > JLOAD_MAX_VALUES)
        return err_null (error,
                         EINVAL,
                         "%s: %zu values, at most %d are accepted",
                         what,
                         count,
                         JLOAD_MAX_VALUES);
    if (!(o = json_loadb (text, len, JSON_REJECT_DUPLICATES | flags, &e))) {
        if (json_error_code (&e) == json_error_out_of_memory)
            return err_null (error, ENOMEM, "%s: out of memory", what);
        return err_null (error,
                         EINVAL,
                         "%s: not valid JSON: %.80s (byte %d)",
                         what,
                         e.text,
                         e.position);
    }
    if (!json_is_object (o)) {
        err_set (error,
                 EINVAL,
                 "%s: expected an object, got %s",
                 what,
                 jload_type (o));
        json_decref (o);
        return NULL;
    }
    return o;
}

json_t *jload_object (const char *text,
                      size_t len,
                      const char *what,
                      flux_error_t *error)
{
    return load (text, len, what, 0, error);
}

json_t *jload_object_nul (const char *text,
                          size_t len,
                          const char *what,
                          flux_error_t *error)
{
    return load (text, len, what, JSON_ALLOW_NUL, error);
}

const char *jload_type (const json_t *value)
{
    if (!value)
        return "nothing";
    switch (json_typeof (value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a real";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        return "null";
    }
    return "nothing";
}

const char *jload_show (const json_t *value, char buf[48])
{
    switch (value ? json_typeof (value) : JSON_NULL) {
    case JSON_STRING:
        snprintf (buf, 44, "\"%.36s\"", json_string_value (value));
        break;
    case JSON_INTEGER:
        snprintf (buf, 48, "%lld", (long long)json_integer_value (value));
        break;
    case JSON_REAL:
        snprintf (buf, 48, "%g", json_real_value (value));
        break;
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    default:
        return jload_type (value);
    }
    return buf;
}

void *jload_bytes (const json_t *value, const char *encoding, size_t *len)
{
    const char *s = json_string_value (value);
    char *copy;

    if (s && encoding && !strcmp (encoding, "base64"))
        return base64_decode (s, json_string_length (value), len);
    if (!s || (encoding && strcmp (encoding, "UTF-8") != 0)) {
        errno = EINVAL;
        return NULL;
    }
    *len = json_string_length (value);
    if ((copy = malloc (*len + 1)))
        memcpy (copy, s, *len + 1);
    return copy;
}
