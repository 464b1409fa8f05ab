/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Jobspec version 1 (RFC 14, RFC 25): text, checked, and as typed data. */

#ifndef SLUICE_WIRE_JOBSPEC_H
#define SLUICE_WIRE_JOBSPEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "wire/shell_options.h"

/* The longest jobspec text that is accepted.  Nesting and the number of values
 * are bounded too (wire/jload.h).
 */
enum {
    JOBSPEC_MAX_SIZE = 4 * 1024 * 1024,
};

/* What scheduler, listings and agent need to know, decoded once for each
 * distinct text.  Strings belong to the jobspec; NULL means absent.
 */
struct jobspec {
    unsigned int nnodes; /* 0: not asked for by node */
    unsigned int nslots; /* total */
    unsigned int cores_per_slot;
    unsigned int gpus_per_slot;
    unsigned int ncores; /* total: nslots * cores_per_slot, at most INT_MAX */
    unsigned int ngpus;  /* total */
    bool exclusive;      /* whole nodes */
    /* Tasks in total, from tasks[0].count, or from the shell option
     * per-resource where that can be known before there is R: with
     * tasks_per_node (0: not given) and no nnodes it is that of one node. */
    unsigned int ntasks;
    unsigned int tasks_per_node;
    unsigned int tasks_per_core;
    double duration;  /* seconds; 0: unlimited */
    const char *name; /* job.name, else basename of command[0]; as cwd that of
                         one of the texts: see jobspec_names */
    const char *cwd;
    const char *queue;
    const char *project;
    const char *bank;
    const char *constraints;  /* JSON text, RFC 31, or NULL */
    const char *dependencies; /* JSON text of the array, or NULL */
    bool waitable_test;       /* attributes.system.exec.test is there */
};

/* Check text (any bytes) against RFC 25, naming the key that is wrong and
 * what it is: "jobspec: resources[0].count: expected an integer of 1 or
 * more, got -1".  0, or -1 and EINVAL.
 *
 * Where RFC 25's prose and its own examples or schema differ, the wider one
 * is taken: command may be a single string, count.total may be more than the
 * slots, slots may say "exclusive".  Keys in attributes.system that are not
 * known are let be.
 */
int jobspec_check (const char *text, size_t len, flux_error_t *error);

/* At least a JSON object: what a job may have that was not validated. */
int jobspec_check_object (const char *text, size_t len, flux_error_t *error);

/* The typed form, cached in the text (aux) until the text goes.  The text is
 * one that jobspec_check accepted.  NULL and EINVAL if it is not (or if the
 * text's aux is in use for another purpose), ENOMEM.
 *
 * Texts of one pool that differ in nothing but name, working directory and
 * what is not in the form share it.
 */
const struct jobspec *jobspec_of (struct text *spec);
/* The text's own name and working directory (NULL: none), which are the
 * text's; both NULL if it has no form.
 */
void jobspec_names (struct text *spec, const char **name, const char **cwd);

/* The text without attributes.system.environment, compact; malloced.  Checks
 * as jobspec_check does, so that a submission is parsed once.
 */
char *jobspec_redact (const char *text, size_t len, flux_error_t *error);

/* Apply the dotted keys of an RFC 21 jobspec-update context ("attributes.
 * system.duration": 60) to text; malloced.  Keys start with attributes,
 * resources or tasks, and what is on the way to the last part is an object or
 * is made one, else NULL and EINVAL.  The result is not checked.
 */
char *jobspec_update (const char *text, const char *updates, flux_error_t *e);

/* What the agent needs to run the tasks: argument vector, ..., from the whole
 * (not redacted) jobspec, checked as by jobspec_check.  Not to be changed:
 * jobs that differ in their environment alone share it.
 */
struct jobspec_run {
    unsigned int refs;
    char *rest; /* the text around the environment; NULL: not kept */
    size_t nrest;
    size_t env_at; /* where it was */
    char **argv;
    char *cwd; /* NULL: the agent's */
    unsigned int ntasks;
    /* Paths (or templates of paths, flux-submit(1)) of redirected streams, from
     * attributes.system.shell.options (flux-shell-options(7)); NULL: to or
     * from the log.  stderr follows stdout unless it is sent elsewhere. */
    char *output; /* output.stdout.path */
    char *error;  /* output.stderr.path */
    char *input;  /* input.stdin.path */
    bool label;   /* prefix lines with "rank: " in files */
    bool append;  /* output.mode is append: keep what the files hold */
    struct shell_options shell;
};
/* Has the job a terminal to attach to (shell option pty.interactive)?  Cheap
 * for those that have none.
 */
bool jobspec_pty_interactive (const char *text);
/* The file that tasks read (shell option input.stdin), malloced; NULL: what
 * is written to them.  Cheap, too.
 */
char *jobspec_input_path (const char *text);

/* *env gets the environment, "NAME=VALUE" each, NULL at the end, what is null
 * in the jobspec left out: one block of memory that the caller frees.
 * last: one that text may be like (NULL: none), then the answer is a reference
 * to it.  NULL and EINVAL or ENOMEM.
 */
struct jobspec_run *jobspec_run_create (const char *text,
                                        struct jobspec_run *last,
                                        char ***env,
                                        flux_error_t *error);
struct jobspec_run *jobspec_run_ref (struct jobspec_run *run);
/* Gives a reference back; accepts NULL. */
void jobspec_run_destroy (struct jobspec_run *run);

#endif
