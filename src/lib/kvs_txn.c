/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <flux/core.h>
#include <flux/kvs.h>
#include <jansson.h>

#include "lib/kvs_private.h"
#include "wire/base64.h"

struct flux_kvs_txn {
    json_t *ops;
};

static int invalid (void)
{
    errno = EINVAL;
    return -1;
}

flux_kvs_txn_t *flux_kvs_txn_create (void)
{
    flux_kvs_txn_t *txn;

    if (!(txn = calloc (1, sizeof (*txn))) || !(txn->ops = json_array ())) {
        free (txn);
        errno = ENOMEM;
        return NULL;
    }
    return txn;
}

void flux_kvs_txn_destroy (flux_kvs_txn_t *txn)
{
    int saved_errno = errno;

    if (!txn)
        return;
    json_decref (txn->ops);
    free (txn);
    errno = saved_errno;
}

json_t *kvs_txn_ops (flux_kvs_txn_t *txn)
{
    return txn->ops;
}

/* Takes over dirent; NULL is what could not be made for want of memory. */
static int add (flux_kvs_txn_t *txn, int flags, const char *key, json_t *dirent)
{
    json_t *op = NULL;

    if (dirent)
        op = json_pack ("{s:s s:i s:o}",
                        "key",
                        key,
                        "flags",
                        flags,
                        "dirent",
                        dirent);
    if (!op || json_array_append_new (txn->ops, op) < 0) {
        errno = ENOMEM;
        return -1;
    }
    return 0;
}

static bool valid (flux_kvs_txn_t *txn, const char *key, int flags, int allowed)
{
    return txn && key && *key && strcmp (key, ".") != 0 && !(flags & ~allowed);
}

int flux_kvs_txn_put_raw (flux_kvs_txn_t *txn,
                          int flags,
                          const char *key,
                          const void *data,
                          size_t len)
{
    json_t *dirent;
    char *s;

    if (!valid (txn, key, flags, FLUX_KVS_APPEND) || (len > 0 && !data))
        return invalid ();
    if (!(s = base64_encode (len ? data : "", len)))
        return -1;
    dirent = json_pack ("{s:i s:s s:s}", "ver", 1, "type", "val", "data", s);
    free (s);
    return add (txn, flags, key, dirent);
}

int flux_kvs_txn_put (flux_kvs_txn_t *txn,
                      int flags,
                      const char *key,
                      const char *value)
{
    return flux_kvs_txn_put_raw (txn,
                                 flags,
                                 key,
                                 value,
                                 value ? strlen (value) : 0);
}

int flux_kvs_txn_vpack (flux_kvs_txn_t *txn,
                        int flags,
                        const char *key,
                        const char *fmt,
                        va_list ap)
{
    json_t *o;
    char *s;
    int rc;

    if (!valid (txn, key, flags, FLUX_KVS_APPEND) || !fmt
        || !(o = json_vpack_ex (NULL, 0, fmt, ap)))
        return invalid ();
    s = json_dumps (o, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref (o);
    if (!s) {
        errno = ENOMEM;
        return -1;
    }
    rc = flux_kvs_txn_put (txn, flags, key, s);
    free (s);
    return rc;
}

int flux_kvs_txn_pack (flux_kvs_txn_t *txn,
                       int flags,
                       const char *key,
                       const char *fmt,
                       ...)
{
    va_list ap;
    int rc;

    va_start (ap, fmt);
    rc = flux_kvs_txn_vpack (txn, flags, key, fmt, ap);
    va_end (ap);
    return rc;
}

int flux_kvs_txn_put_treeobj (flux_kvs_txn_t *txn,
                              int flags,
                              const char *key,
                              const char *treeobj)
{
    json_t *o;

    if (!valid (txn, key, flags, 0) || !treeobj
        || !(o = kvs_treeobj_decode (treeobj)))
        return invalid ();
    return add (txn, flags, key, o);
}

int flux_kvs_txn_mkdir (flux_kvs_txn_t *txn, int flags, const char *key)
{
    if (!valid (txn, key, flags, 0))
        return invalid ();
    return add (txn,
                flags,
                key,
                json_pack ("{s:i s:s s:{}}", "ver", 1, "type", "dir", "data"));
}

int flux_kvs_txn_unlink (flux_kvs_txn_t *txn, int flags, const char *key)
{
    if (!valid (txn, key, flags, 0))
        return invalid ();
    return add (txn, flags, key, json_null ());
}

int flux_kvs_txn_symlink (flux_kvs_txn_t *txn,
                          int flags,
                          const char *key,
                          const char *ns,
                          const char *target)
{
    if (!valid (txn, key, flags, 0) || !target)
        return invalid ();
    return add (txn,
                flags,
                key,
                json_pack ("{s:i s:s s:{s:s s:s*}}",
                           "ver",
                           1,
                           "type",
                           "symlink",
                           "data",
                           "target",
                           target,
                           "namespace",
                           ns));
}

int flux_kvs_txn_clear (flux_kvs_txn_t *txn)
{
    if (!txn)
        return invalid ();
    json_array_clear (txn->ops);
    return 0;
}

bool flux_kvs_txn_is_empty (flux_kvs_txn_t *txn)
{
    return !txn || json_array_size (txn->ops) == 0;
}
