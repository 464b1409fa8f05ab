/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* broker.*: its own environment and built-in paths. */

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include <flux/conf_builtin.h>
#include "daemon/parts.h"

static int conf_builtin_cb (struct router *r,
                            const flux_msg_t *msg,
                            void *arg,
                            flux_error_t *error)
{
    json_t *values = json_object ();
    json_t *keys;
    json_t *key;
    size_t i;

    if (flux_msg_unpack (msg, "{s:o}", "keys", &keys) < 0
        || !json_is_array (keys)) {
        json_decref (values);
        errno = EPROTO;
        return REQUEST_ERROR;
    }
    json_array_foreach (keys, i, key)
    {
        const char *name = json_string_value (key);
        const char *val =
            name ? flux_conf_builtin_get (name, FLUX_CONF_AUTO) : NULL;

        if (!val) {
            err_set (error, EINVAL, "%s: invalid key", name ? name : "?");
            json_decref (values);
            return REQUEST_ERROR;
        }
        json_object_set_new (values, name, json_string (val));
    }
    router_respond_pack (r, msg, "{s:o}", "values", values);
    return REQUEST_DONE;
}

static int getenv_cb (struct router *r,
                      const flux_msg_t *msg,
                      void *arg,
                      flux_error_t *error)
{
    json_t *env;
    json_t *names;
    json_t *name;
    size_t i;

    if (flux_msg_unpack (msg, "{s:o}", "names", &names) < 0
        || !json_is_array (names)) {
        errno = EPROTO;
        return REQUEST_ERROR;
    }
    env = json_object ();
    json_array_foreach (names, i, name)
    {
        const char *s = json_string_value (name);
        const char *val = s ? getenv (s) : NULL;

        if (val)
            json_object_set_new (env, s, json_string (val));
    }
    router_respond_pack (r, msg, "{s:o}", "env", env);
    return REQUEST_DONE;
}

static int setenv_cb (struct router *r,
                      const flux_msg_t *msg,
                      void *arg,
                      flux_error_t *error)
{
    const char *name;
    json_t *env;
    json_t *val;

    if (flux_msg_unpack (msg, "{s:o}", "env", &env) < 0
        || !json_is_object (env)) {
        errno = EPROTO;
        return REQUEST_ERROR;
    }
    /* All or nothing. */
    json_object_foreach (env, name, val)
    {
        if (!json_is_string (val) && !json_is_null (val))
            return err_set (error, EPROTO, "%s: not a string or null", name);
    }
    json_object_foreach (env, name, val)
    {
        if (json_is_string (val))
            setenv (name, json_string_value (val), 1);
        else
            unsetenv (name);
    }
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "broker.conf-builtin", FLUX_ROLE_ALL, 0, conf_builtin_cb },
    { "broker.getenv", FLUX_ROLE_OWNER, 0, getenv_cb },
    { "broker.setenv", FLUX_ROLE_OWNER, 0, setenv_cb },
    { NULL },
};

int services_start (struct broker *b, void **data, flux_error_t *error)
{
    if (router_methods_add (b->router, rows, b) < 0
        || router_standard_methods (b->router, "broker", NULL, NULL) < 0)
        return err_set (error, errno, "cannot register broker methods");
    return 0;
}

void services_stop (struct broker *b, void *data)
{
    router_methods_remove (b->router, rows);
}
