/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <fcntl.h>
#include <flux/core.h>
#include <signal.h>
#include <unistd.h>

#include "lib/handle_host.h"
#include "loop/loop.h"
#include "tap.h"

static void count_cb (flux_reactor_t *r,
                      flux_watcher_t *w,
                      int revents,
                      void *arg)
{
    (*(int *)arg)++;
}

static void stop_cb (flux_reactor_t *r,
                     flux_watcher_t *w,
                     int revents,
                     void *arg)
{
    (*(int *)arg)++;
    flux_reactor_stop (r);
}

static void stop_error_cb (flux_reactor_t *r,
                           flux_watcher_t *w,
                           int revents,
                           void *arg)
{
    errno = ESRCH;
    flux_reactor_stop_error (r);
    errno = 0;
}

static void destroy_cb (flux_reactor_t *r,
                        flux_watcher_t *w,
                        int revents,
                        void *arg)
{
    (*(int *)arg)++;
    flux_watcher_destroy (w);
}

static void test_run (void)
{
    flux_reactor_t *r = flux_reactor_create (0);
    flux_watcher_t *t, *idle;
    int n = 0;

    errno = 0;
    ok (!flux_reactor_create (1) && errno == EINVAL, "unknown flags: EINVAL");
    errno = 0;
    ok (flux_reactor_run (NULL, 0) < 0 && errno == EINVAL,
        "no reactor: EINVAL");
    is_int (flux_reactor_run (r, 0), 0, "a run without watchers returns 0");
    t = flux_timer_watcher_create (r, 0., 0., count_cb, &n);
    ok (t && !flux_watcher_is_active (t), "a new watcher is stopped");
    is_int (flux_reactor_run (r, 0), 0, "and does not keep the reactor going");
    flux_watcher_start (t);
    flux_watcher_start (t);
    ok (flux_watcher_is_active (t), "started");
    is_int (flux_reactor_run (r, 0), 0, "runs until nothing is active");
    is_int (n, 1, "the timer fired once");
    ok (!flux_watcher_is_active (t), "and is stopped");
    flux_timer_watcher_reset (t, 0., 0.001);
    ok (!flux_watcher_is_active (t), "reset does not start it");
    flux_watcher_start (t);
    is_int (flux_reactor_run (r, FLUX_REACTOR_ONCE), 1, "once, one left");
    is_int (flux_reactor_run (r, FLUX_REACTOR_ONCE), 1, "once again");
    is_int (n, 3, "one event each");
    flux_watcher_stop (t);

    idle = flux_idle_watcher_create (r, stop_cb, &n);
    flux_watcher_start (idle);
    is_int (flux_reactor_run (r, 0),
            1,
            "a stopped run returns active watchers");
    is_int (n, 4, "the idle watcher ran once");
    flux_watcher_unref (idle);
    flux_watcher_unref (idle);
    ok (!flux_watcher_is_referenced (idle), "unreferenced");
    is_int (flux_reactor_run (r, 0), 0, "does not keep the reactor going");
    flux_watcher_ref (idle);
    ok (flux_watcher_is_referenced (idle), "referenced");
    is_int (flux_reactor_run (r, FLUX_REACTOR_NOWAIT), 1, "counts again");
    flux_watcher_destroy (idle);

    idle = flux_idle_watcher_create (r, stop_error_cb, NULL);
    flux_watcher_start (idle);
    errno = 0;
    ok (flux_reactor_run (r, 0) < 0 && errno == ESRCH,
        "stop_error: -1 and the errno that was set");
    flux_watcher_destroy (idle);

    flux_watcher_destroy (t);
    t = flux_timer_watcher_create (r, 0., 1., destroy_cb, &n);
    flux_watcher_start (t);
    flux_reactor_destroy (r);
    n = 0;
    is_int (flux_reactor_run (r, 0), 0, "watchers keep a destroyed reactor");
    is_int (n, 1, "a watcher may destroy itself in its callback");
}

static void test_kinds (void)
{
    flux_reactor_t *r = flux_reactor_create (0);
    flux_watcher_t *w[8] = { NULL };
    int n[8] = { 0 };
    struct stat st;
    int fds[2];
    char path[] = "/tmp/test_reactor.XXXXXX";
    int file;

    if (pipe (fds) < 0 || (file = mkstemp (path)) < 0)
        bail_out ("pipe or mkstemp");
    errno = 0;
    ok (!flux_fd_watcher_create (r, -1, FLUX_POLLIN, NULL, NULL)
            && errno == EINVAL,
        "a bad descriptor is refused");
    w[0] = flux_fd_watcher_create (r,
                                   fds[1],
                                   FLUX_POLLOUT | FLUX_POLLERR,
                                   stop_cb,
                                   &n[0]);
    is_int (flux_fd_watcher_get_fd (w[0]), fds[1], "the descriptor");
    flux_watcher_start (w[0]);
    flux_reactor_run (r, 0);
    is_int (n[0], 1, "writable");
    flux_watcher_stop (w[0]);

    w[1] = flux_signal_watcher_create (r, SIGUSR1, stop_cb, &n[1]);
    is_int (flux_signal_watcher_get_signum (w[1]), SIGUSR1, "the signal");
    is_int (flux_signal_watcher_get_signum (w[0]), -1, "of another kind: -1");
    flux_watcher_start (w[1]);
    raise (SIGUSR1);
    flux_reactor_run (r, 0);
    is_int (n[1], 1, "signalled");
    flux_watcher_stop (w[1]);

    w[2] = flux_stat_watcher_create (r, path, 0.01, stop_cb, &n[2]);
    flux_watcher_start (w[2]);
    unlink (path);
    flux_reactor_run (r, 0);
    is_int (n[2], 1, "the file changed");
    ok (flux_stat_watcher_get_rstat (w[2], &st, NULL) == 0 && st.st_nlink == 0,
        "it is gone");
    flux_watcher_stop (w[2]);
    ok (flux_stat_watcher_get_rstat (w[0], &st, NULL) < 0 && errno == EINVAL,
        "rstat of another kind: EINVAL");

    w[3] = flux_prepare_watcher_create (r, count_cb, &n[3]);
    w[4] = flux_check_watcher_create (r, count_cb, &n[4]);
    w[5] = flux_idle_watcher_create (r, NULL, NULL);
    flux_watcher_set_priority (w[4], 1);
    for (int i = 3; i < 6; i++)
        flux_watcher_start (w[i]);
    flux_reactor_run (r, FLUX_REACTOR_ONCE);
    ok (n[3] == 1 && n[4] == 1, "prepare and check run around the wait");

    w[6] = flux_periodic_watcher_create (r, 7., 10., NULL, count_cb, &n[6]);
    flux_watcher_start (w[6]);
    ok (flux_watcher_next_wakeup (w[6]) > flux_reactor_now (r)
            && flux_watcher_next_wakeup (w[6]) <= flux_reactor_now (r) + 10.,
        "a periodic says when it wakes next");
    errno = 0;
    ok (flux_watcher_next_wakeup (w[0]) < 0. && errno == EINVAL,
        "others do not: EINVAL");
    flux_periodic_watcher_reset (w[6], flux_reactor_time () + .001, 0., NULL);
    for (int i = 3; i < 6; i++)
        flux_watcher_stop (w[i]);
    flux_reactor_run (r, 0);
    is_int (n[6], 1, "and wakes");
    for (int i = 0; i < 7; i++)
        flux_watcher_destroy (w[i]);
    flux_reactor_destroy (r);
    close (fds[0]);
    close (fds[1]);
    close (file);
}

static void test_wrap (void)
{
    struct clock clock = { .is_virtual = true, .t = 1000. };
    struct loop *loop = loop_create (&clock);
    flux_reactor_t *r = flux_priv_reactor_wrap (loop);
    int n = 0;
    flux_watcher_t *t = flux_timer_watcher_create (r, 5., 0., count_cb, &n);

    ok (flux_reactor_now (r) == 1000., "a wrapped reactor has the loop's time");
    flux_watcher_start (t);
    loop_hold (loop);
    loop_turn (loop, true);
    is_int (n, 0, "its watchers are set aside while the loop is held");
    loop_release (loop);
    loop_turn (loop, false);
    is_int (n, 1, "and run after");
    errno = 0;
    ok (flux_reactor_run (r, 0) < 0 && errno == EDEADLK,
        "it is not for the borrower to run it");
    flux_watcher_destroy (t);
    flux_reactor_destroy (r);
    loop_destroy (loop);
}

int main (void)
{
    test_run ();
    test_kinds ();
    test_wrap ();
    return done_testing ();
}
