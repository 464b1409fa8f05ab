/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Looking ahead, for backfill: on counts alone, which is what makes it cheap.
 */

#include <stdlib.h>

#include "sched/pool_private.h"

bool pool_full (struct pool *pool)
{
    pool_skip_full (pool);
    return pool->first_free == pool->count;
}

bool pool_fits (struct pool *pool,
                const struct jobspec *spec,
                const struct constraint *c)
{
    size_t last;

    return pool_choose (pool, spec, c, 0, &last);
}

void pool_pretend (struct pool *pool, const struct rset *r, bool is_free)
{
    for (size_t i = 0; i < r->count; i++) {
        struct node *n = pool_node (pool, r->nodes[i].rank);
        unsigned int ncores, ngpus;

        if (!n)
            continue;
        ncores = idset_count (r->nodes[i].cores);
        ngpus = r->nodes[i].gpus ? idset_count (r->nodes[i].gpus) : 0;
        n->ncores += is_free ? ncores : -ncores;
        n->ngpus += is_free ? ngpus : -ngpus;
        n->njobs += is_free ? -1U : 1U;
    }
}

static struct pool_spare spare_of (const struct pool *pool,
                                   const struct jobspec *spec,
                                   size_t i)
{
    const struct node *n = &pool->nodes[i];
    struct pool_spare s = { .node = i };

    if (!pool_whole_nodes (spec)) {
        s.cores = n->ncores - pool->chosen[i] * spec->cores_per_slot;
        s.gpus = n->ngpus - pool->chosen[i] * spec->gpus_per_slot;
    }
    return s;
}

struct pool_spare *pool_spare_create (struct pool *pool,
                                      const struct jobspec *spec,
                                      const struct constraint *c,
                                      size_t *count)
{
    struct pool_spare *list;
    size_t last = 0;

    *count = 0;
    if (!pool_choose (pool, spec, c, 0, &last)
        || !(list = calloc (last + 1, sizeof (*list))))
        return NULL;
    for (size_t i = 0; i <= last; i++) {
        if (pool->chosen[i] > 0)
            list[(*count)++] = spare_of (pool, spec, i);
    }
    return list;
}

/* So many of those that are free have to be kept. */
static void keep (unsigned int *kept, unsigned int have, unsigned int spare)
{
    if (have > spare && have - spare > *kept)
        *kept = have - spare;
}

void pool_limit (struct pool *pool, const struct pool_spare *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct node *node = &pool->nodes[list[i].node];

        keep (&node->kept_cores, node->ncores, list[i].cores);
        keep (&node->kept_gpus, node->ngpus, list[i].gpus);
    }
}

void pool_unlimit (struct pool *pool, const struct pool_spare *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        pool->nodes[list[i].node].kept_cores = 0;
        pool->nodes[list[i].node].kept_gpus = 0;
    }
}

static void reduce (unsigned int *n, unsigned int by)
{
    *n -= by < *n ? by : *n;
}

void pool_spend (struct pool *pool,
                 struct pool_spare *list,
                 size_t n,
                 const struct rset *r)
{
    size_t i = 0;

    for (size_t k = 0; k < r->count; k++) {
        const struct rset_node *rn = &r->nodes[k];
        struct node *node = pool_node (pool, rn->rank);

        while (i < n && node && &pool->nodes[list[i].node] < node)
            i++;
        if (i == n || !node || &pool->nodes[list[i].node] != node)
            continue;
        reduce (&list[i].cores, idset_count (rn->cores));
        reduce (&list[i].gpus, rn->gpus ? idset_count (rn->gpus) : 0);
    }
}
