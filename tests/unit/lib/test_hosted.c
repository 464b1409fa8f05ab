/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Handles that a broker lends to plugins in its own process. */

#include <errno.h>

#include <flux/connector.h>
#include <flux/core.h>
#include "lib/handle_host.h"
#include "loop/loop.h"
#include "tap.h"

/* A broker: requests wait in todo, and each turn serves them; answers (and
 * noise before them) wait in inbox.
 */
struct broker {
    struct loop *loop;
    struct flux_msglist *todo;
    struct flux_msglist *inbox;
    struct loop_source *work;
    int depth; /* of waits */
    int waits;
    int awaited; /* the last matchtag */
};

static flux_msg_t *inbox_recv (void *impl, int flags)
{
    struct broker *b = impl;
    const flux_msg_t *msg = flux_msglist_pop (b->inbox);

    if (!msg)
        errno = EAGAIN;
    return (flux_msg_t *)msg;
}

static int todo_send (void *impl, const flux_msg_t *msg, int flags)
{
    struct broker *b = impl;
    flux_msg_t *cpy = flux_msg_copy (msg, true);
    int rc = flux_msglist_append (b->todo, cpy);

    flux_msg_destroy (cpy);
    loop_kick (b->work);
    return rc;
}

static int inbox_pollevents (void *impl)
{
    struct broker *b = impl;

    return FLUX_POLLOUT | (flux_msglist_count (b->inbox) ? FLUX_POLLIN : 0);
}

static const struct flux_handle_ops ops = {
    .pollevents = inbox_pollevents,
    .send = todo_send,
    .recv = inbox_recv,
};

static void deliver (struct broker *b, flux_msg_t *msg)
{
    flux_msg_set_rolemask (msg, FLUX_ROLE_OWNER);
    flux_msglist_append (b->inbox, msg);
    flux_msg_destroy (msg);
}

static void serve_cb (struct loop_source *src, int revents, void *arg)
{
    struct broker *b = arg;
    const flux_msg_t *req;
    const char *topic;
    const char *s;

    while ((req = flux_msglist_pop (b->todo))) {
        flux_request_decode (req, &topic, &s);
        if (!strcmp (topic, "x.echo")) {
            flux_msg_t *msg = flux_response_derive (req, 0);

            if (s)
                flux_msg_set_string (msg, s);
            deliver (b, flux_event_encode ("noise", NULL));
            deliver (b, msg);
        }
        flux_msg_decref (req);
    }
}

static void host_wait (void *arg, bool begin)
{
    struct broker *b = arg;

    b->depth += begin ? 1 : -1;
    if (begin) {
        b->waits++;
        loop_hold (b->loop);
    }
    else
        loop_release (b->loop);
}

static void timer_cb (struct loop_source *src, int revents, void *arg)
{
}

static void host_turn (void *arg, double timeout)
{
    struct broker *b = arg;
    struct loop_source *timer = NULL;

    if (timeout >= 0)
        timer = loop_timer_create (b->loop,
                                   LOOP_ALWAYS,
                                   timeout,
                                   0.,
                                   timer_cb,
                                   NULL);
    loop_turn (b->loop, true);
    loop_source_destroy (timer);
}

/* What begins with "self" can never be answered while its caller waits. */
static void host_awaits (void *arg, uint32_t matchtag)
{
    struct broker *b = arg;
    const flux_msg_t *req;
    const char *topic;

    b->awaited = matchtag;
    for (req = flux_msglist_first (b->todo); req;
         req = flux_msglist_next (b->todo)) {
        if (flux_msg_cmp_matchtag (req, matchtag)
            && flux_msg_get_topic (req, &topic) == 0
            && !strncmp (topic, "self", 4)) {
            deliver (b, flux_response_derive (req, EDEADLK));
            flux_msglist_delete (b->todo);
            return;
        }
    }
}

static void count_cb (flux_t *h,
                      flux_msg_handler_t *mh,
                      const flux_msg_t *msg,
                      void *arg)
{
    (*(int *)arg)++;
}

static void then_cb (flux_future_t *f, void *arg)
{
    (*(int *)arg)++;
    flux_future_destroy (f);
}

/* A callback of the plugin that waits inside. */
static void waiting_cb (flux_future_t *f, void *arg)
{
    flux_t *h = flux_future_get_flux (f);
    flux_future_t *f2 = flux_rpc (h, "x.echo", "{\"a\":1}", 0, 0);
    int a;

    if (flux_rpc_get_unpack (f2, "{s:i}", "a", &a) == 0)
        *(int *)arg += a;
    flux_future_destroy (f2);
    flux_future_destroy (f);
}

static void test_waits (struct broker *b, flux_t *h, int *events)
{
    flux_future_t *f;
    flux_future_t *all;
    int count = 0;
    const char *s;

    f = flux_rpc (h, "x.echo", "{}", 0, 0);
    ok (flux_rpc_get (f, &s) == 0 && !strcmp (s, "{}"),
        "a call waits while its host turns");
    ok (b->waits == 1 && b->depth == 0, "one wait, begun and ended");
    is_int (b->awaited, flux_rpc_get_matchtag (f), "the host knew for what");
    is_int (*events, 0, "no handler ran in it");
    flux_future_destroy (f);
    for (int i = 0; i < 5; i++)
        loop_turn (b->loop, false);
    is_int (*events, 1, "it ran after it");

    f = flux_rpc (h, "self.lock", NULL, 0, 0);
    errno = 0;
    ok (flux_rpc_get (f, NULL) < 0 && errno == EDEADLK,
        "what can never be answered: EDEADLK");
    flux_future_destroy (f);
    f = flux_rpc (h, "x.never", NULL, 0, 0);
    errno = 0;
    ok (flux_future_wait_for (f, 0.01) < 0 && errno == ETIMEDOUT
            && b->depth == 0,
        "a timeout");
    flux_future_destroy (f);

    all = flux_future_wait_all_create ();
    flux_future_push (all, "1", flux_rpc (h, "x.echo", NULL, 0, 0));
    flux_future_push (all, "2", flux_rpc (h, "self.x", NULL, 0, 0));
    ok (flux_future_get (all, NULL) == 0 && b->depth == 0, "a composite");
    errno = 0;
    ok (flux_rpc_get (flux_future_get_child (all, "1"), NULL) == 0
            && flux_rpc_get (flux_future_get_child (all, "2"), NULL) < 0
            && errno == EDEADLK,
        "with both answers");
    flux_future_destroy (all);
    all = flux_future_wait_all_create ();
    flux_future_push (all, "1", flux_rpc (h, "x.never", NULL, 0, 0));
    errno = 0;
    ok (flux_future_wait_for (all, 0.01) < 0 && errno == ETIMEDOUT,
        "a composite and a timeout");
    flux_future_destroy (all);

    f = flux_rpc (h, "x.echo", NULL, 0, 0);
    flux_future_then (f, -1., then_cb, &count);
    for (int i = 0; i < 5; i++)
        loop_turn (b->loop, false);
    is_int (count, 1, "a continuation on the host's loop");
    f = flux_rpc (h, "x.echo", NULL, 0, 0);
    flux_future_then (f, -1., waiting_cb, &count);
    for (int i = 0; i < 5; i++)
        loop_turn (b->loop, false);
    is_int (count, 2, "one that waits itself");
    is_int (b->depth, 0, "all waits have ended");
}

int main (void)
{
    struct broker b = { 0 };
    struct flux_priv_host host = { host_wait, host_turn, host_awaits, &b };
    flux_t *h = flux_handle_create (&b, &ops, 0);
    struct flux_match m = FLUX_MATCH_EVENT;
    flux_reactor_t *r;
    flux_msg_handler_t *mh;
    int events = 0;

    b.loop = loop_create (NULL);
    b.todo = flux_msglist_create ();
    b.inbox = flux_msglist_create ();
    b.work = loop_work_create (b.loop, LOOP_ALWAYS, serve_cb, &b);
    r = flux_priv_reactor_wrap (b.loop);
    errno = 0;
    ok (flux_priv_handle_set_host (h, NULL) < 0 && errno == EINVAL,
        "no host: EINVAL");
    ok (flux_priv_handle_set_host (h, &host) == 0, "a hosted handle");
    flux_set_reactor (h, r);
    mh = flux_msg_handler_create (h, m, count_cb, &events);
    flux_msg_handler_start (mh);
    test_waits (&b, h, &events);
    flux_msg_handler_destroy (mh);
    flux_close (h);
    flux_reactor_destroy (r);
    loop_source_destroy (b.work);
    flux_msglist_destroy (b.todo);
    flux_msglist_destroy (b.inbox);
    loop_destroy (b.loop);
    return done_testing ();
}
