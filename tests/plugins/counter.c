/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Counts in a global variable, to see whether a load begins anew. */

#include <flux/core.h>
#include <flux/jobtap.h>

static int loads;
static int calls;

static int any_cb (flux_plugin_t *p,
                   const char *topic,
                   flux_plugin_arg_t *args,
                   void *arg)
{
    calls++;
    return 0;
}

static int query_cb (flux_plugin_t *p,
                     const char *topic,
                     flux_plugin_arg_t *args,
                     void *arg)
{
    return flux_plugin_arg_pack (args,
                                 FLUX_PLUGIN_ARG_OUT,
                                 "{s:i s:i s:s}",
                                 "loads",
                                 loads,
                                 "calls",
                                 calls,
                                 "file",
                                 flux_plugin_get_path (p));
}

static void get_cb (flux_t *h,
                    flux_msg_handler_t *mh,
                    const flux_msg_t *msg,
                    void *arg)
{
    flux_respond_pack (h, msg, "{s:i}", "calls", calls);
}

int flux_plugin_init (flux_plugin_t *p)
{
    loads++;
    if (flux_jobtap_service_register (p, "early", get_cb, NULL) == 0)
        return -1; /* there is no name yet */
    if (flux_plugin_set_name (p, "counter") < 0
        || flux_jobtap_service_register (p, "get", get_cb, NULL) < 0
        || flux_jobtap_service_register_ex (p,
                                            "open",
                                            FLUX_ROLE_USER,
                                            get_cb,
                                            NULL)
               < 0
        || flux_jobtap_set_load_sort_order (p, "state") < 0
        || flux_plugin_add_handler (p, "plugin.query", query_cb, NULL) < 0
        || flux_plugin_add_handler (p, "job.*", any_cb, NULL) < 0)
        return -1;
    return 0;
}
