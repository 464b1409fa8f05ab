/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_ATTR_H
#define FLUX_ATTR_H

#include <flux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The value of a broker attribute, asked for by RPC; immutable ones are kept
 * and asked for once.  The text belongs to h and is good until a different
 * value is seen.  NULL and ENOENT, or what the RPC says.
 */
const char *flux_attr_get (flux_t *h, const char *name);

/* val NULL removes the attribute.  ENOENT, EPERM, EINVAL; force overrides the
 * protection of those not meant to change at run time.
 */
int flux_attr_set (flux_t *h, const char *name, const char *val);

int flux_attr_set_ex (flux_t *h,
                      const char *name,
                      const char *val,
                      bool force,
                      flux_error_t *errp);

/* Put a value into the handle's cache as if it were immutable (NULL: take it
 * out), without telling the broker.
 */
int flux_attr_set_cacheonly (flux_t *h, const char *name, const char *val);

/* Names of what is cached; NULL at the end. */
const char *flux_attr_cache_first (flux_t *h);
const char *flux_attr_cache_next (flux_t *h);

/* Attributes as numbers; EPROTO if they are none. */
int flux_get_rank (flux_t *h, uint32_t *rank);

int flux_get_size (flux_t *h, uint32_t *size);

/* When the broker of rank 0 was last started, seconds since the epoch. */
int flux_get_instance_starttime (flux_t *h, double *starttime);

#ifdef __cplusplus
}
#endif

#endif
