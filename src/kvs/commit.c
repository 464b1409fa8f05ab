/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* kvs.commit: operations on a namespace, all or none.
 *
 * They are applied at once to the head of the namespace; its durable root,
 * watchers and the one who asked follow when the batch is durable, in the
 * order of the commits.
 */

#include <stdlib.h>
#include <string.h>

#include "kvs/private.h"

struct commit {
    struct kvs *k;
    struct namespace *ns;
    struct root root; /* the result */
    json_t *ops;
    const flux_msg_t *msg; /* NULL: this process did it */
    uint64_t ticket;
};

static void commit_free (struct commit *c)
{
    if (!c)
        return;
    json_decref (c->ops);
    flux_msg_decref (c->msg);
    free (c);
}

static void commit_done (void *arg, int errnum)
{
    struct commit *c = arg;
    struct kvs *k = c->k;
    struct namespace *ns = c->ns;

    k->pending--;
    if (errnum != 0 && c->msg)
        router_respond_error (k->r, c->msg, errnum, NULL);
    else if (errnum == 0) {
        blobs_durable (k->blobs, c->ticket);
        ns->shown = c->root;
        if (c->msg)
            router_respond_pack (k->r,
                                 c->msg,
                                 "{s:s s:i}",
                                 "rootref",
                                 c->root.ref,
                                 "rootseq",
                                 c->root.seq);
        if (!ns->dropped) {
            roots_advanced (k, ns);
            watches_commit (k->watches, ns, c->ops);
        }
    }
    namespace_unuse (k, ns);
    commit_free (c);
}

/* ---- checks ---- */

/* What an object refers to has to be there. */
static int check_refs (struct kvs *k, json_t *o, flux_error_t *error)
{
    json_t *data, *entry;
    enum treeobj_type type = treeobj_type (o, &data);
    const char *name;
    size_t i, len;

    switch (type) {
    case TREE_VALREF:
    case TREE_DIRREF:
        json_array_foreach (data, i, entry)
        {
            const char *ref = json_string_value (entry);
            if (!blob_get (k->blobs, ref, &len)
                || collector_used (k->collector, ref, type == TREE_DIRREF) < 0)
                return err_set (error, errno, "there is no blob %s", ref);
        }
        return 0;
    case TREE_DIR:
        json_object_foreach (data, name, entry)
        {
            if (check_refs (k, entry, error) < 0)
                return -1;
        }
        return 0;
    default:
        return 0;
    }
}

static int check_op (struct kvs *k, json_t *op, flux_error_t *error)
{
    const char *key;
    json_t *dirent;
    int flags = 0;

    if (json_unpack (op,
                     "{s:s s?i s:o}",
                     "key",
                     &key,
                     "flags",
                     &flags,
                     "dirent",
                     &dirent)
        < 0)
        return err_set (error,
                        EPROTO,
                        "invalid payload: an operation has key, flags, dirent");
    if (flags & ~FLUX_KVS_APPEND)
        return err_set (error, EINVAL, "%s: flags 0x%x", key, flags);
    if (json_is_null (dirent))
        return 0;
    if (treeobj_check (dirent, error) < 0) {
        errno = EINVAL;
        return -1;
    }
    if ((flags & FLUX_KVS_APPEND) && treeobj_type (dirent, NULL) != TREE_VAL)
        return err_set (error, EINVAL, "%s: only values are appended", key);
    return check_refs (k, dirent, error);
}

static int check_ops (struct kvs *k, json_t *ops, flux_error_t *error)
{
    json_t *op;
    size_t i;

    if (!json_is_array (ops))
        return err_set (error, EPROTO, "invalid payload: ops is no array");
    json_array_foreach (ops, i, op)
    {
        if (check_op (k, op, error) < 0)
            return -1;
    }
    return 0;
}

static struct namespace *check_namespace (struct kvs *k,
                                          const flux_msg_t *msg,
                                          const char *name)
{
    struct namespace *ns = namespace_find (k, name);

    if (ns && ns->removing) {
        errno = ENOTSUP;
        return NULL;
    }
    if (ns && !router_may (msg, ns->owner)) {
        errno = EPERM;
        return NULL;
    }
    return ns;
}

/* ---- the request ---- */

static bool (*writable (struct kvs *k,
                        struct namespace *ns)) (const struct path *)
{
    if (ns->job)
        return jobkeys_guest_writable;
    return ns == k->primary ? jobkeys_writable : NULL;
}

static int commit (struct kvs *k,
                   struct namespace *ns,
                   const flux_msg_t *msg,
                   json_t *ops,
                   flux_error_t *error)
{
    struct root before = ns->head;
    struct commit *c;

    if (!(c = calloc (1, sizeof (*c))))
        return REQUEST_ERROR;
    c->k = k;
    c->ns = ns;
    c->root = ns->head;
    c->ops = json_incref (ops);
    if (tree_apply (k, c->root.ref, ops, writable (k, ns), error) < 0)
        goto error;
    c->root.seq++;
    c->msg = flux_msg_incref (msg);
    c->ticket = blobs_ticket (k->blobs);
    ns->head = c->root;
    if (namespace_save (k, ns) < 0
        || manager_when_durable (k->m, commit_done, c) < 0) {
        ns->head = before;
        goto error;
    }
    ns->users++;
    k->pending++;
    k->commits++;
    k->ops += json_array_size (ops);
    collector_check (k->collector);
    return REQUEST_LATER;
error:;
    int saved_errno = errno;
    commit_free (c);
    errno = saved_errno;
    return REQUEST_ERROR;
}

static int handle_commit (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    /* Commits are never merged, and always durable. */
    const int known = FLUX_KVS_NO_MERGE | FLUX_KVS_TXN_COMPACT | FLUX_KVS_SYNC;
    struct kvs *k = arg;
    struct namespace *ns;
    const char *name;
    json_t *ops;
    int flags;

    if (flux_msg_unpack (msg,
                         "{s:s s:i s:o}",
                         "namespace",
                         &name,
                         "flags",
                         &flags,
                         "ops",
                         &ops)
        < 0)
        return err_set (error,
                        EPROTO,
                        "invalid payload: namespace, flags, ops");
    if (flags & ~known)
        return err_set (error,
                        EINVAL,
                        "flags 0x%x are none of a commit",
                        flags & ~known);
    if (!(ns = check_namespace (k, msg, name)) || check_ops (k, ops, error) < 0)
        return REQUEST_ERROR;
    return commit (k, ns, msg, ops, error);
}

int kvs_append (struct kvs *k,
                const char *key,
                const char *text,
                flux_error_t *error)
{
    json_t *val = treeobj_val (text, strlen (text));
    json_t *ops = json_pack ("[{s:s s:i s:o}]",
                             "key",
                             key,
                             "flags",
                             FLUX_KVS_APPEND,
                             "dirent",
                             val);
    int rc;

    if (!ops)
        return err_set (error, ENOMEM, "out of memory");
    rc = commit (k, k->primary, NULL, ops, error) == REQUEST_LATER ? 0 : -1;
    json_decref (ops);
    return rc;
}

static const struct request_row rows[] = {
    { "kvs.commit", FLUX_ROLE_OWNER | FLUX_ROLE_USER, 0, handle_commit },
    { NULL },
};

const struct request_row *commit_requests (void)
{
    return rows;
}
