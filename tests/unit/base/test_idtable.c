/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdlib.h>

#include "base/idtable.h"
#include "tap.h"

#define MANY 20000

/* As job ids are: time, generator, number. */
static uint64_t id_of (size_t i)
{
    return (uint64_t)(i / 3) << 24 | i % 3;
}

static size_t found (const struct idtable *t, struct idnode *nodes)
{
    size_t n = 0;

    for (size_t i = 0; i < MANY; i++)
        n += idtable_find (t, id_of (i)) == &nodes[i];
    return n;
}

static size_t walked (const struct idtable *t)
{
    const struct idnode *prev = NULL;
    size_t n = 0;

    for (const struct idnode *p = t->first; p; prev = p, p = p->next, n++) {
        if (p->prev != prev || (prev && prev->id >= p->id))
            return 0;
    }
    return t->last == prev ? n : 0;
}

static size_t longest_chain (const struct idtable *t)
{
    size_t longest = 0;

    for (size_t i = 0; i < t->buckets; i++) {
        size_t n = 0;

        for (struct idnode *p = t->segments[i / 1024][i % 1024]; p;
             p = p->chain)
            n++;
        if (n > longest)
            longest = n;
    }
    return longest;
}

int main (void)
{
    struct idnode *nodes = calloc (MANY, sizeof (*nodes));
    struct idtable t = { 0 };
    int failed = 0;

    ok (idtable_find (&t, 1) == NULL, "nothing is in an empty table");
    for (size_t i = 0; i < MANY; i++) {
        nodes[i].id = id_of (i);
        failed += idtable_add (&t, &nodes[i]) < 0
                  || idtable_find (&t, id_of (i / 2)) != &nodes[i / 2];
    }
    is_int (failed, 0, "all are added, and found while it grows");
    is_int (t.count, MANY, "counted");
    is_int (found (&t, nodes), MANY, "found");
    is_int (walked (&t), MANY, "and in order");
    is_int (t.buckets, MANY, "it grew by a bucket with each");
    ok (longest_chain (&t) < 20, "they are spread evenly");
    ok (idtable_find (&t, id_of (MANY)) == NULL, "no other is found");
    for (size_t i = 0; i < MANY; i += 2)
        idtable_remove (&t, &nodes[i]);
    is_int (found (&t, nodes), MANY / 2, "half of them are taken out");
    is_int (walked (&t), MANY / 2, "the order holds");
    ok (t.first == &nodes[1] && t.last == &nodes[MANY - 1], "with its ends");
    failed = 0;
    for (size_t i = 1; i < MANY - 2; i += 2) {
        idtable_remove (&t, &nodes[i]);
        failed += idtable_find (&t, id_of (MANY - 1)) != &nodes[MANY - 1]
                  || idtable_find (&t, id_of (i)) != NULL;
    }
    ok (failed == 0 && t.count == 1 && t.buckets <= 1024,
        "it shrinks as they are taken out, and finds what is left");
    for (size_t i = 0; i < MANY - 1; i++)
        failed += idtable_add (&t, &nodes[i]) < 0;
    ok (failed == 0 && found (&t, nodes) == MANY && t.buckets == MANY,
        "and grows again");
    idtable_clear (&t);
    ok (t.count == 0 && !idtable_find (&t, id_of (1)), "cleared it is empty");
    is_int (idtable_add (&t, &nodes[0]), 0, "and can be used again");
    idtable_clear (&t);
    free (nodes);
    return done_testing ();
}
