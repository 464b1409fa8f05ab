/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A plugin in the style of flux-core's own: in-tree headers, its own uses. */

#if HAVE_CONFIG_H
#include "config.h"
#endif
#include <flux/core.h>
#include <flux/jobtap.h>

#include "ccan/str/str.h"
#include "src/common/libjob/idf58.h"
#include "src/common/libutil/errprintf.h"
#include "src/common/libutil/monotime.h"

int flux_plugin_init (flux_plugin_t *p)
{
    struct timespec t0;
    flux_error_t error;

    err_init (&error);
    monotime (&t0);
    errno = EPERM;
    if (errprintf (&error, "%s", idf58 (0)) != -1 || errno != EPERM)
        return -1;
    if (!strends (error.text, "1") || !strstarts (PACKAGE_STRING, "flux-core ")
        || streq (PACKAGE_VERSION, "") || !monotime_isset (t0)
        || monotime_since (t0) < 0.)
        return -1;
    return flux_plugin_set_name (p, "compat");
}
