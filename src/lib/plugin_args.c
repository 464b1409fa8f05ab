/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/plugin_args_private.h"

static const int all_flags = FLUX_PLUGIN_ARG_OUT | FLUX_PLUGIN_ARG_REPLACE;

flux_plugin_arg_t *flux_plugin_arg_create (void)
{
    return calloc (1, sizeof (flux_plugin_arg_t));
}

static void drop_provider (flux_plugin_arg_t *args)
{
    flux_priv_plugin_arg_changed (args);
    if (args->provider && args->provider->destroy)
        args->provider->destroy (args->provider_arg);
    args->provider = NULL;
}

void flux_plugin_arg_destroy (flux_plugin_arg_t *args)
{
    int saved_errno = errno;

    if (!args)
        return;
    flux_priv_plugin_arg_reset (args);
    drop_provider (args);
    free (args);
    errno = saved_errno;
}

const char *flux_plugin_arg_strerror (flux_plugin_arg_t *args)
{
    if (!args || !args->error.text[0])
        return strerror (errno);
    return args->error.text;
}

static int fail (flux_plugin_arg_t *args, int errnum, const char *text)
{
    memset (&args->error, 0, sizeof (args->error));
    strncpy (args->error.text, text, sizeof (args->error.text) - 1);
    errno = errnum;
    return -1;
}

static int check (flux_plugin_arg_t *args, int flags, const void *what)
{
    if (!args || !what || (flags & ~all_flags)) {
        if (args)
            fail (args, EINVAL, "Invalid argument");
        errno = EINVAL;
        return -1;
    }
    args->error.text[0] = '\0';
    return 0;
}

void flux_priv_plugin_arg_provide (
    flux_plugin_arg_t *args,
    const struct flux_priv_arg_provider *provider,
    void *arg)
{
    drop_provider (args);
    args->provider = provider;
    args->provider_arg = arg;
}

void flux_priv_plugin_arg_changed (flux_plugin_arg_t *args)
{
    json_decref (args->kept);
    args->kept = NULL;
}

static void out_clear (flux_plugin_arg_t *args)
{
    json_decref (args->out);
    args->out = NULL;
    args->out_count = 0;
    args->out_set = false;
}

void flux_priv_plugin_arg_reset (flux_plugin_arg_t *args)
{
    json_decref (args->in);
    args->in = NULL;
    flux_priv_plugin_arg_changed (args);
    out_clear (args);
}

void flux_priv_plugin_arg_out_begin (flux_plugin_arg_t *args)
{
    args->out_set = true;
}

static struct out_int *out_find (flux_plugin_arg_t *args, const char *key)
{
    for (int i = 0; i < args->out_count; i++) {
        if (strcmp (args->out_ints[i].key, key) == 0)
            return &args->out_ints[i];
    }
    return NULL;
}

/* Keep an integer without JSON; false if there is no room for it. */
static bool out_put_int (flux_plugin_arg_t *args,
                         const char *key,
                         int64_t value)
{
    struct out_int *entry;

    if (args->out || strlen (key) >= OUT_KEY_MAX)
        return false;
    if (!(entry = out_find (args, key))) {
        if (args->out_count == OUT_INTS_MAX)
            return false;
        entry = &args->out_ints[args->out_count++];
        strcpy (entry->key, key);
    }
    entry->value = value;
    args->out_set = true;
    return true;
}

json_t *flux_priv_plugin_arg_out (flux_plugin_arg_t *args)
{
    json_t *out;

    if (args->out || !args->out_set)
        return args->out;
    if (!(out = json_object ()))
        goto nomem;
    for (int i = 0; i < args->out_count; i++) {
        const struct out_int *entry = &args->out_ints[i];

        if (json_object_set_new (out, entry->key, json_integer (entry->value))
            < 0)
            goto nomem;
    }
    args->out_count = 0;
    args->out = out;
    return out;
nomem:
    json_decref (out);
    errno = ENOMEM;
    return NULL;
}

int flux_priv_plugin_arg_out_set_int (flux_plugin_arg_t *args,
                                      const char *key,
                                      int64_t value)
{
    json_t *out;

    if (out_put_int (args, key, value))
        return 0;
    args->out_set = true;
    if (!(out = flux_priv_plugin_arg_out (args))
        || json_object_set_new (out, key, json_integer (value)) < 0) {
        errno = ENOMEM;
        return -1;
    }
    return 0;
}

int flux_priv_plugin_arg_out_int (flux_plugin_arg_t *args,
                                  const char *key,
                                  int64_t *value)
{
    struct out_int *entry;
    json_t *j;

    if (!args->out) {
        if (!(entry = out_find (args, key)))
            return 0;
        *value = entry->value;
        return 1;
    }
    if (!(j = json_object_get (args->out, key)))
        return 0;
    if (!json_is_integer (j)) {
        errno = EPROTO;
        return -1;
    }
    *value = json_integer_value (j);
    return 1;
}

bool flux_priv_plugin_arg_out_is_plain (flux_plugin_arg_t *args)
{
    return args->out == NULL;
}

/* Merge o into IN or OUT, or put it in its place; o is consumed. */
static int merge (flux_plugin_arg_t *args, int flags, json_t *o)
{
    bool is_out = flags & FLUX_PLUGIN_ARG_OUT;
    json_t **to = is_out ? &args->out : &args->in;
    int rc;

    if (flags & FLUX_PLUGIN_ARG_REPLACE) {
        if (is_out)
            out_clear (args);
        else {
            drop_provider (args);
            json_decref (args->in);
            args->in = NULL;
        }
    }
    if (is_out && args->out_set && !flux_priv_plugin_arg_out (args)) {
        json_decref (o);
        return fail (args, ENOMEM, "out of memory");
    }
    if (!*to && !is_out && args->provider && !(*to = json_object ())) {
        json_decref (o);
        return fail (args, ENOMEM, "out of memory");
    }
    if (!*to) {
        *to = o;
        args->out_set = args->out_set || is_out;
        return 0;
    }
    rc = json_object_update (*to, o);
    json_decref (o);
    if (rc < 0)
        return fail (args, EINVAL, "only objects can be merged");
    return 0;
}

int flux_plugin_arg_set (flux_plugin_arg_t *args,
                         int flags,
                         const char *json_str)
{
    json_t *o;

    if (check (args, flags, json_str) < 0)
        return -1;
    if (!(o = json_loads (json_str, JSON_DECODE_ANY, &args->error))) {
        errno = EINVAL;
        return -1;
    }
    return merge (args, flags, o);
}

/* The object to read, with a reference; NULL and ENOENT if it is not set. */
static json_t *readable (flux_plugin_arg_t *args, int flags)
{
    json_t *o;

    if (flags & FLUX_PLUGIN_ARG_OUT)
        o = json_incref (flux_priv_plugin_arg_out (args));
    else if (args->provider)
        return plugin_args_whole_in (args);
    else
        o = json_incref (args->in);
    if (!o)
        fail (args,
              ENOENT,
              flags & FLUX_PLUGIN_ARG_OUT ? "No output arguments set"
                                          : "No input arguments set");
    return o;
}

int flux_plugin_arg_get (flux_plugin_arg_t *args, int flags, char **json_str)
{
    json_t *o;

    if (check (args, flags, json_str) < 0 || !(o = readable (args, flags)))
        return -1;
    *json_str = json_dumps (o, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref (o);
    if (!*json_str)
        return fail (args, ENOMEM, "out of memory");
    return 0;
}

/* Is fmt an object of one integer? The letter of the integer, or 0. */
static char one_int (const char *fmt)
{
    char c;

    if (plugin_args_token (&fmt) != '{' || plugin_args_token (&fmt) != 's')
        return 0;
    c = plugin_args_token (&fmt);
    if ((c != 'i' && c != 'I') || plugin_args_token (&fmt) != '}'
        || plugin_args_token (&fmt) != '\0')
        return 0;
    return c;
}

static bool pack_fast (flux_plugin_arg_t *args,
                       int flags,
                       const char *fmt,
                       va_list ap)
{
    const char *key;
    char c;

    if (flags != FLUX_PLUGIN_ARG_OUT || args->out || !(c = one_int (fmt))
        || !(key = va_arg (ap, const char *)))
        return false;
    return out_put_int (args,
                        key,
                        c == 'i' ? va_arg (ap, int) : va_arg (ap, json_int_t));
}

int flux_plugin_arg_vpack (flux_plugin_arg_t *args,
                           int flags,
                           const char *fmt,
                           va_list ap)
{
    json_t *o;
    va_list cpy;
    bool done;

    if (check (args, flags, fmt) < 0)
        return -1;
    va_copy (cpy, ap);
    done = pack_fast (args, flags, fmt, cpy);
    va_end (cpy);
    if (done)
        return 0;
    if (!(o = json_vpack_ex (&args->error, 0, fmt, ap))) {
        errno = EINVAL;
        return -1;
    }
    return merge (args, flags, o);
}

int flux_plugin_arg_pack (flux_plugin_arg_t *args,
                          int flags,
                          const char *fmt,
                          ...)
{
    va_list ap;
    int rc;

    va_start (ap, fmt);
    rc = flux_plugin_arg_vpack (args, flags, fmt, ap);
    va_end (ap);
    return rc;
}

int flux_plugin_arg_vunpack (flux_plugin_arg_t *args,
                             int flags,
                             const char *fmt,
                             va_list ap)
{
    json_t *o;
    int rc;

    if (check (args, flags, fmt) < 0)
        return -1;
    if (!(flags & FLUX_PLUGIN_ARG_OUT) && args->provider)
        return plugin_args_unpack_in (args, fmt, ap);
    if (!(o = readable (args, flags)))
        return -1;
    rc = json_vunpack_ex (o, &args->error, 0, fmt, ap);
    json_decref (o);
    if (rc < 0)
        errno = EINVAL;
    return rc;
}

int flux_plugin_arg_unpack (flux_plugin_arg_t *args,
                            int flags,
                            const char *fmt,
                            ...)
{
    va_list ap;
    int rc;

    va_start (ap, fmt);
    rc = flux_plugin_arg_vunpack (args, flags, fmt, ap);
    va_end (ap);
    return rc;
}
