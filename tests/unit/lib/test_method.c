/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What is built on calls: standard methods, events, services, heartbeats. */

#include <errno.h>
#include <unistd.h>

#include <flux/core.h>
#include <flux/method.h>
#include <flux/sync.h>
#include "tap.h"

static void stop_cb (flux_future_t *f, void *arg)
{
    flux_reactor_stop (flux_future_get_reactor (f));
}

/* Wait with the reactor of the handle that also serves the call. */
static flux_future_t *served (flux_t *h, flux_future_t *f)
{
    flux_future_then (f, 5., stop_cb, NULL);
    flux_reactor_run (flux_get_reactor (h), 0);
    return f;
}

static flux_future_t *call (flux_t *h, const char *topic, const char *s)
{
    return served (h, flux_rpc (h, topic, s, FLUX_NODEID_ANY, 0));
}

static void test_clear_event (flux_t *h)
{
    flux_msgcounters_t before, after;
    flux_msg_t *msg = flux_event_encode ("svc.stats-clear", NULL);

    flux_get_msgcounters (h, &before);
    flux_send (h, msg, 0);
    for (int i = 0; i < 4; i++)
        flux_reactor_run (flux_get_reactor (h), FLUX_REACTOR_NOWAIT);
    flux_get_msgcounters (h, &after);
    ok (before.request_rx > 0 && after.request_rx == 0,
        "stats-clear comes as an event, too");
    flux_msg_destroy (msg);
}

static void test_methods (flux_t *h)
{
    flux_msg_handler_t **handlers;
    flux_future_t *f;
    const char *pad = "", *route = "";
    double utime = -1.;
    int rx, n = 0, userid = -1, rolemask = -1, rank = -1;

    ok (flux_register_default_methods (h, "svc", &handlers) == 0,
        "methods are registered");
    f = call (h, "svc.stats-get", NULL);
    ok (flux_rpc_get_unpack (f, "{s:{s:i}}", "rx", "request", &rx) == 0
            && rx > 0,
        "stats-get counts itself");
    flux_future_destroy (f);
    f = call (h, "svc.stats-clear", NULL);
    ok (flux_rpc_get (f, NULL) == 0, "stats-clear");
    flux_future_destroy (f);
    f = call (h, "svc.rusage", NULL);
    ok (flux_rpc_get_unpack (f, "{s:f s:i}", "utime", &utime, "maxrss", &n) == 0
            && utime >= 0. && n > 0,
        "rusage");
    flux_future_destroy (f);
    f = call (h, "svc.rusage", "{\"who\":\"nobody\"}");
    errno = 0;
    ok (flux_rpc_get (f, NULL) < 0 && errno == EINVAL, "rusage of nobody");
    flux_future_destroy (f);
    f = call (h, "svc.debug", "{\"op\":\"setbit\",\"flags\":6}");
    ok (flux_rpc_get_unpack (f, "{s:i}", "flags", &n) == 0 && n == 6, "debug");
    flux_future_destroy (f);
    f = call (h, "svc.debug", "{\"op\":\"clrbit\",\"flags\":2}");
    ok (flux_rpc_get_unpack (f, "{s:i}", "flags", &n) == 0 && n == 4
            && *(int *)flux_aux_get (h, "flux::debug_flags") == 4,
        "debug: a bit is cleared");
    flux_future_destroy (f);
    f = call (h, "svc.debug", "{\"op\":\"what\",\"flags\":2}");
    errno = 0;
    ok (flux_rpc_get (f, NULL) < 0 && errno == EPROTO, "debug: bad op");
    flux_future_destroy (f);
    f = call (h, "svc.debug", NULL);
    errno = 0;
    ok (flux_rpc_get (f, NULL) < 0 && errno == EPROTO
            && strstr (flux_future_error_string (f), "no payload"),
        "debug: no payload");
    flux_future_destroy (f);
    flux_attr_set_cacheonly (h, "rank", "3");
    f = call (h, "svc.ping", "{\"seq\":7,\"pad\":\"xyz\"}");
    ok (flux_rpc_get_unpack (f,
                             "{s:i s:s s:s s:i s:i s:i !}",
                             "seq",
                             &n,
                             "pad",
                             &pad,
                             "route",
                             &route,
                             "userid",
                             &userid,
                             "rolemask",
                             &rolemask,
                             "rank",
                             &rank)
                == 0
            && n == 7 && !strcmp (pad, "xyz") && rank == 3
            && userid == (int)getuid (),
        "ping: what was sent comes back, with who, where and which way");
    flux_future_destroy (f);
    f = call (h, "svc.ping", "[]");
    errno = 0;
    ok (flux_rpc_get (f, NULL) < 0 && errno == EPROTO, "ping: no object");
    flux_future_destroy (f);
    f = call (h, "svc.config-reload", "{\"t\":{\"n\":5}}");
    ok (flux_rpc_get (f, NULL) == 0
            && flux_conf_unpack (flux_get_conf (h),
                                 NULL,
                                 "{s:{s:i}}",
                                 "t",
                                 "n",
                                 &n)
                   == 0
            && n == 5,
        "config-reload: the handle has it");
    flux_future_destroy (f);
    f = call (h, "svc.config-reload", "7");
    errno = 0;
    ok (flux_rpc_get (f, NULL) < 0 && errno == EPROTO,
        "config-reload: no object");
    flux_future_destroy (f);
    test_clear_event (h);
    flux_msg_handler_delvec (handlers);
}

/* The request that was sent, and its payload. */
static void expect (flux_t *h, const char *topic, const char *payload)
{
    flux_msg_t *msg = flux_recv (h, FLUX_MATCH_REQUEST, 0);
    const char *t = NULL;
    const char *s = NULL;

    flux_request_decode (msg, &t, &s);
    ok (t && s && !strcmp (t, topic) && !strcmp (s, payload),
        "%s %s",
        topic,
        payload);
    flux_msg_destroy (msg);
}

static void test_requests (flux_t *h)
{
    flux_future_t *f;

    f = flux_event_publish (h, "a", 0, NULL);
    expect (h, "event.publish", "{\"topic\":\"a\",\"flags\":0}");
    flux_future_destroy (f);
    f = flux_event_publish_pack (h, "a", FLUX_MSGFLAG_PRIVATE, "{}");
    expect (h,
            "event.publish",
            "{\"topic\":\"a\",\"flags\":32,\"payload\":\"e30A\"}");
    flux_future_destroy (f);
    f = flux_event_publish_raw (h, "a", 0, "hello", 5);
    expect (h,
            "event.publish",
            "{\"topic\":\"a\",\"flags\":0,\"payload\":\"aGVsbG8=\"}");
    flux_future_destroy (f);
    f = flux_event_publish_raw (h, "a", 0, "\xff\xfe\xfd\xfc", 4);
    expect (h,
            "event.publish",
            "{\"topic\":\"a\",\"flags\":0,\"payload\":\"//79/A==\"}");
    flux_future_destroy (f);
    errno = 0;
    ok (!flux_event_publish (h, "a", 1, NULL) && errno == EINVAL, "bad flags");
    f = flux_event_subscribe_ex (h, "x.", 0);
    expect (h, "event.subscribe", "{\"topic\":\"x.\"}");
    flux_future_destroy (f);
    f = flux_service_register (h, "me");
    expect (h, "service.add", "{\"service\":\"me\"}");
    flux_future_destroy (f);
    f = flux_service_unregister (h, "me");
    expect (h, "service.remove", "{\"service\":\"me\"}");
    flux_future_destroy (f);
    errno = 0;
    ok (!flux_service_register (h, NULL) && errno == EINVAL, "no name");
}

static void sync_cb (flux_future_t *f, void *arg)
{
    (*(int *)arg)++;
    flux_future_reset (f);
}

static void beat (flux_t *h)
{
    flux_msg_t *msg = flux_event_encode ("heartbeat.pulse", NULL);

    flux_send (h, msg, 0);
    flux_msg_destroy (msg);
    for (int i = 0; i < 4; i++)
        flux_reactor_run (flux_get_reactor (h), FLUX_REACTOR_NOWAIT);
}

static void test_sync (void)
{
    flux_t *h = flux_open ("loop://", FLUX_O_TEST_NOSUB);
    flux_future_t *f = flux_sync_create (h, 0.);
    int count = 0;

    flux_future_then (f, -1., sync_cb, &count);
    beat (h);
    is_int (count, 1, "a heartbeat");
    beat (h);
    is_int (count, 2, "and another");
    flux_future_destroy (f);
    f = flux_sync_create (h, 1000.);
    flux_future_then (f, -1., sync_cb, &count);
    beat (h);
    beat (h);
    is_int (count, 3, "one that comes too soon is let pass");
    flux_future_destroy (f);
    errno = 0;
    ok (!flux_sync_create (h, -1.) && errno == EINVAL, "minimum < 0: EINVAL");
    flux_close (h);
}

int main (void)
{
    flux_t *h = flux_open ("loop://", 0);

    test_methods (h);
    test_requests (h);
    test_sync ();
    flux_close (h);
    return done_testing ();
}
