/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_METHOD_H
#define FLUX_METHOD_H

#include <flux/types.h>
#include <flux/msg_handler.h>
#include <flux/core.h>

#ifdef __cplusplus
extern "C" {
#endif

int flux_register_default_methods (flux_t *h,
                                   const char *service_name,
                                   flux_msg_handler_t **msg_handlers[]);

#ifdef __cplusplus
}
#endif

#endif
