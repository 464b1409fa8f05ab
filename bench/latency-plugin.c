/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Gives each job a new priority whenever it is asked to: a request to
 * "job-manager.latency.ask".
 */

#include <flux/core.h>
#include <flux/jobtap.h>

static unsigned long salt;

static int priority_cb (flux_plugin_t *p,
                        const char *topic,
                        flux_plugin_arg_t *args,
                        void *arg)
{
    flux_jobid_t id;
    int64_t priority;

    if (flux_plugin_arg_unpack (args, FLUX_PLUGIN_ARG_IN, "{s:I}", "id", &id)
        < 0)
        return -1;
    priority = 1 + ((id >> 8) * 2654435761UL * (salt + 1)) % 1000000;
    return flux_plugin_arg_pack (args,
                                 FLUX_PLUGIN_ARG_OUT,
                                 "{s:I}",
                                 "priority",
                                 priority);
}

static void ask_cb (flux_t *h,
                    flux_msg_handler_t *mh,
                    const flux_msg_t *msg,
                    void *arg)
{
    flux_plugin_t *p = arg;

    salt++;
    if (flux_jobtap_reprioritize_all (p) < 0)
        flux_respond_error (h, msg, errno, NULL);
    else
        flux_respond (h, msg, NULL);
}

int flux_plugin_init (flux_plugin_t *p)
{
    flux_plugin_set_name (p, "latency");
    if (flux_plugin_add_handler (p, "job.priority.get", priority_cb, NULL) < 0
        || flux_jobtap_service_register (p, "ask", ask_cb, p) < 0)
        return -1;
    return 0;
}
