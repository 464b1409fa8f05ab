/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_KVS_GETROOT_H
#define FLUX_KVS_GETROOT_H

#include <flux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The root of a namespace now; flags is 0.  Texts of get functions belong to f.
 */
flux_future_t *flux_kvs_getroot (flux_t *h, const char *ns, int flags);

int flux_kvs_getroot_get_treeobj (flux_future_t *f, const char **treeobj);
int flux_kvs_getroot_get_blobref (flux_future_t *f, const char **blobref);
int flux_kvs_getroot_get_sequence (flux_future_t *f, int *seq);
int flux_kvs_getroot_get_owner (flux_future_t *f, uint32_t *owner);

#ifdef __cplusplus
}
#endif

#endif
