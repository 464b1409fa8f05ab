/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Dropping blobs that no namespace needs (RFC 10, "Garbage Collection"): what
 * can be reached from the roots is marked, all other blobs are deleted.
 */

#include <stdlib.h>
#include <string.h>

#include "kvs/private.h"

/* A blob that is needed, and next in the list of those to look into. */
struct mark {
    char ref[BLOBREF_SIZE];
    bool dir;
    struct mark *next;
    UT_hash_handle hh;
};

struct collector {
    struct kvs *k;
    struct mark *marks;
    struct mark *todo; /* directories not looked into yet */
};

static int mark_ref (struct collector *c, const char *ref, bool dir)
{
    struct mark *m;

    HASH_FIND_STR (c->marks, ref, m);
    if (!m) {
        if (!(m = calloc (1, sizeof (*m))))
            return -1;
        strcpy (m->ref, ref);
        HASH_ADD_STR (c->marks, ref, m);
    }
    /* The same bytes may be a value here and a directory there. */
    if (dir && !m->dir) {
        m->dir = true;
        m->next = c->todo;
        c->todo = m;
    }
    return 0;
}

static int mark_refs (struct collector *c, json_t *refs, bool dir)
{
    json_t *ref;
    size_t i;

    json_array_foreach (refs, i, ref)
    {
        if (json_is_string (ref) && blobref_valid (json_string_value (ref))
            && mark_ref (c, json_string_value (ref), dir) < 0)
            return -1;
    }
    return 0;
}

/* Directories in blobs have no dir objects in them. */
static int mark_entries (struct collector *c, json_t *entries)
{
    json_t *o, *data;
    const char *name;
    int rc = 0;

    json_object_foreach (entries, name, o)
    {
        switch (treeobj_type (o, &data)) {
        case TREE_DIRREF:
            rc = mark_refs (c, data, true);
            break;
        case TREE_VALREF:
            rc = mark_refs (c, data, false);
            break;
        default:
            break;
        }
        if (rc < 0)
            return -1;
    }
    return 0;
}

/* A directory that cannot be read keeps its blob and hides what is below. */
static int mark_all (struct collector *c)
{
    struct namespace *ns, *tmp;
    struct mark *m;
    int rc = 0;

    HASH_ITER (hh, c->k->namespaces, ns, tmp)
    {
        if (mark_ref (c, ns->head.ref, true) < 0)
            return -1;
    }
    while (rc == 0 && (m = c->todo)) {
        json_t *dir = blob_get_dir (c->k->blobs, m->ref);
        c->todo = m->next;
        if (!dir && errno != EPROTO && errno != ENOENT)
            return -1;
        if (dir)
            rc = mark_entries (c, json_object_get (dir, "data"));
        json_decref (dir);
    }
    return rc;
}

static int sweep_cb (const char *key, void *arg)
{
    struct collector *c = arg;
    struct mark *m;

    if (!blobref_valid (key))
        return 0;
    HASH_FIND_STR (c->marks, key, m);
    if (m)
        return 0;
    return blob_delete (c->k->blobs, key);
}

static void swept (void *arg, int errnum)
{
    struct kvs *k = arg;

    if (errnum == 0)
        blobs_durable (k->blobs, k->swept);
}

int kvs_collect (struct kvs *k, flux_error_t *error)
{
    struct collector c = { .k = k };
    struct mark *m, *tmp;
    int rc;

    rc = mark_all (&c);
    if (rc == 0)
        rc = store_each_value (k->store, KVS_STORE_ID, sweep_cb, &c);
    k->swept = blobs_ticket (k->blobs);
    if (rc == 0)
        rc = manager_when_durable (k->m, swept, k);
    if (rc < 0)
        err_set (error, errno, "kvs: looking for blobs that are not needed");
    HASH_ITER (hh, c.marks, m, tmp)
    {
        HASH_DEL (c.marks, m);
        free (m);
    }
    return rc;
}
