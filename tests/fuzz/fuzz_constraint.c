/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Constraints on resources (RFC 31) and on jobs (RFC 43). */

#include <jansson.h>

#include "fuzz.h"
#include "wire/constraint.h"
#include "wire/jobmatch.h"

static const char *const inputs[] = {
    "{\"and\":[{\"properties\":[\"a\",\"^b\"]},{\"or\":[{\"hostlist\":"
    "[\"n[1-3],x\"]},{\"not\":[{\"ranks\":[\"0-3,7\"]}]}]}]}",
    "{\"and\":[{\"userid\":[-1,0]},{\"name\":[\"a\"]},{\"queue\":[\"b\"]},"
    "{\"states\":[126,\"depend\",\"running\"]},{\"results\":[\"failed\",1]},"
    "{\"hostlist\":[\"n[0-9]\"]},{\"ranks\":[\"0-1\"]},"
    "{\"t_submit\":[\">=1234.5\"]},{\"t_inactive\":[\"<9\"]}]}",
    "{\"or\":[]}",
    "{\"not\":[{}]}",
};

static void one (const char *s, size_t len)
{
    struct rset *r = rset_create ();
    struct constraint *c;
    struct jobmatch *m;
    struct jobrow row = { .id = 1 };
    json_t *o;

    if (strlen (s) == len && (c = constraint_create (s, NULL))) {
        struct idset *cores = idset_decode ("0-1");

        if (rset_add (r, 0, "n1", cores, NULL) == 0)
            constraint_match (c, r, &r->nodes[0]);
        idset_destroy (cores);
        fuzz_assert (!strcmp (constraint_text (c), s));
        constraint_destroy (c);
    }
    rset_destroy (r);
    if ((o = json_loadb (s, len, 0, NULL))) {
        if ((m = jobmatch_create (o, NULL))) {
            jobmatch_test (m, &row);
            fuzz_assert (jobmatch_states (m) <= 0x7f);
            jobmatch_attrs (m);
            jobmatch_destroy (m);
        }
        json_decref (o);
    }
}

int main (int argc, char **argv)
{
    return fuzz_main (argc,
                      argv,
                      inputs,
                      sizeof (inputs) / sizeof (inputs[0]),
                      one);
}
