/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* .priority-default: a job's priority is its urgency.
 *
 * Loaded first, so that a priority plugin loaded later has the last word,
 * and jobs get on where there is none.
 */

#include <flux/core.h>
#include <flux/jobtap.h>

#include "builtins.h"

static int priority_cb (flux_plugin_t *p,
                        const char *topic,
                        flux_plugin_arg_t *args,
                        void *arg)
{
    int urgency;

    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:i}",
                                "urgency",
                                &urgency)
        < 0)
        return -1;
    return flux_plugin_arg_pack (args,
                                 FLUX_PLUGIN_ARG_OUT,
                                 "{s:i}",
                                 "priority",
                                 urgency);
}

static const struct flux_plugin_handler handlers[] = {
    { "job.state.priority", priority_cb, NULL },
    { "job.priority.get", priority_cb, NULL },
    { NULL, NULL, NULL },
};

int priority_default_init (flux_plugin_t *p)
{
    return flux_plugin_register (p, ".priority-default", handlers);
}
