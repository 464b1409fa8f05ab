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

#define WINDOW 1024

static const char spec[] =
    "{\"resources\":[{\"type\":\"slot\",\"count\":1,\"label\":\"task\","
    "\"with\":"
    "[{\"type\":\"core\",\"count\":1}]}],\"tasks\":[{\"command\":[\"sleep\","
    "\"3600\"],\"slot\":\"task\",\"count\":{\"per_slot\":1}}],\"attributes\":"
    "{\"system\":{\"duration\":0,\"environment\":{\"A\":\"b\"}}},\"version\":"
    "1}";

struct work {
    flux_t *h;
    long left; /* to be sent */
    long answered;
    long n;
};

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

static void send_one (struct work *w);

static void answered (flux_future_t *f, void *arg)
{
    struct work *w = arg;
    flux_jobid_t id;

    if (flux_job_submit_get_id (f, &id) < 0)
        die ("submit: %s", flux_future_error_string (f));
    flux_future_destroy (f);
    if (w->left > 0)
        send_one (w);
    if (++w->answered == w->n)
        flux_reactor_stop (flux_get_reactor (w->h));
}

static void send_one (struct work *w)
{
    flux_future_t *f = flux_job_submit (w->h, spec, 16, 0);

    if (!f || flux_future_then (f, -1., answered, w) < 0)
        die ("submit: %m");
    w->left--;
}

static void stop_queue (struct outside *o)
{
    const char *argv[] = { o->subject.flux, "queue", "stop", "--all", NULL };

    outside_run (o, argv);
}

static double submits (const struct subject *s, long n)
{
    static int number;
    char dir[4200];
    struct outside o;
    struct work w = { .left = n, .n = n };
    const char *cancel[] = { s->flux, "cancel", "--all", "--quiet", NULL };
    double t;

    snprintf (dir, sizeof (dir), "%s/submit%d", scratch (), number++);
    if (mkdir (dir, 0700) < 0)
        die ("mkdir %s: %m", dir);
    outside_start (&o, s, dir);
    stop_queue (&o);
    w.h = o.h;
    t = now ();
    for (long i = 0; i < WINDOW && i < n; i++)
        send_one (&w);
    if (flux_reactor_run (flux_get_reactor (o.h), 0) < 0)
        die ("reactor: %m");
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
