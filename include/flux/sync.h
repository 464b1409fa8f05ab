/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_SYNC_H
#define FLUX_SYNC_H

#include <flux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A future fulfilled by the broker's heartbeat (flux_sync_create(3)), but not
 * again within minimum seconds; flux_future_reset waits for the next one.
 */
flux_future_t *flux_sync_create (flux_t *h, double minimum);

#ifdef __cplusplus
}
#endif

#endif
