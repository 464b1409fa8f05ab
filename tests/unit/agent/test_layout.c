/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>

#include "agent/layout.h"
#include "tap.h"

/* Nodes with so many cores, up to a 0; ranks 10, 11, ... */
static struct rset *make (const unsigned int *cores, int nslots)
{
    struct rset *R = rset_create ();

    for (unsigned int i = 0; cores[i]; i++) {
        for (unsigned int c = 0; c < cores[i]; c++)
            rset_add_core (R, 10 + i, c);
    }
    R->nslots = nslots;
    return R;
}

static const struct {
    const char *what;
    unsigned int cores[4];
    int nslots;
    unsigned int ntasks;
    char per_resource;
    unsigned int per_resource_count;
    unsigned int rank;
    unsigned int first, count; /* wanted */
    const char *map;
} cases[] = {
    { "one node", { 4 }, 4, 4, 0, 0, 10, 0, 4, "[[0,1,4,1]]" },
    { "two even nodes", { 2, 2 }, 4, 4, 0, 0, 11, 2, 2, "[[0,2,2,1]]" },
    { "slots tell", { 3, 1 }, 4, 4, 0, 0, 11, 3, 1, "[[0,1,3,1],[1,1,1,1]]" },
    { "two tasks a slot", { 1, 1 }, 2, 4, 0, 0, 11, 2, 2, "[[0,2,2,1]]" },
    { "slots of two cores",
      { 4, 2 },
      3,
      3,
      0,
      0,
      11,
      2,
      1,
      "[[0,1,2,1],[1,1,1,1]]" },
    { "whole nodes, one slot each",
      { 4, 4 },
      2,
      2,
      0,
      0,
      11,
      1,
      1,
      "[[0,2,1,1]]" },
    { "more tasks than slots",
      { 1, 1 },
      2,
      3,
      0,
      0,
      11,
      2,
      1,
      "[[0,1,2,1],[1,1,1,1]]" },
    { "slots not said",
      { 2, 2 },
      -1,
      3,
      0,
      0,
      11,
      2,
      1,
      "[[0,1,2,1],[1,1,1,1]]" },
    { "per node", { 4, 2 }, 6, 6, 'n', 1, 11, 1, 1, "[[0,2,1,1]]" },
    { "per core", { 2, 1 }, 1, 1, 'c', 2, 11, 4, 2, "[[0,1,4,1],[1,1,2,1]]" },
};

static const struct {
    const char *scheme;
    const char *value;
    const char *ranks; /* of the second node; NULL: refused */
    const char *map;
    const char *mapping;
} maps[] = {
    { NULL, "", "3-5", "[[0,2,3,1]]", "(vector,(0,2,3))" },
    { "cyclic",
      "",
      "1,3,5",
      "[[0,2,1,3]]",
      "(vector,(0,2,1),(0,2,1),(0,2,1))" },
    { "cyclic",
      "2",
      "2-3,5",
      "[[0,2,2,1],[0,2,1,1]]",
      "(vector,(0,2,2),(0,2,1))" },
    { "manual",
      "[[1,1,5,1],[0,1,1,1]]",
      "0-4",
      "[[1,1,5,1],[0,1,1,1]]",
      "(vector,(1,1,5),(0,1,1))" },
    { "cyclic", "0", NULL },
    { "cyclic", "x", NULL },
    { "manual", "[[0,1,5,1]]", NULL },
    { "manual", "[[0,3,2,1]]", NULL },
    { "manual", "nonsense", NULL },
    { "hostfile", "x", NULL },
};

static void test_maps (void)
{
    static const unsigned int cores[] = { 3, 3, 0 };
    struct jobspec_run run = { .ntasks = 6 };
    struct rset *R = make (cores, 6);
    flux_error_t error;
    struct layout l;

    for (size_t i = 0; i < sizeof (maps) / sizeof (maps[0]); i++) {
        const char *what = maps[i].scheme ? maps[i].scheme : "block";
        struct jbuf b = { 0 };
        char *ranks, *map, *mapping;
        int rc;

        run.shell.taskmap = (char *)maps[i].scheme;
        run.shell.taskmap_value = (char *)maps[i].value;
        rc = layout_make (&l, &run, R, 11, &error);
        if (!maps[i].ranks) {
            ok (rc < 0 && errno == EINVAL,
                "%s:%s: %s",
                what,
                maps[i].value,
                error.text);
            continue;
        }
        ranks = layout_ranks (&l);
        is_str (ranks, maps[i].ranks, "%s:%s: ranks", what, maps[i].value);
        layout_taskmap (&l, &b);
        map = jbuf_take (&b, NULL);
        ok (strstr (map, maps[i].map), "its map: %s", map);
        mapping = layout_mapping (&l);
        is_str (mapping, maps[i].mapping, "for PMI");
        free (ranks);
        free (map);
        free (mapping);
        layout_clear (&l);
    }
    rset_destroy (R);
}

int main (void)
{
    struct jobspec_run run = { .ntasks = 1 };
    struct layout l;
    flux_error_t error;
    struct rset *R;

    for (size_t i = 0; i < sizeof (cases) / sizeof (cases[0]); i++) {
        struct jbuf b = { 0 };
        char *map;

        run.ntasks = cases[i].ntasks;
        run.shell.per_resource = cases[i].per_resource;
        run.shell.per_resource_count = cases[i].per_resource_count;
        R = make (cases[i].cores, cases[i].nslots);
        ok (layout_make (&l, &run, R, cases[i].rank, &error) == 0
                && l.first == cases[i].first && l.count == cases[i].count,
            "%s",
            cases[i].what);
        layout_taskmap (&l, &b);
        map = jbuf_take (&b, NULL);
        ok (strstr (map, cases[i].map), "%s: %s", cases[i].what, map);
        free (map);
        layout_clear (&l);
        rset_destroy (R);
    }
    test_maps ();
    R = make (cases[0].cores, 4);
    errno = 0;
    ok (layout_make (&l, &run, R, 3, &error) < 0 && errno == ENOENT,
        "not our rank");
    run.shell.per_resource = 'n';
    run.shell.per_resource_count = 2000000;
    errno = 0;
    ok (layout_make (&l, &run, R, 10, &error) < 0 && errno == EOVERFLOW,
        "more tasks than anyone wants");
    rset_destroy (R);
    return done_testing ();
}
