/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include "peer.h"

static void count_free (void *arg)
{
    (*(int *)arg)++;
}

static void never_cb (flux_future_t *f, void *arg)
{
}

static void test_basic (void)
{
    flux_future_t *f = flux_future_create (NULL, NULL);
    const void *result;
    int freed = 0;
    char x;

    ok (!flux_future_is_ready (f) && !flux_future_is_ready (NULL),
        "a new future is not ready");
    errno = 0;
    ok (flux_future_wait_for (f, -1.) < 0 && errno == EDEADLK,
        "nothing could fulfill it: EDEADLK");
    errno = 0;
    ok (flux_future_then (f, -1., never_cb, NULL) < 0 && errno == EINVAL,
        "no reactor, no continuation");
    ok (!flux_future_error_string (f) && !flux_future_error_string (NULL),
        "no error");
    flux_future_fulfill (f, &freed, count_free);
    ok (flux_future_is_ready (f) && flux_future_get (f, &result) == 0
            && result == &freed,
        "fulfilled");
    flux_future_fulfill (f, &x, NULL);
    flux_future_fulfill_error (f, ENOENT, NULL);
    flux_future_fulfill_error (f, ENOENT, "none such");
    ok (flux_future_get (f, &result) == 0 && result == &freed,
        "more results wait");
    flux_future_reset (f);
    is_int (freed, 1, "a reset frees a result");
    ok (flux_future_get (f, &result) == 0 && result == &x, "the second");
    flux_future_reset (f);
    errno = 0;
    ok (flux_future_get (f, &result) < 0 && errno == ENOENT, "the third");
    ok (flux_future_has_error (f), "is an error");
    flux_future_reset (f);
    is_str (flux_future_error_string (f), "none such", "the fourth");
    flux_future_reset (f);
    ok (!flux_future_is_ready (f), "then it is not ready");
    flux_future_fatal_error (f, EIO, "broken");
    flux_future_fatal_error (f, EPERM, NULL);
    flux_future_fulfill (f, &freed, count_free);
    is_int (freed, 2, "what comes after a fatal error is freed");
    flux_future_reset (f);
    errno = 0;
    ok (flux_future_get (f, NULL) < 0 && errno == EIO, "which stays");
    flux_future_incref (f);
    flux_future_destroy (f);
    ok (flux_future_is_ready (f), "a reference keeps it");
    flux_future_decref (f);
    flux_future_destroy (NULL);
}

static void test_aux (void)
{
    flux_future_t *f = flux_future_create (NULL, NULL);
    flux_future_t *p = flux_future_create (NULL, NULL);
    flux_future_t *q = flux_future_create (NULL, NULL);
    const void *result;
    int freed = 0;

    ok (flux_future_aux_set (p, "x", &freed, count_free) == 0, "aux");
    errno = 0;
    ok (!flux_future_aux_get (f, "x") && errno == ENOENT, "not of another");
    errno = 0;
    ok (flux_future_fulfill_with (f, p) < 0 && errno == EAGAIN,
        "fulfill_with what is not ready: EAGAIN");
    errno = 0;
    ok (flux_future_fulfill_with (f, f) < 0 && errno == EINVAL, "itself");
    flux_future_fulfill (p, &freed, count_free);
    flux_future_fulfill (q, NULL, NULL);
    ok (flux_future_fulfill_with (f, p) == 0, "fulfill_with");
    errno = 0;
    ok (flux_future_fulfill_with (f, q) < 0 && errno == EEXIST,
        "another: EEXIST");
    flux_future_reset (p);
    flux_future_destroy (p);
    ok (flux_future_get (f, &result) == 0 && result == &freed && freed == 0,
        "the result lives as long as one of them needs it");
    ok (flux_future_aux_get (f, "x") == &freed, "its aux is seen");
    flux_future_destroy (f);
    is_int (freed, 2, "both are freed in the end");
    flux_future_destroy (q);
}

/* A future that a timer fulfills, in whichever context. */
static void timer_cb (flux_reactor_t *r, flux_watcher_t *w, int rev, void *arg)
{
    flux_future_fulfill (arg, NULL, NULL);
}

static void timer_init (flux_future_t *f, void *arg)
{
    double *after = arg;
    flux_watcher_t *w = flux_timer_watcher_create (flux_future_get_reactor (f),
                                                   *after,
                                                   0.,
                                                   timer_cb,
                                                   f);

    flux_future_aux_set (f, NULL, w, (flux_free_f)flux_watcher_destroy);
    flux_watcher_start (w);
}

static flux_future_t *timer_future (flux_reactor_t *r, double *after)
{
    flux_future_t *f = flux_future_create (timer_init, after);

    flux_future_set_reactor (f, r);
    return f;
}

static void must_not_cb (flux_reactor_t *r, flux_watcher_t *w, int x, void *arg)
{
    (*(int *)arg)++;
    flux_watcher_stop (w);
}

static void count_cb (flux_future_t *f, void *arg)
{
    (*(int *)arg)++;
}

static void destroy_cb (flux_future_t *f, void *arg)
{
    (*(int *)arg)++;
    flux_future_destroy (f);
}

static void reset_cb (flux_future_t *f, void *arg)
{
    int *count = arg;

    if (flux_future_get (f, NULL) < 0 && errno == ETIMEDOUT)
        (*count)++;
    if (*count < 3)
        flux_future_reset (f);
    else
        flux_future_destroy (f);
}

static void test_contexts (void)
{
    flux_reactor_t *r = flux_reactor_create (0);
    double after = 0.001;
    double never = 1000.;
    int ran = 0;
    int count = 0;
    flux_watcher_t *idle = flux_idle_watcher_create (r, must_not_cb, &ran);
    flux_future_t *f = timer_future (r, &after);

    flux_watcher_start (idle);
    ok (flux_future_wait_for (f, -1.) == 0 && ran == 0,
        "a wait runs nothing of the caller's reactor");
    ok (flux_future_get_reactor (f) == r, "the temporary one is gone");
    ok (flux_future_then (f, -1., destroy_cb, &count) == 0 && count == 0,
        "a continuation is not called at once");
    ok (flux_reactor_run (r, 0) == 0 && count == 1 && ran == 1,
        "but by the reactor; it may destroy the future");
    f = timer_future (r, &never);
    errno = 0;
    ok (flux_future_wait_for (f, 0.001) < 0 && errno == ETIMEDOUT, "a timeout");
    flux_future_destroy (f);
    f = timer_future (r, &never);
    count = 0;
    flux_future_then (f, 0.001, reset_cb, &count);
    ok (flux_reactor_run (r, 0) == 0 && count == 3,
        "a reset starts the timeout again");
    f = timer_future (r, &after);
    flux_future_then (f, -1., count_cb, &count);
    flux_future_destroy (f);
    count = 0;
    ok (flux_reactor_run (r, 0) == 0 && count == 0,
        "a destroyed future calls nobody");
    flux_watcher_destroy (idle);
    flux_reactor_destroy (r);
}

static void test_composite (void)
{
    flux_reactor_t *r = flux_reactor_create (0);
    double soon = 0.001, later = 0.02, never = 1000.;
    flux_future_t *all = flux_future_wait_all_create ();
    flux_future_t *any = flux_future_wait_any_create ();
    const char *name;
    int count = 0;

    flux_future_set_reactor (all, r);
    ok (flux_future_push (all, "a", timer_future (r, &soon)) == 0
            && flux_future_push (all, "b", timer_future (r, &later)) == 0,
        "two in one");
    errno = 0;
    flux_future_t *x = timer_future (r, &soon);
    ok (flux_future_push (all, "a", x) < 0 && errno == EEXIST,
        "a name is used once");
    errno = 0;
    ok (flux_future_push (x, "a", all) < 0 && errno != 0,
        "a plain future holds none");
    flux_future_destroy (x);
    ok (flux_future_wait_for (all, -1.) == 0, "wait for all");
    name = flux_future_first_child (all);
    is_str (name, "a", "the first");
    name = flux_future_next_child (all);
    is_str (name, "b", "the second");
    ok (!flux_future_next_child (all), "no third");
    ok (flux_future_is_ready (flux_future_get_child (all, "a"))
            && flux_future_is_ready (flux_future_get_child (all, "b")),
        "both are ready");
    errno = 0;
    ok (!flux_future_get_child (all, "c") && errno == ENOENT, "no c");
    flux_future_destroy (all);

    flux_future_push (any, "a", timer_future (r, &never));
    flux_future_push (any, "b", timer_future (r, &soon));
    flux_future_then (any, -1., destroy_cb, &count);
    ok (flux_reactor_run (r, 0) == 0 && count == 1,
        "one of two; a continuation may destroy it with its children");
    any = flux_future_wait_any_create ();
    flux_future_push (any, "a", timer_future (r, &never));
    flux_future_push (any, "b", timer_future (r, &soon));
    ok (flux_future_wait_for (any, -1.) == 0
            && !flux_future_is_ready (flux_future_get_child (any, "a")),
        "one of two, synchronously");
    flux_future_destroy (any);
    all = flux_future_wait_all_create ();
    ok (flux_future_wait_for (all, -1.) == 0, "all of none are ready");
    flux_future_destroy (all);
    flux_reactor_destroy (r);
}

/* Chains of calls: echo n, then echo n + 1, and so on. */
static void next_cb (flux_future_t *f, void *arg)
{
    flux_t *h = flux_future_get_flux (f);
    int n;

    if (flux_rpc_get_unpack (f, "{s:i}", "n", &n) < 0)
        flux_future_continue_error (f, errno, NULL);
    else
        flux_future_continue (
            f,
            flux_rpc_pack (h, "t.echo", 0, 0, "{s:i}", "n", n + 1));
    if (arg)
        flux_future_destroy (f);
}

static void replace_cb (flux_future_t *f, void *arg)
{
    flux_future_fulfill_next (f, arg, NULL);
}

static void error_cb (flux_future_t *f, void *arg)
{
    flux_future_continue_error (f, EXDEV, "changed");
}

static flux_future_t *chain (flux_t *h, void *destroys)
{
    flux_future_t *f = flux_rpc_pack (h, "t.echo", 0, 0, "{s:i}", "n", 1);

    f = flux_future_and_then (f, next_cb, destroys);
    return flux_future_and_then (f, next_cb, destroys);
}

static void last_cb (flux_future_t *f, void *arg)
{
    if (flux_rpc_get_unpack (f, "{s:i}", "n", (int *)arg) < 0)
        *(int *)arg = -1;
    flux_future_destroy (f);
}

static void test_chain (flux_t *h)
{
    flux_future_t *f;
    flux_future_t *f2;
    const void *result;
    int n = 0;

    f = chain (h, NULL);
    ok (flux_rpc_get_unpack (f, "{s:i}", "n", &n) == 0 && n == 3,
        "a chain of three, synchronously");
    flux_future_destroy (f);
    f = chain (h, h);
    ok (flux_rpc_get_unpack (f, "{s:i}", "n", &n) == 0 && n == 3,
        "its callbacks may destroy what came before");
    flux_future_destroy (f);
    f = chain (h, NULL);
    n = 0;
    flux_future_then (f, -1., last_cb, &n);
    ok (flux_reactor_run (flux_get_reactor (h), 0) == 0 && n == 3,
        "with a continuation");
    f = chain (h, NULL);
    flux_future_destroy (f);
    pass ("a chain may be destroyed before it begins");
    f = flux_rpc_pack (h,
                       "t.fail",
                       0,
                       0,
                       "{s:i s:s}",
                       "errnum",
                       EBUSY,
                       "text",
                       "busy");
    f = flux_future_and_then (f, next_cb, NULL);
    errno = 0;
    ok (flux_future_get (f, NULL) < 0 && errno == EBUSY,
        "an error goes through and_then");
    is_str (flux_future_error_string (f), "busy", "with its text");
    flux_future_destroy (f);
    f = flux_rpc_pack (h,
                       "t.fail",
                       0,
                       0,
                       "{s:i s:s}",
                       "errnum",
                       EBUSY,
                       "text",
                       "");
    f2 = flux_future_or_then (f, replace_cb, &n);
    ok (flux_future_and_then (f, next_cb, NULL) == f2, "one next future");
    ok (flux_future_get (f2, &result) == 0 && result == &n,
        "or_then can make good");
    flux_future_destroy (f2);
    f = flux_rpc (h, "t.echo", NULL, 0, 0);
    f = flux_future_and_then (f, error_cb, NULL);
    errno = 0;
    ok (flux_future_get (f, NULL) < 0 && errno == EXDEV, "continue_error");
    flux_future_destroy (f);
    f = flux_rpc (h, "t.echo", NULL, 0, 0);
    errno = 0;
    ok (flux_future_continue (f, NULL) < 0 && errno == EINVAL,
        "no chain: EINVAL");
    flux_future_destroy (f);
}

static void test_composite_rpc (flux_t *h)
{
    flux_future_t *all = flux_future_wait_all_create ();
    char name[16];
    int good = 0;
    int n;

    for (int i = 0; i < 50; i++) {
        snprintf (name, sizeof (name), "%d", i);
        flux_future_push (all,
                          name,
                          flux_rpc_pack (h, "t.echo", 0, 0, "{s:i}", "n", i));
    }
    ok (flux_future_get (all, NULL) == 0, "wait for fifty calls");
    for (int i = 0; i < 50; i++) {
        snprintf (name, sizeof (name), "%d", i);
        good += flux_rpc_get_unpack (flux_future_get_child (all, name),
                                     "{s:i}",
                                     "n",
                                     &n)
                    == 0
                && n == i;
    }
    is_int (good, 50, "all have their answers");
    flux_future_destroy (all);
    /* a chain in a composite */
    all = flux_future_wait_all_create ();
    flux_future_push (all, "chain", chain (h, NULL));
    flux_future_push (all, "noise", flux_rpc (h, "t.noisy", NULL, 0, 0));
    ok (flux_future_get (all, NULL) == 0
            && flux_rpc_get_unpack (flux_future_get_child (all, "chain"),
                                    "{s:i}",
                                    "n",
                                    &n)
                   == 0
            && n == 3,
        "a chain in a composite");
    flux_future_destroy (all);
    flux_msg_t *msg = flux_recv (h, FLUX_MATCH_EVENT, FLUX_O_NONBLOCK);
    ok (msg != NULL, "what else came meanwhile is still there");
    flux_msg_destroy (msg);
}

int main (void)
{
    struct peer p;
    flux_t *h;

    test_basic ();
    test_aux ();
    test_contexts ();
    test_composite ();
    h = peer_open (&p);
    test_chain (h);
    test_composite_rpc (h);
    peer_close (&p, h);
    return done_testing ();
}
