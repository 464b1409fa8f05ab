/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The longest turn of the broker's loop under each command that might look at
 * all jobs, when there are many: pending ones, then finished ones.
 */

#include <flux/core.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "outside.h"

#define TARGET_MS 10.

/* Shell commands; $P is the plugin.  What they say, and whether they fail, is
 * of no interest: those that would wait for jobs are ended.
 */
static const char *const pending[] = {
    "flux jobtap load $P",
    "flux jobtap list",
    "flux jobtap query latency-plugin.so",
    "flux jobtap remove latency-plugin.so",
    "flux resource drain 0",
    "flux queue start --all",
    "flux queue stop --all",
    "flux queue disable --all stop",
    "flux queue enable --all",
    "flux queue status",
    "flux queue idle --timeout=0.5s",
    "timeout 1 flux queue drain",
    "flux resource undrain 0",
    "flux resource list",
    "flux resource status",
    "flux jobs",
    "flux jobs -a",
    "flux jobs -a --count=20000",
    "flux jobs --user=nobody",
    "flux pgrep nothing",
    "flux pkill nothing",
    "flux job last",
    "flux job list --count=10000",
    "flux job stats",
    "flux job urgency $(flux job last) 20",
    "flux job raise --severity=1 $(flux job last)",
    "flux update $(flux job last) duration=1h",
    "flux job eventlog $(flux job last)",
    "flux job wait --all",
    "flux job purge --num-limit=1",
    "flux cancel --all --dry-run",
    "flux job raiseall --severity=0 x",
    "flux job killall",
    "flux kvs dir",
    "flux kvs dir job",
    "flux kvs ls -R job | head",
    "flux module stats job-manager",
    "flux module stats job-list",
    "flux module stats sched-simple",
    "flux config reload",
    "printf '[queues.a]\\n[queues.b]\\n' | flux config load",
    "flux queue list",
    "echo | flux config load",
    "flux module reload sched-simple",
    "flux module reload job-list",
    "flux module remove job-exec; flux module load job-exec",
    "flux uptime",
    NULL,
};

static const char *const finished[] = {
    "flux jobs -a",
    "flux jobs -a --count=20000",
    "flux jobs --filter=failed",
    "flux jobs -a --user=nobody",
    "flux pgrep -a nothing",
    "flux job list-inactive --count=10000",
    "flux job stats",
    "flux module stats job-manager",
    "flux module stats job-list",
    "flux kvs dir job",
    "flux job purge --num-limit=1000",
    "flux job purge --age-limit=0s",
    "flux job purge --force --num-limit=1000 --batch=1000",
    "flux job purge --force --age-limit=0s",
    "flux jobtap load $P",
    "flux config reload",
    NULL,
};

/* Work may go on for a while after the command. */
static void try_all (struct outside *o,
                     const char *const commands[],
                     const char *state)
{
    long n = size_max ();

    for (; *commands; commands++) {
        const char *argv[] = { "sh", "-c", NULL, NULL };
        char name[256], line[512];
        struct figure f = {
            .name = name,
            .size = n,
            .unit = "ms",
            .target = "10",
        };
        const char *what;
        double ms, took;

        snprintf (line, sizeof (line), "{ %s; } 2>&1 || :", *commands);
        argv[2] = line;
        outside_longest_clear (o);
        took = outside_run (o, argv);
        usleep (200000 + n / 10);
        ms = outside_longest (o, &what);
        snprintf (name,
                  sizeof (name),
                  "longest turn, %s, %s",
                  state,
                  *commands);
        /* A bar ends a field. */
        for (char *p = name; (p = strchr (p, '|')); p++)
            *p = ',';
        series_add (&f.s, ms);
        figure_print (&f);
        if (ms > TARGET_MS)
            fprintf (stderr,
                     "   %s: %s: %.3g s, longest turn %.3g ms, most of it %s\n",
                     state,
                     *commands,
                     took,
                     ms,
                     what);
    }
}

static void set_environment (struct outside *o, const char *self)
{
    const char *slash = strrchr (self, '/');
    const char *bin = strrchr (o->subject.flux, '/');
    char text[8400];

    snprintf (text,
              sizeof (text),
              "%.*s/latency-plugin.so",
              slash ? (int)(slash - self) : 1,
              slash ? self : ".");
    setenv ("P", text, 1);
    snprintf (text,
              sizeof (text),
              "%.*s:%s",
              bin ? (int)(bin - o->subject.flux) : 1,
              bin ? o->subject.flux : ".",
              getenv ("PATH"));
    setenv ("PATH", text, 1);
}

int main (int argc, char **argv)
{
    const char *cancel[] = { NULL, "cancel", "--all", "--quiet", NULL };
    struct subject s;
    struct outside o;
    char dir[4200];

    subject_get (0, &s);
    cancel[0] = s.flux;
    snprintf (dir, sizeof (dir), "%s/stalls", scratch ());
    if (mkdir (dir, 0700) < 0)
        die ("mkdir %s: %m", dir);
    outside_start (&o, &s, dir);
    set_environment (&o, argv[0]);
    outside_stop_queues (&o);
    outside_submit (&o, size_max ());
    try_all (&o, pending, "pending");
    outside_run (&o, cancel);
    try_all (&o, finished, "finished");
    outside_stop (&o);
    return 0;
}
