/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Submissions a second that one client gets acknowledged, with many under way
 * at a time, by an instance that keeps its state; against a loop that writes
 * one page and waits for the disk.
 */

#include <fcntl.h>
#include <flux/core.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "outside.h"

static double bare (long n)
{
    char path[4200], page[4096] = "";
    double t;
    int fd;

    snprintf (path, sizeof (path), "%s/synced", scratch ());
    if ((fd = open (path, O_CREAT | O_WRONLY | O_TRUNC, 0600)) < 0)
        die ("%s: %m", path);
    t = now ();
    for (long i = 0; i < n; i++) {
        if (write (fd, page, sizeof (page)) < 0 || fdatasync (fd) < 0)
            die ("%s: %m", path);
    }
    t = now () - t;
    close (fd);
    return n / t;
}

static double submits (const struct subject *s, long n)
{
    static int number;
    char dir[4200];
    struct outside o;
    const char *cancel[] = { s->flux, "cancel", "--all", "--quiet", NULL };
    double t;

    snprintf (dir, sizeof (dir), "%s/submit%d", scratch (), number++);
    if (mkdir (dir, 0700) < 0)
        die ("mkdir %s: %m", dir);
    outside_start (&o, s, dir);
    outside_stop_queues (&o);
    t = now ();
    outside_submit (&o, n);
    t = now () - t;
    outside_run (&o, cancel);
    outside_stop (&o);
    return n / t;
}

int main (int argc, char **argv)
{
    struct subject s;

    for (int k = 0; subject_get (k, &s); k++) {
        long n = s.who ? 1000 : 10000;
        struct figure f = {
            .name = "durable submits, one client",
            .who = s.who,
            .size = n,
            .unit = "1/s",
            .floor = "write + fdatasync",
            .target = "20000",
        };

        for (int i = 0; i < (s.who ? 1 : runs ()); i++) {
            series_add (&f.floor_s, bare (500));
            series_add (&f.s, submits (&s, n));
        }
        figure_print (&f);
    }
    return 0;
}
