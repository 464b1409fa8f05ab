/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Shows the configuration it got, and refuses one with a negative limit. */

#include <flux/core.h>
#include <flux/jobtap.h>

struct conf {
    int own;
    int limit;
};

static int conf_cb (flux_plugin_t *p,
                    const char *topic,
                    flux_plugin_arg_t *args,
                    void *arg)
{
    struct conf *c = flux_plugin_aux_get (p, "conf");
    int limit = 0;

    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:{s?{s?i}}}",
                                "conf",
                                "site",
                                "limit",
                                &limit)
        < 0)
        return flux_jobtap_error (p,
                                  args,
                                  "conf: %s",
                                  flux_plugin_arg_strerror (args));
    if (limit == -2)
        return -1;
    if (limit < 0)
        return flux_jobtap_error (p, args, "site.limit is %d", limit);
    c->limit = limit;
    return 0;
}

static int query_cb (flux_plugin_t *p,
                     const char *topic,
                     flux_plugin_arg_t *args,
                     void *arg)
{
    struct conf *c = flux_plugin_aux_get (p, "conf");

    return flux_plugin_arg_pack (args,
                                 FLUX_PLUGIN_ARG_OUT,
                                 "{s:i s:i}",
                                 "own",
                                 c->own,
                                 "limit",
                                 c->limit);
}

static const struct flux_plugin_handler handlers[] = {
    { "conf.update", conf_cb, NULL },
    { "plugin.query", query_cb, NULL },
    { 0 },
};

int flux_plugin_init (flux_plugin_t *p)
{
    struct conf *c = calloc (1, sizeof (*c));

    if (!c || flux_plugin_aux_set (p, "conf", c, free) < 0)
        return -1;
    c->own = -1;
    if (flux_plugin_conf_unpack (p, "{s:i}", "own", &c->own) < 0
        && flux_plugin_get_conf (p))
        return -1;
    return flux_plugin_register (p, NULL, handlers);
}
