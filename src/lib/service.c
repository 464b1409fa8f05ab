/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>

#include <flux/core.h>

static flux_future_t *request (flux_t *h, const char *method, const char *name)
{
    if (!h || !name) {
        errno = EINVAL;
        return NULL;
    }
    return flux_rpc_pack (h,
                          method,
                          FLUX_NODEID_ANY,
                          0,
                          "{s:s}",
                          "service",
                          name);
}

flux_future_t *flux_service_register (flux_t *h, const char *name)
{
    return request (h, "service.add", name);
}

flux_future_t *flux_service_unregister (flux_t *h, const char *name)
{
    return request (h, "service.remove", name);
}
