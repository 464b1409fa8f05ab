/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* There are no loadable broker modules: what is about loading one answers
 * ENOSYS.
 */

#include <errno.h>
#include <flux/core.h>
#include <jansson.h>

#include "base/err.h"

bool flux_module_debug_test (flux_t *h, int flag, bool clear)
{
    int *mask = h ? flux_aux_get (h, "flux::debug_flags") : NULL;
    bool is_set;

    if (!mask)
        return false;
    is_set = (*mask & flag) != 0;
    if (clear)
        *mask &= ~flag;
    return is_set;
}

int flux_module_set_running (flux_t *h)
{
    errno = h ? ENOSYS : EINVAL;
    return -1;
}

int flux_module_config_request_decode (const flux_msg_t *msg,
                                       flux_conf_t **conf)
{
    flux_conf_t *c;
    json_t *o;

    if (!msg) {
        errno = EINVAL;
        return -1;
    }
    if (flux_request_unpack (msg, NULL, "o", &o) < 0
        || !(c = flux_conf_pack ("O", o)))
        return -1;
    if (conf)
        *conf = c;
    else
        flux_conf_decref (c);
    return 0;
}

int flux_module_initialize (flux_t *h, char **args, flux_error_t *error)
{
    return err_set (error, ENOSYS, "broker modules are not supported");
}

int flux_module_register_handlers (flux_t *h, flux_error_t *error)
{
    return err_set (error, ENOSYS, "broker modules are not supported");
}

int flux_module_finalize (flux_t *h, int errnum, flux_error_t *error)
{
    return err_set (error, ENOSYS, "broker modules are not supported");
}
