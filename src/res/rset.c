/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "res/rset.h"

struct rset *rset_create (void)
{
    struct rset *r;

    if ((r = calloc (1, sizeof (*r))))
        r->nslots = -1;
    return r;
}

static void node_clear (struct rset_node *node)
{
    idset_destroy (node->cores);
    idset_destroy (node->gpus);
    free (node->host);
}

static void property_clear (struct rset_property *p)
{
    free (p->name);
    idset_destroy (p->ranks);
}

void rset_destroy (struct rset *r)
{
    int saved_errno = errno;

    if (!r)
        return;
    for (size_t i = 0; i < r->count; i++)
        node_clear (&r->nodes[i]);
    for (size_t i = 0; i < r->nproperties; i++)
        property_clear (&r->properties[i]);
    free (r->nodes);
    free (r->properties);
    free (r->scheduling);
    free (r);
    errno = saved_errno;
}

/* The index at which rank is, or would be. */
static size_t place (const struct rset *r, unsigned int rank)
{
    size_t lo = 0, hi = r->count;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (r->nodes[mid].rank < rank)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

struct rset_node *rset_find (const struct rset *r, unsigned int rank)
{
    size_t i = place (r, rank);

    if (i == r->count || r->nodes[i].rank != rank)
        return NULL;
    return &r->nodes[i];
}

struct rset_node *rset_find_host (const struct rset *r, const char *host)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->nodes[i].host && strcmp (r->nodes[i].host, host) == 0)
            return &r->nodes[i];
    }
    return NULL;
}

static struct idset *empty_ids (void)
{
    return idset_create (1, IDSET_FLAG_AUTOGROW);
}

/* Put in place an entry for rank, which has none. */
static struct rset_node *insert_node (struct rset *r, unsigned int rank)
{
    size_t i = place (r, rank);
    struct idset *cores;

    if (r->count == r->alloced) {
        size_t n = r->alloced ? r->alloced * 2 : 4;
        struct rset_node *nodes = realloc (r->nodes, n * sizeof (*nodes));

        if (!nodes)
            return NULL;
        r->nodes = nodes;
        r->alloced = n;
    }
    if (!(cores = empty_ids ()))
        return NULL;
    memmove (&r->nodes[i + 1],
             &r->nodes[i],
             (r->count - i) * sizeof (*r->nodes));
    r->nodes[i] = (struct rset_node){ .rank = rank, .cores = cores };
    r->count++;
    return &r->nodes[i];
}

static void drop_node (struct rset *r, size_t i)
{
    node_clear (&r->nodes[i]);
    r->count--;
    memmove (&r->nodes[i],
             &r->nodes[i + 1],
             (r->count - i) * sizeof (*r->nodes));
}

static int add_ids (struct idset **set, const struct idset *ids)
{
    if (!ids || idset_empty (ids))
        return 0;
    if (!*set && !(*set = empty_ids ()))
        return -1;
    return idset_add (*set, ids);
}

int rset_add (struct rset *r,
              unsigned int rank,
              const char *host,
              const struct idset *cores,
              const struct idset *gpus)
{
    struct rset_node *node = rset_find (r, rank);
    bool is_new = !node;
    char *name = NULL;

    if (rank > RSET_MAX_RANK
        || (node && host && node->host && strcmp (node->host, host) != 0)) {
        errno = EINVAL;
        return -1;
    }
    if (host && !(node && node->host) && !(name = strdup (host)))
        return -1;
    if (!node && !(node = insert_node (r, rank))) {
        free (name);
        return -1;
    }
    if (add_ids (&node->cores, cores) < 0 || add_ids (&node->gpus, gpus) < 0) {
        free (name);
        if (is_new)
            drop_node (r, node - r->nodes);
        return -1;
    }
    if (name)
        node->host = name;
    return 0;
}

static int add_id (struct rset *r,
                   unsigned int rank,
                   unsigned int id,
                   bool is_gpu)
{
    struct idset *ids = empty_ids ();
    int rc = -1;

    if (ids && idset_set (ids, id) == 0)
        rc = is_gpu ? rset_add (r, rank, NULL, NULL, ids)
                    : rset_add (r, rank, NULL, ids, NULL);
    idset_destroy (ids);
    return rc;
}

int rset_add_core (struct rset *r, unsigned int rank, unsigned int core)
{
    return add_id (r, rank, core, false);
}

int rset_add_gpu (struct rset *r, unsigned int rank, unsigned int gpu)
{
    return add_id (r, rank, gpu, true);
}

static void remove_from_properties (struct rset *r, unsigned int rank)
{
    size_t i = 0;

    while (i < r->nproperties) {
        struct rset_property *p = &r->properties[i];

        if (idset_test (p->ranks, rank))
            (void)idset_clear (p->ranks, rank);
        if (idset_empty (p->ranks)) {
            property_clear (p);
            r->nproperties--;
            memmove (p, p + 1, (r->nproperties - i) * sizeof (*p));
        }
        else
            i++;
    }
}

void rset_remove_rank (struct rset *r, unsigned int rank)
{
    struct rset_node *node = rset_find (r, rank);

    if (!node)
        return;
    drop_node (r, node - r->nodes);
    remove_from_properties (r, rank);
}

int rset_set_nodelist (struct rset *r, struct hostlist *hl)
{
    char **names;
    size_t n = 0;
    int rc = -1;

    if (!hl || (size_t)hostlist_count (hl) != r->count) {
        errno = EINVAL;
        return -1;
    }
    if (!(names = calloc (r->count + 1, sizeof (*names))))
        return -1;
    for (const char *s = hostlist_first (hl); s; s = hostlist_next (hl)) {
        if (!(names[n++] = strdup (s)))
            goto done;
    }
    for (size_t i = 0; i < n; i++) {
        free (r->nodes[i].host);
        r->nodes[i].host = names[i];
        names[i] = NULL;
    }
    rc = 0;
done:
    for (size_t i = 0; i < n; i++)
        free (names[i]);
    free (names);
    return rc;
}

/* A hostlist has no empty names, so an unknown one is written as "-". */
struct hostlist *rset_nodelist (const struct rset *r)
{
    struct hostlist *hl = hostlist_create ();

    if (!hl)
        return NULL;
    for (size_t i = 0; i < r->count; i++) {
        const char *host = r->nodes[i].host ? r->nodes[i].host : "-";

        if (hostlist_append (hl, host) < 0) {
            hostlist_destroy (hl);
            return NULL;
        }
    }
    return hl;
}

/* Properties are few and kept in order of name. */
static size_t property_place (const struct rset *r,
                              const char *name,
                              bool *found)
{
    size_t i;
    int cmp = 1;

    for (i = 0; i < r->nproperties; i++) {
        if ((cmp = strcmp (r->properties[i].name, name)) >= 0)
            break;
    }
    *found = i < r->nproperties && cmp == 0;
    return i;
}

static int insert_property (struct rset *r, size_t i, const char *name)
{
    size_t n = r->nproperties;
    struct rset_property *p;
    struct rset_property new = { strdup (name), empty_ids () };

    p = realloc (r->properties, (n + 1) * sizeof (*p));
    if (p)
        r->properties = p;
    if (!p || !new.name || !new.ranks) {
        property_clear (&new);
        return -1;
    }
    memmove (&p[i + 1], &p[i], (n - i) * sizeof (*p));
    p[i] = new;
    r->nproperties++;
    return 0;
}

int rset_set_property (struct rset *r,
                       const char *name,
                       const struct idset *ranks)
{
    bool found;
    size_t i;

    for (unsigned int rank = idset_first (ranks); rank != IDSET_INVALID_ID;
         rank = idset_next (ranks, rank)) {
        if (!rset_find (r, rank)) {
            errno = ENOENT;
            return -1;
        }
    }
    if (idset_empty (ranks))
        return 0;
    i = property_place (r, name, &found);
    if (!found && insert_property (r, i, name) < 0)
        return -1;
    return idset_add (r->properties[i].ranks, ranks);
}

const struct idset *rset_property (const struct rset *r, const char *name)
{
    bool found;
    size_t i = property_place (r, name, &found);

    return found ? r->properties[i].ranks : NULL;
}

bool rset_has_property (const struct rset *r,
                        unsigned int rank,
                        const char *name)
{
    const struct idset *ranks = rset_property (r, name);

    return ranks && idset_test (ranks, rank);
}

int rset_set_scheduling (struct rset *r, const char *json)
{
    char *copy = NULL;

    if (json && !(copy = strdup (json)))
        return -1;
    free (r->scheduling);
    r->scheduling = copy;
    return 0;
}

size_t rset_nnodes (const struct rset *r)
{
    return r->count;
}

size_t rset_ncores (const struct rset *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->count; i++)
        n += idset_count (r->nodes[i].cores);
    return n;
}

size_t rset_ngpus (const struct rset *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->count; i++)
        n += idset_count (r->nodes[i].gpus);
    return n;
}

struct idset *rset_ranks (const struct rset *r)
{
    struct idset *ranks = empty_ids ();

    for (size_t i = 0; ranks && i < r->count; i++) {
        if (idset_set (ranks, r->nodes[i].rank) < 0) {
            idset_destroy (ranks);
            return NULL;
        }
    }
    return ranks;
}

struct rset *rset_copy (const struct rset *r)
{
    struct rset *copy = rset_create ();

    if (!copy || rset_merge (copy, r) < 0
        || rset_set_scheduling (copy, r->scheduling) < 0) {
        rset_destroy (copy);
        return NULL;
    }
    copy->starttime = r->starttime;
    copy->expiration = r->expiration;
    copy->nslots = r->nslots;
    return copy;
}
