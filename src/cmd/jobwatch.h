/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Follow one job: its events, the events of its execution, and its output,
 * until all of them end.
 */

#ifndef SLUICE_CMD_JOBWATCH_H
#define SLUICE_CMD_JOBWATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/eventlog.h"

struct jobwatch;

/* What to tell; all may be NULL. */
struct jobwatch_ops {
    /* An event of the main log ("job.") or the execution log ("exec."). */
    void (*event) (struct jobwatch *w,
                   const struct entry *ent,
                   json_t *o,
                   bool is_exec,
                   void *arg);
    /* Data of a task; eof ends the stream.  rank is an idset. */
    void (*output) (struct jobwatch *w,
                    const char *stream,
                    const char *rank,
                    const char *data,
                    size_t len,
                    bool eof,
                    void *arg);
    /* A message of the shell, logged at t, or (t is 0) a stream that went to a
     * file.
     */
    void (*note) (struct jobwatch *w, double t, const char *text, void *arg);
    /* The output so far has been told (only when tail was asked for). */
    void (*caught_up) (struct jobwatch *w, void *arg);
    /* All streams have ended. */
    void (*done) (struct jobwatch *w, void *arg);
};

struct jobwatch {
    flux_jobid_t id;
    void *aux;      /* the caller's */
    int exit_code;  /* 0 until known */
    bool finished;  /* a finish event was seen */
    bool excepted;  /* a fatal exception was seen */
    bool started;   /* the start event was seen */
    bool stop_seen; /* the event to stop at was seen */
    int errnum;     /* why the main log failed, or 0 */
    double t0;      /* of the first event */
    char *service;  /* from shell.init */
    int leader_rank;
    char *pty;    /* from shell.init: its terminal; NULL: none */
    bool capture; /* and what that shows is in the output too */
    /* private */
    flux_t *h;
    const struct jobwatch_ops *ops;
    void *arg;
    const char *stop_event;
    bool want_output;
    bool want_tail;
    bool canceled; /* the main log is no longer wanted */
    struct event_watch *main;
    struct event_watch *exec;
    struct event_watch *out;
};

enum {
    JOBWATCH_OUTPUT = 1, /* follow execution and output too */
    JOBWATCH_TAIL = 2,   /* and say when the backlog has been told */
};

/* Follow job id; the main log is left at the first event called stop_event.
 * NULL and errno.
 */
struct jobwatch *jobwatch_start (flux_t *h,
                                 flux_jobid_t id,
                                 int flags,
                                 const char *stop_event,
                                 const struct jobwatch_ops *ops,
                                 void *arg);
void jobwatch_destroy (struct jobwatch *w);

/* Write task output with prefix (NULL: none) and "RANK: " before each line when
 * label is set.
 */
void write_output (FILE *f,
                   const char *prefix,
                   const char *rank,
                   const char *data,
                   size_t len,
                   bool label);

/* "T.TTTs: job.exception ID type=cancel severity=0 note", for stderr; brief:
 * "job.exception: type=cancel ...".
 */
void print_exception (struct jobwatch *w, const struct entry *ent, bool brief);

#endif
