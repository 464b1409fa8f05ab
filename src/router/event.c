/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Events: numbered here, given to those who subscribed to a prefix of their
 * topic.  Private ones (RFC 3) go to the owner and to the user they are of.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <flux/event.h>
#include "router/private.h"
#include "wire/base64.h"

static bool client_wants (const struct router_client *c, const char *topic)
{
    const struct subscription *s;

    for (s = c->subscriptions; s; s = s->next) {
        if (strncmp (topic, s->topic, strlen (s->topic)) == 0)
            return true;
    }
    return false;
}

static bool client_may_see (const struct router_client *c,
                            const flux_msg_t *msg)
{
    uint32_t userid;

    if (!flux_msg_is_private (msg) || (c->rolemask & FLUX_ROLE_OWNER))
        return true;
    return flux_msg_get_userid (msg, &userid) == 0 && userid == c->userid;
}

uint32_t event_deliver (struct router *r, flux_msg_t *msg)
{
    struct router_client *c, *tmp;
    const char *topic;

    if (flux_msg_get_topic (msg, &topic) < 0)
        return 0;
    flux_msg_route_disable (msg);
    r->event_seq++;
    if (r->trace)
        trace_msg (r, "tx", msg);
    (void)flux_msg_set_seq (msg, r->event_seq);
    if (router_is_owner (msg))
        standard_clear_counts (r, topic);
    HASH_ITER (hh, r->clients, c, tmp)
    {
        if (c->subscriptions && client_wants (c, topic)
            && client_may_see (c, msg))
            (void)c->deliver (msg, c->arg);
    }
    return r->event_seq;
}

static flux_msg_t *event_create (const char *topic,
                                 int flags,
                                 const void *data,
                                 size_t len)
{
    flux_msg_t *msg;

    if ((flags & ~FLUX_MSGFLAG_PRIVATE) != 0) {
        errno = EPROTO;
        return NULL;
    }
    if (!(msg = flux_msg_create (FLUX_MSGTYPE_EVENT)))
        return NULL;
    if (flux_msg_set_topic (msg, topic) < 0
        || (data && flux_msg_set_payload (msg, data, len) < 0)
        || (flags && flux_msg_set_private (msg) < 0)) {
        flux_msg_decref (msg);
        return NULL;
    }
    return msg;
}

int router_publish (struct router *r,
                    const char *topic,
                    int flags,
                    const char *json)
{
    flux_msg_t *msg;
    uint32_t seq;

    if (!(msg =
              event_create (topic, flags, json, json ? strlen (json) + 1 : 0)))
        return -1;
    router_sign (r, msg);
    seq = event_deliver (r, msg);
    flux_msg_decref (msg);
    return (int)seq;
}

int event_publish (struct router *r,
                   const flux_msg_t *req,
                   void *arg,
                   flux_error_t *error)
{
    struct flux_msg_cred cred;
    const char *topic;
    const char *base64 = NULL;
    void *data = NULL;
    size_t len = 0;
    flux_msg_t *msg;
    int flags;
    uint32_t seq;

    if (flux_msg_unpack (req,
                         "{s:s s:i s?s}",
                         "topic",
                         &topic,
                         "flags",
                         &flags,
                         "payload",
                         &base64)
            < 0
        || flux_msg_get_cred (req, &cred) < 0)
        goto proto;
    if (base64 && !(data = base64_decode (base64, strlen (base64), &len)))
        goto proto;
    msg = event_create (topic, flags, data, len);
    free (data);
    if (!msg)
        return REQUEST_ERROR;
    /* Subscribers see who published. */
    (void)flux_msg_set_cred (msg, cred);
    seq = event_deliver (r, msg);
    flux_msg_decref (msg);
    router_respond_pack (r, req, "{s:i}", "seq", (int)seq);
    return REQUEST_DONE;
proto:
    errno = EPROTO;
    return REQUEST_ERROR;
}

static struct subscription **find (struct router_client *c, const char *topic)
{
    struct subscription **sp = &c->subscriptions;

    while (*sp && strcmp ((*sp)->topic, topic) != 0)
        sp = &(*sp)->next;
    return sp;
}

static void drop (struct router_client *c, struct subscription **sp)
{
    struct subscription *s = *sp;

    *sp = s->next;
    c->names--;
    free (s->topic);
    free (s);
}

int event_subscribe (struct router *r,
                     const flux_msg_t *msg,
                     void *arg,
                     flux_error_t *error)
{
    struct router_client *c = client_of (r, msg);
    struct subscription **sp;
    struct subscription *s;
    const char *topic;

    if (flux_msg_unpack (msg, "{s:s}", "topic", &topic) < 0 || !c) {
        errno = EPROTO;
        return REQUEST_ERROR;
    }
    if (!*(sp = find (c, topic))) {
        if (c->names >= ROUTER_NAMES_MAX)
            return err_set (error,
                            ENOSPC,
                            "too many services and subscriptions");
        s = calloc (1, sizeof (*s));
        if (!s || !(s->topic = strdup (topic))) {
            free (s);
            return REQUEST_ERROR;
        }
        c->names++;
        *sp = s;
    }
    (*sp)->count++;
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

int event_unsubscribe (struct router *r,
                       const flux_msg_t *msg,
                       void *arg,
                       flux_error_t *error)
{
    struct router_client *c = client_of (r, msg);
    struct subscription **sp;
    const char *topic;

    if (flux_msg_unpack (msg, "{s:s}", "topic", &topic) < 0 || !c) {
        errno = EPROTO;
        return REQUEST_ERROR;
    }
    if (!*(sp = find (c, topic))) {
        errno = ENOENT;
        return REQUEST_ERROR;
    }
    if (--(*sp)->count == 0)
        drop (c, sp);
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

void event_client_clear (struct router_client *c)
{
    while (c->subscriptions)
        drop (c, &c->subscriptions);
}
