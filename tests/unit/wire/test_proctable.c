/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>

#include "tap.h"
#include "wire/proctable.h"

/* What a program of flux-core says of itself, and the process ids it means. */
static const struct {
    const char *json;
    const char *means;
} cases[] = {
    { "{\"hosts\":[\"vm\"],\"executables\":[\"sleep\"],\"ids\":[0],"
      "\"pids\":[29887],\"ranks\":[0]}",
      "0=vm:29887 " },
    { "{\"hosts\":[[\"vm\",[[-1,-2]]]],\"executables\":[[\"sleep\",[[-1,-2]]]],"
      "\"ids\":[[0,2]],\"pids\":[[29942,1],-2],\"ranks\":[[0,-1],1]}",
      "0=vm:29942 1=vm:29943 2=vm:29941 " },
    { "{\"hosts\":[[\"vm\",[[-1,-5]]]],\"executables\":[[\"sh\",[[-1,-5]]]],"
      "\"ids\":[0,3,-2,3,-2,3],\"pids\":[30036,5,-6,4,-1,6],"
      "\"ranks\":[[0,-1],[1,-1,1]]}",
      "0=vm:30036 3=vm:30041 1=vm:30035 4=vm:30039 2=vm:30038 5=vm:30044 " },
    { "{\"hosts\":[\"login\",[\"n\",[[8,2]]]],\"ids\":[[5,3]],\"pids\":"
      "[[7,-1,1]]}",
      "5=login:7 6=n8:7 7=n9:14 8=n10:14 " },
};

static const char *const bad[] = {
    "x",
    "{}",
    "{\"hosts\":[\"a\"],\"ids\":[0,1],\"pids\":[1,1]}",
    "{\"hosts\":[\"a\",\"b\"],\"ids\":[0],\"pids\":[1]}",
    "{\"hosts\":[\"a\"],\"ids\":[0],\"pids\":[1,2]}",
    "{\"hosts\":[1],\"ids\":[0],\"pids\":[1]}",
    "{\"hosts\":[\"a\"],\"ids\":[[0,1,2,3]],\"pids\":[1]}",
    "{\"hosts\":[\"a\"],\"ids\":[[0,99999999999]],\"pids\":[1]}",
    "{\"hosts\":[\"a\"],\"ids\":[[0,4000000,4000000]],\"pids\":[1]}",
};

static char *told (const struct proctable *t)
{
    char *s = NULL;
    size_t size;
    FILE *f = open_memstream (&s, &size);

    for (size_t i = 0; i < t->count; i++)
        fprintf (f,
                 "%d=%s:%d ",
                 (int)t->tasks[i].id,
                 t->tasks[i].host,
                 (int)t->tasks[i].pid);
    fclose (f);
    return s;
}

static void add (struct proctable *t, unsigned int rank, const char *s)
{
    proctable_add (t, rank, s, strlen (s));
}

int main (void)
{
    struct proctable t = { 0 };
    flux_error_t error;
    char *s;

    for (size_t i = 0; i < sizeof (cases) / sizeof (cases[0]); i++) {
        ok (proctable_decode (cases[i].json, &t, &error) == 0, "read %zu", i);
        s = told (&t);
        is_str (s, cases[i].means, "and understood");
        free (s);
        proctable_clear (&t);
    }
    for (size_t i = 0; i < sizeof (bad) / sizeof (bad[0]); i++)
        ok (proctable_decode (bad[i], &t, &error) < 0 && t.count == 0,
            "refused: %s",
            bad[i]);
    s = proctable_encode (&t);
    is_str (s,
            "{\"hosts\":[],\"executables\":[],\"ids\":[],\"pids\":[],"
            "\"ranks\":[]}",
            "nothing");
    free (s);
    add (&t, 0, "h\nsh\n0 10\n3 11\n");
    add (&t, 4, "h\nsh\n1 9\njunk\n2 12\n");
    add (&t, 5, "i\n");
    add (&t, 6, "i\nx\n");
    s = proctable_encode (&t);
    is_str (s,
            "{\"hosts\":[[\"h\",[[-1,-3]]]],\"executables\":[[\"sh\","
            "[[-1,-3]]]],\"ids\":[0,3,[-2,1]],\"pids\":[[10,1],-2,3],"
            "\"ranks\":[[0,-1],[4,-1]]}",
            "of agents");
    proctable_clear (&t);
    ok (proctable_decode (s, &t, &error) == 0, "which is read");
    free (s);
    s = told (&t);
    is_str (s, "0=h:10 3=h:11 1=h:9 2=h:12 ", "as it was meant");
    free (s);
    proctable_clear (&t);
    return done_testing ();
}
