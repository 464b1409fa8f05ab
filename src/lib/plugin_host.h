/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the plugin host needs of flux_plugin_t beyond <flux/plugin.h>.
 *
 * These symbols are exported from libflux-core.so for flux-broker alone.
 */

#ifndef SLUICE_LIB_PLUGIN_HOST_H
#define SLUICE_LIB_PLUGIN_HOST_H

#include <stddef.h>
#include <stdint.h>

#include <flux/plugin.h>

/* Say where p was loaded from without loading anything: what
 * flux_plugin_get_path() returns from now on, and its name until it sets
 * one.  path is copied.  -1 and ENOMEM.
 */
int flux_priv_plugin_set_path (flux_plugin_t *p, const char *path);

/* A number that changes whenever a handler of p is added or removed. */
uint32_t flux_priv_plugin_version (flux_plugin_t *p);

/* The topic of the handler registered as number i, from 0; NULL after the
 * last.  Valid until the version changes.
 */
const char *flux_priv_plugin_topic (flux_plugin_t *p, size_t i);

/* The handler that flux_plugin_call() would call for topic, and its data;
 * NULL if there is none.  Valid until the version changes.
 */
flux_plugin_f flux_priv_plugin_match (flux_plugin_t *p,
                                      const char *topic,
                                      void **data);

/* Drop all handlers and destroy the aux values, as flux_plugin_destroy()
 * does, but keep p itself, an empty shell that still can be passed around.
 */
void flux_priv_plugin_retire (flux_plugin_t *p);

#endif
