/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The parts of the broker under the names that Flux's modules have: listed,
 * removed and loaded again as flux-module(1) says.
 *
 * All are built in.  To remove one is to hide what it serves, and to stop
 * what it does if it does anything by itself (module_verbs.c); to load it is
 * to undo that.
 */

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/module_private.h"
#include "daemon/parts.h"

static const struct module modules[] = {
    { .name = "config",
      .refusal = "the configuration belongs to the broker itself" },
    { .name = "connector-local",
      .refusal = "that would cut off every client, this one too" },
    { .name = "content" },
    { .name = "content-sqlite", .services = { "content-backing" } },
    { .name = "cron", .ops = &module_cron },
    { .name = "groups" },
    { .name = "heartbeat", .ops = &module_heartbeat },
    { .name = "job-exec", .ops = &module_job_exec },
    { .name = "job-info" },
    { .name = "job-ingest", .ops = &module_job_ingest },
    { .name = "job-list" },
    { .name = "job-manager", .ops = &module_job_manager },
    { .name = "kvs" },
    { .name = "kvs-watch" },
    { .name = "overlay" },
    { .name = "resource", .ops = &module_resource },
    { .name = "rexec" },
    { .name = "sched-simple",
      .services = { "sched", "feasibility" },
      .ops = &module_sched_simple },
};

#define MODULES ((int)(sizeof (modules) / sizeof (modules[0])))

struct modules {
    struct broker *b;
    struct module_trace *trace;
    bool removed[MODULES];
};

static int find (const char *name)
{
    for (int i = 0; i < MODULES; i++) {
        if (strcmp (modules[i].name, name) == 0)
            return i;
    }
    return -1;
}

const char *module_of_service (const char *service)
{
    for (int i = 0; i < MODULES; i++) {
        const struct module *mod = &modules[i];
        const char *const *names = mod->services;
        size_t len = strlen (mod->name);

        if (strncmp (service, mod->name, len) == 0
            && (service[len] == '\0' || service[len] == '.'))
            return mod->name;
        for (int k = 0; k < MODULE_SERVICES && names[k]; k++) {
            if (strcmp (service, names[k]) == 0)
                return mod->name;
        }
    }
    return NULL;
}

bool module_removed (struct broker *b, const char *name)
{
    struct modules *mods = broker_part (b, "modules");
    int i = find (name);

    return mods && i >= 0 && mods->removed[i];
}

static int show (struct modules *mods, int i, bool visible)
{
    const struct module *mod = &modules[i];
    struct router *r = mods->b->router;

    if (router_service_hide (r, mod->name, !visible) < 0)
        return -1;
    for (int k = 0; k < MODULE_SERVICES && mod->services[k]; k++) {
        if (router_service_hide (r, mod->services[k], !visible) < 0)
            return -1;
    }
    mods->removed[i] = !visible;
    return 0;
}

void module_gone (struct broker *b, const char *name)
{
    struct modules *mods = broker_part (b, "modules");

    if (mods && show (mods, find (name), false) < 0)
        log_errno ("broker", "module %s", name);
}

/* ---- requests ---- */

static json_t *entry_of (const struct module *mod)
{
    json_t *services = json_pack ("[s]", mod->name);

    for (int k = 0; k < MODULE_SERVICES && mod->services[k]; k++)
        json_array_append_new (services, json_string (mod->services[k]));
    return json_pack ("{s:s s:s s:i s:i s:o s:i s:i}",
                      "name",
                      mod->name,
                      "path",
                      "builtin",
                      "idle",
                      0,
                      "status",
                      FLUX_MODSTATE_RUNNING,
                      "services",
                      services,
                      "sendqueue",
                      0,
                      "recvqueue",
                      0);
}

static int list_cb (struct router *r,
                    const flux_msg_t *msg,
                    void *arg,
                    flux_error_t *error)
{
    struct modules *mods = arg;
    json_t *list = json_array ();

    for (int i = 0; i < MODULES; i++) {
        if (!mods->removed[i])
            json_array_append_new (list, entry_of (&modules[i]));
    }
    router_respond_pack (r, msg, "{s:o}", "mods", list);
    return REQUEST_DONE;
}

/* The arguments of a request, to be freed; NULL and EPROTO or ENOMEM. */
static const char **arguments (json_t *array, int *argc)
{
    const char **argv = calloc (json_array_size (array) + 1, sizeof (*argv));
    json_t *s;
    size_t i;

    *argc = (int)json_array_size (array);
    json_array_foreach (array, i, s)
    {
        if (argv && !(argv[i] = json_string_value (s))) {
            free (argv);
            errno = EPROTO;
            return NULL;
        }
    }
    return argv;
}

static int no_arguments (int argc, const char **argv, flux_error_t *error)
{
    if (argc > 0)
        return err_set (error, EINVAL, "unknown option: %s", argv[0]);
    return 0;
}

static int load (struct modules *mods,
                 int i,
                 int argc,
                 const char **argv,
                 flux_error_t *error)
{
    const struct module_ops *ops = modules[i].ops;

    if ((ops && ops->load ? ops->load (mods->b, argc, argv, error)
                          : no_arguments (argc, argv, error))
        < 0)
        return -1;
    return show (mods, i, true);
}

/* What a path to load means: a file that looks like one of Flux's own modules
 * stands for the part of that name.
 */
static char *module_name (const char *path)
{
    const char *base = strrchr (path, '/');
    char *name = strdup (base ? base + 1 : path);
    char *dot = name ? strrchr (name, '.') : NULL;

    if (dot && !strcmp (dot, ".so"))
        *dot = '\0';
    return name;
}

static int load_cb (struct router *r,
                    const flux_msg_t *msg,
                    void *arg,
                    flux_error_t *error)
{
    struct modules *mods = arg;
    const char *path;
    const char *name = NULL;
    const char **argv = NULL;
    json_t *args = NULL;
    char *base;
    int i, argc = 0;
    int rc = -1;

    if (flux_msg_unpack (msg,
                         "{s:s s?s s?o}",
                         "path",
                         &path,
                         "name",
                         &name,
                         "args",
                         &args)
            < 0
        || (args && !json_is_array (args))) {
        errno = EPROTO;
        return REQUEST_ERROR;
    }
    if (!(base = module_name (path)))
        return REQUEST_ERROR;
    i = find (base);
    if (i < 0 && strchr (path, '/'))
        err_set (error,
                 ENOSYS,
                 "%s: only parts of the broker can be loaded, not modules "
                 "from files",
                 path);
    else if (i < 0)
        err_set (error, ENOENT, "module not found in search path");
    else if (name && strcmp (name, base) != 0)
        err_set (error,
                 EINVAL,
                 "%s is part of the broker and has no other name",
                 base);
    else if (!mods->removed[i])
        err_set (error, EEXIST, "module %s is loaded already", base);
    else if ((argv = arguments (args, &argc)))
        rc = load (mods, i, argc, argv, error);
    if (rc == 0)
        router_respond (r, msg, NULL);
    free (argv);
    free (base);
    return rc < 0 ? REQUEST_ERROR : REQUEST_DONE;
}

/* The part a request names, or -1 and ENOENT. */
static int named (struct modules *mods, const flux_msg_t *msg)
{
    const char *name;
    int i;

    if (flux_msg_unpack (msg, "{s:s}", "name", &name) < 0)
        return -1;
    i = find (name);
    if (i >= 0 && !mods->removed[i])
        return i;
    errno = ENOENT;
    return -1;
}

static int remove_cb (struct router *r,
                      const flux_msg_t *msg,
                      void *arg,
                      flux_error_t *error)
{
    struct modules *mods = arg;
    const struct module_ops *ops;
    int i = named (mods, msg);

    if (i < 0)
        return REQUEST_ERROR;
    if (modules[i].refusal)
        return err_set (error,
                        EPERM,
                        "%s cannot be removed: %s",
                        modules[i].name,
                        modules[i].refusal);
    ops = modules[i].ops;
    if ((ops && ops->remove && ops->remove (mods->b, error) < 0)
        || show (mods, i, false) < 0)
        return REQUEST_ERROR;
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

static int debug_cb (struct router *r,
                     const flux_msg_t *msg,
                     void *arg,
                     flux_error_t *error)
{
    int i = named (arg, msg);

    if (i < 0)
        return REQUEST_ERROR;
    return err_set (error,
                    ENOSYS,
                    "%s is part of the broker: its messages are not deferred",
                    modules[i].name);
}

static int trace_cb (struct router *r,
                     const flux_msg_t *msg,
                     void *arg,
                     flux_error_t *error)
{
    struct modules *mods = arg;

    return module_trace_add (mods->trace, msg, error);
}

static int trace_gone_cb (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct modules *mods = arg;

    module_trace_gone (mods->trace, msg);
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "module.list", FLUX_ROLE_USER, 0, list_cb },
    { "module.load", FLUX_ROLE_OWNER, 0, load_cb },
    { "module.remove", FLUX_ROLE_OWNER, 0, remove_cb },
    { "module.debug", FLUX_ROLE_OWNER, 0, debug_cb },
    { "module.trace", FLUX_ROLE_OWNER, METHOD_STREAMING, trace_cb },
    { "module.trace-cancel", FLUX_ROLE_OWNER, 0, trace_gone_cb },
    { "module.cancel", FLUX_ROLE_OWNER, 0, trace_gone_cb },
    { "module.disconnect", FLUX_ROLE_USER, 0, trace_gone_cb },
    { NULL },
};

/* ---- life ---- */

int modules_start (struct broker *b, void **data, flux_error_t *error)
{
    struct modules *mods = calloc (1, sizeof (*mods));

    if (!mods || !(mods->trace = module_trace_create (b))) {
        free (mods);
        return err_set (error, ENOMEM, "out of memory");
    }
    mods->b = b;
    if (router_methods_add (b->router, rows, mods) < 0) {
        module_trace_destroy (mods->trace);
        free (mods);
        return err_set (error, errno, "cannot register module methods");
    }
    *data = mods;
    for (int i = 0; i < MODULES; i++) {
        if (router_standard_methods (b->router, modules[i].name, NULL, NULL)
            < 0) {
            modules_stop (b, mods);
            return err_set (error, ENOMEM, "module %s", modules[i].name);
        }
    }
    return 0;
}

void modules_stop (struct broker *b, void *data)
{
    struct modules *mods = data;

    router_methods_remove (b->router, rows);
    module_trace_destroy (mods->trace);
    free (mods);
}
