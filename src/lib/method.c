/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Methods that every service has (RFC 5). */

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <flux/core.h>
#include <flux/method.h>

#include "wire/requests_broker.h"

static void refuse (flux_t *h, const flux_msg_t *msg)
{
    int saved = errno;
    const char *s = saved == EPROTO ? flux_msg_last_error (msg) : NULL;

    (void)flux_respond_error (h, msg, saved, s && *s ? s : NULL);
}

static void stats_get_cb (flux_t *h,
                          flux_msg_handler_t *mh,
                          const flux_msg_t *msg,
                          void *arg)
{
    flux_msgcounters_t c;

    flux_get_msgcounters (h, &c);
    (void)flux_respond_pack (h,
                             msg,
                             "{s:{s:i s:i s:i s:i} s:{s:i s:i s:i s:i}}",
                             "tx",
                             "request",
                             c.request_tx,
                             "response",
                             c.response_tx,
                             "event",
                             c.event_tx,
                             "control",
                             c.control_tx,
                             "rx",
                             "request",
                             c.request_rx,
                             "response",
                             c.response_rx,
                             "event",
                             c.event_rx,
                             "control",
                             c.control_rx);
}

static void stats_clear_cb (flux_t *h,
                            flux_msg_handler_t *mh,
                            const flux_msg_t *msg,
                            void *arg)
{
    flux_clr_msgcounters (h);
    (void)flux_respond (h, msg, NULL);
}

static void stats_clear_event_cb (flux_t *h,
                                  flux_msg_handler_t *mh,
                                  const flux_msg_t *msg,
                                  void *arg)
{
    flux_clr_msgcounters (h);
}

static const struct {
    const char *name;
    int who;
} whos[] = {
    { "self", RUSAGE_SELF },
    { "children", RUSAGE_CHILDREN },
    { "thread", RUSAGE_THREAD },
};

static int decode_who (const flux_msg_t *msg)
{
    const char *s = "self";

    if (flux_msg_has_payload (msg)
        && flux_msg_unpack (msg, "{s?s}", "who", &s) < 0)
        return -2;
    for (size_t i = 0; i < sizeof (whos) / sizeof (whos[0]); i++) {
        if (!strcmp (whos[i].name, s))
            return whos[i].who;
    }
    errno = EINVAL;
    return -2;
}

static void rusage_cb (flux_t *h,
                       flux_msg_handler_t *mh,
                       const flux_msg_t *msg,
                       void *arg)
{
    struct rusage ru;
    int who = decode_who (msg);
    char *answer = NULL;

    if (who == -2 || getrusage (who, &ru) < 0
        || !(answer = wire_rusage_encode (&ru))
        || flux_respond (h, msg, answer) < 0)
        refuse (h, msg);
    free (answer);
}

/* The way the request came, and at its end ourselves. */
static char *ping_route (flux_t *h, const flux_msg_t *msg)
{
    const char *uuid = flux_aux_get (h, "flux::uuid");
    char *route = flux_msg_route_string (msg);
    char *s;

    if (!route)
        return NULL;
    if (asprintf (&s,
                  "%s%s%.8s",
                  route,
                  *route && uuid ? "!" : "",
                  uuid ? uuid : "")
        < 0)
        s = NULL;
    free (route);
    return s;
}

static void ping_cb (flux_t *h,
                     flux_msg_handler_t *mh,
                     const flux_msg_t *msg,
                     void *arg)
{
    struct flux_msg_cred cred;
    uint32_t rank;
    json_t *o;
    json_t *more;
    char *route;
    int rc = -1;

    if (flux_request_unpack (msg, NULL, "o", &o) < 0
        || flux_msg_get_cred (msg, &cred) < 0 || flux_get_rank (h, &rank) < 0
        || !(route = ping_route (h, msg))) {
        refuse (h, msg);
        return;
    }
    errno = ENOMEM;
    if ((more = json_pack ("{s:s s:I s:I s:I}",
                           "route",
                           route,
                           "userid",
                           (json_int_t)cred.userid,
                           "rolemask",
                           (json_int_t)cred.rolemask,
                           "rank",
                           (json_int_t)rank))
        && json_object_update_missing (more, o) == 0)
        rc = flux_respond_pack (h, msg, "O", more);
    if (rc < 0)
        refuse (h, msg);
    json_decref (more);
    free (route);
}

static int debug_apply (int *mask, const char *op, int flags)
{
    if (!strcmp (op, "setbit"))
        *mask |= flags;
    else if (!strcmp (op, "clrbit"))
        *mask &= ~flags;
    else if (!strcmp (op, "set"))
        *mask = flags;
    else if (!strcmp (op, "clr"))
        *mask = 0;
    else {
        errno = EPROTO;
        return -1;
    }
    return 0;
}

static int *debug_mask (flux_t *h)
{
    int *mask = flux_aux_get (h, "flux::debug_flags");

    if (!mask && (mask = calloc (1, sizeof (*mask)))
        && flux_aux_set (h, "flux::debug_flags", mask, free) < 0) {
        free (mask);
        mask = NULL;
    }
    return mask;
}

static void debug_cb (flux_t *h,
                      flux_msg_handler_t *mh,
                      const flux_msg_t *msg,
                      void *arg)
{
    const char *op;
    int flags;
    int *mask;

    if (flux_request_unpack (msg, NULL, "{s:s s:i}", "op", &op, "flags", &flags)
            < 0
        || !(mask = debug_mask (h)) || debug_apply (mask, op, flags) < 0
        || flux_respond_pack (h, msg, "{s:i}", "flags", *mask) < 0)
        refuse (h, msg);
}

static void config_cb (flux_t *h,
                       flux_msg_handler_t *mh,
                       const flux_msg_t *msg,
                       void *arg)
{
    flux_conf_t *conf;
    json_t *o;

    if (flux_request_unpack (msg, NULL, "o", &o) < 0
        || !(conf = flux_conf_pack ("O", o))) {
        refuse (h, msg);
        return;
    }
    if (flux_set_conf_new (h, conf) < 0) {
        flux_conf_decref (conf);
        refuse (h, msg);
        return;
    }
    (void)flux_respond (h, msg, NULL);
}

static const struct flux_msg_handler_spec methods[] = {
    { FLUX_MSGTYPE_REQUEST, "stats-get", stats_get_cb, FLUX_ROLE_ALL },
    { FLUX_MSGTYPE_REQUEST, "stats-clear", stats_clear_cb, 0 },
    { FLUX_MSGTYPE_EVENT, "stats-clear", stats_clear_event_cb, 0 },
    { FLUX_MSGTYPE_REQUEST, "rusage", rusage_cb, FLUX_ROLE_USER },
    { FLUX_MSGTYPE_REQUEST, "ping", ping_cb, FLUX_ROLE_USER },
    { FLUX_MSGTYPE_REQUEST, "debug", debug_cb, 0 },
    { FLUX_MSGTYPE_REQUEST, "config-reload", config_cb, 0 },
    { FLUX_MSGTYPE_REQUEST, "config-update", config_cb, 0 },
    FLUX_MSGHANDLER_TABLE_END,
};

int flux_register_default_methods (flux_t *h,
                                   const char *service_name,
                                   flux_msg_handler_t **msg_handlers[])
{
    if (!h || !service_name || !msg_handlers) {
        errno = EINVAL;
        return -1;
    }
    return flux_msg_handler_addvec_ex (h,
                                       service_name,
                                       methods,
                                       NULL,
                                       msg_handlers);
}
