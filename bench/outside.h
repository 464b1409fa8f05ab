/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A whole instance as users have it, measured from outside.
 *
 * The same work is done with the flux of this tree ($BENCH_FLUX) and, if
 * $FLUX_PEER names another flux command, with that.
 */

#ifndef SLUICE_BENCH_OUTSIDE_H
#define SLUICE_BENCH_OUTSIDE_H

#include <flux/core.h>
#include <sys/types.h>

struct subject {
    const char *who;  /* NULL: sluice */
    const char *flux; /* path of the command */
};

/* The n-th subject, from 0; false if there is none. */
bool subject_get (int n, struct subject *s);

struct outside {
    struct subject subject;
    pid_t pid;
    int in; /* the instance ends when this is closed */
    char *uri;
    flux_t *h;
};

/* Start an instance and wait for its first answer.  statedir may be NULL.
 * These end the program on failure.
 */
void outside_start (struct outside *o,
                    const struct subject *s,
                    const char *statedir);
void outside_stop (struct outside *o);
/* As a crash would. */
void outside_kill (struct outside *o);
/* Run a command to its end; NULL-terminated, output goes to /dev/null.  With
 * o its FLUX_URI is the instance's.  The seconds it took.
 */
double outside_run (const struct outside *o, const char *const argv[]);
/* The same without an instance. */
double run_bare (const char *const argv[]);

/* No job starts from now on. */
void outside_stop_queues (struct outside *o);
/* Submit n jobs of one core over o->h, many under way at a time, until all are
 * acknowledged.
 */
void outside_submit (struct outside *o, long n);

/* The longest turn of the broker's loop since it was forgotten last, in
 * milliseconds, and what took most of it: a text that holds until the next
 * call.
 */
double outside_longest (const struct outside *o, const char **what);
void outside_longest_clear (const struct outside *o);

#endif
