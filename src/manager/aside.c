/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Jobs whose record in the store could not be replayed at the start: kept
 * as they are, listed with the reason, and gone when someone purges them.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "manager/manager_private.h"
#include "wire/jbuf.h"

struct aside {
    uint64_t id;
    char *why;
    struct aside *prev;
    struct aside *next;
};

static void aside_free (struct manager *m, struct aside *a)
{
    DL_DELETE (m->aside, a);
    free (a->why);
    free (a);
}

void aside_add (struct manager *m, uint64_t id, const char *why)
{
    struct aside *a = calloc (1, sizeof (*a));

    log_msg (LOG_ERR,
             PART,
             "job %ju is set aside, its record cannot be replayed: %s",
             (uintmax_t)id,
             why);
    if (!a || !(a->why = strdup (why))) {
        free (a);
        log_errno (PART, "listing job %ju", (uintmax_t)id);
        return;
    }
    a->id = id;
    DL_APPEND (m->aside, a);
}

void aside_forget (struct manager *m, uint64_t id)
{
    struct aside *a, *tmp;

    DL_FOREACH_SAFE (m->aside, a, tmp)
    {
        if (a->id == id)
            aside_free (m, a);
    }
}

unsigned int aside_count (const struct manager *m)
{
    const struct aside *a;
    unsigned int n;

    DL_COUNT (m->aside, a, n);
    return n;
}

char *aside_json (const struct manager *m)
{
    struct jbuf b = { 0 };
    const struct aside *a;

    jbuf_lit (&b, "[");
    DL_FOREACH (m->aside, a)
    {
        jbuf_lit (&b, a == m->aside ? "{\"id\":" : ",{\"id\":");
        jbuf_int (&b, a->id);
        jbuf_lit (&b, ",\"reason\":");
        jbuf_string (&b, a->why);
        jbuf_lit (&b, "}");
    }
    jbuf_lit (&b, "]");
    return jbuf_take (&b, NULL);
}

void aside_clear (struct manager *m)
{
    while (m->aside)
        aside_free (m, m->aside);
}
