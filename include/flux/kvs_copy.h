/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_KVS_COPY_H
#define FLUX_KVS_COPY_H

#include <flux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A lookup of the entry and a commit of it elsewhere, and for a move a commit
 * that unlinks it: not one transaction.  The future is fulfilled by the last.
 */
flux_future_t *flux_kvs_copy (flux_t *h,
                              const char *srcns,
                              const char *srckey,
                              const char *dstns,
                              const char *dstkey,
                              int commit_flags);

flux_future_t *flux_kvs_move (flux_t *h,
                              const char *srcns,
                              const char *srckey,
                              const char *dstns,
                              const char *dstkey,
                              int commit_flags);

#ifdef __cplusplus
}
#endif

#endif
