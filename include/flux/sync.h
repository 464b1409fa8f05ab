/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_SYNC_H
#define FLUX_SYNC_H

#include <flux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

flux_future_t *flux_sync_create (flux_t *h, double minimum);

#ifdef __cplusplus
}
#endif

#endif
