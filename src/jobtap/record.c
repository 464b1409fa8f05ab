/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What plugins attached to jobs: aux values and subscriptions.
 *
 * Most jobs have nothing attached, so this stands beside the job table and
 * not in it.
 */

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#include "msg/auxlist.h"
#include "jobtap/private.h"

static struct tap_record *find (struct jobtap *jt, uint64_t id)
{
    return (struct tap_record *)idtable_find (&jt->records, id);
}

static struct tap_record *record_add (struct jobtap *jt, uint64_t id)
{
    struct tap_record *r;

    if (!(r = calloc (1, sizeof (*r))))
        return NULL;
    r->node.id = id;
    if (idtable_add (&jt->records, &r->node) < 0) {
        free (r);
        return NULL;
    }
    return r;
}

struct tap_attached *tap_attached (struct tap_plugin *t,
                                   uint64_t id,
                                   bool create)
{
    struct tap_record *r = find (t->jt, id);
    struct tap_attached *a;

    if (r) {
        LL_SEARCH_SCALAR (r->attached, a, plugin, t);
        if (a)
            return a;
    }
    if (!create || (!r && !(r = record_add (t->jt, id)))
        || !(a = calloc (1, sizeof (*a))))
        return NULL;
    a->plugin = t;
    LL_APPEND (r->attached, a);
    return a;
}

/* Destructors may look at the other values, so the item goes last. */
static void attached_destroy (struct tap_record *r, struct tap_attached *a)
{
    a->subscribed = false;
    auxlist_clear (&a->aux);
    LL_DELETE (r->attached, a);
    free (a);
}

static void record_destroy (struct jobtap *jt, struct tap_record *r)
{
    idtable_remove (&jt->records, &r->node);
    free (r);
}

void tap_record_drop (struct jobtap *jt, uint64_t id)
{
    struct tap_record *r = find (jt, id);

    if (!r)
        return;
    while (r->attached)
        attached_destroy (r, r->attached);
    record_destroy (jt, r);
}

void tap_record_drop_plugin (struct tap_plugin *t)
{
    struct idnode *node, *next;
    struct tap_attached *a;

    for (node = t->jt->records.first; node; node = next) {
        struct tap_record *r = (struct tap_record *)node;

        next = node->next;
        LL_SEARCH_SCALAR (r->attached, a, plugin, t);
        if (a)
            attached_destroy (r, a);
        if (!r->attached)
            record_destroy (t->jt, r);
    }
}

static struct tap_attached *next_subscriber (struct tap_record *r,
                                             struct tap_attached *last)
{
    struct tap_attached *next = NULL;
    struct tap_attached *a;

    LL_FOREACH (r->attached, a)
    {
        if (a->subscribed && (!last || a->seq > last->seq)
            && (!next || a->seq < next->seq))
            next = a;
    }
    return next;
}

bool tap_is_watched (struct jobtap *jt, uint64_t id)
{
    struct tap_record *r = find (jt, id);

    return r && next_subscriber (r, NULL);
}

struct tap_stack *tap_subscribers (struct jobtap *jt, uint64_t id)
{
    struct tap_record *r = find (jt, id);
    struct tap_attached *a;
    struct tap_stack *s;
    size_t count = 0;

    if (!r || !next_subscriber (r, NULL))
        return NULL;
    LL_COUNT (r->attached, a, count);
    if (!(s = tap_stack_new (count, TAP_STAT_EVENT)))
        return NULL;
    for (a = next_subscriber (r, NULL); a; a = next_subscriber (r, a)) {
        /* No version of handlers is 0 once there are any: looked up later. */
        s->entries[s->count++] = (struct tap_entry){ .plugin = a->plugin };
        tap_ref (a->plugin);
    }
    return s;
}
