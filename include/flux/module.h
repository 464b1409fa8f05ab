/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_MODULE_H
#define FLUX_MODULE_H

#include <flux/types.h>
#include <flux/conf.h>
#include <flux/msg_handler.h>
#include <stdint.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOD_NAME(x) const char *mod_name = x

/* Is a bit of the debug mask of this handle's service set (and clear it)? */
bool flux_module_debug_test (flux_t *h, int flag, bool clear);

/* There are no loadable broker modules here: -1 and ENOSYS, also from
 * initialize, register_handlers and finalize.
 */
int flux_module_set_running (flux_t *h);

/* The configuration in a request, a new object; -1 and EPROTO. */
int flux_module_config_request_decode (const flux_msg_t *msg,
                                       flux_conf_t **conf);

int flux_module_initialize (flux_t *h, char **args, flux_error_t *error);

int flux_module_register_handlers (flux_t *h, flux_error_t *error);

int flux_module_finalize (flux_t *h, int errnum, flux_error_t *error);

#ifdef __cplusplus
}
#endif

#endif
