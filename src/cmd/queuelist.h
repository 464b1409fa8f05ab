/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef SLUICE_CMD_QUEUELIST_H
#define SLUICE_CMD_QUEUELIST_H

#include <jansson.h>

#include "cmd/options.h"

/* flux queue list */
int queue_list_run (struct opts *o);

/* Limits of queue name ("" for the anonymous one) in config as keys of row:
 * its own policy, else the general one.
 */
void queue_limits (json_t *row, json_t *config, const char *name);

#endif
