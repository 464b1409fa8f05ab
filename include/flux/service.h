/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_SERVICE_H
#define FLUX_SERVICE_H

#include <flux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

flux_future_t *flux_service_register (flux_t *h, const char *name);

flux_future_t *flux_service_unregister (flux_t *h, const char *name);

#ifdef __cplusplus
}
#endif

#endif
