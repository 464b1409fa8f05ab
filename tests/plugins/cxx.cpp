/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A plugin in C++ with a global object, as site plugins have. */

#include <map>
#include <string>

extern "C" {
#include <flux/core.h>
#include <flux/jobtap.h>
}

static std::map<std::string, int> seen;

static int any_cb (flux_plugin_t *p,
                   const char *topic,
                   flux_plugin_arg_t *args,
                   void *data)
{
    seen[topic]++;
    return 0;
}

static int query_cb (flux_plugin_t *p,
                     const char *topic,
                     flux_plugin_arg_t *args,
                     void *data)
{
    return flux_plugin_arg_pack (args,
                                 FLUX_PLUGIN_ARG_OUT,
                                 "{s:i s:i}",
                                 "topics",
                                 (int)seen.size (),
                                 "new",
                                 seen["job.new"]);
}

extern "C" int flux_plugin_init (flux_plugin_t *p)
{
    if (flux_plugin_add_handler (p, "plugin.query", query_cb, nullptr) < 0
        || flux_plugin_add_handler (p, "job.*", any_cb, nullptr) < 0)
        return -1;
    return 0;
}
