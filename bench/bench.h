/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the programs of this folder share: samples, and how a figure is told.
 *
 * A figure is told as one line of fields with '|' between them:
 *   name|who|size|unit|median|low|high|floor|floor median|ratio|target
 * ratio is median / floor median.  Fields that do not apply are empty.  The
 * driver (bench/run) makes tables, JSON and plots of such lines.
 */

#ifndef SLUICE_BENCH_BENCH_H
#define SLUICE_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#define SERIES_MAX 64

struct series {
    double v[SERIES_MAX];
    int n;
};

struct figure {
    const char *name;
    const char *who; /* NULL: "sluice" */
    long size;       /* of the work; 0: does not apply */
    const char *unit;
    struct series s;
    const char *floor; /* what it is compared with; NULL: nothing */
    struct series floor_s;
    const char *target; /* NULL: none */
};

void series_add (struct series *s, double value);
double series_median (const struct series *s);
void figure_print (const struct figure *f);

/* Seconds of a clock that only goes forward. */
double now (void);
/* Resident bytes of this process. */
double rss (void);
/* The same, when what was freed has been given back to the system. */
double rss_trimmed (void);
/* How often to repeat ($BENCH_RUNS, 5), at most SERIES_MAX. */
int runs (void);
/* Sizes beyond this are left out ($BENCH_MAX, 100000). */
long size_max (void);
/* Print why and exit with 1. */
void die (const char *fmt, ...)
    __attribute__ ((format (printf, 1, 2), noreturn));
/* A directory that goes when the program ends. */
const char *scratch (void);

#endif
