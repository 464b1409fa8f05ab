/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Changing a tree of blobs.
 *
 * Directories on the way to a change are taken into memory as dir objects of
 * their own; afterwards each dir in the result becomes a blob again, from the
 * bottom up.  All that was not touched is shared with the tree before.
 */

#include <stdlib.h>
#include <string.h>

#include "kvs/private.h"

/* A longer value becomes a blob of its own. */
#define VAL_MAX 64
/* A value that was appended to so often is put together. */
#define VALREF_MAX 256

json_t *tree_entries (struct kvs *k, json_t *dir)
{
    json_t *data, *o, *entries;

    switch (treeobj_type (dir, &data)) {
    case TREE_DIR:
        return json_incref (data);
    case TREE_DIRREF:
        if (!(o = blob_get_dir (k->blobs,
                                json_string_value (json_array_get (data, 0)))))
            return NULL;
        entries = json_incref (json_object_get (o, "data"));
        json_decref (o);
        return entries;
    default:
        errno = ENOTDIR;
        return NULL;
    }
}

void tree_merge (struct kvs *k, json_t *view, json_t *tree)
{
    json_t *entries = tree ? tree_entries (k, tree) : NULL;
    json_t *shown = json_object_get (view, "data");
    const char *name;
    json_t *o, *mine;

    json_object_foreach (entries, name, o)
    {
        if (!(mine = json_object_get (shown, name)))
            json_object_set (shown, name, o);
        else if (treeobj_type (mine, NULL) == TREE_DIR)
            tree_merge (k, mine, o);
    }
    json_decref (entries);
}

/* Append n bytes to *buf, which has room for *len and a NUL. */
static int grow (char **buf, size_t *len, const char *data, size_t n)
{
    char *p = realloc (*buf, *len + n + 1);

    if (!p)
        return -1;
    memcpy (p + *len, data, n);
    *buf = p;
    *len += n;
    p[*len] = '\0';
    return 0;
}

char *tree_value (struct kvs *k, json_t *o, size_t *len)
{
    json_t *data, *ref;
    const char *bytes;
    char *buf;
    size_t i, n;

    if (treeobj_type (o, &data) != TREE_VALREF)
        return treeobj_decode_val (o, len);
    *len = 0;
    if (!(buf = strdup ("")))
        return NULL;
    json_array_foreach (data, i, ref)
    {
        bytes = blob_get (k->blobs, json_string_value (ref), &n);
        if (!bytes || grow (&buf, len, bytes, n) < 0) {
            free (buf);
            return NULL;
        }
    }
    return buf;
}

/* ---- from blobs to dir objects ---- */

/* A dir object with the entries of dir that may be changed. */
static json_t *open_dir (struct kvs *k, json_t *dir)
{
    json_t *entries, *o = NULL;

    if (!(entries = tree_entries (k, dir)))
        return NULL;
    if (!(o = json_pack ("{s:i s:s s:o}",
                         "ver",
                         1,
                         "type",
                         "dir",
                         "data",
                         json_copy (entries))))
        errno = ENOMEM;
    json_decref (entries);
    return o;
}

static int set_entry (json_t *entries, const char *name, json_t *o)
{
    if (!o || json_object_set_new (entries, name, o) < 0) {
        errno = ENOMEM;
        return -1;
    }
    return 0;
}

/* The entries of the directory called name in entries, opened.  If there is
 * none, or something that is not a directory, one is made, or for a removal
 * (make false) NULL is given with errno 0.
 */
static json_t *descend (struct kvs *k,
                        json_t *entries,
                        const char *name,
                        bool make)
{
    json_t *o = json_object_get (entries, name);
    enum treeobj_type type = o ? treeobj_type (o, NULL) : TREE_BAD;

    if (type != TREE_DIR) {
        if (type != TREE_DIRREF && !make) {
            errno = 0;
            return NULL;
        }
        o = type == TREE_DIRREF ? open_dir (k, o) : treeobj_dir ();
        if (!o || set_entry (entries, name, o) < 0)
            return NULL;
    }
    return json_object_get (o, "data");
}

/* ---- one operation ---- */

static json_t *put_blob (struct kvs *k, const void *data, size_t len)
{
    char ref[BLOBREF_SIZE];

    if (blob_put (k->blobs, data, len, ref) < 0)
        return NULL;
    return json_string (ref);
}

static int add_blob (struct kvs *k, json_t *refs, const void *data, size_t len)
{
    json_t *ref = put_blob (k, data, len);

    return ref ? json_array_append_new (refs, ref) : -1;
}

/* The value old with data after it. */
static json_t *extend (struct kvs *k, json_t *old, const char *data, size_t len)
{
    json_t *o = treeobj_valref (), *refs = json_object_get (o, "data");
    json_t *oldrefs = NULL;
    bool join = treeobj_type (old, &oldrefs) == TREE_VAL
                || json_array_size (oldrefs) >= VALREF_MAX;
    char *bytes;
    size_t n;
    int rc = -1;

    if (!o)
        return NULL;
    if (!join)
        rc = json_array_extend (refs, oldrefs);
    else if ((bytes = tree_value (k, old, &n))) {
        rc = n > 0 ? add_blob (k, refs, bytes, n) : 0;
        free (bytes);
    }
    if (rc < 0 || add_blob (k, refs, data, len) < 0) {
        json_decref (o);
        return NULL;
    }
    return o;
}

static int append (struct kvs *k,
                   json_t *entries,
                   const char *name,
                   json_t *val)
{
    json_t *old = json_object_get (entries, name);
    char *data;
    size_t len;
    int rc = 0;

    switch (old ? treeobj_type (old, NULL) : TREE_BAD) {
    case TREE_BAD:
        return set_entry (entries, name, json_incref (val));
    case TREE_VAL:
    case TREE_VALREF:
        break;
    case TREE_SYMLINK:
        errno = EOPNOTSUPP;
        return -1;
    default:
        errno = EISDIR;
        return -1;
    }
    if (!(data = treeobj_decode_val (val, &len)))
        return -1;
    if (len > 0)
        rc = set_entry (entries, name, extend (k, old, data, len));
    free (data);
    return rc;
}

static int apply_last (struct kvs *k,
                       json_t *entries,
                       const char *name,
                       json_t *dirent,
                       int flags)
{
    if (json_is_null (dirent)) {
        (void)json_object_del (entries, name);
        return 0;
    }
    if (flags & FLUX_KVS_APPEND)
        return append (k, entries, name, dirent);
    return set_entry (entries, name, json_deep_copy (dirent));
}

/* Where the link at p->names[i] leads to, with the rest of the path. */
static struct path *follow (json_t *link,
                            const struct path *p,
                            size_t i,
                            int *links)
{
    json_t *data;
    const char *target;

    (void)treeobj_type (link, &data);
    if (json_object_get (data, "namespace")) {
        errno = EINVAL; /* a commit is one of one namespace */
        return NULL;
    }
    if (++*links > MAX_LINKS) {
        errno = ELOOP;
        return NULL;
    }
    if (json_unpack (data, "{s:s}", "target", &target) < 0)
        return NULL;
    return path_redirect (target, p, i + 1);
}

/* Go down from entries; 1 and *next if a link leads elsewhere. */
static int apply_path (struct kvs *k,
                       json_t *entries,
                       const struct path *p,
                       json_t *dirent,
                       int flags,
                       struct path **next,
                       int *links)
{
    for (size_t i = 0; i + 1 < p->n; i++) {
        json_t *o = json_object_get (entries, p->names[i]);
        if (o && treeobj_type (o, NULL) == TREE_SYMLINK) {
            *next = follow (o, p, i, links);
            return *next ? 1 : -1;
        }
        entries = descend (k, entries, p->names[i], !json_is_null (dirent));
        if (!entries)
            return errno == 0 ? 0 : -1;
    }
    return apply_last (k, entries, p->names[p->n - 1], dirent, flags);
}

static int apply_op (struct kvs *k,
                     json_t *root,
                     json_t *op,
                     bool (*writable) (const struct path *path),
                     flux_error_t *error)
{
    const char *key;
    json_t *dirent;
    struct path *p, *next;
    int flags = 0, links = 0, rc;

    if (json_unpack (op,
                     "{s:s s?i s:o}",
                     "key",
                     &key,
                     "flags",
                     &flags,
                     "dirent",
                     &dirent)
            < 0
        || !(p = path_parse (key)))
        return -1;
    do {
        next = NULL;
        if (p->n == 0)
            rc = err_set (error, EINVAL, "the root cannot be replaced");
        else if (writable && !writable (p))
            rc = err_set (error, EROFS, "%s shows jobs, and is only read", key);
        else
            rc = apply_path (k,
                             json_object_get (root, "data"),
                             p,
                             dirent,
                             flags,
                             &next,
                             &links);
        free (p);
    } while ((p = next));
    return rc;
}

/* ---- and back to blobs ---- */

static json_t *flush_dir (struct kvs *k, json_t *dir);

/* A large val as a valref; NULL with errno 0 if it is small. */
static json_t *flush_val (struct kvs *k, json_t *val)
{
    json_t *o = NULL, *data;
    void *bytes;
    size_t len;

    (void)treeobj_type (val, &data);
    errno = 0;
    if (json_string_length (data) <= VAL_MAX / 3 * 4)
        return NULL;
    if (!(bytes = treeobj_decode_val (val, &len)))
        return NULL;
    if ((o = treeobj_valref ())
        && add_blob (k, json_object_get (o, "data"), bytes, len) < 0) {
        json_decref (o);
        o = NULL;
    }
    free (bytes);
    if (!o)
        errno = ENOMEM;
    return o;
}

static int flush_entries (struct kvs *k, json_t *entries)
{
    const char *name;
    json_t *o, *new;

    /* Setting an entry that is there does not disturb the walk. */
    json_object_foreach (entries, name, o)
    {
        errno = 0;
        switch (treeobj_type (o, NULL)) {
        case TREE_DIR:
            new = flush_dir (k, o);
            break;
        case TREE_VAL:
            new = flush_val (k, o);
            break;
        default:
            continue;
        }
        if (!new &&errno != 0)
            return -1;
        if (new &&json_object_set_new (entries, name, new) < 0)
            return -1;
    }
    return 0;
}

/* The dir as a blob: its dirref. */
static json_t *flush_dir (struct kvs *k, json_t *dir)
{
    char ref[BLOBREF_SIZE];
    char *text;
    int rc;

    if (flush_entries (k, json_object_get (dir, "data")) < 0)
        return NULL;
    if (!(text = json_dumps (dir, JSON_COMPACT | JSON_SORT_KEYS))) {
        errno = ENOMEM;
        return NULL;
    }
    rc = blob_put (k->blobs, text, strlen (text), ref);
    free (text);
    return rc < 0 ? NULL : treeobj_dirref (ref);
}

int tree_apply (struct kvs *k,
                char *ref,
                json_t *ops,
                bool (*writable) (const struct path *path),
                flux_error_t *error)
{
    json_t *before = treeobj_dirref (ref), *after = NULL;
    json_t *root = before ? open_dir (k, before) : NULL;
    json_t *op, *data;
    size_t i;
    int rc = root ? 0 : -1;

    json_array_foreach (ops, i, op)
    {
        if (rc == 0)
            rc = apply_op (k, root, op, writable, error);
    }
    if (rc == 0 && (after = flush_dir (k, root))) {
        (void)treeobj_type (after, &data);
        strcpy (ref, json_string_value (json_array_get (data, 0)));
    }
    else
        rc = -1;
    int saved_errno = errno;
    json_decref (before);
    json_decref (after);
    json_decref (root);
    errno = saved_errno;
    return rc;
}
