/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Clients: what comes from them, the services they offer, their going. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "router/private.h"

/* Bytes for a client that may wait to be written while more is made. */
#define QUEUE_ENOUGH (1UL << 20)

static struct router_client *client_find (struct router *r, const char *uuid)
{
    struct router_client *c;

    HASH_FIND_STR (r->clients, uuid, c);
    return c;
}

struct router_client *client_of (struct router *r, const flux_msg_t *msg)
{
    const char *uuid = flux_msg_route_last (msg);

    return uuid ? client_find (r, uuid) : NULL;
}

struct router_client *router_client_add (struct router *r,
                                         uint32_t userid,
                                         uint32_t rolemask,
                                         router_deliver_f deliver,
                                         void *arg)
{
    struct router_client *c;

    if (!(c = calloc (1, sizeof (*c))))
        return NULL;
    c->router = r;
    c->userid = userid;
    c->rolemask = rolemask;
    c->deliver = deliver;
    c->arg = arg;
    router_make_uuid (c->uuid);
    HASH_ADD_STR (r->clients, uuid, c);
    return c;
}

void router_client_set_queued (struct router_client *c,
                               size_t (*cb) (void *arg))
{
    c->queued = cb;
}

size_t router_queued (struct router *r, const flux_msg_t *req)
{
    struct router_client *c = client_of (r, req);

    return c && c->queued ? c->queued (c->arg) : 0;
}

bool router_is_behind (struct router *r, const flux_msg_t *req)
{
    struct router_client *c = client_of (r, req);

    if (c && c->queued)
        c->behind = c->queued (c->arg) > QUEUE_ENOUGH;
    return c && c->behind;
}

int router_kick_add (struct router *r, struct loop_source *work)
{
    struct kick *k = calloc (1, sizeof (*k));

    if (!k)
        return -1;
    k->work = work;
    LL_PREPEND (r->kicks, k);
    return 0;
}

void router_kick_remove (struct router *r, struct loop_source *work)
{
    struct kick *k, *tmp;

    LL_FOREACH_SAFE (r->kicks, k, tmp)
    {
        if (k->work == work) {
            LL_DELETE (r->kicks, k);
            free (k);
        }
    }
}

void router_client_read (struct router_client *c)
{
    struct kick *k;

    if (!c->behind || c->queued (c->arg) > QUEUE_ENOUGH)
        return;
    c->behind = false;
    LL_FOREACH (c->router->kicks, k)
    loop_kick (k->work);
}

void router_client_set_pause (struct router_client *c,
                              void (*cb) (void *arg, bool paused))
{
    c->pause = cb;
}

void router_pause (struct router *r, const flux_msg_t *req, bool paused)
{
    struct router_client *c = client_of (r, req);

    if (c && c->pause)
        c->pause (c->arg, paused);
}

bool router_is_inside (struct router *r, const flux_msg_t *req)
{
    struct router_client *c = client_of (r, req);

    return !c || !c->queued;
}

const char *router_client_uuid (const struct router_client *c)
{
    return c->uuid;
}

bool client_expects (const flux_msg_t *msg)
{
    uint32_t matchtag;

    return !flux_msg_is_noresponse (msg)
           && flux_msg_get_matchtag (msg, &matchtag) == 0
           && matchtag != FLUX_MATCHTAG_NONE;
}

/* ---- what comes in ---- */

/* The kernel knows who a guest is; the owner may speak for others. */
static void set_credentials (struct router_client *c, flux_msg_t *msg)
{
    struct flux_msg_cred cred = { c->userid, c->rolemask };

    if ((c->rolemask & FLUX_ROLE_OWNER)
        && flux_msg_get_cred (msg, &cred) == 0) {
        if (cred.userid == FLUX_USERID_UNKNOWN)
            cred.userid = c->userid;
        if (cred.rolemask == FLUX_ROLE_NONE)
            cred.rolemask = c->rolemask;
    }
    (void)flux_msg_set_cred (msg, cred);
}

/* Remember which service will have to hear that the client went: the one
 * that is to be told is named by the topic without its last part.
 */
static void note_touched (struct router_client *c, const flux_msg_t *msg)
{
    struct touched *t;
    const char *topic;
    const char *dot;

    if (flux_msg_is_noresponse (msg) || flux_msg_get_topic (msg, &topic) < 0
        || !(dot = strrchr (topic, '.')) || dot == topic)
        return;
    HASH_FIND (hh, c->touched, topic, (size_t)(dot - topic), t);
    /* Only what exists is noted, so that a client cannot fill memory. */
    if (t
        || (!method_find (c->router, topic)
            && !service_find (c->router, topic)))
        return;
    if (HASH_COUNT (c->touched) >= ROUTER_NAMES_MAX
        || !(t = calloc (1, sizeof (*t))))
        return;
    if (!(t->service = strndup (topic, dot - topic))) {
        free (t);
        return;
    }
    HASH_ADD_KEYPTR (hh, c->touched, t->service, strlen (t->service), t);
}

/* Names of a guest's services, so topics it may answer, begin like this. */
static bool is_guest_name (uint32_t userid, const char *name)
{
    char prefix[32];

    snprintf (prefix, sizeof (prefix), "%" PRIu32 "-", userid);
    return strncmp (name, prefix, strlen (prefix)) == 0;
}

/* Nobody answers in the name of the broker's services, or another user's. */
static bool may_answer (const struct router_client *c, const flux_msg_t *msg)
{
    const char *topic;

    return (c->rolemask & FLUX_ROLE_OWNER)
           || (flux_msg_get_topic (msg, &topic) == 0
               && is_guest_name (c->userid, topic));
}

static void take_request (struct router_client *c, flux_msg_t *msg)
{
    flux_msg_route_enable (msg);
    if (flux_msg_route_push (msg, c->uuid) < 0)
        return;
    if (client_expects (msg)) {
        c->outstanding++;
        if (!(c->rolemask & FLUX_ROLE_OWNER)
            && c->outstanding > ROUTER_GUEST_REQUESTS_MAX) {
            router_respond_error (c->router,
                                  msg,
                                  EAGAIN,
                                  "too many requests wait for an answer");
            return;
        }
    }
    note_touched (c, msg);
    dispatch_request (c->router, msg, false);
}

void router_client_take (struct router_client *c, flux_msg_t *msg)
{
    struct router *r = c->router;
    int type;

    if (flux_msg_get_type (msg, &type) < 0)
        return;
    set_credentials (c, msg);
    switch (type) {
    case FLUX_MSGTYPE_REQUEST:
        take_request (c, msg);
        break;
    case FLUX_MSGTYPE_RESPONSE:
        if (may_answer (c, msg))
            dispatch_response (r, msg);
        break;
    case FLUX_MSGTYPE_EVENT:
        (void)event_deliver (r, msg);
        break;
    }
}

void router_client_recv (struct router_client *c, const flux_msg_t *msg)
{
    flux_msg_t *copy;

    if ((copy = flux_msg_copy (msg, true))) {
        router_client_take (c, copy);
        flux_msg_decref (copy);
    }
}

/* ---- its going ---- */

static void send_disconnect (struct router_client *c, const char *service)
{
    struct router *r = c->router;
    struct flux_msg_cred cred = { c->userid, c->rolemask };
    flux_msg_t *msg;
    char *topic = NULL;

    if (!(msg = flux_msg_create (FLUX_MSGTYPE_REQUEST)))
        return;
    flux_msg_route_enable (msg);
    if (asprintf (&topic, "%s.disconnect", service) >= 0
        && flux_msg_set_topic (msg, topic) == 0
        && flux_msg_set_noresponse (msg) == 0
        && flux_msg_set_cred (msg, cred) == 0
        && flux_msg_route_push (msg, c->uuid) == 0) {
        /* Not before a request of the same client that still waits. */
        if (!r->held_head || held_add (r, msg) < 0)
            dispatch_request (r, msg, false);
    }
    free (topic);
    flux_msg_decref (msg);
}

void router_client_remove (struct router_client *c)
{
    struct touched *t, *tmp;
    struct service *s;

    if (!c)
        return;
    /* First out of the table: nothing more is delivered to it. */
    HASH_DEL (c->router->clients, c);
    while ((s = c->services)) {
        c->services = s->next_of_client;
        service_destroy (c->router, s);
    }
    event_client_clear (c);
    HASH_ITER (hh, c->touched, t, tmp)
    {
        HASH_DEL (c->touched, t);
        send_disconnect (c, t->service);
        free (t->service);
        free (t);
    }
    free (c);
}

/* ---- services of clients ---- */

/* Guests may only take names that begin with their userid. */
static bool may_register (const flux_msg_t *msg, const char *name)
{
    uint32_t userid;

    return router_is_owner (msg)
           || (flux_msg_get_userid (msg, &userid) == 0
               && is_guest_name (userid, name));
}

static int service_name (const flux_msg_t *msg, const char **name)
{
    if (flux_msg_unpack (msg, "{s:s}", "service", name) < 0 || **name == '\0') {
        errno = EPROTO;
        return -1;
    }
    return 0;
}

int client_service_add (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    struct router_client *c = client_of (r, msg);
    struct service *s;
    const char *name;

    if (service_name (msg, &name) < 0 || !c)
        return REQUEST_ERROR;
    if (!may_register (msg, name)) {
        errno = EPERM;
        return REQUEST_ERROR;
    }
    if (c->names >= ROUTER_NAMES_MAX)
        return err_set (error, ENOSPC, "too many services and subscriptions");
    if (!(s = service_create (r, name, c)))
        return REQUEST_ERROR;
    c->names++;
    s->next_of_client = c->services;
    c->services = s;
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

int client_service_remove (struct router *r,
                           const flux_msg_t *msg,
                           void *arg,
                           flux_error_t *error)
{
    struct router_client *c = client_of (r, msg);
    const char *name;

    if (service_name (msg, &name) < 0 || !c)
        return REQUEST_ERROR;
    for (struct service **sp = &c->services; *sp; sp = &(*sp)->next_of_client) {
        struct service *s = *sp;

        if (strcmp (s->name, name) == 0) {
            *sp = s->next_of_client;
            service_destroy (r, s);
            c->names--;
            router_respond (r, msg, NULL);
            return REQUEST_DONE;
        }
    }
    errno = ENOENT;
    return REQUEST_ERROR;
}
