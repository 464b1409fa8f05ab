/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The plugin host: loads jobtap plugins, calls them, and answers what they
 * call (flux-jobtap-plugins(7), <flux/jobtap.h>).
 *
 * Order of life: manager_create, jobtap_create (loads the built-in plugins
 * and those of the configuration), manager_set_plugins (m, jobtap_ops ()),
 * manager_start.  At the end: manager_shutdown, manager_destroy (its jobs
 * get their last callbacks), jobtap_destroy.
 */

#ifndef SLUICE_JOBTAP_JOBTAP_H
#define SLUICE_JOBTAP_JOBTAP_H

#include <flux/plugin.h>

#include "base/err.h"
#include "loop/loop.h"
#include "manager/manager.h"
#include "manager/plugins.h"
#include "router/router.h"

struct jobtap;

/* A plugin that is part of the program; its name begins with a dot. */
struct jobtap_builtin {
    const char *name;
    flux_plugin_init_f init;
};

struct jobtap_config {
    struct loop *loop;
    struct router *router;
    struct manager *manager;
    /* Loaded in this order; ends with a NULL name.  May be NULL. */
    const struct jobtap_builtin *builtins;
    /* Directories with ':' between them, for plugins named without one;
     * NULL for none.
     */
    const char *searchpath;
    /* A directory for private copies of plugins (dso.c says why); NULL means
     * $TMPDIR or /tmp.
     */
    const char *rundir;
    /* The instance's configuration, JSON text; NULL means an empty one. */
    const char *config;
};

/* Load the built-in plugins, then do as [job-manager.plugins] says; register
 * job-manager.jobtap and jobtap-query.  Strings are copied; loop, router and
 * manager are borrowed and outlive the host (the manager may be destroyed
 * before it).  NULL, errno and a sentence: out of memory, a bad
 * configuration, or a plugin of the configuration that cannot be loaded.
 */
struct jobtap *jobtap_create (const struct jobtap_config *cfg,
                              flux_error_t *error);
void jobtap_destroy (struct jobtap *jt);

/* What the manager calls; valid as long as the host. */
const struct plugin_ops *jobtap_ops (struct jobtap *jt);

/* Would all plugins take this configuration (JSON text of the whole object)?
 * What [job-manager.plugins] wants beyond the present configuration is
 * prepared; the others are told by conf.update in load order.  If one
 * refuses, those told before it hear the old configuration again, what was
 * prepared goes, and the answer is -1, EINVAL and the plugin's own words.
 *
 * On success jobtap_config_apply follows in the same turn of the loop (or a
 * check of the old configuration, to take it back).  It makes this one the
 * one that plugins loaded later get (flux_get_conf(3) shows it, too), and
 * plugins come and go as it says.  Those loaded by hand stay.
 */
int jobtap_config_check (struct jobtap *jt,
                         const char *json,
                         flux_error_t *error);
void jobtap_config_apply (struct jobtap *jt, const char *json);

/* The sequence of loading and removing as job-manager.jobtap requests it;
 * conf is JSON text of an object, or NULL.  Either may be NULL; remove comes
 * first, and load is not tried if it fails.  ENOENT, EEXIST, EINVAL.
 */
int jobtap_load (struct jobtap *jt,
                 const char *path,
                 const char *conf,
                 flux_error_t *error);
int jobtap_remove (struct jobtap *jt, const char *pattern, flux_error_t *error);

#endif
