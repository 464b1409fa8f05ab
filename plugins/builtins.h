/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Plugins that are part of flux-broker.  Each is written against include/flux
 * alone, like anybody's; only its entry point has a name of its own.
 */

#ifndef SLUICE_PLUGINS_BUILTINS_H
#define SLUICE_PLUGINS_BUILTINS_H

#include <flux/plugin.h>

int priority_default_init (flux_plugin_t *p);
int limit_job_size_init (flux_plugin_t *p);
int limit_duration_init (flux_plugin_t *p);
int dependency_after_init (flux_plugin_t *p);
int dependency_singleton_init (flux_plugin_t *p);
int begin_time_init (flux_plugin_t *p);
int validate_duration_init (flux_plugin_t *p);
int update_duration_init (flux_plugin_t *p);
int history_init (flux_plugin_t *p);
int post_event_init (flux_plugin_t *p);
int update_queue_init (flux_plugin_t *p);

/* All of them in load order, ending with a NULL name, for jobtap_create. */
struct jobtap_builtin;
extern const struct jobtap_builtin *const builtin_plugins;

#endif
