/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The scheduler's view of resources (resource.sched-status). */

#ifndef SLUICE_CMD_RESVIEW_H
#define SLUICE_CMD_RESVIEW_H

#include <flux/core.h>
#include <jansson.h>

#include "cmd/options.h"
#include "res/rset.h"

enum res_state {
    RES_ALL,
    RES_UP,
    RES_DOWN,
    RES_ALLOCATED,
    RES_FREE,
    NR_RES_STATES,
};

struct resview {
    struct rset *sets[NR_RES_STATES];
    json_t *config; /* of the instance; for queues */
};

/* Ask the instance; dies. */
void resview_get (struct resview *v, flux_t *h);
void resview_clear (struct resview *v);

/* Leave only what --queue and --include name; dies on a bad value. */
void resview_restrict (struct resview *v, const struct opts *o);

/* The ranks of the queues that --queue names; NULL: it is not given. */
struct idset *queue_option_ranks (flux_t *h,
                                  const struct opts *o,
                                  const struct rset *all);

/* Leave only the ranks of queue name. */
struct rset *queue_rset (struct resview *v, const char *name, enum res_state s);

/* "up", ...; -1 for an unknown name. */
int res_state_parse (const char *name);
const char *res_state_name (enum res_state s);

/* Ranks named by targets (an idset, or hosts of set); dies. */
struct idset *target_ranks (const struct rset *set, const char *targets);

/* An R from JSON; dies. */
struct rset *rset_from_json (json_t *o);

/* As text, "" for none; to be freed. */
char *ranks_text (const struct rset *r);
char *nodelist_text (const struct rset *r);

#endif
