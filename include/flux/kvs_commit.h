/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_KVS_COMMIT_H
#define FLUX_KVS_COMMIT_H

#include <flux/types.h>
#include <flux/kvs_txn.h>

#ifdef __cplusplus
extern "C" {
#endif

/* NO_MERGE: not together with others.  TXN_COMPACT is accepted and not needed.
 * SYNC: durable before the answer.
 */
enum kvs_commit_flags {
    FLUX_KVS_NO_MERGE = 1,
    FLUX_KVS_TXN_COMPACT = 2,
    FLUX_KVS_SYNC = 4,
};

/* Apply all of txn or nothing; txn stays the caller's.  EINVAL for flags. */
flux_future_t *flux_kvs_commit (flux_t *h,
                                const char *ns,
                                int flags,
                                flux_kvs_txn_t *txn);

/* The new root: as a dirref object, its blobref, its number.  Texts belong to
 * f.
 */
int flux_kvs_commit_get_treeobj (flux_future_t *f, const char **treeobj);
int flux_kvs_commit_get_rootref (flux_future_t *f, const char **rootref);
int flux_kvs_commit_get_sequence (flux_future_t *f, int *rootseq);

#ifdef __cplusplus
}
#endif

#endif
