/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Who carries out a request, and where responses go. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <flux/response.h>
#include "router/private.h"

void router_sign (struct router *r, flux_msg_t *msg)
{
    struct flux_msg_cred cred = {
        .userid = r->owner,
        .rolemask = FLUX_ROLE_OWNER | FLUX_ROLE_LOCAL,
    };

    (void)flux_msg_set_cred (msg, cred);
}

void dispatch_response (struct router *r, flux_msg_t *msg)
{
    struct router_client *c = client_of (r, msg);
    int errnum;

    if (r->trace)
        trace_msg (r, "tx", msg);
    /* Nobody to give it to: the client has gone. */
    if (!c)
        return;
    (void)flux_msg_route_delete_last (msg);
    /* A stream ends with an error (RFC 6). */
    if (c->outstanding > 0
        && (!flux_msg_is_streaming (msg)
            || (flux_msg_get_errnum (msg, &errnum) == 0 && errnum != 0)))
        c->outstanding--;
    (void)c->deliver (msg, c->arg);
}

void router_forward_response (struct router *r, flux_msg_t *msg)
{
    router_sign (r, msg);
    dispatch_response (r, msg);
}

/* A reply to req that still lacks its payload, or NULL: errno 0 if none is
 * owed.
 */
static flux_msg_t *reply_begin (struct router *r,
                                const flux_msg_t *req,
                                int errnum)
{
    flux_msg_t *msg;

    errno = 0;
    if (!client_expects (req)) {
        errno = 0;
        return NULL;
    }
    if ((msg = flux_response_derive (req, errnum)))
        router_sign (r, msg);
    return msg;
}

static int reply_end (struct router *r, flux_msg_t *msg, bool good)
{
    const char *topic;
    struct service *s;

    if (good) {
        if (flux_msg_get_topic (msg, &topic) == 0
            && (s = service_find (r, topic)))
            s->counts.tx_response++;
        dispatch_response (r, msg);
    }
    flux_msg_decref (msg);
    return good ? 0 : -1;
}

static int reply (struct router *r,
                  const flux_msg_t *req,
                  int errnum,
                  const void *data,
                  size_t len)
{
    flux_msg_t *msg;

    if (!(msg = reply_begin (r, req, errnum)))
        return errno ? -1 : 0;
    return reply_end (r,
                      msg,
                      !data || flux_msg_set_payload (msg, data, len) == 0);
}

int router_respond (struct router *r, const flux_msg_t *req, const char *json)
{
    return reply (r, req, 0, json, json ? strlen (json) + 1 : 0);
}

int router_respond_raw (struct router *r,
                        const flux_msg_t *req,
                        const void *data,
                        size_t len)
{
    return reply (r, req, 0, data, len);
}

int router_respond_error (struct router *r,
                          const flux_msg_t *req,
                          int errnum,
                          const char *text)
{
    if (text && *text == '\0')
        text = NULL;
    return reply (r,
                  req,
                  errnum ? errnum : EINVAL,
                  text,
                  text ? strlen (text) + 1 : 0);
}

int router_respond_pack (struct router *r,
                         const flux_msg_t *req,
                         const char *fmt,
                         ...)
{
    flux_msg_t *reply = reply_begin (r, req, 0);
    int errnum = errno;
    flux_msg_t *msg = reply;
    va_list ap;
    int rc;

    /* What the format takes over ("o") has to be taken in any case. */
    if (!msg && !(msg = flux_msg_create (FLUX_MSGTYPE_RESPONSE)))
        return -1;
    va_start (ap, fmt);
    rc = flux_msg_vpack (msg, fmt, ap);
    va_end (ap);
    if (reply)
        return reply_end (r, reply, rc == 0);
    flux_msg_decref (msg);
    errno = errnum;
    return errnum ? -1 : 0;
}

/* Refuse req.  The text names the topic: longer than flux_error_t holds. */
static void refuse (struct router *r,
                    const flux_msg_t *req,
                    int errnum,
                    const char *fmt,
                    const char *topic)
{
    char text[512];

    snprintf (text, sizeof (text), fmt, topic);
    router_respond_error (r, req, errnum, text);
}

static bool node_reachable (struct router *r, const flux_msg_t *msg)
{
    uint32_t nodeid;

    if (flux_msg_get_nodeid (msg, &nodeid) < 0 || nodeid == FLUX_NODEID_ANY)
        return true;
    if (flux_msg_has_flag (msg, FLUX_MSGFLAG_UPSTREAM) && nodeid == r->rank)
        return false;
    return nodeid < r->size;
}

static void call_method (struct router *r,
                         struct method *m,
                         const flux_msg_t *msg)
{
    flux_error_t error = { .text = "" };

    m->service->counts.rx_request++;
    loop_note (r->loop, m->topic);
    errno = 0;
    if (m->cb (r, msg, m->arg, &error) == REQUEST_ERROR)
        router_respond_error (r, msg, errno, error.text);
}

static void dispatch_method (struct router *r,
                             struct method *m,
                             const flux_msg_t *msg,
                             bool released)
{
    uint32_t rolemask = FLUX_ROLE_NONE;

    (void)flux_msg_get_rolemask (msg, &rolemask);
    if (!(rolemask & m->rolemask)) {
        router_respond_error (r,
                              msg,
                              EPERM,
                              m->rolemask == FLUX_ROLE_OWNER
                                  ? "Request requires owner credentials"
                                  : "Request rejected due to insufficient "
                                    "privilege");
        return;
    }
    if ((m->flags & METHOD_STREAMING) && !flux_msg_is_streaming (msg)) {
        refuse (r, msg, EPROTO, "%s requires streaming RPC flag", m->topic);
        return;
    }
    if (((m->flags & METHOD_HELD) || m->service->held) && !released
        && (loop_held (r->loop) || r->held_head)) {
        if (held_add (r, msg) < 0)
            router_respond_error (r, msg, errno, NULL);
        return;
    }
    call_method (r, m, msg);
}

void dispatch_request (struct router *r, const flux_msg_t *msg, bool released)
{
    const char *topic;
    struct method *m;
    struct service *s;

    if (flux_msg_get_topic (msg, &topic) < 0)
        return;
    if (r->trace && !released)
        trace_msg (r, "rx", msg);
    if (!node_reachable (r, msg))
        router_respond_error (r, msg, EHOSTUNREACH, NULL);
    else if (r->hidden && service_hidden (r, topic))
        refuse (r, msg, ENOSYS, "No service matching %s is registered", topic);
    else if ((m = method_find (r, topic)))
        dispatch_method (r, m, msg, released);
    else if (!(s = service_find (r, topic)))
        refuse (r, msg, ENOSYS, "No service matching %s is registered", topic);
    else if (s->client)
        (void)s->client->deliver (msg, s->client->arg);
    else if ((m = method_find_any (r, s, topic)))
        dispatch_method (r, m, msg, released);
    else
        refuse (r, msg, ENOSYS, "Unknown service method '%s'", topic);
}
