/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Why a request does not fit: never, or not now. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "sched/pool_private.h"

/* What one look at the nodes found. */
struct fit {
    unsigned int slots;
    unsigned int nodes;
    size_t cores; /* of the nodes looked at */
    size_t gpus;
};

/* What fits, of what is free now or of all there is. */
static struct fit look (const struct pool *pool,
                        const struct jobspec *spec,
                        const struct constraint *c,
                        bool now)
{
    unsigned int per_node = pool_slots_per_node (spec);
    struct fit f = { 0 };

    for (size_t i = 0; i < pool->count; i++) {
        const struct node *n = &pool->nodes[i];
        unsigned int ncores = idset_count (n->all->cores);
        unsigned int ngpus = n->all->gpus ? idset_count (n->all->gpus) : 0;
        unsigned int slots = now ? pool_free_slots (n, spec)
                                 : pool_slots_in (spec, ncores, ngpus);

        if (!pool_matches (pool, n, c))
            continue;
        f.cores += now ? n->ncores : ncores;
        f.gpus += now ? n->ngpus : ngpus;
        if (slots < per_node)
            continue;
        f.nodes++;
        f.slots = slots > UINT_MAX - f.slots ? UINT_MAX : f.slots + slots;
    }
    return f;
}

static void say_slot (char *buf, size_t size, const struct jobspec *spec)
{
    int n = snprintf (buf, size, "%u core(s)", spec->cores_per_slot);

    if (spec->gpus_per_slot > 0 && n > 0 && (size_t)n < size)
        snprintf (buf + n, size - n, " and %u gpu(s)", spec->gpus_per_slot);
}

static int too_few_nodes (const struct jobspec *spec,
                          const struct fit *f,
                          flux_error_t *error)
{
    char gpus[32] = "";

    if (pool_whole_nodes (spec))
        return err_set (error,
                        EOVERFLOW,
                        "unsatisfiable request: need %u exclusive node(s), "
                        "only %u eligible",
                        spec->nnodes,
                        f->nodes);
    if (spec->gpus_per_slot > 0)
        snprintf (gpus,
                  sizeof (gpus),
                  " and %u GPUs",
                  pool_slots_per_node (spec) * spec->gpus_per_slot);
    return err_set (error,
                    EOVERFLOW,
                    "unsatisfiable request: need %u node(s) with %u cores%s "
                    "each, only %u eligible",
                    spec->nnodes,
                    pool_slots_per_node (spec) * spec->cores_per_slot,
                    gpus,
                    f->nodes);
}

int pool_feasible (struct pool *pool,
                   const struct jobspec *spec,
                   const struct constraint *c,
                   flux_error_t *error)
{
    struct fit f = look (pool, spec, c, false);
    char slot[64];

    if (spec->nnodes > 0 && f.nodes < spec->nnodes)
        return too_few_nodes (spec, &f, error);
    if (spec->nnodes > 0 || f.slots >= spec->nslots)
        return 0;
    if (spec->gpus_per_slot > 0 && f.gpus / spec->gpus_per_slot < spec->nslots)
        return err_set (error,
                        EOVERFLOW,
                        "unsatisfiable request: need %u slot(s) with %u "
                        "GPU(s) each, only %u available (total GPUs: %zu)",
                        spec->nslots,
                        spec->gpus_per_slot,
                        f.slots,
                        f.gpus);
    say_slot (slot, sizeof (slot), spec);
    return err_set (error,
                    EOVERFLOW,
                    "unsatisfiable request: need %u slot(s) of %s, only "
                    "%u such slot(s) available (total cores: %zu)",
                    spec->nslots,
                    slot,
                    f.slots,
                    f.cores);
}

void pool_explain (struct pool *pool,
                   const struct jobspec *spec,
                   const struct constraint *c,
                   char *buf,
                   size_t size)
{
    struct fit f = look (pool, spec, c, true);
    char slot[64];

    say_slot (slot, sizeof (slot), spec);
    if (spec->nnodes > 0)
        snprintf (buf,
                  size,
                  "needs %u %snode(s) with %u slot(s) of %s, %u free",
                  spec->nnodes,
                  pool_whole_nodes (spec) ? "whole " : "",
                  pool_slots_per_node (spec),
                  slot,
                  f.nodes);
    else if (spec->cores_per_slot == 1 && spec->gpus_per_slot == 0
             && !pool_whole_nodes (spec))
        snprintf (buf,
                  size,
                  "needs %u core(s), %u free",
                  spec->nslots,
                  f.slots);
    else
        snprintf (buf,
                  size,
                  "needs %u slot(s) of %s, %u free",
                  spec->nslots,
                  slot,
                  f.slots);
}
