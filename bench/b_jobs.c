/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Real jobs a second, one process each: `flux submit --cc=1-N true` and
 * `flux queue drain` in an instance that keeps its state, against a bare loop
 * that spawns `true` and waits for it.
 */

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
 * at a time as there are processors.
 */
static const struct {
    const char *name;
    const char *path;
    const char *command; /* printf format of the number of jobs */
} peers[] = {
    { "xargs", "/usr/bin/xargs", "seq %ld | xargs -P $(nproc) -n 1 /bin/true" },
    { "GNU parallel",
      "/usr/bin/parallel",
      "seq %ld | parallel -n 1 /bin/true {} >/dev/null 2>&1" },
};

static void measure_peer (size_t i, long n)
{
    char command[128];
    const char *argv[] = { "/bin/sh", "-c", command, NULL };
    struct figure f = {
        .name = "real jobs",
        .who = peers[i].name,
        .size = n,
        .unit = "jobs/s",
        .floor = "posix_spawn + wait",
    };

    if (access (peers[i].path, X_OK) < 0)
        return;
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
    for (size_t i = 0; i < sizeof (peers) / sizeof (peers[0]); i++)
        measure_peer (i, 1000);
    return 0;
}
