/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <flux/core.h>
#include <flux/kvs.h>

#include "lib/kvs_private.h"

const char *kvs_namespace (const char *ns)
{
    if (!ns)
        ns = getenv ("FLUX_KVS_NAMESPACE");
    return ns ? ns : KVS_PRIMARY_NAMESPACE;
}

json_t *kvs_treeobj_decode (const char *s)
{
    json_t *o = json_loads (s, 0, NULL);
    json_t *data;
    const char *type;
    int ver;

    if (!o
        || json_unpack (o,
                        "{s:i s:s s:o}",
                        "ver",
                        &ver,
                        "type",
                        &type,
                        "data",
                        &data)
               < 0
        || ver != 1) {
        json_decref (o);
        errno = EINVAL;
        return NULL;
    }
    return o;
}

/* Text of a "dirref" to blobref; the caller frees it. */
static char *kvs_dirref_encode (const char *blobref)
{
    json_t *o = json_pack ("{s:i s:s s:[s]}",
                           "ver",
                           1,
                           "type",
                           "dirref",
                           "data",
                           blobref);
    char *s = o ? json_dumps (o, JSON_COMPACT) : NULL;

    json_decref (o);
    if (!s)
        errno = ENOMEM;
    return s;
}

const char *kvs_keep_text (flux_future_t *f, const char *name, char *text)
{
    const char *old = flux_future_aux_get (f, name);

    if (!text)
        return NULL;
    if (old && strcmp (old, text) == 0) {
        free (text);
        return old;
    }
    if (flux_future_aux_set (f, name, text, free) < 0) {
        free (text);
        return NULL;
    }
    return text;
}

/* Joining appends within a transaction (FLUX_KVS_TXN_COMPACT) would save the
 * service work it does not mind; the operations are sent as they are.
 */
flux_future_t *flux_kvs_commit (flux_t *h,
                                const char *ns,
                                int flags,
                                flux_kvs_txn_t *txn)
{
    const int all = FLUX_KVS_NO_MERGE | FLUX_KVS_TXN_COMPACT | FLUX_KVS_SYNC;

    if (!h || !txn || (flags & ~all)) {
        errno = EINVAL;
        return NULL;
    }
    return flux_rpc_pack (h,
                          "kvs.commit",
                          FLUX_NODEID_ANY,
                          0,
                          "{s:s s:i s:O}",
                          "namespace",
                          kvs_namespace (ns),
                          "flags",
                          flags & ~FLUX_KVS_TXN_COMPACT,
                          "ops",
                          kvs_txn_ops (txn));
}

static int get_rootref (flux_future_t *f, const char **rootref)
{
    if (!f || !rootref) {
        errno = EINVAL;
        return -1;
    }
    return flux_rpc_get_unpack (f, "{s:s}", "rootref", rootref);
}

static int get_sequence (flux_future_t *f, int *rootseq)
{
    if (!f || !rootseq) {
        errno = EINVAL;
        return -1;
    }
    return flux_rpc_get_unpack (f, "{s:i}", "rootseq", rootseq);
}

static int get_treeobj (flux_future_t *f, const char **treeobj)
{
    const char *rootref;

    if (!treeobj) {
        errno = EINVAL;
        return -1;
    }
    if (get_rootref (f, &rootref) < 0)
        return -1;
    *treeobj = kvs_keep_text (f, "flux::rootdir", kvs_dirref_encode (rootref));
    return *treeobj ? 0 : -1;
}

int flux_kvs_commit_get_treeobj (flux_future_t *f, const char **treeobj)
{
    return get_treeobj (f, treeobj);
}

int flux_kvs_commit_get_rootref (flux_future_t *f, const char **rootref)
{
    return get_rootref (f, rootref);
}

int flux_kvs_commit_get_sequence (flux_future_t *f, int *rootseq)
{
    return get_sequence (f, rootseq);
}

flux_future_t *flux_kvs_getroot (flux_t *h, const char *ns, int flags)
{
    if (!h || flags != 0) {
        errno = EINVAL;
        return NULL;
    }
    return flux_rpc_pack (h,
                          "kvs.getroot",
                          FLUX_NODEID_ANY,
                          0,
                          "{s:s s:i}",
                          "namespace",
                          kvs_namespace (ns),
                          "flags",
                          flags);
}

int flux_kvs_getroot_get_treeobj (flux_future_t *f, const char **treeobj)
{
    return get_treeobj (f, treeobj);
}

int flux_kvs_getroot_get_blobref (flux_future_t *f, const char **blobref)
{
    return get_rootref (f, blobref);
}

int flux_kvs_getroot_get_sequence (flux_future_t *f, int *seq)
{
    return get_sequence (f, seq);
}

int flux_kvs_getroot_get_owner (flux_future_t *f, uint32_t *owner)
{
    json_int_t value;

    if (!f || !owner) {
        errno = EINVAL;
        return -1;
    }
    if (flux_rpc_get_unpack (f, "{s:I}", "owner", &value) < 0)
        return -1;
    *owner = value;
    return 0;
}

flux_future_t *flux_kvs_namespace_create_with (flux_t *h,
                                               const char *ns,
                                               const char *rootref,
                                               uint32_t owner,
                                               int flags)
{
    if (!h || !ns || !rootref || flags != 0) {
        errno = EINVAL;
        return NULL;
    }
    /* an unknown owner is -1 there, as it is in a 32 bit integer */
    return flux_rpc_pack (h,
                          "kvs.namespace-create",
                          0,
                          0,
                          "{s:s s:s s:i s:i}",
                          "namespace",
                          ns,
                          "rootref",
                          rootref,
                          "owner",
                          (int)owner,
                          "flags",
                          flags);
}

/* The blobref (RFC 10) of {"data":{},"type":"dir","ver":1}, a directory with
 * nothing in it.
 */
static const char empty_rootref[] =
    "sha1-c0a9faf907dda6216fd73bf81d0b3b21a1a8cb91";

flux_future_t *flux_kvs_namespace_create (flux_t *h,
                                          const char *ns,
                                          uint32_t owner,
                                          int flags)
{
    return flux_kvs_namespace_create_with (h, ns, empty_rootref, owner, flags);
}

flux_future_t *flux_kvs_namespace_remove (flux_t *h, const char *ns)
{
    if (!h || !ns) {
        errno = EINVAL;
        return NULL;
    }
    return flux_rpc_pack (h,
                          "kvs.namespace-remove",
                          0,
                          0,
                          "{s:s}",
                          "namespace",
                          ns);
}

int flux_kvs_get_version (flux_t *h, const char *ns, int *versionp)
{
    flux_future_t *f;
    int version, rc;

    if (!(f = flux_kvs_getroot (h, ns, 0)))
        return -1;
    rc = get_sequence (f, &version);
    if (rc == 0 && versionp)
        *versionp = version;
    flux_future_destroy (f);
    return rc;
}

int flux_kvs_wait_version (flux_t *h, const char *ns, int version)
{
    flux_future_t *f;
    int rc;

    if (!h) {
        errno = EINVAL;
        return -1;
    }
    f = flux_rpc_pack (h,
                       "kvs.wait-version",
                       FLUX_NODEID_ANY,
                       0,
                       "{s:i s:s}",
                       "rootseq",
                       version,
                       "namespace",
                       kvs_namespace (ns));
    if (!f)
        return -1;
    rc = flux_future_get (f, NULL);
    flux_future_destroy (f);
    return rc;
}
