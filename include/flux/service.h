/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_SERVICE_H
#define FLUX_SERVICE_H

#include <flux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Ask the broker to send requests for NAME.* here, and no more
 * (flux_service_register(3)).  EEXIST, EPERM for names that are not the
 * user's, ENOENT come in the future.
 */
flux_future_t *flux_service_register (flux_t *h, const char *name);

flux_future_t *flux_service_unregister (flux_t *h, const char *name);

#ifdef __cplusplus
}
#endif

#endif
