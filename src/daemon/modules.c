/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The parts under the names that Flux's modules have, for who looks for
 * those: module.list and the standard methods of each.  They are built in:
 * loading, removing and tracing are refused.
 */

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/parts.h"

static const char *const names[] = {
    "config",   "connector-local", "content",    "cron",         "heartbeat",
    "job-exec", "job-info",        "job-ingest", "job-list",     "job-manager",
    "kvs",      "kvs-watch",       "resource",   "sched-simple", NULL,
};

/* Other services a module stands for. */
static const char *other_service (const char *name)
{
    return strcmp (name, "sched-simple") == 0 ? "sched" : NULL;
}

static bool is_module (const char *name)
{
    for (int i = 0; names[i]; i++) {
        if (strcmp (names[i], name) == 0)
            return true;
    }
    return false;
}

static int list_cb (struct router *r,
                    const flux_msg_t *msg,
                    void *arg,
                    flux_error_t *error)
{
    json_t *mods = json_array ();

    for (int i = 0; names[i]; i++) {
        json_t *services = json_pack ("[s]", names[i]);

        if (other_service (names[i]))
            json_array_append_new (services,
                                   json_string (other_service (names[i])));
        json_array_append_new (mods,
                               json_pack ("{s:s s:s s:i s:i s:o s:i s:i}",
                                          "name",
                                          names[i],
                                          "path",
                                          "builtin",
                                          "idle",
                                          0,
                                          "status",
                                          1,
                                          "services",
                                          services,
                                          "sendqueue",
                                          0,
                                          "recvqueue",
                                          0));
    }
    router_respond_pack (r, msg, "{s:o}", "mods", mods);
    return REQUEST_DONE;
}

static int load_cb (struct router *r,
                    const flux_msg_t *msg,
                    void *arg,
                    flux_error_t *error)
{
    const char *path;
    const char *name;

    if (flux_msg_unpack (msg, "{s:s}", "path", &path) < 0)
        return REQUEST_ERROR;
    name = path;
    (void)flux_msg_unpack (msg, "{s:s}", "name", &name);
    if (is_module (name))
        return err_set (error, EEXIST, "%s is part of the broker", name);
    return err_set (error, ENOENT, "module not found in search path");
}

static int refuse (const flux_msg_t *msg, const char *what, flux_error_t *error)
{
    const char *name;

    if (flux_msg_unpack (msg, "{s:s}", "name", &name) < 0)
        return REQUEST_ERROR;
    if (!is_module (name)) {
        errno = ENOENT;
        return REQUEST_ERROR;
    }
    return err_set (error,
                    ENOSYS,
                    "%s is part of the broker and cannot be %s",
                    name,
                    what);
}

static int remove_cb (struct router *r,
                      const flux_msg_t *msg,
                      void *arg,
                      flux_error_t *error)
{
    return refuse (msg, "removed", error);
}

static int debug_cb (struct router *r,
                     const flux_msg_t *msg,
                     void *arg,
                     flux_error_t *error)
{
    return refuse (msg, "deferred", error);
}

static int trace_cb (struct router *r,
                     const flux_msg_t *msg,
                     void *arg,
                     flux_error_t *error)
{
    return err_set (error,
                    ENOSYS,
                    "parts of the broker exchange no messages to trace");
}

static const struct request_row rows[] = {
    { "module.list", FLUX_ROLE_USER, 0, list_cb },
    { "module.load", FLUX_ROLE_OWNER, 0, load_cb },
    { "module.remove", FLUX_ROLE_OWNER, 0, remove_cb },
    { "module.debug", FLUX_ROLE_OWNER, 0, debug_cb },
    { "module.trace", FLUX_ROLE_OWNER, METHOD_STREAMING, trace_cb },
    { NULL },
};

int modules_start (struct broker *b, void **data, flux_error_t *error)
{
    if (router_methods_add (b->router, rows, b) < 0)
        return err_set (error, errno, "cannot register module methods");
    for (int i = 0; names[i]; i++) {
        if (router_standard_methods (b->router, names[i], NULL, NULL) < 0)
            return err_set (error, errno, "module %s", names[i]);
    }
    return 0;
}

void modules_stop (struct broker *b, void *data)
{
    router_methods_remove (b->router, rows);
}
