/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <flux/core.h>

int flux_plugin_init (flux_plugin_t *p)
{
    return -1;
}
