/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The host: its plugins, and the configuration they see. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/log.h"
#include "jobtap/private.h"
#include "lib/plugin_args.h"

struct tap_plugin *tap_plugin_of (flux_plugin_t *p)
{
    struct tap_plugin *t = p ? flux_plugin_aux_get (p, TAP_AUX) : NULL;

    /* At the end there is no manager any more; destructors may still call. */
    if (!t || !t->jt->manager) {
        errno = EINVAL;
        return NULL;
    }
    return t;
}

struct tap_plugin *tap_find (struct jobtap *jt, const char *name)
{
    struct tap_plugin *t;

    DL_FOREACH (jt->plugins, t)
    {
        if (!strcmp (t->name, name))
            return t;
    }
    return NULL;
}

void tap_ref (struct tap_plugin *t)
{
    t->refs++;
}

void tap_unref (struct tap_plugin *t)
{
    if (--t->refs > 0)
        return;
    flux_plugin_destroy (t->p);
    tap_dso_close (t->dso);
    tap_stats_free (t);
    free (t->name);
    free (t);
}

/* conf.update is no job's business: OUT begins unset. */
int tap_conf_update (struct tap_plugin *t, json_t *conf, flux_error_t *error)
{
    struct tap_call call = { .jt = t->jt };
    flux_plugin_arg_t *args;
    const char *s = NULL;
    int rc = 0;

    if (!(args = flux_plugin_arg_create ())
        || flux_plugin_arg_pack (args,
                                 FLUX_PLUGIN_ARG_IN,
                                 "{s:O}",
                                 "conf",
                                 conf)
               < 0)
        rc = err_set (error, ENOMEM, "conf.update: out of memory");
    else if (tap_call_one (t, &call, "conf.update", args) < 0) {
        if ((s = tap_args_errmsg (args)))
            rc = err_set (error, EINVAL, "%s", s);
        else
            rc = err_set (error,
                          EINVAL,
                          "config rejected by %s jobtap plugin",
                          t->name);
    }
    flux_plugin_arg_destroy (args);
    return rc;
}

static json_t *config_parse (const char *json, flux_error_t *error)
{
    json_error_t e;
    json_t *o = json ? json_loads (json, 0, &e) : json_object ();

    if (!o)
        return err_null (error, EINVAL, "config: %s", json ? e.text : "memory");
    if (!json_is_object (o)) {
        json_decref (o);
        return err_null (error, EINVAL, "config: not an object");
    }
    return o;
}

/* conf.update to all that stay; nobody keeps a configuration that is not
 * going to be.
 */
static int config_tell (struct jobtap *jt, json_t *conf, flux_error_t *error)
{
    struct tap_stack *s = tap_stack_match (jt, "conf.update");
    size_t i;
    int rc = 0;

    if (!s)
        return err_set (error, ENOMEM, "conf.update: out of memory");
    for (i = 0; i < s->count && rc == 0; i++) {
        if (!s->entries[i].plugin->leaving)
            rc = tap_conf_update (s->entries[i].plugin, conf, error);
    }
    for (size_t j = 0; rc < 0 && j < i; j++) {
        if (!s->entries[j].plugin->leaving)
            tap_conf_update (s->entries[j].plugin, jt->config, NULL);
    }
    tap_stack_unref (s);
    return rc;
}

int jobtap_config_check (struct jobtap *jt,
                         const char *json,
                         flux_error_t *error)
{
    json_t *conf = config_parse (json, error);
    int rc;

    if (!conf)
        return -1;
    if ((rc = tap_plan (jt, conf, error)) == 0
        && (rc = config_tell (jt, conf, error)) < 0)
        tap_plan_drop (jt);
    json_decref (conf);
    if (rc < 0)
        errno = EINVAL;
    return rc;
}

/* flux_get_conf(3) on the plugins' handle shows the same. */
static void config_lend (struct jobtap *jt)
{
    flux_conf_t *conf = flux_conf_pack ("O", jt->config);

    if (!conf || flux_set_conf_new (jt->h, conf) < 0) {
        log_errno (TAP_PART, "jobtap: lending the configuration");
        flux_conf_decref (conf);
    }
}

void jobtap_config_apply (struct jobtap *jt, const char *json)
{
    flux_error_t error;
    json_t *conf = config_parse (json, &error);

    if (!conf) {
        log_msg (LOG_ERR, TAP_PART, "jobtap: %s", error.text);
        return;
    }
    json_decref (jt->config);
    jt->config = conf;
    config_lend (jt);
    tap_plan_apply (jt);
}

static char *rundir_of (const struct jobtap_config *cfg)
{
    const char *dir = cfg->rundir ? cfg->rundir : getenv ("TMPDIR");

    return strdup (dir ? dir : "/tmp");
}

static int host_start (struct jobtap *jt, flux_error_t *error)
{
    config_lend (jt);
    if (tap_requests_register (jt) < 0)
        return err_set (error, errno, "jobtap: registering requests");
    if (tap_plan (jt, jt->config, error) < 0)
        return -1;
    tap_plan_apply (jt);
    return 0;
}

struct jobtap *jobtap_create (const struct jobtap_config *cfg,
                              flux_error_t *error)
{
    struct jobtap *jt;
    flux_error_t why;

    if (!(jt = calloc (1, sizeof (*jt))))
        return err_null (error, ENOMEM, "jobtap: out of memory");
    jt->loop = cfg->loop;
    jt->router = cfg->router;
    jt->manager = cfg->manager;
    jt->builtins = cfg->builtins;
    tap_topics_init (jt);
    if (!(jt->searchpath = strdup (cfg->searchpath ? cfg->searchpath : ""))
        || !(jt->rundir = rundir_of (cfg))
        || !(jt->inproc =
                 tap_inproc_create (jt->loop, jt->router, jt->manager, &jt->h)))
        err_set (&why, errno, "jobtap: %s", strerror (errno));
    else if ((jt->config = config_parse (cfg->config, &why))
             && host_start (jt, &why) == 0)
        return jt;
    jobtap_destroy (jt);
    return err_null (error, EINVAL, "%s", why.text);
}

void jobtap_destroy (struct jobtap *jt)
{
    struct tap_plugin *t;

    if (!jt)
        return;
    tap_plan_drop (jt);
    jt->manager = NULL;
    while (jt->plugins)
        tap_remove (jt->plugins);
    while ((t = jt->removed)) {
        DL_DELETE (jt->removed, t);
        tap_unref (t);
    }
    tap_stacks_forget (jt);
    tap_requests_unregister (jt);
    tap_inproc_destroy (jt->inproc);
    tap_json_cache_destroy (jt);
    idtable_clear (&jt->records);
    flux_plugin_arg_destroy (jt->spare);
    json_decref (jt->config);
    json_decref (jt->applied);
    free (jt->searchpath);
    free (jt->rundir);
    free (jt);
}

const struct plugin_ops *jobtap_ops (struct jobtap *jt)
{
    return &jt->ops;
}
