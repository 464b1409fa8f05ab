/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <flux/core.h>
#include <flux/jobtap.h>

static int cb (flux_plugin_t *p,
               const char *topic,
               flux_plugin_arg_t *args,
               void *arg)
{
    return 0;
}

int flux_plugin_init (flux_plugin_t *p)
{
    return flux_plugin_add_handler (p, "job.state.sceduled", cb, NULL) < 0
                   || flux_plugin_add_handler (p, "job.state.sched", cb, NULL)
                          < 0
               ? -1
               : 0;
}
