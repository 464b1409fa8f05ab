/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_KVS_H
#define FLUX_KVS_H

#include <flux/types.h>
#include <flux/core.h>
#include <flux/kvs_dir.h>
#include <flux/kvs_lookup.h>
#include <flux/kvs_getroot.h>
#include <flux/kvs_txn.h>
#include <flux/kvs_commit.h>
#include <flux/kvs_copy.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KVS_PRIMARY_NAMESPACE "primary"

enum kvs_op {
    FLUX_KVS_READDIR = 1,
    FLUX_KVS_READLINK = 2,
    FLUX_KVS_WATCH = 4,
    FLUX_KVS_WAITCREATE = 8,
    FLUX_KVS_TREEOBJ = 16,
    FLUX_KVS_APPEND = 32,
    FLUX_KVS_WATCH_FULL = 64,
    FLUX_KVS_WATCH_UNIQ = 128,
    FLUX_KVS_WATCH_APPEND = 256,
    FLUX_KVS_STREAM = 512,
    FLUX_KVS_WATCH_INITIAL_SENTINEL = 1024
};

/* Namespaces.  In all calls a NULL ns is the one in FLUX_KVS_NAMESPACE, else
 * the primary.  owner may be FLUX_USERID_UNKNOWN: the instance owner; flags is
 * 0.
 */
flux_future_t *flux_kvs_namespace_create (flux_t *h,
                                          const char *ns,
                                          uint32_t owner,
                                          int flags);
flux_future_t *flux_kvs_namespace_create_with (flux_t *h,
                                               const char *ns,
                                               const char *rootref,
                                               uint32_t owner,
                                               int flags);
flux_future_t *flux_kvs_namespace_remove (flux_t *h, const char *ns);

/* Wait for the answer: the root's sequence number now, or until it is at least
 * version.  0, or -1 and errno.
 */
int flux_kvs_get_version (flux_t *h, const char *ns, int *versionp);
int flux_kvs_wait_version (flux_t *h, const char *ns, int version);

#ifdef __cplusplus
}
#endif

#endif
