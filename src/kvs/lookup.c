/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* kvs.lookup: what a key stands for. */

#include <stdlib.h>
#include <string.h>

#include "base/jobid.h"
#include "kvs/private.h"

/* A lookup on its way. */
struct walk {
    struct kvs *k;
    const flux_msg_t *msg;
    struct namespace *ns; /* NULL: in a snapshot */
    json_t *rootdir;      /* of the snapshot */
    struct path *path;
    int links;
    bool follow; /* a link that is the last part, too */
};

static json_t *not_found (void)
{
    errno = ENOENT;
    return NULL;
}

static bool may_read (const flux_msg_t *msg, const struct namespace *ns)
{
    if (router_may (msg, ns->owner))
        return true;
    errno = EPERM;
    return false;
}

/* Views belong to the primary namespace as it is now. */
static bool has_views (const struct walk *w)
{
    json_t *data;

    if (w->ns)
        return w->ns == w->k->primary;
    return treeobj_type (w->rootdir, &data) == TREE_DIRREF
           && strcmp (json_string_value (json_array_get (data, 0)),
                      w->k->primary->shown.ref)
                  == 0;
}

/* Continue where a link leads to. */
static int redirect (struct walk *w, json_t *link, size_t next)
{
    const char *target, *name = NULL;
    struct path *path;
    json_t *data;

    (void)treeobj_type (link, &data);
    if (json_unpack (data, "{s:s s?s}", "target", &target, "namespace", &name)
        < 0) {
        errno = EIO;
        return -1;
    }
    if (++w->links > MAX_LINKS) {
        errno = ELOOP;
        return -1;
    }
    if (name
        && (!(w->ns = namespace_find (w->k, name))
            || !may_read (w->msg, w->ns)))
        return -1;
    if (!(path = path_redirect (target, w->path, next)))
        return -1;
    free (w->path);
    w->path = path;
    return 0;
}

/* Walk down the tree once.  *again if it met a link, which was followed. */
static json_t *walk_tree (struct walk *w, bool *again)
{
    json_t *o, *entries;

    *again = false;
    if (w->ns)
        o = treeobj_dirref (w->ns->shown.ref);
    else
        o = json_incref (w->rootdir);
    for (size_t i = 0; o && i < w->path->n; i++) {
        bool last = i + 1 == w->path->n;

        if (!(entries = tree_entries (w->k, o)) && errno == ENOTDIR)
            errno = ENOENT;
        json_decref (o);
        if (!entries)
            return NULL;
        o = json_incref (json_object_get (entries, w->path->names[i]));
        json_decref (entries);
        if (!o)
            return not_found ();
        if (treeobj_type (o, NULL) == TREE_SYMLINK && (!last || w->follow)) {
            *again = redirect (w, o, i + 1) == 0;
            json_decref (o);
            return NULL;
        }
    }
    return o;
}

/* What views show goes into a copy of the directory.  Takes over view. */
static json_t *merge (struct kvs *k, json_t *tree, json_t *view)
{
    json_t *entries = tree ? tree_entries (k, tree) : NULL;
    json_t *shown = json_object_get (view, "data");

    if (entries)
        json_object_update_missing (shown, entries);
    json_decref (entries);
    return view;
}

/* The object at the end of the walk, as it is stored. */
static json_t *walk (struct walk *w)
{
    json_t *o, *view;
    bool again;

    do {
        view = has_views (w) ? jobkeys_get (w->k, w->path) : NULL;
        if (view && treeobj_type (view, NULL) == TREE_VAL)
            return view;
        o = walk_tree (w, &again);
        if (again)
            json_decref (view);
    } while (again);
    if (view) {
        view = merge (w->k, o, view);
        json_decref (o);
        return view;
    }
    return o;
}

/* Give the kind of object that was asked for.  Takes over o. */
static json_t *convert (struct kvs *k, json_t *o, int flags)
{
    enum treeobj_type type = treeobj_type (o, NULL);
    json_t *result = NULL, *data;
    char *bytes;
    size_t len;

    errno = 0;
    if (flags & FLUX_KVS_TREEOBJ)
        result = json_incref (o);
    else if (flags & FLUX_KVS_READLINK) {
        if (type == TREE_SYMLINK)
            result = json_incref (o);
        else
            errno = EINVAL;
    }
    else if (flags & FLUX_KVS_READDIR) {
        if (type == TREE_DIR)
            result = json_incref (o);
        else if (type != TREE_DIRREF)
            errno = ENOTDIR;
        else {
            (void)treeobj_type (o, &data);
            result =
                blob_get_dir (k->blobs,
                              json_string_value (json_array_get (data, 0)));
        }
    }
    else if (type == TREE_DIR || type == TREE_DIRREF)
        errno = EISDIR;
    else if (type == TREE_VAL)
        result = json_incref (o);
    else if ((bytes = tree_value (k, o, &len))) {
        result = treeobj_val (bytes, len);
        free (bytes);
    }
    json_decref (o);
    return result;
}

/* The root has no blob of what views show, so it is given as a dirref. */
static json_t *get (struct walk *w, const char *key, int flags)
{
    json_t *o;

    if (!(w->path = path_parse (key)))
        return NULL;
    w->follow = !(flags & (FLUX_KVS_READLINK | FLUX_KVS_TREEOBJ));
    if (w->path->n == 0 && (flags & FLUX_KVS_TREEOBJ))
        o = w->ns ? treeobj_dirref (w->ns->shown.ref)
                  : json_incref (w->rootdir);
    else
        o = walk (w);
    free (w->path);
    return o ? convert (w->k, o, flags) : NULL;
}

/* In the namespace of a running job. */
static json_t *get_of_job (struct walk *w,
                           const struct job *job,
                           const char *key,
                           int flags)
{
    char prefix[JOBID_TEXT_MAX];
    char *full;
    json_t *o;

    if (!router_may (w->msg, job->userid)) {
        errno = EPERM;
        return NULL;
    }
    jobid_encode (job->id, JOBID_KVS, prefix, sizeof (prefix));
    if (asprintf (&full, "%s.guest.%s", prefix, key) < 0)
        return NULL;
    w->ns = w->k->primary;
    o = get (w, full, flags);
    free (full);
    return o;
}

json_t *kvs_get (struct kvs *k,
                 const flux_msg_t *msg,
                 const char *name,
                 json_t *rootdir,
                 const char *key,
                 int flags)
{
    struct walk w = { .k = k, .msg = msg, .rootdir = rootdir };
    struct job *job;

    if (rootdir) {
        /* A reference is no proof that its holder may see what it names. */
        if (!router_is_owner (msg)) {
            errno = EPERM;
            return NULL;
        }
        return get (&w, key, flags);
    }
    if ((w.ns = namespace_find (k, name)))
        return may_read (msg, w.ns) ? get (&w, key, flags) : NULL;
    if ((job = jobkeys_namespace (k, name)))
        return get_of_job (&w, job, key, flags);
    errno = ENOTSUP;
    return NULL;
}

int lookup_request_unpack (const flux_msg_t *msg,
                           struct lookup_request *req,
                           flux_error_t *error)
{
    memset (req, 0, sizeof (*req));
    if (flux_msg_unpack (msg,
                         "{s:s s?s s?o s:i}",
                         "key",
                         &req->key,
                         "namespace",
                         &req->ns,
                         "rootdir",
                         &req->rootdir,
                         "flags",
                         &req->flags)
            < 0
        || (!req->ns && !req->rootdir))
        return err_set (error,
                        EPROTO,
                        "invalid payload: key, flags, namespace or rootdir");
    if (req->rootdir && treeobj_check (req->rootdir, error) < 0)
        return -1;
    return 0;
}

static int handle_lookup (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    const int known = FLUX_KVS_READDIR | FLUX_KVS_READLINK | FLUX_KVS_TREEOBJ;
    struct kvs *k = arg;
    struct lookup_request req;
    json_t *val;

    if (lookup_request_unpack (msg, &req, error) < 0)
        return REQUEST_ERROR;
    if (req.flags & ~known)
        return err_set (error,
                        EINVAL,
                        "flags 0x%x are none of a lookup",
                        req.flags & ~known);
    if (!(val = kvs_get (k, msg, req.ns, req.rootdir, req.key, req.flags)))
        return REQUEST_ERROR;
    return router_respond_pack (r, msg, "{s:o}", "val", val);
}

static const struct request_row rows[] = {
    { "kvs.lookup", FLUX_ROLE_OWNER | FLUX_ROLE_USER, 0, handle_lookup },
    { NULL },
};

const struct request_row *lookup_requests (void)
{
    return rows;
}
