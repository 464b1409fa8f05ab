/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Copy and move: a lookup of the entry as it is stored, a commit of it under
 * the other key, and for a move a commit that unlinks the first.
 */

#include <errno.h>
#include <flux/core.h>
#include <flux/kvs.h>

struct copy {
    char *srcns;
    char *srckey;
    char *dstns;
    char *dstkey;
    int flags;
};

static void copy_destroy (void *arg)
{
    struct copy *c = arg;
    int saved_errno = errno;

    free (c->srcns);
    free (c->srckey);
    free (c->dstns);
    free (c->dstkey);
    free (c);
    errno = saved_errno;
}

static bool duplicate (char **to, const char *s)
{
    *to = s ? strdup (s) : NULL;
    return *to || !s;
}

static struct copy *copy_create (const char *srcns,
                                 const char *srckey,
                                 const char *dstns,
                                 const char *dstkey,
                                 int flags)
{
    struct copy *c = calloc (1, sizeof (*c));

    if (!c)
        return NULL;
    c->flags = flags;
    if (!duplicate (&c->srcns, srcns) || !duplicate (&c->srckey, srckey)
        || !duplicate (&c->dstns, dstns) || !duplicate (&c->dstkey, dstkey)) {
        copy_destroy (c);
        return NULL;
    }
    return c;
}

/* Go on with a commit of txn, which is consumed. */
static void commit_next (flux_future_t *prev,
                         const char *ns,
                         int flags,
                         flux_kvs_txn_t *txn)
{
    flux_t *h = flux_future_get_flux (prev);
    flux_future_t *f = txn ? flux_kvs_commit (h, ns, flags, txn) : NULL;

    if (!f || flux_future_continue (prev, f) < 0) {
        int errnum = errno;

        flux_future_destroy (f);
        flux_future_continue_error (prev, errnum, NULL);
    }
    flux_kvs_txn_destroy (txn);
    flux_future_destroy (prev);
}

static void looked_up (flux_future_t *f, void *arg)
{
    struct copy *c = arg;
    flux_kvs_txn_t *txn = NULL;
    const char *treeobj;

    if (flux_kvs_lookup_get_treeobj (f, &treeobj) == 0
        && (txn = flux_kvs_txn_create ())
        && flux_kvs_txn_put_treeobj (txn, 0, c->dstkey, treeobj) < 0) {
        flux_kvs_txn_destroy (txn);
        txn = NULL;
    }
    commit_next (f, c->dstns, c->flags, txn);
}

static void copied (flux_future_t *f, void *arg)
{
    struct copy *c = arg;
    flux_kvs_txn_t *txn = NULL;

    if ((txn = flux_kvs_txn_create ())
        && flux_kvs_txn_unlink (txn, 0, c->srckey) < 0) {
        flux_kvs_txn_destroy (txn);
        txn = NULL;
    }
    commit_next (f, c->srcns, c->flags, txn);
}

/* Let next run when f is fulfilled; f is part of the result, c too. */
static flux_future_t *chain (flux_future_t *f,
                             flux_continuation_f next,
                             struct copy *c)
{
    flux_future_t *result = NULL;

    if (!f || !c || !(result = flux_future_and_then (f, next, c))) {
        flux_future_destroy (f);
        if (c)
            copy_destroy (c);
        return NULL;
    }
    if (flux_future_aux_set (result, NULL, c, copy_destroy) < 0) {
        flux_future_destroy (result);
        copy_destroy (c);
        return NULL;
    }
    return result;
}

flux_future_t *flux_kvs_copy (flux_t *h,
                              const char *srcns,
                              const char *srckey,
                              const char *dstns,
                              const char *dstkey,
                              int commit_flags)
{
    if (!h || !srckey || !dstkey) {
        errno = EINVAL;
        return NULL;
    }
    return chain (flux_kvs_lookup (h, srcns, FLUX_KVS_TREEOBJ, srckey),
                  looked_up,
                  copy_create (srcns, srckey, dstns, dstkey, commit_flags));
}

flux_future_t *flux_kvs_move (flux_t *h,
                              const char *srcns,
                              const char *srckey,
                              const char *dstns,
                              const char *dstkey,
                              int commit_flags)
{
    flux_future_t *f;

    f = flux_kvs_copy (h, srcns, srckey, dstns, dstkey, commit_flags);
    if (!f)
        return NULL;
    return chain (f,
                  copied,
                  copy_create (srcns, srckey, dstns, dstkey, commit_flags));
}
