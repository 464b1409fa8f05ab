/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <ftw.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

static char scratch_dir[4096];

void die (const char *fmt, ...)
{
    va_list ap;

    va_start (ap, fmt);
    fputs ("bench: ", stderr);
    vfprintf (stderr, fmt, ap);
    fputc ('\n', stderr);
    va_end (ap);
    exit (1);
}

/* With BENCH_CLOCK=cpu it is the time this thread had of a processor: for
 * programs that measure what happens inside them, on a busy machine.
 */
double now (void)
{
    static int clock = -1;
    const char *s;
    struct timespec ts;

    if (clock < 0)
        clock = (s = getenv ("BENCH_CLOCK")) && !strcmp (s, "cpu")
                    ? CLOCK_THREAD_CPUTIME_ID
                    : CLOCK_MONOTONIC;
    clock_gettime (clock, &ts);
    return ts.tv_sec + 1e-9 * ts.tv_nsec;
}

double rss (void)
{
    FILE *f = fopen ("/proc/self/statm", "r");
    long total, resident = 0;

    if (!f || fscanf (f, "%ld %ld", &total, &resident) != 2)
        die ("cannot read /proc/self/statm");
    fclose (f);
    return (double)resident * sysconf (_SC_PAGESIZE);
}

/* jemalloc's, where it is the allocator. */
int mallctl (const char *, void *, size_t *, void *, size_t)
    __attribute__ ((weak));

double rss_trimmed (void)
{
    if (mallctl)
        mallctl ("arena.4096.purge", NULL, NULL, NULL, 0);
    else
        malloc_trim (0);
    return rss ();
}

static long number (const char *name, long otherwise, long max)
{
    const char *s = getenv (name);
    long n = s ? strtol (s, NULL, 10) : otherwise;

    return n < 1 ? otherwise : n > max ? max : n;
}

int runs (void)
{
    return number ("BENCH_RUNS", 5, SERIES_MAX);
}

long size_max (void)
{
    return number ("BENCH_MAX", 100000, 100000000);
}

static int remove_one (const char *path,
                       const struct stat *st,
                       int flag,
                       struct FTW *ftw)
{
    return remove (path);
}

static void scratch_remove (void)
{
    nftw (scratch_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch (void)
{
    const char *tmp = getenv ("TMPDIR");

    if (scratch_dir[0])
        return scratch_dir;
    snprintf (scratch_dir,
              sizeof (scratch_dir),
              "%s/sluice-bench-XXXXXX",
              tmp && tmp[0] ? tmp : "/tmp");
    if (!mkdtemp (scratch_dir))
        die ("mkdtemp %s: %m", scratch_dir);
    atexit (scratch_remove);
    return scratch_dir;
}

void series_add (struct series *s, double value)
{
    if (s->n < SERIES_MAX)
        s->v[s->n++] = value;
}

static int by_value (const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static struct series sorted (const struct series *s)
{
    struct series copy = *s;

    qsort (copy.v, copy.n, sizeof (copy.v[0]), by_value);
    return copy;
}

double series_median (const struct series *s)
{
    struct series c = sorted (s);

    if (c.n == 0)
        return 0.;
    return c.n % 2 ? c.v[c.n / 2] : (c.v[c.n / 2 - 1] + c.v[c.n / 2]) / 2.;
}

void figure_print (const struct figure *f)
{
    struct series c = sorted (&f->s);
    double median = series_median (&c);

    printf ("%s|%s|", f->name, f->who ? f->who : "sluice");
    if (f->size > 0)
        printf ("%ld", f->size);
    printf ("|%s|%.6g|%.6g|%.6g|",
            f->unit,
            median,
            c.n > 0 ? c.v[0] : 0.,
            c.n > 0 ? c.v[c.n - 1] : 0.);
    if (f->floor) {
        double base = series_median (&f->floor_s);
        printf ("%s|%.6g|%.4g", f->floor, base, base > 0. ? median / base : 0.);
    }
    else
        printf ("||");
    printf ("|%s\n", f->target ? f->target : "");
    fflush (stdout);
}
