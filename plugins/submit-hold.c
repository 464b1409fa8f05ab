/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* submit-hold.so: new jobs are held, as with an urgency of 0, until somebody
 * raises it (flux-job(1), urgency).
 */

#include <unistd.h>

#include <flux/core.h>
#include <flux/jobtap.h>
#include <jansson.h>

static int depend_cb (flux_plugin_t *p,
                      const char *topic,
                      flux_plugin_arg_t *args,
                      void *arg)
{
    const char *entry = NULL;

    /* Only jobs that come to this state now: those there are when the plugin
     * is loaded have no entry.
     */
    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s?{s?s}}",
                                "entry",
                                "name",
                                &entry)
            < 0
        || !entry)
        return 0;
    return flux_jobtap_event_post_pack (p,
                                        FLUX_JOBTAP_CURRENT_JOB,
                                        "urgency",
                                        "{s:I s:i}",
                                        "userid",
                                        (json_int_t)getuid (),
                                        "urgency",
                                        FLUX_JOB_URGENCY_HOLD);
}

int flux_plugin_init (flux_plugin_t *p)
{
    return flux_plugin_add_handler (p, "job.state.depend", depend_cb, NULL);
}
