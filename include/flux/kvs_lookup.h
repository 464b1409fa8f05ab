/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_KVS_LOOKUP_H
#define FLUX_KVS_LOOKUP_H

#include <flux/types.h>
#include <flux/kvs_dir.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Look up a key (flux_kvs_lookup(3) tells the flags); with WATCH or STREAM, a
 * series of answers with flux_future_reset(3) between, ENODATA at the end.
 * EINVAL for flags that do not go together.  lookupat: in a snapshot.
 */
flux_future_t *flux_kvs_lookup (flux_t *h,
                                const char *ns,
                                int flags,
                                const char *key);
flux_future_t *flux_kvs_lookupat (flux_t *h,
                                  int flags,
                                  const char *key,
                                  const char *treeobj);

/* What the answer is, in one way or another; EINVAL if it is of another kind.
 * An empty value is NULL.  What is returned belongs to f until the next answer
 * is looked at.
 */
int flux_kvs_lookup_get (flux_future_t *f, const char **value);
int flux_kvs_lookup_get_unpack (flux_future_t *f, const char *fmt, ...);
int flux_kvs_lookup_get_raw (flux_future_t *f, const void **data, size_t *len);
int flux_kvs_lookup_get_treeobj (flux_future_t *f, const char **treeobj);
int flux_kvs_lookup_get_dir (flux_future_t *f, const flux_kvsdir_t **dir);
int flux_kvs_lookup_get_symlink (flux_future_t *f,
                                 const char **ns,
                                 const char **target);

const char *flux_kvs_lookup_get_key (flux_future_t *f);

/* End a watch; ENODATA follows. */
int flux_kvs_lookup_cancel (flux_future_t *f);

#ifdef __cplusplus
}
#endif

#endif
