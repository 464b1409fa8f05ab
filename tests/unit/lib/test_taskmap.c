/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <flux/core.h>
#include <flux/taskmap.h>

#include "tap.h"

static const struct {
    const char *in;
    const char *json; /* NULL: refused */
    const char *raw;
    const char *pmi;
} maps[] = {
    { "[]", "[]", "", "(vector)" },
    { "[[0,4,4,1]]", "[[0,4,4,1]]", "0-3;4-7;8-11;12-15", "(vector,(0,4,4))" },
    { "[[0,2,1,2]]", "[[0,2,1,2]]", "0,2;1,3", "(vector,(0,2,1),(0,2,1))" },
    { "{\"version\":1,\"map\":[[0,1,2,1],[1,1,1,1]]}",
      "[[0,1,2,1],[1,1,1,1]]",
      "0-1;2",
      "(vector,(0,1,2),(1,1,1))" },
    { "(vector,(0,2,2))", "[[0,2,2,1]]", "0-1;2-3", "(vector,(0,2,2))" },
    { "0-1;2-3", "[[0,2,2,1]]", "0-1;2-3", "(vector,(0,2,2))" },
    { "1;0", "[[1,1,1,1],[0,1,1,1]]", "1;0", "(vector,(1,1,1),(0,1,1))" },
    { "[[0,0,1,1]]", NULL },
    { "[[0,1,1]]", NULL },
    { "[[0,1,1,0]]", NULL },
    { "[[-1,1,1,1]]", NULL },
    { "[[0,2147483647,2147483647,2147483647]]", NULL },
    { "{\"version\":2,\"map\":[]}", NULL },
    { "(vector,(0,1))", NULL },
    { "0;0", NULL },
    { "1;2", NULL },
    { "x", NULL },
};

int main (void)
{
    struct taskmap *map, *b;
    flux_error_t e;
    char *s;

    for (size_t i = 0; i < sizeof (maps) / sizeof (maps[0]); i++) {
        map = taskmap_decode (maps[i].in, &e);
        if (!maps[i].json) {
            ok (!map, "'%s' is refused: %s", maps[i].in, e.text);
            continue;
        }
        s = taskmap_encode (map, 0);
        is_str (s, maps[i].json, "'%s' as JSON", maps[i].in);
        free (s);
        s = taskmap_encode (map, TASKMAP_ENCODE_RAW);
        is_str (s, maps[i].raw, "raw");
        free (s);
        s = taskmap_encode (map, TASKMAP_ENCODE_PMI);
        is_str (s, maps[i].pmi, "PMI");
        free (s);
        taskmap_destroy (map);
    }
    map = taskmap_create ();
    ok (taskmap_unknown (map) && taskmap_nnodes (map) < 0, "unknown");
    taskmap_append (map, 0, 2, 2);
    taskmap_append (map, 0, 1, 1);
    ok (taskmap_nnodes (map) == 2 && taskmap_total_ntasks (map) == 5
            && taskmap_ntasks (map, 0) == 3 && taskmap_nodeid (map, 4) == 0
            && taskmap_nodeid (map, 3) == 1,
        "counts");
    errno = 0;
    ok (taskmap_nodeid (map, 5) < 0 && errno == ENOENT, "no such task");
    errno = 0;
    ok (!taskmap_taskids (map, 7) && errno == ENOENT, "no such node");
    s = taskmap_encode (map, TASKMAP_ENCODE_WRAPPED);
    is_str (s, "{\"version\":1,\"map\":[[0,2,2,1],[0,1,1,1]]}", "wrapped");
    free (s);
    s = taskmap_encode (map, TASKMAP_ENCODE_RAW_DERANGED);
    is_str (s, "0,1,4;2,3", "raw without ranges");
    free (s);
    b = taskmap_decode ("0-4", &e);
    ok (taskmap_check (map, map, &e) == 0 && taskmap_check (map, b, &e) < 0,
        "check: %s",
        e.text);
    taskmap_destroy (b);
    taskmap_destroy (map);
    return done_testing ();
}
