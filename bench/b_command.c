/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Whole commands: `flux submit true`, and starting an instance until its first
 * answer, against running `true`.
 */

#include <stdlib.h>

#include "bench.h"
#include "outside.h"

static double ms_true (void)
{
    const char *argv[] = { "/bin/true", NULL };

    return 1e3 * run_bare (argv);
}

static void submit (const struct subject *s)
{
    const char *argv[] = { s->flux, "submit", "true", NULL };
    struct figure f = {
        .name = "flux submit true",
        .who = s->who,
        .unit = "ms",
        .floor = "/bin/true",
        .target = "5",
    };
    struct outside o;

    outside_start (&o, s, NULL);
    for (int i = 0; i < 4 * runs (); i++) {
        series_add (&f.floor_s, ms_true ());
        series_add (&f.s, 1e3 * outside_run (&o, argv));
    }
    outside_stop (&o);
    figure_print (&f);
}

static void start (const struct subject *s)
{
    struct figure f = {
        .name = "start to first answer",
        .who = s->who,
        .unit = "ms",
        .floor = "/bin/true",
        .target = "50",
    };

    for (int i = 0; i < runs (); i++) {
        struct outside o;
        double t;

        series_add (&f.floor_s, ms_true ());
        t = now ();
        outside_start (&o, s, NULL);
        series_add (&f.s, 1e3 * (now () - t));
        outside_stop (&o);
    }
    figure_print (&f);
}

int main (int argc, char **argv)
{
    struct subject s;

    for (int k = 0; subject_get (k, &s); k++) {
        start (&s);
        submit (&s);
    }
    return 0;
}
