/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <string.h>

#include "cmd/hostset.h"
#include "cmd/util.h"

static int holders (struct hostlist **lists, int count, const char *host)
{
    int n = 0;

    for (int i = 0; i < count; i++)
        n += hostlist_find (lists[i], host) >= 0;
    return n;
}

static struct hostlist *create (void)
{
    struct hostlist *hl = hostlist_create ();

    if (!hl)
        die ("out of memory");
    return hl;
}

struct hostlist *hostset_select (struct hostlist **lists,
                                 int count,
                                 enum hostset_op op)
{
    struct hostlist *all = create ();
    struct hostlist *out = create ();
    int n = op == HOSTSET_ODD ? count : 1;

    for (int i = 0; i < n; i++)
        hostlist_append_list (all, lists[i]);
    if (op != HOSTSET_FIRST_ONLY)
        hostlist_uniq (all);
    for (const char *host = hostlist_first (all); host;
         host = hostlist_next (all)) {
        int have = holders (lists, count, host);
        if (op == HOSTSET_IN_ALL ? have == count
            : op == HOSTSET_FIRST_ONLY
                ? holders (lists + 1, count - 1, host) == 0
                : have % 2 == 1)
            hostlist_append (out, host);
    }
    hostlist_destroy (all);
    return out;
}

struct hostlist *hostset_at (struct hostlist *hl,
                             const struct idset *ids,
                             bool in)
{
    struct hostlist *out = create ();
    unsigned int i = 0;

    for (const char *host = hostlist_first (hl); host;
         host = hostlist_next (hl), i++) {
        if (idset_test (ids, i) == in)
            hostlist_append (out, host);
    }
    return out;
}

void hostset_add_ids (struct idset *ids, const char *s)
{
    struct idset *more = idset_decode (s);

    if (more)
        idset_add (ids, more);
    idset_destroy (more);
}

struct hostlist *hostset_instance (flux_t *h)
{
    const char *s = flux_attr_get (h, "hostlist");
    struct hostlist *hl = s ? hostlist_decode (s) : NULL;

    if (!hl)
        die ("attribute hostlist: %s", strerror (errno));
    return hl;
}
