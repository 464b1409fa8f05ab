/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>

#include "res/rset.h"
#include "tap.h"

static struct idset *ids (const char *s)
{
    return idset_decode (s);
}

static void add (struct rset *r,
                 unsigned int rank,
                 const char *cores,
                 const char *gpus)
{
    struct idset *c = ids (cores), *g = ids (gpus);

    if (rset_add (r, rank, NULL, c, g) < 0)
        bail_out ("rset_add");
    idset_destroy (c);
    idset_destroy (g);
}

static void is_summary (struct rset *r, const char *want, const char *what)
{
    char *s = rset_summary (r);

    is_str (s, want, "%s", what);
    free (s);
}

int main (void)
{
    struct rset *r = rset_create (), *b = rset_create (), *c;
    struct hostlist *hl = hostlist_decode ("n[0-2]");
    struct idset *set;
    char *s;

    add (r, 2, "0-3", "");
    add (r, 0, "0-3", "0");
    add (r, 1, "0-3", "");
    ok (r->nodes[0].rank == 0 && r->nodes[2].rank == 2, "in order of rank");
    is_summary (r, "rank0/core[0-3],gpu0 rank[1-2]/core[0-3]", "summary");
    ok (rset_nnodes (r) == 3 && rset_ncores (r) == 12 && rset_ngpus (r) == 1,
        "counts");
    ok (rset_set_nodelist (r, hl) == 0
            && strcmp (rset_find (r, 1)->host, "n1") == 0,
        "names");
    ok (rset_find_host (r, "n2")->rank == 2 && !rset_find_host (r, "x"),
        "find by name");
    errno = 0;
    ok (rset_add (r, 1, "other", NULL, NULL) < 0 && errno == EINVAL,
        "a rank has one name");
    ok (rset_add_core (r, 3, 7) == 0 && rset_add_gpu (r, 3, 1) == 0,
        "one core, one GPU");
    errno = 0;
    ok (rset_set_nodelist (r, hl) < 0 && errno == EINVAL,
        "as many names as nodes");
    hostlist_destroy (hl);
    hl = rset_nodelist (r);
    s = hostlist_encode (hl);
    is_str (s, "n[0-2],-", "nodelist");
    free (s);
    hostlist_destroy (hl);

    set = ids ("1-2");
    ok (rset_set_property (r, "big", set) == 0
            && rset_has_property (r, 2, "big")
            && !rset_has_property (r, 0, "big") && !rset_property (r, "x"),
        "property");
    idset_destroy (set);
    set = ids ("9");
    errno = 0;
    ok (rset_set_property (r, "big", set) < 0 && errno == ENOENT,
        "of an unknown rank");
    idset_destroy (set);
    rset_set_scheduling (r, "{}");
    r->expiration = 10.;

    add (b, 1, "0-1", "");
    add (b, 3, "7", "1");
    ok (rset_contains (r, b) && !rset_contains (b, r), "contains");
    ok (rset_overlaps (r, b), "overlaps");
    c = rset_diff (r, b);
    is_summary (c,
                "rank0/core[0-3],gpu0 rank1/core[2-3] rank2/core[0-3]",
                "diff");
    ok (!rset_overlaps (c, b) && c->expiration == 10.
            && strcmp (c->scheduling, "{}") == 0,
        "keeps the rest");
    rset_merge (c, b);
    ok (rset_equal (c, r), "merged again it is the same");
    rset_destroy (c);
    c = rset_intersect (r, b);
    ok (rset_equal (c, b) && rset_has_property (c, 1, "big"), "intersect");
    rset_destroy (c);
    c = rset_union (b, r);
    ok (rset_equal (c, r), "union");
    rset_remove_rank (c, 1);
    rset_remove_rank (c, 2);
    ok (c->count == 2 && !rset_property (c, "big"),
        "a property goes with its last rank");
    rset_destroy (c);
    set = ids ("0,2,8");
    c = rset_of_ranks (r, set);
    ok (c->count == 2 && c->nodes[1].rank == 2, "of ranks");
    idset_destroy (set);
    ok (rset_subtract (c, r, true) == 0 && c->count == 2
            && rset_ncores (c) == 0,
        "subtract, keeping empty nodes");
    is_summary (c, "rank[0,2]", "bare nodes");
    set = rset_ranks (r);
    is_int (idset_count (set), 4, "ranks");
    idset_destroy (set);
    rset_destroy (c);
    rset_destroy (b);
    rset_destroy (r);
    rset_destroy (NULL);
    return done_testing ();
}
