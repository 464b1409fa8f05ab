/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "sched/pool_private.h"
#include "wire/constraint.h"

struct pool *pool_create (void)
{
    struct pool *pool = calloc (1, sizeof (*pool));

    if (pool && !(pool->all = rset_create ())) {
        free (pool);
        return NULL;
    }
    return pool;
}

static void nodes_destroy (struct node *nodes, size_t count)
{
    for (size_t i = 0; nodes && i < count; i++) {
        idset_destroy (nodes[i].cores);
        idset_destroy (nodes[i].gpus);
    }
    free (nodes);
}

void pool_destroy (struct pool *pool)
{
    if (!pool)
        return;
    nodes_destroy (pool->nodes, pool->count);
    rset_destroy (pool->all);
    free (pool->chosen);
    free (pool);
}

static struct node *nodes_create (const struct rset *all)
{
    struct node *nodes = calloc (all->count + 1, sizeof (*nodes));

    for (size_t i = 0; nodes && i < all->count; i++) {
        struct node *n = &nodes[i];

        n->all = &all->nodes[i];
        n->cores = idset_copy (n->all->cores);
        n->gpus = n->all->gpus ? idset_copy (n->all->gpus) : NULL;
        if (!n->cores || (n->all->gpus && !n->gpus)) {
            nodes_destroy (nodes, all->count);
            errno = ENOMEM;
            return NULL;
        }
        n->ncores = idset_count (n->cores);
        n->ngpus = n->gpus ? idset_count (n->gpus) : 0;
    }
    return nodes;
}

int pool_set_all (struct pool *pool, const struct rset *all)
{
    struct rset *copy = rset_copy (all);
    struct node *nodes = copy ? nodes_create (copy) : NULL;
    unsigned int *chosen =
        nodes ? calloc (copy->count + 1, sizeof (*chosen)) : NULL;

    if (!chosen) {
        if (nodes)
            nodes_destroy (nodes, copy->count);
        rset_destroy (copy);
        return -1;
    }
    nodes_destroy (pool->nodes, pool->count);
    rset_destroy (pool->all);
    free (pool->chosen);
    pool->all = copy;
    pool->nodes = nodes;
    pool->chosen = chosen;
    pool->count = copy->count;
    pool->first_free = 0;
    return 0;
}

void pool_set_down (struct pool *pool, const struct idset *ranks)
{
    for (size_t i = 0; i < pool->count; i++)
        pool->nodes[i].down = idset_test (ranks, pool->nodes[i].all->rank);
}

struct node *pool_node (struct pool *pool, unsigned int rank)
{
    struct rset_node *rn = rset_find (pool->all, rank);

    return rn ? &pool->nodes[rn - pool->all->nodes] : NULL;
}

/* ---- taking and giving ---- */

/* Is an id of want, as far as there is one in all, not in have? */
static bool in_use (const struct idset *want,
                    const struct idset *all,
                    const struct idset *have)
{
    unsigned int id;

    if (!want || !all)
        return false;
    for (id = idset_first (want); id != IDSET_INVALID_ID;
         id = idset_next (want, id)) {
        if (idset_test (all, id) && !idset_test (have, id))
            return true;
    }
    return false;
}

/* Move the ids of want that exist into or out of have; returns how many. */
static unsigned int move_ids (const struct idset *want,
                              const struct idset *all,
                              struct idset *have,
                              bool give)
{
    unsigned int n = 0;
    unsigned int id;

    if (!want || !all)
        return 0;
    for (id = idset_first (want); id != IDSET_INVALID_ID;
         id = idset_next (want, id)) {
        if (!idset_test (all, id) || idset_test (have, id) == give)
            continue;
        if ((give ? idset_set (have, id) : idset_clear (have, id)) == 0)
            n++;
    }
    return n;
}

static void take_node (struct node *n, const struct rset_node *r)
{
    n->ncores -= move_ids (r->cores, n->all->cores, n->cores, false);
    n->ngpus -= move_ids (r->gpus, n->all->gpus, n->gpus, false);
    n->njobs++;
}

int pool_take (struct pool *pool, const struct rset *r)
{
    struct node *n;

    for (size_t i = 0; i < r->count; i++) {
        if (!(n = pool_node (pool, r->nodes[i].rank)))
            continue;
        if (in_use (r->nodes[i].cores, n->all->cores, n->cores)
            || in_use (r->nodes[i].gpus, n->all->gpus, n->gpus)) {
            errno = EBUSY;
            return -1;
        }
    }
    for (size_t i = 0; i < r->count; i++) {
        if ((n = pool_node (pool, r->nodes[i].rank)))
            take_node (n, &r->nodes[i]);
    }
    return 0;
}

void pool_give (struct pool *pool, const struct rset *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct rset_node *rn = &r->nodes[i];
        struct node *n = pool_node (pool, rn->rank);
        size_t index;

        if (!n)
            continue;
        n->ncores += move_ids (rn->cores, n->all->cores, n->cores, true);
        n->ngpus += move_ids (rn->gpus, n->all->gpus, n->gpus, true);
        if (n->njobs > 0)
            n->njobs--;
        index = n - pool->nodes;
        if (index < pool->first_free)
            pool->first_free = index;
    }
}

/* ---- choosing ---- */

bool pool_whole_nodes (const struct jobspec *spec)
{
    return spec->exclusive
           || (spec->cores_per_slot == 0 && spec->gpus_per_slot == 0);
}

unsigned int pool_slots_per_node (const struct jobspec *spec)
{
    if (spec->nnodes == 0)
        return 1;
    return (spec->nslots + spec->nnodes - 1) / spec->nnodes;
}

unsigned int pool_slots_in (const struct jobspec *spec,
                            unsigned int ncores,
                            unsigned int ngpus)
{
    unsigned int n = UINT_MAX;

    if (spec->cores_per_slot > 0)
        n = ncores / spec->cores_per_slot;
    if (spec->gpus_per_slot > 0 && ngpus / spec->gpus_per_slot < n)
        n = ngpus / spec->gpus_per_slot;
    return n;
}

unsigned int pool_free_slots (const struct node *n, const struct jobspec *spec)
{
    if (n->down
        || (pool_whole_nodes (spec)
            && (n->njobs > 0 || n->kept_cores > 0 || n->kept_gpus > 0)))
        return 0;
    return pool_slots_in (spec,
                          n->ncores - n->kept_cores,
                          n->ngpus - n->kept_gpus);
}

bool pool_matches (const struct pool *pool,
                   const struct node *n,
                   const struct constraint *c)
{
    return !c || constraint_match (c, pool->all, n->all);
}

bool pool_choose (struct pool *pool,
                  const struct jobspec *spec,
                  const struct constraint *c,
                  size_t first,
                  size_t *last)
{
    unsigned int per_node = pool_slots_per_node (spec);
    unsigned int left = spec->nnodes > 0 ? spec->nnodes : spec->nslots;

    for (size_t i = first; i < pool->count && left > 0; i++) {
        unsigned int fit = pool_free_slots (&pool->nodes[i], spec);

        pool->chosen[i] = 0;
        *last = i;
        if (fit < per_node || !pool_matches (pool, &pool->nodes[i], c))
            continue;
        if (spec->nnodes > 0) {
            pool->chosen[i] = per_node;
            left--;
        }
        else {
            pool->chosen[i] = fit < left ? fit : left;
            left -= pool->chosen[i];
        }
    }
    return left == 0;
}

static struct idset *first_ids (const struct idset *have, unsigned int n)
{
    struct idset *ids = idset_create (0, IDSET_FLAG_AUTOGROW);
    unsigned int id = have ? idset_first (have) : IDSET_INVALID_ID;

    for (; ids && n > 0 && id != IDSET_INVALID_ID; n--) {
        if (idset_set (ids, id) < 0) {
            idset_destroy (ids);
            return NULL;
        }
        id = idset_next (have, id);
    }
    return ids;
}

static int add_slots (struct rset *r,
                      const struct node *n,
                      const struct jobspec *spec,
                      unsigned int slots)
{
    bool whole = pool_whole_nodes (spec);
    struct idset *cores, *gpus = NULL;
    int rc = -1;

    cores =
        first_ids (n->cores, whole ? n->ncores : slots * spec->cores_per_slot);
    if (n->gpus)
        gpus =
            first_ids (n->gpus, whole ? n->ngpus : slots * spec->gpus_per_slot);
    if (cores && (gpus || !n->gpus))
        rc = rset_add (r,
                       n->all->rank,
                       n->all->host,
                       cores,
                       gpus && !idset_empty (gpus) ? gpus : NULL);
    idset_destroy (cores);
    idset_destroy (gpus);
    return rc;
}

static int add_properties (struct rset *r, const struct rset *all)
{
    for (size_t i = 0; i < all->nproperties; i++) {
        const struct rset_property *p = &all->properties[i];

        for (size_t j = 0; j < r->count; j++) {
            struct idset *one;
            int rc = 0;

            if (!idset_test (p->ranks, r->nodes[j].rank))
                continue;
            if (!(one = idset_create (0, IDSET_FLAG_AUTOGROW)))
                return -1;
            if (idset_set (one, r->nodes[j].rank) < 0
                || rset_set_property (r, p->name, one) < 0)
                rc = -1;
            idset_destroy (one);
            if (rc < 0)
                return -1;
        }
    }
    return 0;
}

void pool_skip_full (struct pool *pool)
{
    while (pool->first_free < pool->count
           && pool->nodes[pool->first_free].ncores == 0)
        pool->first_free++;
}

struct rset *pool_place (struct pool *pool,
                         const struct jobspec *spec,
                         const struct constraint *c)
{
    size_t first = 0;
    size_t last = 0;
    struct rset *r;

    if (spec->cores_per_slot > 0) {
        pool_skip_full (pool);
        first = pool->first_free;
    }
    if (!pool_choose (pool, spec, c, first, &last)) {
        errno = EAGAIN;
        return NULL;
    }
    if (!(r = rset_create ()))
        return NULL;
    r->nslots = spec->nslots;
    for (size_t i = first; i <= last; i++) {
        if (pool->chosen[i] > 0
            && add_slots (r, &pool->nodes[i], spec, pool->chosen[i]) < 0)
            goto error;
    }
    if (add_properties (r, pool->all) < 0 || pool_take (pool, r) < 0)
        goto error;
    return r;
error:
    rset_destroy (r);
    errno = ENOMEM;
    return NULL;
}
