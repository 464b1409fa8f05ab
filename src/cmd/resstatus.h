/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The administrator's view of nodes: who is in which state, and why. */

#ifndef SLUICE_CMD_RESSTATUS_H
#define SLUICE_CMD_RESSTATUS_H

#include <flux/core.h>
#include <jansson.h>

#include "cmd/format.h"
#include "cmd/options.h"

/* Bits of node states, and of being there or not. */
enum {
    NODE_AVAIL = 1,
    NODE_EXCLUDE = 2,
    NODE_ALLOCATED = 4,
    NODE_TORPID = 8,
    NODE_HOUSEKEEPING = 16,
    NODE_DRAINING = 32, /* drained, and not idle yet */
    NODE_DRAINED = 64,
    NODE_ONLINE = 128,
    NODE_OFFLINE = 256,
    NODE_STATES = 127,
    NODE_USUAL = NODE_STATES & ~NODE_ALLOCATED,
};

/* The states in a list as --states has it; dies, naming a bad one. */
int node_states_parse (const char *list);

extern const struct format_ops node_ops;

/* Rows for text, a format: the nodes in these states, as options --queue and
 * --include have it.  Those that text does not tell apart share a row.  With
 * keep_empty a state without nodes has one, too.
 */
json_t *node_rows (flux_t *h,
                   const struct opts *o,
                   const char *text,
                   int states,
                   bool keep_empty);

#endif
