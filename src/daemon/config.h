/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The instance's configuration: one object, read from TOML (flux-config(5))
 * and replaced as a whole.
 */

#ifndef SLUICE_DAEMON_CONFIG_H
#define SLUICE_DAEMON_CONFIG_H

#include <jansson.h>

#include "daemon/broker.h"

/* The present configuration; borrowed, until it next changes. */
const json_t *config_get (struct broker *b);
/* The same as JSON text. */
const char *config_text (struct broker *b);

/* Part of a new configuration before it holds.  check may refuse it with a
 * sentence: then nobody's changes, and those whose check had passed hear the
 * old one again through check.  apply (may be NULL) follows when all agreed.
 * Both get the whole object as text; check is called once at once, with the
 * present one: -1 if it refuses that.
 */
struct config_listener {
    int (*check) (void *arg, const char *json, flux_error_t *error);
    void (*apply) (void *arg, const char *json);
    void *arg;
};
int config_listen (struct broker *b,
                   const struct config_listener *listener,
                   flux_error_t *error);
/* Forget all listeners with this arg. */
void config_unlisten (struct broker *b, void *arg);

#endif
