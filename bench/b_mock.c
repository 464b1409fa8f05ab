/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Jobs a second from submit to inactive with the mock executor, in this
 * process, and what a finished job leaves in memory.  What it is compared
 * with is the smallest size: a figure that falls is one that does not scale.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "inproc.h"

#define WINDOW 1024
/* Not counted for memory: caches of a fixed size fill with these. */
#define WARM 10000

struct outcome {
    double rate;   /* jobs a second */
    double growth; /* bytes a job */
};

static struct outcome measure (long n, bool disk, int number)
{
    struct outcome out;
    char dir[4200];
    struct inproc_opt opt = { .cores = 64 };
    struct inproc *in;
    double t, r;

    if (disk) {
        snprintf (dir, sizeof (dir), "%s/mock%d", scratch (), number);
        opt.statedir = dir;
    }
    in = inproc_create (&opt);
    inproc_submit (in, disk && n >= 10 * WARM ? WARM : 100, WINDOW, false);
    inproc_until_active (in, 0);
    r = rss_trimmed ();
    t = now ();
    inproc_submit (in, n, WINDOW, false);
    inproc_until_active (in, 0);
    inproc_settle (in);
    t = now () - t;
    out.rate = n / t;
    out.growth = (rss_trimmed () - r) / n;
    inproc_destroy (in);
    return out;
}

/* In a process of its own, where no other has left holes. */
static struct outcome once (long n, bool disk)
{
    static int number;
    struct outcome out;
    int fd[2], status;
    pid_t pid;

    scratch ();
    number++;
    if (pipe (fd) < 0 || (pid = fork ()) < 0)
        die ("cannot start a process: %m");
    if (pid == 0) {
        out = measure (n, disk, number);
        _exit (write (fd[1], &out, sizeof (out)) != sizeof (out));
    }
    close (fd[1]);
    if (read (fd[0], &out, sizeof (out)) != sizeof (out)
        || waitpid (pid, &status, 0) != pid || status != 0)
        die ("measuring %ld jobs failed", n);
    close (fd[0]);
    return out;
}

static void sizes (const char *name, bool disk)
{
    struct series first = { .n = 0 };

    for (long n = 1000; n <= 1000000 && n <= size_max (); n *= 10) {
        struct figure f = {
            .name = name,
            .size = n,
            .unit = "jobs/s",
            .floor = "1000 jobs",
            .target = "10000, flat",
        };
        struct figure memory = {
            .name = "memory per inactive job",
            .size = n,
            .unit = "bytes",
            .target = "0",
        };

        for (int i = 0; i < (n >= 100000 ? 1 : runs ()); i++) {
            struct outcome out = once (n, disk);

            series_add (&f.s, out.rate);
            series_add (&memory.s, out.growth);
        }
        if (n == 1000)
            first = f.s;
        f.floor_s = first;
        figure_print (&f);
        if (disk && n >= 10 * WARM)
            figure_print (&memory);
    }
}

/* "b_mock SIZE memory|disk" runs one case alone, to be profiled. */
static int one (long n, const char *store)
{
    if (n < 1 || (strcmp (store, "memory") && strcmp (store, "disk")))
        die ("usage: b_mock [SIZE memory|disk]");
    printf ("%.0f jobs/s\n", once (n, !strcmp (store, "disk")).rate);
    return 0;
}

int main (int argc, char **argv)
{
    if (argc == 3)
        return one (strtol (argv[1], NULL, 10), argv[2]);
    sizes ("mock jobs, store in memory", false);
    sizes ("mock jobs, store on disk, sync full", true);
    return 0;
}
