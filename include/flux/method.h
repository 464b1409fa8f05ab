/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_METHOD_H
#define FLUX_METHOD_H

#include <flux/types.h>
#include <flux/msg_handler.h>
#include <flux/core.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Serve ping, stats-get, stats-clear, rusage, debug, config-reload and
 * config-update under the service (RFC 5).  To be undone with
 * flux_msg_handler_delvec.  0, or -1 and errno.
 */
int flux_register_default_methods (flux_t *h,
                                   const char *service_name,
                                   flux_msg_handler_t **msg_handlers[]);

#ifdef __cplusplus
}
#endif

#endif
