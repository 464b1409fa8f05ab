/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kvs/marks.h"
#include "kvs/treeobj.h"

static struct mark *mark_get (struct marks *marks, const uint8_t *digest)
{
    struct mark *m = marks_find (marks, digest);

    if (m)
        return m;
    if ((m = calloc (1, sizeof (*m)))) {
        m->put = true;
        memcpy (m->digest, digest, DIGEST_SIZE);
        HASH_ADD (hh, marks->table, digest, DIGEST_SIZE, m);
    }
    return m;
}

struct mark *marks_find (struct marks *marks, const uint8_t *digest)
{
    struct mark *m;

    HASH_FIND (hh, marks->table, digest, DIGEST_SIZE, m);
    return m;
}

int marks_add (struct marks *marks, const char *ref, bool dir)
{
    uint8_t digest[DIGEST_SIZE];
    struct mark *m;

    blobref_digest (ref, digest);
    if (!(m = mark_get (marks, digest)))
        return -1;
    m->put = false;
    /* The same bytes may be a value here and a directory there. */
    if (dir && !m->dir) {
        m->dir = true;
        m->next = marks->todo;
        marks->todo = m;
    }
    return 0;
}

void marks_put (struct marks *marks, const char *ref)
{
    uint8_t digest[DIGEST_SIZE];

    blobref_digest (ref, digest);
    (void)mark_get (marks, digest);
}

static int add_refs (struct marks *marks, json_t *refs, bool dir)
{
    json_t *ref;
    size_t i;

    json_array_foreach (refs, i, ref)
    {
        if (json_is_string (ref) && blobref_valid (json_string_value (ref))
            && marks_add (marks, json_string_value (ref), dir) < 0)
            return -1;
    }
    return 0;
}

static int add_entries (struct marks *marks, json_t *entries)
{
    json_t *o, *data;
    const char *name;
    int rc = 0;

    json_object_foreach (entries, name, o)
    {
        switch (treeobj_type (o, &data)) {
        case TREE_DIRREF:
            rc = add_refs (marks, data, true);
            break;
        case TREE_VALREF:
            rc = add_refs (marks, data, false);
            break;
        case TREE_DIR:
            rc = add_entries (marks, data);
            break;
        default:
            break;
        }
        if (rc < 0)
            return -1;
    }
    return 0;
}

int marks_next (struct marks *marks, struct blobs *blobs, bool strict)
{
    struct mark *m = marks->todo;
    char ref[BLOBREF_SIZE];
    json_t *dir;
    int n = 1;

    marks->todo = m->next;
    blobref_of_digest (m->digest, ref);
    if (!(dir = blob_peek_dir (blobs, ref)))
        return !strict && (errno == EPROTO || errno == ENOENT) ? n : -1;
    n += json_object_size (json_object_get (dir, "data"));
    if (add_entries (marks, json_object_get (dir, "data")) < 0)
        n = -1;
    json_decref (dir);
    return n;
}

void marks_forget (struct marks *marks, size_t max)
{
    struct mark *m, *tmp;

    HASH_ITER (hh, marks->table, m, tmp)
    {
        if (max-- == 0)
            return;
        HASH_DEL (marks->table, m);
        free (m);
    }
}

struct spared *spared_find (struct spared *list, const uint8_t *digest)
{
    struct spared *sp;

    HASH_FIND (hh, list, digest, DIGEST_SIZE, sp);
    return sp;
}

void spared_add (struct spared **list, const char *ref, double told)
{
    uint8_t digest[DIGEST_SIZE];
    struct spared *sp;

    blobref_digest (ref, digest);
    if (!(sp = spared_find (*list, digest))) {
        if (!(sp = calloc (1, sizeof (*sp))))
            return;
        memcpy (sp->digest, digest, DIGEST_SIZE);
        HASH_ADD (hh, *list, digest, DIGEST_SIZE, sp);
    }
    sp->told = told;
}

void spared_drop (struct spared **list, struct spared *sp)
{
    HASH_DEL (*list, sp);
    free (sp);
}

void spared_clear (struct spared **list)
{
    struct spared *sp, *tmp;

    HASH_ITER (hh, *list, sp, tmp)
    {
        spared_drop (list, sp);
    }
}
