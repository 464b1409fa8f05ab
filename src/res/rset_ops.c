/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "res/rset.h"

static const struct idset *or_none (const struct idset *ids, struct idset *none)
{
    return ids ? ids : none;
}

int rset_merge (struct rset *a, const struct rset *b)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct rset_node *node = &b->nodes[i];

        if (rset_add (a, node->rank, node->host, node->cores, node->gpus) < 0)
            return -1;
    }
    for (size_t i = 0; i < b->nproperties; i++) {
        const struct rset_property *p = &b->properties[i];

        if (rset_set_property (a, p->name, p->ranks) < 0)
            return -1;
    }
    return 0;
}

/* b's entries are looked at from the end, so that an entry that goes does
 * not move those still to come.
 */
int rset_subtract (struct rset *a, const struct rset *b, bool keep_empty)
{
    for (size_t i = b->count; i-- > 0;) {
        const struct rset_node *theirs = &b->nodes[i];
        struct rset_node *ours = rset_find (a, theirs->rank);

        if (!ours)
            continue;
        if (idset_subtract (ours->cores, theirs->cores) < 0
            || (ours->gpus && theirs->gpus
                && idset_subtract (ours->gpus, theirs->gpus) < 0))
            return -1;
        if (!keep_empty && idset_empty (ours->cores)
            && idset_empty (ours->gpus))
            rset_remove_rank (a, ours->rank);
    }
    return 0;
}

struct rset *rset_union (const struct rset *a, const struct rset *b)
{
    struct rset *r = rset_copy (a);

    if (r && rset_merge (r, b) < 0) {
        rset_destroy (r);
        return NULL;
    }
    return r;
}

struct rset *rset_diff (const struct rset *a, const struct rset *b)
{
    struct rset *r = rset_copy (a);

    if (r && rset_subtract (r, b, false) < 0) {
        rset_destroy (r);
        return NULL;
    }
    return r;
}

static int copy_times (struct rset *r, const struct rset *from)
{
    r->starttime = from->starttime;
    r->expiration = from->expiration;
    r->nslots = from->nslots;
    return rset_set_scheduling (r, from->scheduling);
}

/* Give r those of a's properties that its ranks have. */
static int copy_properties (struct rset *r, const struct rset *a)
{
    struct idset *ranks = rset_ranks (r);
    int rc = ranks ? 0 : -1;

    for (size_t i = 0; i < a->nproperties && rc == 0; i++) {
        const struct rset_property *p = &a->properties[i];
        struct idset *common = idset_intersect (p->ranks, ranks);

        rc = common ? rset_set_property (r, p->name, common) : -1;
        idset_destroy (common);
    }
    idset_destroy (ranks);
    return rc;
}

static int add_common (struct rset *r,
                       const struct rset_node *x,
                       const struct rset_node *y,
                       struct idset *none)
{
    struct idset *cores = idset_intersect (x->cores, y->cores);
    struct idset *gpus =
        idset_intersect (or_none (x->gpus, none), or_none (y->gpus, none));
    bool both_bare = idset_empty (x->cores) && idset_empty (x->gpus)
                     && idset_empty (y->cores) && idset_empty (y->gpus);
    int rc = cores && gpus ? 0 : -1;

    if (rc == 0 && (!idset_empty (cores) || !idset_empty (gpus) || both_bare))
        rc = rset_add (r, x->rank, x->host, cores, gpus);
    idset_destroy (cores);
    idset_destroy (gpus);
    return rc;
}

struct rset *rset_intersect (const struct rset *a, const struct rset *b)
{
    struct idset *none = idset_create (1, IDSET_FLAG_AUTOGROW);
    struct rset *r = rset_create ();
    int rc = none && r ? 0 : -1;

    for (size_t i = 0; i < a->count && rc == 0; i++) {
        const struct rset_node *x = &a->nodes[i];
        const struct rset_node *y = rset_find (b, x->rank);

        if (y)
            rc = add_common (r, x, y, none);
    }
    if (rc == 0)
        rc = copy_properties (r, a);
    if (rc == 0)
        rc = copy_times (r, a);
    idset_destroy (none);
    if (rc < 0) {
        rset_destroy (r);
        return NULL;
    }
    return r;
}

struct rset *rset_of_ranks (const struct rset *a, const struct idset *ranks)
{
    struct rset *r = rset_create ();
    int rc = r ? 0 : -1;

    for (size_t i = 0; i < a->count && rc == 0; i++) {
        const struct rset_node *x = &a->nodes[i];

        if (idset_test (ranks, x->rank))
            rc = rset_add (r, x->rank, x->host, x->cores, x->gpus);
    }
    if (rc == 0)
        rc = copy_properties (r, a);
    if (rc == 0)
        rc = copy_times (r, a);
    if (rc < 0) {
        rset_destroy (r);
        return NULL;
    }
    return r;
}

/* Walks ids: no memory, so no way to fail. */
static bool includes (const struct idset *a, const struct idset *b)
{
    if (idset_empty (b))
        return true;
    if (idset_count (a) < idset_count (b))
        return false;
    for (unsigned int id = idset_first (b); id != IDSET_INVALID_ID;
         id = idset_next (b, id)) {
        if (!idset_test (a, id))
            return false;
    }
    return true;
}

bool rset_contains (const struct rset *a, const struct rset *b)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct rset_node *y = &b->nodes[i];
        const struct rset_node *x = rset_find (a, y->rank);

        if (!x || !includes (x->cores, y->cores)
            || !includes (x->gpus, y->gpus))
            return false;
    }
    return true;
}

bool rset_overlaps (const struct rset *a, const struct rset *b)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct rset_node *y = &b->nodes[i];
        const struct rset_node *x = rset_find (a, y->rank);

        if (x
            && (idset_has_intersection (x->cores, y->cores)
                || idset_has_intersection (x->gpus, y->gpus)))
            return true;
    }
    return false;
}

static bool same_ids (const struct idset *a, const struct idset *b)
{
    if (idset_empty (a) || idset_empty (b))
        return idset_empty (a) && idset_empty (b);
    return idset_equal (a, b);
}

static bool same_contents (const struct rset_node *x, const struct rset_node *y)
{
    return same_ids (x->cores, y->cores) && same_ids (x->gpus, y->gpus);
}

bool rset_equal (const struct rset *a, const struct rset *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (a->nodes[i].rank != b->nodes[i].rank
            || !same_contents (&a->nodes[i], &b->nodes[i]))
            return false;
    }
    return true;
}

/* "name" and the ids, in brackets if they are several. */
static int put_ids (FILE *f, const char *name, const struct idset *ids)
{
    char *s = idset_encode (ids, IDSET_FLAG_RANGE | IDSET_FLAG_BRACKETS);

    if (!s)
        return -1;
    fprintf (f, "%s%s", name, s);
    free (s);
    return 0;
}

/* The nodes from index first on that have the same contents, not yet put. */
static int put_group (FILE *f,
                      const struct rset *r,
                      size_t first,
                      struct idset *done)
{
    const struct rset_node *node = &r->nodes[first];
    struct idset *ranks = idset_create (1, IDSET_FLAG_AUTOGROW);
    const char *separator = "/";
    int rc = ranks ? 0 : -1;

    for (size_t i = first; i < r->count && rc == 0; i++) {
        if (!idset_test (done, r->nodes[i].rank)
            && same_contents (node, &r->nodes[i]))
            rc = idset_set (ranks, r->nodes[i].rank);
    }
    if (rc == 0 && (rc = put_ids (f, "rank", ranks)) == 0)
        rc = idset_add (done, ranks);
    if (rc == 0 && !idset_empty (node->cores)) {
        fputs (separator, f);
        separator = ",";
        rc = put_ids (f, "core", node->cores);
    }
    if (rc == 0 && !idset_empty (node->gpus)) {
        fputs (separator, f);
        rc = put_ids (f, "gpu", node->gpus);
    }
    idset_destroy (ranks);
    return rc;
}

/* "/core0-3", or "" for none; malloced. */
static char *named_ids (const char *name, const struct idset *ids)
{
    char *s = NULL, *text;

    if (idset_empty (ids))
        return strdup ("");
    if ((text = idset_encode (ids, IDSET_FLAG_RANGE | IDSET_FLAG_BRACKETS))
        && asprintf (&s, "%s%s", name, text) < 0)
        s = NULL;
    free (text);
    return s;
}

/* Most jobs have resources of one node: no stream, with its buffer. */
static char *summary_of_node (const struct rset_node *node)
{
    char *cores = named_ids ("/core", node->cores);
    char *gpus = named_ids (cores && *cores ? ",gpu" : "/gpu", node->gpus);
    char *s = NULL;

    if (cores && gpus
        && asprintf (&s, "rank%u%s%s", node->rank, cores, gpus) < 0)
        s = NULL;
    free (cores);
    free (gpus);
    return s;
}

char *rset_summary (const struct rset *r)
{
    struct idset *done;
    char *s = NULL;
    size_t size;
    FILE *f;
    int rc;

    if (r->count == 1)
        return summary_of_node (&r->nodes[0]);
    done = idset_create (1, IDSET_FLAG_AUTOGROW);
    f = open_memstream (&s, &size);
    rc = done && f ? 0 : -1;
    for (size_t i = 0; i < r->count && rc == 0; i++) {
        if (idset_test (done, r->nodes[i].rank))
            continue;
        if (i > 0)
            fputc (' ', f);
        rc = put_group (f, r, i, done);
    }
    if (f && fclose (f) != 0)
        rc = -1;
    idset_destroy (done);
    if (rc < 0) {
        free (s);
        return NULL;
    }
    return s;
}
