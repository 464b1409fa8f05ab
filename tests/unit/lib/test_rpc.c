/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <flux/connector.h>

#include "peer.h"

static void test_sync (flux_t *h)
{
    flux_future_t *f;
    const char *s;
    const void *data;
    size_t len;
    int n;

    f = flux_rpc (h, "t.echo", "{\"n\":5}", FLUX_NODEID_ANY, 0);
    ok (f && flux_rpc_get (f, &s) == 0 && !strcmp (s, "{\"n\":5}"),
        "a call and its answer");
    ok (flux_rpc_get_unpack (f, "{s:i}", "n", &n) == 0 && n == 5, "unpacked");
    ok (flux_rpc_get_raw (f, &data, &len) == 0 && len == 8, "raw");
    errno = 0;
    ok (flux_rpc_get_unpack (f, "{s:s}", "n", &s) < 0 && errno == EPROTO,
        "unpacked as something else: EPROTO");
    ok (flux_rpc_get_matchtag (f) != 0, "it had a tag");
    ok (flux_rpc_get_nodeid (f) == FLUX_NODEID_ANY, "and a nodeid");
    flux_future_destroy (f);

    f = flux_rpc_pack (h, "t.echo", 0, 0, "{s:i}", "n", 6);
    ok (f && flux_rpc_get_unpack (f, "{s:i}", "n", &n) == 0 && n == 6,
        "a packed call");
    flux_future_destroy (f);
    f = flux_rpc (h, "t.echo", NULL, FLUX_NODEID_ANY, 0);
    ok (f && flux_rpc_get (f, &s) == 0 && !s, "without payload");
    flux_future_destroy (f);
    f = flux_rpc_raw (h, "t.echo", "abc", 4, FLUX_NODEID_ANY, 0);
    ok (f && flux_rpc_get (f, &s) == 0 && !strcmp (s, "abc"), "raw");
    flux_future_destroy (f);

    f = flux_rpc_pack (h,
                       "t.fail",
                       0,
                       0,
                       "{s:i s:s}",
                       "errnum",
                       EBUSY,
                       "text",
                       "too busy");
    errno = 0;
    ok (flux_rpc_get (f, NULL) < 0 && errno == EBUSY, "an error");
    is_str (future_strerror (f, errno), "too busy", "with its text");
    ok (flux_future_has_error (f), "has_error");
    flux_future_destroy (f);
    errno = 0;
    ok (!flux_rpc (NULL, "a", NULL, 0, 0) && errno == EINVAL, "no handle");
    ok (!flux_rpc (h, NULL, NULL, 0, 0) && errno == EINVAL, "no topic");
    ok (!flux_rpc (h, "a", NULL, 0, 3) && errno == EINVAL,
        "NORESPONSE and STREAMING");
    f = flux_rpc (h, "t.echo", "{}", 0, FLUX_RPC_NORESPONSE);
    ok (f && flux_future_is_ready (f) && flux_rpc_get_matchtag (f) == 0,
        "NORESPONSE is ready at once");
    flux_future_destroy (f);
}

static void test_streaming (flux_t *h)
{
    flux_future_t *f;
    int n;
    int i = 0;

    f = flux_rpc_pack (h,
                       "t.stream",
                       0,
                       FLUX_RPC_STREAMING,
                       "{s:i}",
                       "count",
                       5);
    while (flux_rpc_get_unpack (f, "{s:i}", "n", &n) == 0 && n == i) {
        flux_future_reset (f);
        i++;
    }
    ok (i == 5 && errno == ENODATA, "five responses and the end");
    flux_future_reset (f);
    errno = 0;
    ok (flux_future_wait_for (f, -1.) < 0 && errno == EDEADLK,
        "after the end no wait can succeed");
    flux_future_destroy (f);
}

/* A response that nobody wants any more must not reach the next call. */
static void test_destroyed (flux_t *h)
{
    uint32_t avail = flux_matchtag_avail (h);
    uint32_t tag;
    flux_future_t *f;
    int n = 0;

    f = flux_rpc (h, "t.hold", NULL, 0, 0);
    tag = flux_rpc_get_matchtag (f);
    flux_future_destroy (f);
    is_int (flux_matchtag_avail (h), avail - 1, "its tag is still taken");
    f = flux_rpc (h, "t.echo", "{\"n\":1}", 0, 0);
    ok (flux_rpc_get_matchtag (f) != tag, "the next has another");
    ok (flux_rpc_get_unpack (f, "{s:i}", "n", &n) == 0 && n == 1,
        "and gets its own answer");
    flux_future_destroy (f);
    is_int (flux_matchtag_avail (h), avail, "both tags are free again");

    f = flux_rpc_pack (h,
                       "t.stream",
                       0,
                       FLUX_RPC_STREAMING,
                       "{s:i}",
                       "count",
                       3);
    flux_future_destroy (f);
    f = flux_rpc (h, "t.echo", NULL, 0, 0);
    ok (flux_rpc_get (f, NULL) == 0, "a destroyed stream is skipped");
    flux_future_destroy (f);
    is_int (flux_matchtag_avail (h), avail, "with all its responses");
}

static void test_timeout (flux_t *h)
{
    flux_future_t *f = flux_rpc (h, "t.never", NULL, 0, 0);

    errno = 0;
    ok (flux_future_wait_for (f, 0.) < 0 && errno == ETIMEDOUT,
        "not waiting: ETIMEDOUT");
    errno = 0;
    ok (flux_future_wait_for (f, 0.01) < 0 && errno == ETIMEDOUT,
        "waiting a little: ETIMEDOUT");
    ok (!flux_future_is_ready (f), "the future is not fulfilled by that");
    flux_future_destroy (f);
}

static void test_order (flux_t *h)
{
    flux_future_t *f[100];
    int good = 0;
    int n;

    for (int i = 0; i < 100; i++)
        f[i] = flux_rpc_pack (h, "t.echo", 0, 0, "{s:i}", "n", i);
    for (int i = 99; i >= 0; i--) {
        if (flux_rpc_get_unpack (f[i], "{s:i}", "n", &n) == 0 && n == i)
            good++;
        flux_future_destroy (f[i]);
    }
    is_int (good, 100, "a hundred at once, waited for in reverse");
}

static void test_big (flux_t *h)
{
    size_t size = 8 << 20;
    char *s = malloc (size + 1);
    const void *data;
    size_t len;
    flux_future_t *f;

    memset (s, 'x', size);
    s[size] = '\0';
    f = flux_rpc_raw (h, "t.echo", s, size + 1, 0, 0);
    ok (f && flux_rpc_get_raw (f, &data, &len) == 0 && len == size + 1
            && !memcmp (data, s, len),
        "eight megabytes there and back");
    flux_future_destroy (f);
    free (s);
}

static int then_count;

static void then_cb (flux_future_t *f, void *arg)
{
    int n;

    if (flux_rpc_get_unpack (f, "{s:i}", "n", &n) == 0 && n == then_count)
        then_count++;
    flux_future_destroy (f);
}

static void stream_cb (flux_future_t *f, void *arg)
{
    int n;

    if (flux_rpc_get_unpack (f, "{s:i}", "n", &n) == 0) {
        if (n == then_count)
            then_count++;
        flux_future_reset (f);
    }
    else
        flux_future_destroy (f);
}

static void timeout_cb (flux_future_t *f, void *arg)
{
    *(int *)arg = flux_future_get (f, NULL) < 0 ? errno : 0;
    flux_future_destroy (f);
}

/* Inside a continuation wait for another call whose answer has come first. */
static void nested_cb (flux_future_t *f, void *arg)
{
    flux_future_t *other = arg;

    then_count = flux_rpc_get (other, NULL) == 0 ? 1 : -1;
    flux_future_destroy (other);
    flux_future_destroy (f);
}

static void test_then (flux_t *h)
{
    flux_future_t *f;
    flux_future_t *f2;
    int result = -1;

    for (int i = 0; i < 1000; i++) {
        f = flux_rpc_pack (h, "t.echo", 0, 0, "{s:i}", "n", i);
        flux_future_then (f, -1., then_cb, NULL);
    }
    ok (flux_reactor_run (flux_get_reactor (h), 0) == 0 && then_count == 1000,
        "a thousand continuations, in order; then the reactor returns");
    then_count = 0;
    f = flux_rpc_pack (h,
                       "t.stream",
                       0,
                       FLUX_RPC_STREAMING,
                       "{s:i}",
                       "count",
                       1000);
    flux_future_then (f, -1., stream_cb, NULL);
    ok (flux_reactor_run (flux_get_reactor (h), 0) == 0 && then_count == 1000,
        "a stream of a thousand");
    f = flux_rpc (h, "t.never", NULL, 0, 0);
    flux_future_then (f, 0.01, timeout_cb, &result);
    ok (flux_reactor_run (flux_get_reactor (h), 0) == 0 && result == ETIMEDOUT,
        "a continuation after a timeout");
    then_count = 0;
    f = flux_rpc (h, "t.echo", NULL, 0, 0);
    f2 = flux_rpc (h, "t.echo", NULL, 0, 0);
    flux_future_then (f2, -1., nested_cb, f);
    ok (flux_reactor_run (flux_get_reactor (h), 0) == 0 && then_count == 1,
        "an answer that came before anybody asked for it is there");
    f = flux_rpc (h, "t.echo", NULL, 0, 0);
    flux_future_get (f, NULL);
    result = -1;
    flux_future_then (f, -1., timeout_cb, &result);
    ok (flux_reactor_run (flux_get_reactor (h), 0) == 0 && result == 0,
        "a continuation of what is ready already");
}

static void foreign_cb (flux_t *h,
                        flux_msg_handler_t *mh,
                        const flux_msg_t *msg,
                        void *arg)
{
    int *count = arg;

    if (++(*count) == 2)
        flux_reactor_stop (flux_get_reactor (h));
}

/* What comes during a synchronous wait is kept for the reactor. */
static void test_foreign (flux_t *h)
{
    struct flux_msg_handler_spec tab[] = {
        { FLUX_MSGTYPE_EVENT, "noise", foreign_cb, 0 },
        { FLUX_MSGTYPE_REQUEST, "client.foo", foreign_cb, 0 },
        FLUX_MSGHANDLER_TABLE_END,
    };
    flux_msg_handler_t **handlers;
    flux_future_t *f;
    flux_msg_t *msg;
    const char *topic;
    int count = 0;

    ok (flux_msg_handler_addvec (h, tab, &count, &handlers) == 0, "handlers");
    f = flux_rpc (h, "t.noisy", NULL, 0, 0);
    ok (flux_rpc_get (f, NULL) == 0 && count == 0, "a wait does not run them");
    flux_future_destroy (f);
    ok (flux_reactor_run (flux_get_reactor (h), 0) >= 0 && count == 2,
        "the reactor does, later");
    flux_msg_handler_delvec (handlers);
    f = flux_rpc (h, "t.noisy", NULL, 0, 0);
    ok (flux_rpc_get (f, NULL) == 0, "once more");
    flux_future_destroy (f);
    msg = flux_recv (h, FLUX_MATCH_REQUEST, 0);
    ok (msg && flux_msg_get_topic (msg, &topic) == 0
            && !strcmp (topic, "client.foo"),
        "flux_recv finds the second");
    flux_msg_destroy (msg);
    msg = flux_recv (h, FLUX_MATCH_ANY, FLUX_O_NONBLOCK);
    ok (msg && flux_msg_get_topic (msg, &topic) == 0
            && !strcmp (topic, "noise"),
        "and the first is still there");
    flux_msg_destroy (msg);
    errno = 0;
    ok (!flux_recv (h, FLUX_MATCH_ANY, FLUX_O_NONBLOCK) && errno == EAGAIN,
        "and nothing else");
}

static int comms_error (flux_t *h, void *arg)
{
    *(int *)arg = errno;
    return -1;
}

static void test_lost (void)
{
    struct peer p;
    flux_t *h = peer_open (&p);
    flux_future_t *f = flux_rpc (h, "t.die", NULL, 0, 0);
    int seen = 0;

    flux_comms_error_set (h, comms_error, &seen);
    errno = 0;
    ok (flux_rpc_get (f, NULL) < 0 && errno == ECONNRESET,
        "the peer dies: ECONNRESET");
    is_int (seen, ECONNRESET, "the error callback was told");
    flux_future_destroy (f);
    f = flux_rpc (h, "t.echo", NULL, 0, 0);
    ok (!f, "nothing can be sent any more");
    peer_close (&p, h);
    h = peer_open (&p);
    f = flux_rpc (h, "t.die", NULL, 0, 0);
    flux_future_then (f, -1., timeout_cb, &seen);
    errno = 0;
    ok (flux_reactor_run (flux_get_reactor (h), 0) < 0 && errno == ECONNRESET,
        "a reactor fails with it");
    flux_future_destroy (f);
    peer_close (&p, h);
    h = peer_open (&p);
    f = flux_rpc (h, "t.never", NULL, 0, 0);
    peer_close (&p, h);
    errno = 0;
    ok (flux_future_wait_for (f, -1.) < 0, "a future may outlive its handle");
    flux_future_destroy (f);
}

/* A connector that can be connected again, and takes what is sent. */
static int take (void *impl, const flux_msg_t *msg, int flags)
{
    (*(int *)impl)++;
    return 0;
}

static flux_msg_t *nothing (void *impl, int flags)
{
    errno = EAGAIN;
    return NULL;
}

static int connect_again (void *impl)
{
    return 0;
}

static void test_reconnect (void)
{
    static const struct flux_handle_ops ops = {
        .send = take,
        .recv = nothing,
        .reconnect = connect_again,
    };
    int sent = 0;
    flux_t *h = flux_handle_create (&sent, &ops, FLUX_O_RPCTRACK);
    flux_t *plain = flux_handle_create (&sent, &ops, 0);
    flux_t *local = flux_open ("loop://", 0);
    flux_future_t *f[2];

    f[0] = flux_rpc (h, "t.never", NULL, 0, 0);
    f[1] = flux_rpc (h, "t.never", NULL, 0, FLUX_RPC_STREAMING);
    ok (flux_reconnect (h) == 0, "a connection is made anew");
    for (int i = 0; i < 2; i++) {
        errno = 0;
        ok (flux_rpc_get (f[i], NULL) < 0 && errno == ECONNRESET,
            "what was asked before it fails");
        flux_future_destroy (f[i]);
    }
    f[0] = flux_rpc (h, "t.never", NULL, 0, 0);
    ok (f[0] && sent == 3 && !flux_future_is_ready (f[0]),
        "what is asked now is sent, and waits");
    flux_future_destroy (f[0]);
    f[0] = flux_rpc (plain, "t.never", NULL, 0, 0);
    ok (flux_reconnect (plain) == 0 && !flux_future_is_ready (f[0]),
        "where requests are not tracked nothing fails");
    flux_future_destroy (f[0]);
    errno = 0;
    ok (flux_reconnect (local) < 0 && errno == ENOSYS,
        "not every connector can");
    flux_close (h);
    flux_close (plain);
    flux_close (local);
}

int main (void)
{
    struct peer p;
    flux_t *h = peer_open (&p);

    test_sync (h);
    test_streaming (h);
    test_destroyed (h);
    test_timeout (h);
    test_order (h);
    test_big (h);
    test_then (h);
    test_foreign (h);
    peer_close (&p, h);
    test_lost ();
    test_reconnect ();
    return done_testing ();
}
