/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-manager.jobtap and job-manager.jobtap-query: flux-jobtap(1). */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "jobtap/private.h"
#include "lib/plugin_args.h"

static int respond_list (struct jobtap *jt,
                         const flux_msg_t *msg,
                         flux_error_t *error)
{
    json_t *names = json_array ();
    struct tap_plugin *t;
    int rc;

    DL_FOREACH (jt->plugins, t)
    {
        if (json_array_append_new (names, json_string (t->name)) < 0) {
            json_decref (names);
            return err_set (error, ENOMEM, "jobtap: out of memory");
        }
    }
    rc = router_respond_pack (jt->router, msg, "{s:o}", "plugins", names);
    return rc < 0 ? REQUEST_ERROR : REQUEST_DONE;
}

static int jobtap_request (struct router *r,
                           const flux_msg_t *msg,
                           void *arg,
                           flux_error_t *error)
{
    struct jobtap *jt = arg;
    const char *load = NULL;
    const char *remove = NULL;
    json_t *conf = NULL;
    int query_only = 0;
    char *s = NULL;
    int rc;

    if (flux_msg_unpack (msg,
                         "{s?s s?o s?s s?b}",
                         "load",
                         &load,
                         "conf",
                         &conf,
                         "remove",
                         &remove,
                         "query_only",
                         &query_only)
        < 0)
        return err_set (error, EPROTO, "malformed jobtap request");
    if (query_only)
        return respond_list (jt, msg, error);
    if (conf && !json_is_null (conf)) {
        if (!json_is_object (conf))
            return err_set (error, EPROTO, "jobtap: conf is not an object");
        if (!(s = json_dumps (conf, JSON_COMPACT)))
            return err_set (error, ENOMEM, "jobtap: out of memory");
    }
    rc = remove ? jobtap_remove (jt, remove, error) : 0;
    if (rc == 0 && load)
        rc = jobtap_load (jt, load, s, error);
    free (s);
    return rc < 0 ? REQUEST_ERROR : router_respond (r, msg, NULL);
}

static flux_plugin_arg_t *query_plugin (struct tap_plugin *t,
                                        flux_error_t *error)
{
    struct tap_call call = { .jt = t->jt };
    const char *path = flux_plugin_get_path (t->p);
    flux_plugin_arg_t *args;

    if (!(args = flux_plugin_arg_create ())
        || flux_plugin_arg_pack (args,
                                 FLUX_PLUGIN_ARG_OUT,
                                 "{s:s s:s}",
                                 "name",
                                 t->name,
                                 "path",
                                 path ? path : "builtin")
               < 0) {
        flux_plugin_arg_destroy (args);
        return err_null (error, ENOMEM, "%s: out of memory", t->name);
    }
    if (tap_call_one (t, &call, "plugin.query", args) < 0) {
        flux_plugin_arg_destroy (args);
        return err_null (error, EINVAL, "%s: plugin.query failed", t->name);
    }
    return args;
}

static int query_request (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct jobtap *jt = arg;
    struct tap_plugin *t;
    flux_plugin_arg_t *args;
    const char *name;
    char *s;
    int rc;

    if (flux_msg_unpack (msg, "{s:s}", "name", &name) < 0)
        return err_set (error, EPROTO, "malformed jobtap-query request");
    if (!(t = tap_find (jt, name)))
        return err_set (error, EINVAL, "%s: plugin not found", name);
    if (!(args = query_plugin (t, error)))
        return REQUEST_ERROR;
    if (flux_plugin_arg_get (args, FLUX_PLUGIN_ARG_OUT, &s) < 0)
        rc = err_set (error, EINVAL, "%s: plugin.query failed", name);
    else {
        rc = router_respond (r, msg, s);
        free (s);
    }
    flux_plugin_arg_destroy (args);
    return rc < 0 ? REQUEST_ERROR : REQUEST_DONE;
}

/* One plugin, or all. */
static int stats_request (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct jobtap *jt = arg;
    const char *name = NULL;
    struct tap_plugin *t;
    json_t *list;
    char *s = NULL;
    int rc;

    if (flux_msg_unpack (msg, "{s?s}", "name", &name) < 0)
        return err_set (error, EPROTO, "malformed jobtap-stats request");
    if (name && !tap_find (jt, name))
        return err_set (error, ENOENT, "%s: plugin not found", name);
    list = json_array ();
    DL_FOREACH (jt->plugins, t)
    {
        if ((!name || !strcmp (t->name, name))
            && json_array_append_new (list, tap_stats_json (t)) < 0)
            goto nomem;
    }
    if (!(list = json_pack ("{s:o}", "plugins", list))
        || !(s = json_dumps (list, JSON_COMPACT)))
        goto nomem;
    json_decref (list);
    rc = router_respond (r, msg, s);
    free (s);
    return rc < 0 ? REQUEST_ERROR : REQUEST_DONE;
nomem:
    json_decref (list);
    return err_set (error, ENOMEM, "jobtap: out of memory");
}

static const struct request_row rows[] = {
    { "job-manager.jobtap", FLUX_ROLE_OWNER, METHOD_HELD, jobtap_request },
    { "job-manager.jobtap-query", FLUX_ROLE_OWNER, METHOD_HELD, query_request },
    { "job-manager.jobtap-stats", FLUX_ROLE_OWNER, 0, stats_request },
    { NULL },
};

int tap_requests_register (struct jobtap *jt)
{
    if (router_methods_add (jt->router, rows, jt) < 0)
        return -1;
    jt->requests = true;
    return 0;
}

void tap_requests_unregister (struct jobtap *jt)
{
    if (jt->requests)
        router_methods_remove (jt->router, rows);
    jt->requests = false;
}
