/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Who runs commands of the instance on some of its ranks: a table of verbs.
 * The daemon's goes through the service "rexec"; tests pretend.
 */

#ifndef SLUICE_MANAGER_RUNNER_H
#define SLUICE_MANAGER_RUNNER_H

#include <stdbool.h>

#include <flux/idset.h>

struct run;

/* What becomes of one command on its ranks.  Called on the loop from
 * LOOP_HOLDABLE sources, never from inside a verb; no verb may be called but
 * signal.
 */
struct run_report {
    /* A line of output, without its newline. */
    void (*line) (void *arg, unsigned int rank, bool err, const char *line);
    /* Once for each rank: it ended with this wait(2) status; or it could not
     * be started or was lost, and why says so (else NULL).
     */
    void (*over) (void *arg, unsigned int rank, int status, const char *why);
    void *arg;
};

struct run_command {
    const struct idset *ranks; /* borrowed for the call, as all here */
    char *const *argv;
    const char *const *env; /* "NAME=VALUE", beside the broker's own */
    const char *cwd;        /* NULL: the broker's */
    bool plain;             /* env is all of the environment */
    /* Copied; report->arg outlives the run. */
    const struct run_report *report;
};

struct runner_ops {
    /* NULL and errno. */
    struct run *(*start) (void *arg, const struct run_command *cmd);
    /* Those of ranks (NULL: all) that still run get the signal. */
    void (*signal) (struct run *run, const struct idset *ranks, int signum);
    /* Those that still run are killed, and nothing more is told. */
    void (*destroy) (struct run *run);
    void *arg;
};

#endif
