/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Statistics as a statsd gets them. */

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <flux/core.h>

#include "tap.h"

static int statsd;

/* A socket to receive them, named in the environment. */
static void begin (void)
{
    struct sockaddr_in addr = { .sin_family = AF_INET,
                                .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
    socklen_t len = sizeof (addr);
    char text[32];

    statsd = socket (AF_INET, SOCK_DGRAM, 0);
    if (bind (statsd, (struct sockaddr *)&addr, len) < 0
        || getsockname (statsd, (struct sockaddr *)&addr, &len) < 0)
        bail_out ("no socket");
    snprintf (text, sizeof (text), "127.0.0.1:%d", ntohs (addr.sin_port));
    setenv ("FLUX_FRIPP_STATSD", text, 1);
}

/* The next datagram; "" if none is there. */
static const char *received (void)
{
    static char buf[2000];
    ssize_t n = recv (statsd, buf, sizeof (buf) - 1, MSG_DONTWAIT);

    buf[n > 0 ? n : 0] = '\0';
    return buf;
}

static void test_values (void)
{
    flux_t *h = flux_open ("loop://", 0);

    flux_attr_set_cacheonly (h, "rank", "2");
    ok (flux_stats_enabled (h, NULL), "the environment turns them on");
    flux_stats_set_period (h, 0.);
    flux_stats_count (h, "c", 3);
    is_str (received (), "flux.2.c:3|C\n", "a count, at once without a period");
    flux_stats_gauge_set (h, "g", 10);
    is_str (received (), "flux.2.g:10|g\n", "a gauge");
    flux_stats_gauge_inc (h, "g", -4);
    is_str (received (), "flux.2.g:6|g\n", "changed: what is sent is the sum");
    flux_stats_timing (h, "t", 1.5);
    is_str (received (), "flux.2.t:1.5|ms\n", "a time");
    flux_stats_set_prefix (h, "my.%s", "own");
    flux_stats_count (h, "c", 1);
    is_str (received (), "my.own.c:1|C\n", "another prefix");
    flux_close (h);
}

static void test_period (void)
{
    flux_t *h = flux_open ("loop://", 0);
    flux_reactor_t *r = flux_get_reactor (h);
    flux_watcher_t *other = flux_timer_watcher_create (r, 60., 0., NULL, NULL);
    struct pollfd pfd = { .fd = statsd, .events = POLLIN };

    flux_attr_set_cacheonly (h, "rank", "0");
    flux_stats_set_period (h, 0.01);
    flux_stats_count (h, "a", 1);
    flux_stats_count (h, "a", 2);
    flux_stats_gauge_set (h, "b", 5);
    is_str (received (), "", "within a period nothing is sent");
    is_int (flux_reactor_run (r, 0), 0, "they alone keep no reactor running");
    flux_watcher_start (other);
    while (poll (&pfd, 1, 0) == 0)
        flux_reactor_run (r, FLUX_REACTOR_ONCE);
    flux_watcher_destroy (other);
    is_str (received (),
            "flux.0.a:2|C\nflux.0.b:5|g\n",
            "after it the last values are, together");
    flux_close (h);
}

static void test_off (void)
{
    flux_t *h;

    setenv ("FLUX_FRIPP_STATSD", "nowhere", 1);
    h = flux_open ("loop://", 0);
    ok (!flux_stats_enabled (h, NULL), "an address without a port: off");
    flux_stats_count (h, "c", 1);
    flux_close (h);
}

int main (void)
{
    begin ();
    test_values ();
    test_period ();
    test_off ();
    close (statsd);
    return done_testing ();
}
