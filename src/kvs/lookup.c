/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* kvs.lookup: what a key stands for. */

#include <stdlib.h>
#include <string.h>

#include "kvs/private.h"

/* A lookup on its way. */
struct walk {
    struct kvs *k;
    const flux_msg_t *msg; /* NULL: this process asks */
    struct namespace *ns;  /* NULL: in a snapshot, or in what a job left */
    json_t *rootdir;       /* of those; a reference */
    uint64_t job;          /* whose logs are seen, too; 0: of none */
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
    if (!msg || router_may (msg, ns->owner))
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
    return !w->job && treeobj_type (w->rootdir, &data) == TREE_DIRREF
           && strcmp (json_string_value (json_array_get (data, 0)),
                      w->k->primary->shown.ref)
                  == 0;
}

static void set_path (struct walk *w, struct path *path)
{
    free (w->path);
    w->path = path;
}

static int set_namespace (struct walk *w, const char *name)
{
    if (!(w->ns = namespace_find (w->k, name)) || !may_read (w->msg, w->ns))
        return -1;
    json_decref (w->rootdir);
    w->rootdir = NULL;
    w->job = w->ns->job;
    return 0;
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
    if (name && set_namespace (w, name) < 0)
        return -1;
    if (!(path = path_redirect (target, w->path, next)))
        return -1;
    set_path (w, path);
    return 0;
}

/* A path that leads to a job's namespace goes on there, or in what the job
 * left.  *found if that is all: the link itself was asked for.
 */
static int enter_guest (struct walk *w, json_t **found)
{
    json_t *link, *data;
    struct path *rest;
    uint32_t owner;
    uint64_t id;
    int rc = 0;

    if (!jobkeys_split_guest (w->path, &id, &rest))
        return 0;
    if (!rest)
        return -1;
    if (view_owner (w->k->view, id, &owner) < 0) {
        free (rest);
        return 0;
    }
    if (!(link = guest_link (w->k, id))) {
        json_decref (w->rootdir);
        w->ns = NULL;
        w->rootdir = guest_remains (w->k, id);
        w->job = id;
    }
    else if (rest->n > 0 || w->follow) {
        (void)treeobj_type (link, &data);
        rc = set_namespace (
            w,
            json_string_value (json_object_get (data, "namespace")));
    }
    else
        *found = json_incref (link);
    json_decref (link);
    set_path (w, rest);
    return rc;
}

static json_t *view (struct walk *w)
{
    if (w->job)
        return jobkeys_guest (w->k, w->job, w->path);
    return has_views (w) ? jobkeys_get (w->k, w->path) : NULL;
}

/* Walk down the tree once.  *again if it met a link, which was followed. */
static json_t *walk_tree (struct walk *w, bool *again)
{
    json_t *o, *entries;

    *again = false;
    if (w->ns)
        o = treeobj_dirref (w->ns->shown.ref);
    else if (!(o = json_incref (w->rootdir)))
        return not_found ();
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

/* The object at the end of the walk, as it is stored. */
static json_t *walk (struct walk *w)
{
    json_t *o = NULL, *shown, *entries;
    bool again;

    do {
        if (has_views (w) && (enter_guest (w, &o) < 0 || o))
            return o;
        shown = view (w);
        if (shown && treeobj_type (shown, NULL) == TREE_VAL)
            return shown;
        o = walk_tree (w, &again);
        if (again)
            json_decref (shown);
    } while (again);
    if (!shown)
        return o;
    /* What views show comes first, and the tree is added to it.  Directories
     * in lists of jobs are empty, and to be looked up themselves. */
    if (w->job)
        tree_merge (w->k, shown, o);
    else if (o && (entries = tree_entries (w->k, o))) {
        json_object_update_missing (json_object_get (shown, "data"), entries);
        json_decref (entries);
    }
    json_decref (o);
    return shown;
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
        if (type != TREE_SYMLINK)
            errno = EINVAL;
        else if (flags & FLUX_KVS_READDIR)
            errno = ENOTDIR;
        else
            result = json_incref (o);
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

    if (!*key)
        errno = ENOENT;
    if (!*key || !(w->path = path_parse (key))) {
        json_decref (w->rootdir);
        return NULL;
    }
    /* The root is a directory, whatever is hoped for. */
    if (w->path->n == 0)
        flags &= ~FLUX_KVS_READLINK;
    w->follow = !(flags & (FLUX_KVS_READLINK | FLUX_KVS_TREEOBJ));
    if (w->path->n == 0 && (flags & FLUX_KVS_TREEOBJ))
        o = w->ns ? treeobj_dirref (w->ns->shown.ref)
                  : json_incref (w->rootdir);
    else
        o = walk (w);
    free (w->path);
    json_decref (w->rootdir);
    return o ? convert (w->k, o, flags) : NULL;
}

json_t *kvs_get (struct kvs *k,
                 const flux_msg_t *msg,
                 const char *name,
                 json_t *rootdir,
                 const char *key,
                 int flags)
{
    struct walk w = { .k = k, .msg = msg };
    json_t *data;

    /* A reference is no proof that its holder may see what it names. */
    if (rootdir && !router_is_owner (msg)) {
        errno = EPERM;
        return NULL;
    }
    if (rootdir) {
        w.rootdir = json_incref (rootdir);
        if (treeobj_type (rootdir, &data) == TREE_DIRREF)
            collector_reading (k->collector,
                               json_string_value (json_array_get (data, 0)));
    }
    else if (set_namespace (&w, name) < 0)
        return NULL;
    return get (&w, key, flags);
}

char *kvs_read (struct kvs *k, const char *key, size_t *len)
{
    json_t *o = kvs_get (k, NULL, k->primary->name, NULL, key, 0);
    char *s = o ? tree_value (k, o, len) : NULL;

    json_decref (o);
    return s;
}

int lookup_request_unpack (const flux_msg_t *msg,
                           struct lookup_request *req,
                           flux_error_t *error)
{
    enum treeobj_type type;

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
    if (!req->rootdir)
        return 0;
    type = treeobj_type (req->rootdir, NULL);
    if ((type != TREE_DIR && type != TREE_DIRREF)
        || treeobj_check (req->rootdir, error) < 0)
        return err_set (error, EINVAL, "rootdir is no directory of RFC 11");
    return 0;
}

static int handle_lookup (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    /* Those that are kvs-watch.lookup's do nothing here. */
    const int known = 2 * FLUX_KVS_WATCH_INITIAL_SENTINEL - 1;
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
