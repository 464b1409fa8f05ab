/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A round trip to the broker and back, against one byte over a socket pair to
 * another process and back.
 */

#include <flux/core.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "outside.h"

static double bare (long n)
{
    int fd[2];
    char c = 'x';
    pid_t pid;
    double t;

    if (socketpair (AF_UNIX, SOCK_STREAM, 0, fd) < 0 || (pid = fork ()) < 0)
        die ("socketpair: %m");
    if (pid == 0) {
        close (fd[0]);
        while (read (fd[1], &c, 1) == 1 && write (fd[1], &c, 1) == 1)
            ;
        _exit (0);
    }
    close (fd[1]);
    t = now ();
    for (long i = 0; i < n; i++) {
        if (write (fd[0], &c, 1) != 1 || read (fd[0], &c, 1) != 1)
            die ("socketpair: %m");
    }
    t = now () - t;
    close (fd[0]);
    waitpid (pid, NULL, 0);
    return 1e6 * t / n;
}

static double round_trip (struct outside *o, long n)
{
    double t = now ();

    for (long i = 0; i < n; i++) {
        flux_future_t *f = flux_rpc (o->h, "broker.ping", "{\"seq\":1}", 0, 0);
        if (!f || flux_future_get (f, NULL) < 0)
            die ("broker.ping: %m");
        flux_future_destroy (f);
    }
    return 1e6 * (now () - t) / n;
}

int main (int argc, char **argv)
{
    struct subject s;

    for (int k = 0; subject_get (k, &s); k++) {
        long n = 5000;
        struct figure f = {
            .name = "round trip of a request",
            .who = s.who,
            .unit = "us",
            .floor = "bare socket",
            .target = "30",
        };
        struct outside o;

        outside_start (&o, &s, NULL);
        for (int i = 0; i < runs (); i++) {
            series_add (&f.floor_s, bare (n));
            series_add (&f.s, round_trip (&o, n));
        }
        outside_stop (&o);
        figure_print (&f);
    }
    return 0;
}
