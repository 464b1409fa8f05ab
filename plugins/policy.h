/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* [policy.limits] of the configuration and of each of its queues
 * (flux-config-policy(5)), as a plugin's own parser reads them.
 */

#ifndef SLUICE_PLUGINS_POLICY_H
#define SLUICE_PLUGINS_POLICY_H

#include <flux/core.h>
#include <jansson.h>

struct policy;

struct policy_reader {
    size_t size; /* bytes of what parse fills, zeroed before */
    /* Read what `table` (the whole configuration, or a queue's table) has
     * under "policy"; where is "" or "queues.NAME.", for errors.  0, or -1
     * with a sentence.
     */
    int (*parse) (json_t *table,
                  const char *where,
                  void *limits,
                  flux_error_t *error);
};

/* For conf.update: read the "conf" in args and keep it with the plugin in
 * place of what was kept before.  0, or -1 with the reason in args; then what
 * was kept before stays.
 */
int policy_update (flux_plugin_t *p,
                   flux_plugin_arg_t *args,
                   const struct policy_reader *reader);
/* What the plugin keeps; NULL before the first update. */
const struct policy *policy_get (flux_plugin_t *p);
/* What the configuration says in general. */
const void *policy_general (const struct policy *pol);
/* What it says of this queue; NULL: it has no such queue, or name is NULL. */
const void *policy_queue (const struct policy *pol, const char *name);

#endif
