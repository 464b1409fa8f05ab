/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Jobspec version 1 (RFC 14, RFC 25): text, checked, and as typed data. */

#ifndef SLUICE_WIRE_JOBSPEC_H
#define SLUICE_WIRE_JOBSPEC_H

#include "base/err.h"
#include "base/text.h"

/* What scheduler, listings and agent need to know, decoded once for each
 * distinct text.  Strings belong to the jobspec; NULL means absent.
 */
struct jobspec {
    unsigned int nnodes; /* 0: not asked for by node */
    unsigned int nslots; /* total */
    unsigned int cores_per_slot;
    unsigned int gpus_per_slot;
    bool exclusive;      /* whole nodes */
    unsigned int ntasks; /* total, from tasks[0].count */
    double duration;     /* seconds; 0: unlimited */
    const char *name;    /* job.name, else basename of command[0] */
    const char *queue;
    const char *cwd;
    const char *project;
    const char *bank;
    const char *constraints;  /* JSON text, RFC 31, or NULL */
    const char *dependencies; /* JSON text of the array, or NULL */
    bool waitable_test;       /* attributes.system.exec.test is there */
};

/* Check text (any bytes) against RFC 25, naming the key that is wrong and
 * what it is: "jobspec: resources[0].count: expected an integer of 1 or
 * more, got -1".  0, or -1 and EINVAL.
 */
int jobspec_check (const char *text, size_t len, flux_error_t *error);

/* The typed form, cached in the text (aux) until the text goes.  The text is
 * one that jobspec_check accepted.  NULL and errno if it is not.
 */
const struct jobspec *jobspec_of (struct text *spec);

/* The text without attributes.system.environment, compact; malloced. */
char *jobspec_redact (const char *text, size_t len, flux_error_t *error);

/* Apply the dotted keys of an RFC 21 jobspec-update context ("attributes.
 * system.duration": 60) to text; malloced.  Keys start with attributes,
 * resources or tasks, else NULL and EINVAL.
 */
char *jobspec_update (const char *text, const char *updates, flux_error_t *e);

/* What the agent needs to run the tasks: argument vector, environment, ...,
 * from the whole (not redacted) jobspec.
 */
struct jobspec_run {
    char **argv;
    char **env; /* "NAME=VALUE" */
    char *cwd;  /* NULL: the agent's */
    unsigned int ntasks;
    char *output; /* attributes.system.shell.options.output.stdout.path */
    char *error;  /*   ... .stderr.path; NULL: with the log */
    char *input;  /*   ... input.stdin.path */
    bool label;   /* prefix lines with "rank: " in files */
    bool pty_interactive;
};
struct jobspec_run *jobspec_run_create (const char *text, flux_error_t *error);
void jobspec_run_destroy (struct jobspec_run *run);

#endif
