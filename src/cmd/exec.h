/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux-exec(1): one command on many ranks. */

#ifndef SLUICE_CMD_EXEC_H
#define SLUICE_CMD_EXEC_H

#include <flux/core.h>
#include <flux/idset.h>
#include <flux/subprocess.h>

struct exec_run;

struct exec_target {
    struct exec_run *run;
    unsigned int rank;
    flux_subprocess_t *p;
    long credit;     /* bytes of input it takes */
    bool over;       /* nothing more comes */
    int code;        /* exit code, as a shell would have it */
    int status;      /* wait(2) status; 0 too if it never ran */
    bool midline[2]; /* the last output had no newline: stdout, stderr */
};

struct exec_run {
    flux_t *h;
    flux_cmd_t *cmd;
    const char *name;    /* of what is run, in messages */
    char *service;       /* NULL: rexec */
    struct idset *ranks; /* targets */
    struct exec_target *targets;
    size_t ntargets;
    size_t nover;
    bool label_io;
    bool no_input;
    bool attach;
    bool verbose;
    bool quiet;
    double t0;
    double last_sigint;
    flux_watcher_t *input;
};

/* Run all and wait for their ends; the exit status of flux-exec. */
int exec_all (struct exec_run *run);
/* Start all in the background; 1 if one cannot be. */
int exec_background (struct exec_run *run, int flags);
/* Standard input to all (exec_input.c). */
void exec_input_start (struct exec_run *run);
/* A target takes more, or has ended. */
void exec_input_check (struct exec_run *run);

#endif
