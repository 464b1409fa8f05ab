/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_HOSTS_H
#define FLUX_HOSTS_H

#include <flux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The host of a rank by the attribute "hostlist"; "any", "upstream" or "(null)"
 * where there is none.  Good until the next call.
 */
const char *flux_get_hostbyrank (flux_t *h, uint32_t rank);

/* The lowest rank on a host; -1 and ENOENT. */
int flux_get_rankbyhost (flux_t *h, const char *host);

/* Ranks (an idset) to hosts, or hosts to ranks.  The caller frees the text.
 * NULL, errno and a sentence.
 */
char *flux_hostmap_lookup (flux_t *h, const char *targets, flux_error_t *errp);

#ifdef __cplusplus
}
#endif

#endif
