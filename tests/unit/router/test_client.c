/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Events, services of clients, and the methods every service has. */

#include "fake.h"

static void publish_raw (struct fake *f, const char *topic, bool private)
{
    flux_msg_t *msg = flux_msg_create (FLUX_MSGTYPE_EVENT);

    flux_msg_set_topic (msg, topic);
    if (private)
        flux_msg_set_private (msg);
    router_client_recv (f->c, msg);
    flux_msg_decref (msg);
}

/* The topic of the next event, "" if there is none. */
static const char *next_event (struct fake *f, uint32_t *seq)
{
    static char buf[256];
    const flux_msg_t *msg = fake_hear (f);
    const char *topic;

    buf[0] = '\0';
    if (msg && flux_msg_get_topic (msg, &topic) == 0)
        snprintf (buf, sizeof (buf), "%s", topic);
    if (msg && seq)
        flux_msg_get_seq (msg, seq);
    flux_msg_decref (msg);
    return buf;
}

static void test_subscribe (struct router *r)
{
    struct fake a, b;
    uint32_t seq = 0;

    fake_join (&a, r, OWNER, FLUX_ROLE_OWNER);
    fake_join (&b, r, OWNER, FLUX_ROLE_OWNER);
    is_int (fake_ask (&a, "event.subscribe", "{\"topic\":\"foo\"}", NULL),
            0,
            "subscribe");
    ok (router_publish (r, "foo.bar", 0, "{}") == 1, "publish counts from 1");
    is_str (next_event (&a, &seq), "foo.bar", "a prefix is enough");
    is_int (seq, 1, "with its number");
    is_str (next_event (&b, NULL), "", "who did not ask gets none");
    router_publish (r, "foobar", 0, NULL);
    is_str (next_event (&a, &seq), "foobar", "dots do not matter");
    router_publish (r, "fo", 0, NULL);
    is_str (next_event (&a, NULL), "", "what is shorter does not match");
    is_int (fake_ask (&b, "event.subscribe", "{\"topic\":\"\"}", NULL),
            0,
            "an empty topic");
    router_publish (r, "anything", 0, NULL);
    is_str (next_event (&b, NULL), "anything", "matches everything");
    is_int (fake_ask (&a, "event.subscribe", "{\"topic\":\"foo\"}", NULL),
            0,
            "subscribe a second time");
    fake_ask (&a, "event.unsubscribe", "{\"topic\":\"foo\"}", NULL);
    router_publish (r, "foo", 0, NULL);
    is_str (next_event (&a, NULL), "foo", "one of two remains");
    is_str (next_event (&a, NULL), "", "and counts once");
    fake_ask (&a, "event.unsubscribe", "{\"topic\":\"foo\"}", NULL);
    is_int (fake_ask (&a, "event.unsubscribe", "{\"topic\":\"foo\"}", NULL),
            ENOENT,
            "none is left to end");
    is_int (fake_ask (&a, "event.subscribe", "{}", NULL), EPROTO, "no topic");
    publish_raw (&a, "raw", false);
    ok (!strcmp (next_event (&b, NULL), "foo")
            && !strcmp (next_event (&b, &seq), "raw"),
        "an event message from a client is published");
    fake_leave (&a);
    fake_leave (&b);
}

static void test_publish (struct router *r)
{
    struct fake o, g;
    const flux_msg_t *msg;
    const char *s;
    uint32_t u;

    fake_join (&o, r, OWNER, FLUX_ROLE_OWNER);
    fake_join (&g, r, GUEST, FLUX_ROLE_USER);
    fake_ask (&g, "event.subscribe", "{\"topic\":\"p\"}", NULL);
    fake_ask (&o, "event.subscribe", "{\"topic\":\"p\"}", NULL);
    fake_say (&g,
              "event.publish",
              "{\"topic\":\"p.x\",\"flags\":0,\"payload\":\"e30A\"}",
              0);
    msg = fake_hear (&o);
    ok (msg && flux_msg_get_string (msg, &s) == 0, "a published payload");
    is_str (s, "{}", "is decoded");
    flux_msg_get_userid (msg, &u);
    is_int (u, GUEST, "and names its publisher");
    flux_msg_decref (msg);
    is_str (next_event (&g, NULL), "p.x", "who hears it as well");
    is_int (fake_answer (&g, &s), 0, "publishing is answered");
    ok (!strncmp (s, "{\"seq\":", 7), "with the number");
    is_int (
        fake_ask (&g, "event.publish", "{\"topic\":\"p\",\"flags\":64}", NULL),
        EPROTO,
        "strange flags");
    is_int (fake_ask (&g,
                      "event.publish",
                      "{\"topic\":\"p\",\"flags\":0,\"payload\":\"!!!!\"}",
                      NULL),
            EPROTO,
            "a payload that is not base64");
    router_publish (r, "p.secret", FLUX_MSGFLAG_PRIVATE, NULL);
    is_str (next_event (&o, NULL), "p.secret", "private: the owner");
    is_str (next_event (&g, NULL), "", "not another");
    publish_raw (&g, "p.mine", true);
    is_str (next_event (&g, NULL), "p.mine", "one's own private event");
    is_str (next_event (&o, NULL), "p.mine", "and the owner");
    fake_leave (&o);
    fake_leave (&g);
}

static void respond (struct fake *f, const flux_msg_t *req, const char *json)
{
    flux_msg_t *msg = flux_response_derive (req, 0);

    flux_msg_set_string (msg, json);
    router_client_recv (f->c, msg);
    flux_msg_decref (msg);
}

static void test_service (struct router *r)
{
    struct fake o, g;
    const flux_msg_t *req;
    const char *s;

    fake_join (&o, r, OWNER, FLUX_ROLE_OWNER);
    fake_join (&g, r, GUEST, FLUX_ROLE_USER);
    is_int (fake_ask (&o, "service.add", "{\"service\":\"svc\"}", NULL),
            0,
            "the owner adds a service");
    is_int (fake_ask (&g, "service.add", "{\"service\":\"x\"}", NULL),
            EPERM,
            "a guest may not");
    is_int (fake_ask (&g, "service.add", "{\"service\":\"200-x\"}", NULL),
            0,
            "unless it begins with the userid");
    is_int (fake_ask (&g, "service.add", "{\"service\":\"20-x\"}", NULL),
            EPERM,
            "the own userid");
    is_int (fake_ask (&o, "service.add", "{\"service\":\"svc\"}", NULL),
            EEXIST,
            "a name is added once");
    is_int (fake_ask (&o, "service.add", "{\"service\":\"event\"}", NULL),
            EEXIST,
            "the broker's own are taken");
    is_int (fake_ask (&o, "service.remove", "{\"service\":\"200-x\"}", NULL),
            ENOENT,
            "nobody removes another's");
    fake_say (&g, "svc.do.it", "{\"q\":1}", 0);
    req = fake_hear (&o);
    ok (req != NULL, "a request reaches the client that serves it");
    is_int (flux_msg_route_count (req), 1, "with the way back");
    is_str (flux_msg_route_last (req), router_client_uuid (g.c), "to it");
    respond (&o, req, "{\"a\":2}");
    flux_msg_decref (req);
    is_int (fake_answer (&g, &s), 0, "the response finds its way");
    is_str (s, "{\"a\":2}", "whole");
    fake_say (&g, "svc.do.it", NULL, 0);
    flux_msg_decref (req = fake_hear (&o));
    fake_leave (&g);
    req = fake_hear (&o);
    ok (req && flux_msg_get_topic (req, &s) == 0
            && !strcmp (s, "svc.do.disconnect") && flux_msg_is_noresponse (req),
        "a serving client hears that one went");
    flux_msg_decref (req);
    fake_ask (&o, "200-x.foo", NULL, &s);
    is_str (s,
            "No service matching 200-x.foo is registered",
            "and its services went with it");
    is_int (fake_ask (&o, "service.remove", "{\"service\":\"svc\"}", NULL),
            0,
            "a service is removed");
    is_int (fake_ask (&o, "svc.do.it", NULL, NULL), ENOSYS, "and gone");
    fake_leave (&o);
}

/* As if f served topic, to the client of this id. */
static void forge (struct fake *f, const char *topic, const char *uuid)
{
    flux_msg_t *msg = flux_msg_create (FLUX_MSGTYPE_RESPONSE);

    flux_msg_route_enable (msg);
    flux_msg_route_push (msg, uuid);
    flux_msg_set_topic (msg, topic);
    flux_msg_set_matchtag (msg, 1);
    flux_msg_set_cred (msg, (struct flux_msg_cred){ OWNER, FLUX_ROLE_OWNER });
    router_client_recv (f->c, msg);
    flux_msg_decref (msg);
}

static void test_forged (struct router *r)
{
    struct fake o, g;
    const flux_msg_t *msg;
    flux_msg_t *event;
    uint32_t userid = 0, rolemask = 0;

    fake_join (&o, r, OWNER, FLUX_ROLE_OWNER);
    fake_join (&g, r, GUEST, FLUX_ROLE_USER);
    forge (&g, "job-manager.submit", router_client_uuid (o.c));
    forge (&g, "2000-x.y", router_client_uuid (o.c));
    ok (!fake_hear (&o), "a guest answers for nobody else");
    forge (&g, "200-x.y", "nobody");
    forge (&g, "200-x.y", router_client_uuid (o.c));
    msg = fake_hear (&o);
    ok (msg && flux_msg_get_userid (msg, &userid) == 0
            && flux_msg_get_rolemask (msg, &rolemask) == 0,
        "but for the own services");
    ok (userid == GUEST && rolemask == (FLUX_ROLE_USER | FLUX_ROLE_LOCAL),
        "and says who it is");
    flux_msg_decref (msg);
    fake_ask (&o, "event.subscribe", "{\"topic\":\"\"}", NULL);
    event = flux_msg_create (FLUX_MSGTYPE_EVENT);
    flux_msg_set_topic (event, "heartbeat.pulse");
    flux_msg_set_cred (event, (struct flux_msg_cred){ OWNER, FLUX_ROLE_OWNER });
    router_client_recv (g.c, event);
    flux_msg_decref (event);
    msg = fake_hear (&o);
    ok (msg && flux_msg_get_userid (msg, &userid) == 0
            && flux_msg_get_rolemask (msg, &rolemask) == 0 && userid == GUEST
            && !(rolemask & FLUX_ROLE_OWNER),
        "so does an event");
    flux_msg_decref (msg);
    fake_leave (&g);
    fake_leave (&o);
}

/* Nobody answers: what is asked waits. */
static void test_outstanding (struct router *r)
{
    struct fake o, g;
    const char *s;
    const flux_msg_t *req;
    unsigned int n = 0;

    fake_join (&o, r, OWNER, FLUX_ROLE_OWNER);
    fake_join (&g, r, GUEST, FLUX_ROLE_USER);
    fake_ask (&o, "service.add", "{\"service\":\"svc\"}", NULL);
    for (int i = 0; i < 65536; i++)
        fake_say (&g, "svc.x", NULL, 0);
    is_int (fake_answer (&g, NULL), -1, "a guest may wait for many answers");
    is_int (fake_ask (&g, "svc.x", NULL, &s), EAGAIN, "but not for any number");
    is_str (s, "too many requests wait for an answer", "its text");
    req = fake_hear (&o);
    respond (&o, req, NULL);
    flux_msg_decref (req);
    is_int (fake_answer (&g, NULL), 0, "one is answered");
    fake_say (&g, "svc.x", NULL, 0);
    is_int (fake_answer (&g, NULL), -1, "and leaves its place to another");
    while ((req = fake_hear (&o))) {
        flux_msg_decref (req);
        n++;
    }
    is_int (n, 65536, "the service got them all");
    fake_leave (&g);
    fake_leave (&o);
}

static char *my_stats (void *arg)
{
    return strdup ("{\"mine\":true}");
}

static int own_ping (struct router *r,
                     const flux_msg_t *msg,
                     void *arg,
                     flux_error_t *error)
{
    router_respond (r, msg, "{\"own\":1}");
    return REQUEST_DONE;
}

static void test_standard (struct router *r)
{
    struct fake o, g;
    const char *s;
    char route[64];

    fake_join (&o, r, OWNER, FLUX_ROLE_OWNER);
    fake_join (&g, r, GUEST, FLUX_ROLE_USER);
    ok (router_standard_methods (r, "m", NULL, NULL) == 0
            && router_standard_methods (r, "n", my_stats, NULL) == 0,
        "standard methods");
    is_int (fake_ask (&g,
                      "m.ping",
                      "{\"seq\":1,\"time.tv_sec\":2,\"time.tv_nsec\":3,"
                      "\"pad\":\"x\"}",
                      &s),
            0,
            "ping");
    snprintf (route,
              sizeof (route),
              "\"route\":\"%.8s!%.8s\"",
              router_client_uuid (g.c),
              router_uuid (r));
    ok (strstr (s, route) != NULL, "with the route %s", route);
    ok (strstr (s, "\"seq\":1") && strstr (s, "\"time.tv_sec\":2")
            && strstr (s, "\"pad\":\"x\"") && strstr (s, "\"userid\":200")
            && strstr (s, "\"rolemask\":6") && strstr (s, "\"rank\":0"),
        "and all keys: %s",
        s);
    is_int (fake_ask (&g, "m.stats-get", NULL, &s), 0, "stats-get");
    ok (strstr (s, "\"rx\":{\"request\":2"), "counts requests: %s", s);
    is_int (fake_ask (&g, "n.stats-get", NULL, &s), 0, "stats of the part");
    is_str (s, "{\"mine\":true}", "are its own");
    is_int (fake_ask (&g, "m.stats-clear", NULL, NULL), EPERM, "not by guests");
    is_int (fake_ask (&o, "m.stats-clear", NULL, NULL), 0, "stats-clear");
    fake_ask (&g, "m.stats-get", NULL, &s);
    ok (strstr (s, "\"rx\":{\"request\":1"), "clears: %s", s);
    publish_raw (&g, "m.stats-clear", false);
    fake_ask (&g, "m.stats-get", NULL, &s);
    ok (strstr (s, "\"rx\":{\"request\":2"), "a guest's event does not: %s", s);
    publish_raw (&o, "m.stats-clear", false);
    fake_ask (&g, "m.stats-get", NULL, &s);
    ok (strstr (s, "\"rx\":{\"request\":1"), "the owner's event does: %s", s);
    is_int (fake_ask (&g, "m.rusage", NULL, &s), 0, "rusage");
    ok (strstr (s, "\"utime\":") && strstr (s, "\"nivcsw\":"), "has its keys");
    is_int (fake_ask (&g, "m.rusage", "{\"who\":\"you\"}", &s), EINVAL, "who");
    fake_ask (&o, "m.debug", "{\"op\":\"setbit\",\"flags\":5}", &s);
    is_str (s, "{\"flags\":5}", "debug sets");
    fake_ask (&o, "m.debug", "{\"op\":\"clrbit\",\"flags\":1}", &s);
    is_str (s, "{\"flags\":4}", "and clears");
    is_int (fake_ask (&o, "m.config-reload", "{}", NULL), 0, "config-reload");
    ok (router_method_add (r, "m.ping", FLUX_ROLE_USER, 0, own_ping, NULL) == 0,
        "a part may have its own");
    fake_ask (&g, "m.ping", "{}", &s);
    is_str (s, "{\"own\":1}", "which wins");
    router_standard_methods (r, "m", NULL, NULL);
    fake_ask (&g, "m.ping", "{}", &s);
    is_str (s, "{\"own\":1}", "also if it came first");
    fake_leave (&o);
    fake_leave (&g);
}

int main (void)
{
    struct loop *loop = loop_create (NULL);
    struct router *r = router_create (loop, OWNER, 0, 1);

    test_subscribe (r);
    test_publish (r);
    test_service (r);
    test_forged (r);
    test_outstanding (r);
    test_standard (r);
    router_destroy (r);
    loop_destroy (loop);
    return done_testing ();
}
