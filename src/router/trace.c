/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Who traces is shown what goes to services and comes from them. */

#include <stdio.h>
#include <string.h>

#include "router/private.h"

void router_trace (struct router *r, router_trace_f cb, void *arg)
{
    r->trace = cb;
    r->trace_arg = arg;
}

void trace_msg (struct router *r, const char *direction, const flux_msg_t *msg)
{
    router_trace_f cb = r->trace;
    const struct service *s;
    const char *topic;
    char name[256];

    /* What the callback itself sends is not traced. */
    if (!cb || r->tracing || flux_msg_get_topic (msg, &topic) < 0)
        return;
    s = service_find (r, topic);
    if (s)
        snprintf (name, sizeof (name), "%s", s->name);
    else
        snprintf (name,
                  sizeof (name),
                  "%.*s",
                  (int)strcspn (topic, "."),
                  topic);
    r->tracing = true;
    cb (r->trace_arg, direction, name, msg);
    r->tracing = false;
}
