/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef SLUICE_LIB_KVS_PRIVATE_H
#define SLUICE_LIB_KVS_PRIVATE_H

#include <flux/kvs.h>
#include <jansson.h>

/* The operations of a transaction; they belong to it. */
json_t *kvs_txn_ops (flux_kvs_txn_t *txn);

/* ns, or the default: FLUX_KVS_NAMESPACE, or the primary one. */
const char *kvs_namespace (const char *ns);

/* An RFC 11 object from its text; NULL and EINVAL if it is none. */
json_t *kvs_treeobj_decode (const char *s);

/* Keep text with f under name and return what is kept: a text that was kept
 * before and is equal keeps its address.  Takes over text; NULL on error.
 */
const char *kvs_keep_text (flux_future_t *f, const char *name, char *text);

#endif
