/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_KVS_TXN_H
#define FLUX_KVS_TXN_H

#include <flux/types.h>
#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct flux_kvs_txn flux_kvs_txn_t;

/* A list of operations for flux_kvs_commit(3).  Adding one: 0, or -1 with
 * EINVAL (no key, the root, flags other than FLUX_KVS_APPEND on a put) or
 * ENOMEM.
 */
flux_kvs_txn_t *flux_kvs_txn_create (void);
void flux_kvs_txn_destroy (flux_kvs_txn_t *txn);

/* A string is stored without its NUL; NULL is an empty value. */
int flux_kvs_txn_put (flux_kvs_txn_t *txn,
                      int flags,
                      const char *key,
                      const char *value);

int flux_kvs_txn_vpack (flux_kvs_txn_t *txn,
                        int flags,
                        const char *key,
                        const char *fmt,
                        va_list ap);

int flux_kvs_txn_pack (flux_kvs_txn_t *txn,
                       int flags,
                       const char *key,
                       const char *fmt,
                       ...);

int flux_kvs_txn_put_raw (flux_kvs_txn_t *txn,
                          int flags,
                          const char *key,
                          const void *data,
                          size_t len);

int flux_kvs_txn_put_treeobj (flux_kvs_txn_t *txn,
                              int flags,
                              const char *key,
                              const char *treeobj);

int flux_kvs_txn_mkdir (flux_kvs_txn_t *txn, int flags, const char *key);

int flux_kvs_txn_unlink (flux_kvs_txn_t *txn, int flags, const char *key);

int flux_kvs_txn_symlink (flux_kvs_txn_t *txn,
                          int flags,
                          const char *key,
                          const char *ns,
                          const char *target);

int flux_kvs_txn_clear (flux_kvs_txn_t *txn);

bool flux_kvs_txn_is_empty (flux_kvs_txn_t *txn);

#ifdef __cplusplus
}
#endif

#endif
