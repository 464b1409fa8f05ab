/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-manager.NAME.METHOD: requests that plugins answer. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/log.h"
#include "jobtap/private.h"

struct tap_service {
    struct jobtap *jt;
    flux_msg_handler_f cb;
    void *arg;
    flux_msg_handler_t *mh; /* never started: the router dispatches, and the
                               callback has something to be given */
    uint32_t rolemask;
    bool suspended;
    struct tap_service *next;
    char topic[];
};

static void service_destroy (struct tap_service *s)
{
    flux_msg_handler_destroy (s->mh);
    free (s);
}

static int service_request (struct router *r,
                            const flux_msg_t *msg,
                            void *arg,
                            flux_error_t *error)
{
    struct tap_service *s = arg;

    s->cb (s->jt->h, s->mh, msg, s->arg);
    return REQUEST_DONE;
}

static int service_start (struct tap_service *s)
{
    return router_method_add (s->jt->router,
                              s->topic,
                              s->rolemask,
                              METHOD_HELD,
                              service_request,
                              s);
}

static struct tap_service *service_create (struct tap_plugin *t,
                                           const char *topic,
                                           flux_msg_handler_f cb,
                                           void *arg)
{
    struct flux_match match = FLUX_MATCH_REQUEST;
    struct tap_service *s;

    if (!(s = calloc (1, sizeof (*s) + strlen (topic) + 1)))
        return NULL;
    strcpy (s->topic, topic);
    s->jt = t->jt;
    s->cb = cb;
    s->arg = arg;
    match.topic_glob = s->topic;
    if (!(s->mh = flux_msg_handler_create (t->jt->h, match, cb, arg))) {
        free (s);
        return NULL;
    }
    return s;
}

int tap_service_add (struct tap_plugin *t,
                     const char *method,
                     uint32_t rolemask,
                     flux_msg_handler_f cb,
                     void *arg)
{
    const char *name = flux_plugin_get_name (t->p);
    struct tap_service *s;
    char topic[256];

    if (name && name[0] == '.')
        name++;
    if (!name || !name[0] || strpbrk (name, "./") || !method || !method[0]
        || !cb
        || snprintf (topic, sizeof (topic), "job-manager.%s.%s", name, method)
               >= (int)sizeof (topic)) {
        errno = EINVAL;
        return -1;
    }
    if (!(s = service_create (t, topic, cb, arg)))
        return -1;
    s->rolemask = rolemask | FLUX_ROLE_OWNER;
    if (service_start (s) < 0) {
        int saved = errno;

        service_destroy (s);
        errno = saved;
        return -1;
    }
    LL_PREPEND (t->services, s);
    return 0;
}

void tap_services_drop (struct tap_plugin *t)
{
    struct tap_service *s;

    while ((s = t->services)) {
        LL_DELETE (t->services, s);
        if (!s->suspended)
            router_method_remove (t->jt->router, s->topic);
        service_destroy (s);
    }
}

void tap_services_suspend (struct tap_plugin *t)
{
    struct tap_service *s;

    LL_FOREACH (t->services, s)
    {
        if (!s->suspended)
            router_method_remove (t->jt->router, s->topic);
        s->suspended = true;
    }
}

void tap_services_resume (struct tap_plugin *t)
{
    struct tap_service *s;

    LL_FOREACH (t->services, s)
    {
        if (s->suspended && service_start (s) < 0)
            log_errno (TAP_PART, "jobtap: %s: %s", t->name, s->topic);
        else
            s->suspended = false;
    }
}
