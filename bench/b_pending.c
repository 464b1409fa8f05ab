/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What a long queue costs: memory for each pending job, and asking a plugin
 * anew for the priority of every one.
 */

#include <flux/core.h>
#include <flux/jobtap.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "inproc.h"

#define WINDOW 128
/* Not counted: caches and buffers of a fixed size fill with these. */
#define WARM 10000

static struct {
    flux_plugin_t *p;
    unsigned long calls;
    unsigned long salt; /* 0: the priority is the urgency, as ever */
} asked;

static int priority_cb (flux_plugin_t *p,
                        const char *topic,
                        flux_plugin_arg_t *args,
                        void *arg)
{
    flux_jobid_t id;
    int64_t priority;
    int urgency;

    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:I s:i}",
                                "id",
                                &id,
                                "urgency",
                                &urgency)
        < 0)
        return -1;
    asked.calls++;
    priority = urgency;
    if (asked.salt)
        priority = 1 + ((id >> 8) * 2654435761UL * asked.salt) % 1000000;
    return flux_plugin_arg_pack (args,
                                 FLUX_PLUGIN_ARG_OUT,
                                 "{s:I}",
                                 "priority",
                                 priority);
}

static int init (flux_plugin_t *p)
{
    asked.p = p;
    return flux_plugin_add_handler (p, "job.priority.get", priority_cb, NULL);
}

static const struct jobtap_builtin plugins[] = {
    { ".asked", init },
    { NULL, NULL },
};

/* The first job has the only core.  In growth and longest: bytes that a job
 * added, and the seconds that any step of it kept others waiting.
 */
static struct inproc *fill (long n,
                            bool distinct,
                            double *growth,
                            double *longest)
{
    static int number;
    char dir[4200];
    struct inproc_opt opt = {
        .cores = 1,
        .sync = "off",
        .run = 1e6,
        .plugins = plugins,
        .statedir = dir,
    };
    struct loop_longest turns;
    struct inproc *in;
    double r;

    snprintf (dir, sizeof (dir), "%s/pending%d", scratch (), number++);
    in = inproc_create (&opt);
    inproc_submit (in, n >= 10 * WARM ? WARM : 100, WINDOW, distinct);
    inproc_settle (in);
    r = rss ();
    in->longest_submit = 0.;
    loop_longest_clear (in->loop);
    inproc_submit (in, n, WINDOW, distinct);
    inproc_settle (in);
    *growth = (rss () - r) / n;
    loop_longest (in->loop, &turns);
    *longest =
        in->longest_submit > turns.seconds ? in->longest_submit : turns.seconds;
    fprintf (stderr,
             "%ld: longest submit %.3g ms, turn %.3g ms, most of it %s\n",
             n,
             1e3 * in->longest_submit,
             1e3 * turns.seconds,
             turns.what);
    return in;
}

/* True if something was done. */
static bool turn (struct inproc *in, double *longest)
{
    double t = now ();
    bool more = loop_turn (in->loop, false);

    t = now () - t;
    if (t > *longest)
        *longest = t;
    return more;
}

/* One request to ask all: microseconds for each until nothing is left to do,
 * and the longest time that the loop did not turn in milliseconds.
 */
static void ask_all (struct inproc *in, struct series *us, struct series *ms)
{
    unsigned long n = manager_active_count (in->m) - 1;
    double start = now (), longest;

    asked.calls = 0;
    if (flux_jobtap_reprioritize_all (asked.p) < 0)
        die ("flux_jobtap_reprioritize_all: %m");
    longest = now () - start;
    while (turn (in, &longest) || asked.calls < n)
        ;
    series_add (us, 1e6 * (now () - start) / n);
    inproc_settle (in);
    series_add (ms, 1e3 * longest);
}

static void repeat (struct inproc *in, long n, bool change)
{
    struct figure us = {
        .name = change ? "reprioritize_all, all change"
                       : "reprioritize_all, none changes",
        .size = n,
        .unit = "us/job",
        .target = "0.7 at 1 million",
    };
    struct figure ms = {
        .name =
            change ? "longest turn, all change" : "longest turn, none changes",
        .size = n,
        .unit = "ms",
        .target = "10",
    };

    for (int i = 0; i < runs (); i++) {
        asked.salt = change ? i + 1 : 0;
        ask_all (in, &us.s, &ms.s);
    }
    figure_print (&us);
    figure_print (&ms);
}

static void measure (long n, bool distinct)
{
    struct figure memory = {
        .name = distinct ? "memory per pending job, jobspecs differ"
                         : "memory per pending job",
        .size = n,
        .unit = "bytes",
        .target = "600",
    };
    struct figure step = {
        .name = "longest step, submitting",
        .size = n,
        .unit = "ms",
        .target = "10",
    };
    double growth, longest;
    struct inproc *in = fill (n, distinct, &growth, &longest);

    series_add (&memory.s, growth);
    if (n >= 10 * WARM)
        figure_print (&memory);
    series_add (&step.s, 1e3 * longest);
    if (!distinct) {
        figure_print (&step);
        repeat (in, n, false);
        repeat (in, n, true);
    }
    inproc_destroy (in);
}

/* In a process of its own, where no other size has left holes. */
static void at_size (long n, bool distinct)
{
    int status;
    pid_t pid = fork ();

    if (pid == 0) {
        measure (n, distinct);
        exit (0);
    }
    if (pid < 0 || waitpid (pid, &status, 0) != pid || status != 0)
        die ("measuring %ld jobs failed", n);
}

int main (int argc, char **argv)
{
    for (long n = 1000; n <= 1000000 && n <= size_max (); n *= 10)
        at_size (n, false);
    if (size_max () >= 100000)
        at_size (100000, true);
    return 0;
}
