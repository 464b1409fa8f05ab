/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* How long others wait while an instance with a long queue is at bulk work:
 * one client asks for it, another one sends a ping and a submission over and
 * over and notes how long each took.
 */

#include <flux/core.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "outside.h"

#define SAMPLES_MAX 100000
#define PAUSE_MS 2 /* between two samples */

enum probe {
    PROBE_PING,
    PROBE_SUBMIT,
    PROBE_MAX,
};

struct samples {
    size_t n;
    float ms[SAMPLES_MAX];
};

struct prober {
    pid_t pid;
    int stop; /* closed to end it */
    int results;
};

static const char spec[] =
    "{\"resources\":[{\"type\":\"slot\",\"count\":1,\"label\":\"task\","
    "\"with\":[{\"type\":\"core\",\"count\":1}]}],\"tasks\":[{\"command\":"
    "[\"true\"],\"slot\":\"task\",\"count\":{\"per_slot\":1}}],"
    "\"attributes\":{\"system\":{\"duration\":0}},\"version\":1}";

static double once (flux_t *h, enum probe probe)
{
    double t = now ();
    flux_future_t *f = probe == PROBE_PING
                           ? flux_rpc (h, "job-manager.ping", "{}", 0, 0)
                           : flux_job_submit (h, spec, 16, 0);

    if (!f || flux_future_get (f, NULL) < 0)
        die ("probe: %s", f ? flux_future_error_string (f) : "no memory");
    flux_future_destroy (f);
    return 1e3 * (now () - t);
}

/* The other client, in a process of its own. */
static void probe_until (const char *uri, int stop, int results)
{
    static struct samples samples[PROBE_MAX];
    struct pollfd pfd = { .fd = stop, .events = POLLIN };
    flux_t *h = flux_open (uri, 0);

    if (!h)
        die ("flux_open: %m");
    do {
        for (int i = 0; i < PROBE_MAX; i++) {
            struct samples *s = &samples[i];

            if (s->n < SAMPLES_MAX)
                s->ms[s->n++] = once (h, i);
        }
    } while (poll (&pfd, 1, PAUSE_MS) == 0);
    flux_close (h);
    for (int i = 0; i < PROBE_MAX; i++) {
        size_t size = samples[i].n * sizeof (float);

        if (write (results, &samples[i].n, sizeof (size_t)) < 0
            || write (results, samples[i].ms, size) != (ssize_t)size)
            _exit (1);
    }
    _exit (0);
}

static void prober_start (struct prober *p, const struct outside *o)
{
    int stop[2], results[2];

    if (pipe (stop) < 0 || pipe (results) < 0 || (p->pid = fork ()) < 0)
        die ("cannot start the other client: %m");
    if (p->pid == 0) {
        close (stop[1]);
        close (results[0]);
        probe_until (o->uri, stop[0], results[1]);
    }
    close (stop[0]);
    close (results[1]);
    p->stop = stop[1];
    p->results = results[0];
}

static void read_all (int fd, void *buf, size_t size)
{
    for (char *p = buf; size > 0;) {
        ssize_t n = read (fd, p, size);

        if (n <= 0)
            die ("the other client failed");
        p += n;
        size -= n;
    }
}

static int by_value (const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return x < y ? -1 : x > y;
}

/* median, 99th percentile and maximum, as figures of one value each */
static void tell (const char *probe,
                  const char *work,
                  long n,
                  struct samples *s)
{
    static const struct {
        const char *name;
        double part;
    } points[] = { { "p50", 0.5 }, { "p99", 0.99 }, { "max", 1. } };

    qsort (s->ms, s->n, sizeof (*s->ms), by_value);
    for (size_t i = 0; i < 3; i++) {
        size_t at = points[i].part * (s->n - 1) + 0.5;
        char name[128];
        struct figure f = {
            .name = name,
            .size = n,
            .unit = "ms",
            .target = i == 1 ? "10" : NULL,
        };

        snprintf (name,
                  sizeof (name),
                  "%s, %s, %s",
                  probe,
                  work,
                  points[i].name);
        series_add (&f.s, s->ms[at]);
        figure_print (&f);
    }
}

static void prober_end (struct prober *p, const char *work, long n)
{
    static struct samples s;
    static const char *const names[] = { "ping", "submit" };

    close (p->stop);
    for (int i = 0; i < PROBE_MAX; i++) {
        read_all (p->results, &s.n, sizeof (s.n));
        read_all (p->results, s.ms, s.n * sizeof (*s.ms));
        tell (names[i], work, n, &s);
    }
    close (p->results);
    waitpid (p->pid, NULL, 0);
}

/* ---- bulk work ---- */

static void rpc (struct outside *o, const char *topic, const char *json)
{
    flux_future_t *f = flux_rpc (o->h, topic, json, FLUX_NODEID_ANY, 0);

    if (!f || flux_future_get (f, NULL) < 0)
        die ("%s: %s", topic, f ? flux_future_error_string (f) : "no memory");
    flux_future_destroy (f);
}

/* Until a request to all streams was answered to its end. */
static void stream (struct outside *o, const char *topic, const char *json)
{
    flux_future_t *f =
        flux_rpc (o->h, topic, json, FLUX_NODEID_ANY, FLUX_RPC_STREAMING);

    while (f && flux_future_get (f, NULL) == 0)
        flux_future_reset (f);
    if (!f || errno != ENODATA)
        die ("%s: %s", topic, f ? flux_future_error_string (f) : "no memory");
    flux_future_destroy (f);
}

/* The walk goes on after the answer: a request that waits for it to end does
 * not exist, so it is given the time it takes.
 */
static void reprioritize (struct outside *o, long n)
{
    for (int i = 0; i < 3; i++) {
        rpc (o, "job-manager.latency.ask", "{}");
        usleep (3 * n);
    }
}

static void list (struct outside *o, long n)
{
    stream (o,
            "job-list.list",
            "{\"max_entries\":0,\"attrs\":[\"all\"],\"since\":0.0}");
}

/* The events of all jobs so far, to the message that says so. */
static void journal (struct outside *o, const char *json)
{
    flux_future_t *f = flux_rpc (o->h,
                                 "job-manager.events-journal",
                                 json,
                                 FLUX_NODEID_ANY,
                                 FLUX_RPC_STREAMING);
    char cancel[64];
    json_int_t id;

    do {
        if (!f || flux_rpc_get_unpack (f, "{s:I}", "id", &id) < 0)
            die ("events-journal: %s",
                 f ? flux_future_error_string (f) : "no memory");
        flux_future_reset (f);
    } while (id != -1);
    snprintf (cancel,
              sizeof (cancel),
              "{\"matchtag\":%u}",
              flux_rpc_get_matchtag (f));
    flux_future_destroy (flux_rpc (o->h,
                                   "job-manager.events-journal-cancel",
                                   cancel,
                                   FLUX_NODEID_ANY,
                                   FLUX_RPC_NORESPONSE));
    while (flux_future_get (f, NULL) == 0)
        flux_future_reset (f);
    flux_future_destroy (f);
}

static void replay (struct outside *o, long n)
{
    journal (o, "{}");
}

static void replay_all (struct outside *o, long n)
{
    journal (o, "{\"full\":true}");
}

static void stats (struct outside *o, long n)
{
    for (int i = 0; i < 100; i++) {
        rpc (o, "job-list.job-stats", "{}");
        rpc (o, "job-manager.stats-get", "{}");
        rpc (o, "job-list.stats-get", "{}");
    }
}

static void cancel (struct outside *o, long n)
{
    rpc (o,
         "job-manager.raiseall",
         "{\"dry_run\":false,\"userid\":4294967295,\"states\":14,"
         "\"severity\":0,\"type\":\"cancel\",\"note\":\"\"}");
}

static const struct {
    const char *name;
    void (*run) (struct outside *o, long n);
} works[] = {
    { "reprioritizing", reprioritize },
    { "listing", list },
    { "replaying", replay },
    { "counting", stats },
    { "cancelling", cancel },
    { "listing finished", list },
    { "replaying finished", replay_all },
};

static void load_plugin (struct outside *o, const char *self)
{
    char path[4200];
    const char *argv[] = { o->subject.flux, "jobtap", "load", path, NULL };
    const char *slash = strrchr (self, '/');

    snprintf (path,
              sizeof (path),
              "%.*s/latency-plugin.so",
              slash ? (int)(slash - self) : 1,
              slash ? self : ".");
    outside_run (o, argv);
}

/* What the broker itself says of its longest turn, which is forgotten then. */
static void tell_longest (struct outside *o, const char *work, double took)
{
    const char *what;
    double ms = outside_longest (o, &what);

    fprintf (stderr,
             "   %s: %.3g s, longest turn %.3g ms, most of it %s\n",
             work,
             took,
             ms,
             what);
    outside_longest_clear (o);
}

int main (int argc, char **argv)
{
    struct subject s;
    struct outside o;
    char dir[4200];
    long n = size_max ();
    struct prober p;
    double t;

    subject_get (0, &s);
    snprintf (dir, sizeof (dir), "%s/latency", scratch ());
    if (mkdir (dir, 0700) < 0)
        die ("mkdir %s: %m", dir);
    outside_start (&o, &s, dir);
    load_plugin (&o, argv[0]);
    outside_stop_queues (&o);
    prober_start (&p, &o);
    usleep (500000);
    prober_end (&p, "nothing else", n);
    prober_start (&p, &o);
    t = now ();
    outside_submit (&o, n);
    t = now () - t;
    prober_end (&p, "submitting", n);
    tell_longest (&o, "submitting", t);
    for (size_t i = 0; i < sizeof (works) / sizeof (works[0]); i++) {
        double t;

        prober_start (&p, &o);
        t = now ();
        works[i].run (&o, n);
        t = now () - t;
        prober_end (&p, works[i].name, n);
        tell_longest (&o, works[i].name, t);
    }
    outside_stop (&o);
    return 0;
}
