/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_CONF_BUILTIN_H
#define FLUX_CONF_BUILTIN_H

#include <flux/types.h>
#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

enum flux_conf_builtin_hint {
    FLUX_CONF_INSTALLED = 0,
    FLUX_CONF_INTREE = 1,
    FLUX_CONF_AUTO = 2,
};

/* A value fixed at build time (flux_conf_builtin_get(3) lists the keys); NULL
 * and EINVAL.  There is one layout, the installed one: hint is not looked at.
 */
const char *flux_conf_builtin_get (const char *key,
                                   enum flux_conf_builtin_hint hint);

#ifdef __cplusplus
}
#endif

#endif
