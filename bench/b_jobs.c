/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Real jobs a second, one process each: `flux submit --cc=1-N true` and
 * `flux queue drain` in an instance that keeps its state, against a bare loop
 * that spawns `true` and waits for it.
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "outside.h"

static double bare (long n)
{
    const char *argv[] = { "/bin/true", NULL };
    double t = now ();

    for (long i = 0; i < n; i++)
        run_bare (argv);
    return n / (now () - t);
}

/* What people use who have no workload manager: no queue, no record, as many
 * at a time as there are processors.  And Slurm, if one answers.
 */
static const struct {
    const char *name;
    const char *there; /* succeeds if it can be measured */
    long n;
    const char *command; /* printf format of the number of jobs */
} peers[] = {
    { "xargs",
      "command -v xargs",
      1000,
      "seq %ld | xargs -P $(nproc) -n 1 /bin/true" },
    { "GNU parallel",
      "command -v parallel",
      1000,
      "seq %ld | parallel -n 1 /bin/true {} >/dev/null 2>&1" },
    { "Slurm",
      "sinfo --noheader",
      20,
      "sbatch --quiet --output=/dev/null --array=1-%ld --wrap=/bin/true;"
      " while squeue --noheader --me | grep -q .; do sleep 0.05; done" },
};

static bool is_there (size_t i)
{
    char command[128];

    snprintf (command,
              sizeof (command),
              "timeout 5 sh -c '%s' >/dev/null 2>&1",
              peers[i].there);
    return system (command) == 0;
}

static void measure_peer (size_t i)
{
    char command[256];
    const char *argv[] = { "/bin/sh", "-c", command, NULL };
    long n = peers[i].n;
    struct figure f = {
        .name = "real jobs",
        .who = peers[i].name,
        .size = n,
        .unit = "jobs/s",
        .floor = "posix_spawn + wait",
    };

    snprintf (command, sizeof (command), peers[i].command, n);
    for (int k = 0; k < runs (); k++) {
        series_add (&f.floor_s, bare (1000));
        series_add (&f.s, n / run_bare (argv));
    }
    figure_print (&f);
}

static double jobs (const struct subject *s, long n)
{
    static int number;
    char dir[4200], cc[64];
    struct outside o;
    const char *submit[] = { s->flux, "submit", cc, "--quiet", "true", NULL };
    const char *drain[] = { s->flux, "queue", "drain", NULL };
    double t;

    snprintf (dir, sizeof (dir), "%s/jobs%d", scratch (), number++);
    snprintf (cc, sizeof (cc), "--cc=1-%ld", n);
    if (mkdir (dir, 0700) < 0)
        die ("mkdir %s: %m", dir);
    outside_start (&o, s, dir);
    t = now ();
    outside_run (&o, submit);
    outside_run (&o, drain);
    t = now () - t;
    outside_stop (&o);
    return n / t;
}

int main (int argc, char **argv)
{
    struct subject s;

    for (int k = 0; subject_get (k, &s); k++) {
        long n = s.who ? 100 : 1000;
        struct figure f = {
            .name = "real jobs",
            .who = s.who,
            .size = n,
            .unit = "jobs/s",
            .floor = "posix_spawn + wait",
            .target = "0.5 of the floor",
        };

        for (int i = 0; i < (s.who ? 1 : runs ()); i++) {
            series_add (&f.floor_s, bare (1000));
            series_add (&f.s, jobs (&s, n));
        }
        figure_print (&f);
    }
    for (size_t i = 0; i < sizeof (peers) / sizeof (peers[0]); i++) {
        if (is_there (i))
            measure_peer (i);
    }
    return 0;
}
