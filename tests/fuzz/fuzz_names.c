/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Sets of ids (RFC 22), lists of hosts (RFC 29), durations (RFC 23), job ids
 * (RFC 19): what was written is read again.
 */

#include <flux/hostlist.h>
#include <flux/idset.h>
#include <math.h>

#include "base/fsd.h"
#include "base/jobid.h"
#include "fuzz.h"

static const char *const inputs[] = {
    "0-3,5,7-9",
    "[1-3,8]",
    "",
    "n[01-10,12],x,y[3]z",
    "a[1-2]b[3-4]",
    "1.5h",
    "100ms",
    "infinity",
    "7",
    "f1234",
    "\xc6\x92"
    "5WqnRs",
    "job.0000.0004.a5d5.0000",
    "0x1234",
    "academy-academy-academy--a-b-c",
};

static void sets (const char *s)
{
    struct idset *ids = idset_decode (s), *again;
    char *text;

    if (!ids)
        return;
    fuzz_assert ((text = idset_encode (ids, IDSET_FLAG_RANGE)) != NULL);
    fuzz_assert ((again = idset_decode (text)) != NULL);
    fuzz_assert (idset_equal (ids, again));
    free (text);
    idset_destroy (again);
    idset_destroy (ids);
}

static void hosts (const char *s)
{
    struct hostlist *hl = hostlist_decode (s), *again;
    char *text;

    if (!hl)
        return;
    fuzz_assert ((text = hostlist_encode (hl)) != NULL);
    fuzz_assert ((again = hostlist_decode (text)) != NULL);
    fuzz_assert (hostlist_count (hl) == hostlist_count (again));
    free (text);
    hostlist_destroy (again);
    hostlist_destroy (hl);
}

static void one (const char *s, size_t len)
{
    uint64_t id;
    double t;
    char buf[64];

    if (strlen (s) != len)
        return;
    sets (s);
    hosts (s);
    if (fsd_decode (s, &t) == 0)
        fuzz_assert (t >= 0. && (isinf (t) || t < 1e308)
                     && fsd_encode (t, buf, sizeof (buf)) <= 0);
    (void)jobid_parse (s, &id);
}

int main (int argc, char **argv)
{
    return fuzz_main (argc,
                      argv,
                      inputs,
                      sizeof (inputs) / sizeof (inputs[0]),
                      one);
}
