/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Reading arguments from a provider (plugin_args.h).
 *
 * Three ways, each exact, tried in this order:
 *  - fast: a flat object of numbers, booleans and strings is read value by
 *    value; at the first thing that does not fit it gives up, and what it
 *    assigned until then the next way assigns again;
 *  - by name: jansson unpacks an object of just the keys named at the top of
 *    the format;
 *  - whole: jansson unpacks an object with every key, for formats that look
 *    at what they do not name ("!") or that are not understood here.
 */

#include <errno.h>
#include <string.h>

#include "lib/plugin_args_private.h"

enum {
    NAMED_MAX = 32,
    DEPTH_MAX = 32,
};

static enum flux_priv_arg_type from_json (json_t *j,
                                          union flux_priv_arg_value *value)
{
    switch (json_typeof (j)) {
    case JSON_INTEGER:
        value->i = json_integer_value (j);
        return FLUX_PRIV_ARG_INT;
    case JSON_REAL:
        value->f = json_real_value (j);
        return FLUX_PRIV_ARG_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        value->b = json_is_true (j);
        return FLUX_PRIV_ARG_BOOL;
    case JSON_STRING:
        value->s = json_string_value (j);
        return FLUX_PRIV_ARG_STRING;
    default:
        return FLUX_PRIV_ARG_JSON;
    }
}

static enum flux_priv_arg_type look (flux_plugin_arg_t *args,
                                     const char *key,
                                     union flux_priv_arg_value *value)
{
    json_t *j;

    if (args->in && (j = json_object_get (args->in, key)))
        return from_json (j, value);
    return args->provider->scalar (args->provider_arg, key, value);
}

/* Assign a value to where the format's letter c says; false if it is not of
 * that type.
 */
static bool assign (char c,
                    void *to,
                    enum flux_priv_arg_type type,
                    const union flux_priv_arg_value *value)
{
    switch (c) {
    case 'i':
        if (type == FLUX_PRIV_ARG_INT)
            *(int *)to = value->i;
        return type == FLUX_PRIV_ARG_INT;
    case 'I':
        if (type == FLUX_PRIV_ARG_INT)
            *(json_int_t *)to = value->i;
        return type == FLUX_PRIV_ARG_INT;
    case 'f':
        if (type == FLUX_PRIV_ARG_REAL)
            *(double *)to = value->f;
        return type == FLUX_PRIV_ARG_REAL;
    case 'F':
        if (type == FLUX_PRIV_ARG_REAL)
            *(double *)to = value->f;
        else if (type == FLUX_PRIV_ARG_INT)
            *(double *)to = value->i;
        return type == FLUX_PRIV_ARG_REAL || type == FLUX_PRIV_ARG_INT;
    case 'b':
        if (type == FLUX_PRIV_ARG_BOOL)
            *(int *)to = value->b;
        return type == FLUX_PRIV_ARG_BOOL;
    case 's':
        if (type == FLUX_PRIV_ARG_STRING)
            *(const char **)to = value->s;
        return type == FLUX_PRIV_ARG_STRING;
    default:
        return false;
    }
}

static bool is_plain (char c)
{
    switch (c) {
    case 'i':
    case 'I':
    case 'f':
    case 'F':
    case 'b':
    case 's':
        return true;
    default:
        return false;
    }
}

/* True if all was assigned. */
static bool unpack_fast (flux_plugin_arg_t *args, const char *fmt, va_list ap)
{
    char c;

    if (plugin_args_token (&fmt) != '{')
        return false;
    while ((c = plugin_args_token (&fmt)) == 's') {
        const char *key = va_arg (ap, const char *);
        union flux_priv_arg_value value;
        enum flux_priv_arg_type type;
        bool optional = false;
        void *to;

        if ((c = plugin_args_token (&fmt)) == '?') {
            optional = true;
            c = plugin_args_token (&fmt);
        }
        if (!is_plain (c) || *fmt == '%' || !key || !(to = va_arg (ap, void *)))
            return false;
        type = look (args, key, &value);
        if (type == FLUX_PRIV_ARG_ABSENT && optional)
            continue;
        if (!assign (c, to, type, &value))
            return false;
    }
    return c == '}' && plugin_args_token (&fmt) == '\0';
}

/* Step over one value of a format that begins with c, and over its
 * arguments, which are pointers all.
 */
static bool skip_value (char c, const char **fmt, va_list *ap, int depth)
{
    if (depth > DEPTH_MAX)
        return false;
    switch (c) {
    case 'n':
        return true;
    case 'i':
    case 'I':
    case 'f':
    case 'F':
    case 'b':
    case 'o':
    case 'O':
        (void)va_arg (*ap, void *);
        return true;
    case 's':
        (void)va_arg (*ap, void *);
        if (**fmt == '%') {
            (*fmt)++;
            (void)va_arg (*ap, void *);
        }
        return true;
    case '[':
        while ((c = plugin_args_token (fmt)) != ']') {
            if (c != '!' && c != '*' && !skip_value (c, fmt, ap, depth + 1))
                return false;
        }
        return true;
    case '{':
        while ((c = plugin_args_token (fmt)) != '}') {
            if (c == '!' || c == '*')
                continue;
            if (c != 's')
                return false;
            (void)va_arg (*ap, void *);
            if ((c = plugin_args_token (fmt)) == '?')
                c = plugin_args_token (fmt);
            if (!skip_value (c, fmt, ap, depth + 1))
                return false;
        }
        return true;
    default:
        return false;
    }
}

/* The keys named at the top of the format; -1 if it needs the whole object. */
static int named_keys (const char *fmt, va_list *ap, const char *keys[])
{
    int n = 0;
    char c;

    if (plugin_args_token (&fmt) != '{')
        return -1;
    while ((c = plugin_args_token (&fmt)) == 's') {
        if (n == NAMED_MAX || !(keys[n++] = va_arg (*ap, const char *)))
            return -1;
        if ((c = plugin_args_token (&fmt)) == '?')
            c = plugin_args_token (&fmt);
        if (!skip_value (c, &fmt, ap, 1))
            return -1;
    }
    if (c == '*')
        c = plugin_args_token (&fmt);
    return c == '}' && plugin_args_token (&fmt) == '\0' ? n : -1;
}

static json_t *make_json (enum flux_priv_arg_type type,
                          const union flux_priv_arg_value *value)
{
    switch (type) {
    case FLUX_PRIV_ARG_INT:
        return json_integer (value->i);
    case FLUX_PRIV_ARG_REAL:
        return json_real (value->f);
    case FLUX_PRIV_ARG_BOOL:
        return json_boolean (value->b);
    case FLUX_PRIV_ARG_STRING:
        return json_string (value->s);
    default:
        return NULL;
    }
}

/* Keep the provider's value of key as JSON, so that what a plugin is given
 * of it lives as long as the arguments.
 */
static int keep (flux_plugin_arg_t *args, const char *key)
{
    union flux_priv_arg_value value;
    enum flux_priv_arg_type type;
    json_t *j;

    if (!args->kept && !(args->kept = json_object ()))
        goto nomem;
    if (json_object_get (args->kept, key))
        return 0;
    type = args->provider->scalar (args->provider_arg, key, &value);
    if (type == FLUX_PRIV_ARG_ABSENT)
        return 0;
    if (type == FLUX_PRIV_ARG_JSON) {
        if (!(j = args->provider->json (args->provider_arg, key)))
            return -1;
    }
    else if (!(j = make_json (type, &value)))
        goto nomem;
    if (json_object_set_new (args->kept, key, j) < 0)
        goto nomem;
    return 0;
nomem:
    errno = ENOMEM;
    return -1;
}

json_t *plugin_args_whole_in (flux_plugin_arg_t *args)
{
    json_t *whole;

    if (args->provider) {
        for (const char *const *key = args->provider->keys; *key; key++) {
            if (keep (args, *key) < 0)
                return NULL;
        }
    }
    whole = args->kept ? json_copy (args->kept) : json_object ();
    if (!whole || (args->in && json_object_update (whole, args->in) < 0)) {
        json_decref (whole);
        errno = ENOMEM;
        return NULL;
    }
    return whole;
}

/* A new object of the named keys. */
static json_t *named_in (flux_plugin_arg_t *args, const char *keys[], int n)
{
    json_t *o = json_object ();

    for (int i = 0; o && i < n; i++) {
        json_t *j = args->in ? json_object_get (args->in, keys[i]) : NULL;

        if (!j) {
            if (keep (args, keys[i]) < 0) {
                json_decref (o);
                return NULL;
            }
            j = json_object_get (args->kept, keys[i]);
        }
        if (j && json_object_set (o, keys[i], j) < 0) {
            json_decref (o);
            o = NULL;
        }
    }
    if (!o)
        errno = ENOMEM;
    return o;
}

int plugin_args_unpack_in (flux_plugin_arg_t *args, const char *fmt, va_list ap)
{
    const char *keys[NAMED_MAX];
    json_t *o;
    va_list cpy;
    bool done;
    int n, rc;

    va_copy (cpy, ap);
    done = unpack_fast (args, fmt, cpy);
    va_end (cpy);
    if (done)
        return 0;
    va_copy (cpy, ap);
    n = named_keys (fmt, &cpy, keys);
    va_end (cpy);
    o = n < 0 ? plugin_args_whole_in (args) : named_in (args, keys, n);
    if (!o)
        return -1;
    rc = json_vunpack_ex (o, &args->error, 0, fmt, ap);
    /* what was unpacked belongs to args->in and args->kept */
    json_decref (o);
    if (rc < 0)
        errno = EINVAL;
    return rc;
}
