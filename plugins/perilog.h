/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The parts of perilog.so. */

#ifndef SLUICE_PLUGINS_PERILOG_H
#define SLUICE_PLUGINS_PERILOG_H

#include <regex.h>
#include <stdbool.h>

#include <flux/core.h>
#include <flux/idset.h>
#include <flux/jobtap.h>
#include <flux/subprocess.h>
#include <jansson.h>

/* ---- configuration (perilog-conf.c) ---- */

enum { PROLOG, EPILOG };

/* [job-manager.prolog] or [job-manager.epilog] */
struct perilog_table {
    char **argv; /* NULL: not configured */
    bool per_rank;
    bool cancel_on_exception;
    double timeout; /* seconds; 0: none */
    double kill_timeout;
};

struct perilog_conf {
    struct perilog_table table[2];
    regex_t *ignore; /* lines of output that are not logged */
    size_t nignore;
};

extern const char *const perilog_names[];

/* Read the instance's configuration.  NULL and a sentence if it is bad. */
struct perilog_conf *perilog_conf_create (json_t *conf, flux_error_t *error);
void perilog_conf_destroy (struct perilog_conf *conf);

/* As flux-jobtap(1), query, shows it; NULL when out of memory. */
json_t *perilog_conf_describe (const struct perilog_conf *conf);

bool perilog_conf_ignores (const struct perilog_conf *conf, const char *line);

/* ---- its processes (perilog-proc.c) ---- */

struct perilog_proc;

/* What becomes of them; the last call is ended.  Those that are not gone
 * kill_timeout after a signal are given up (stuck); then ended comes all the
 * same, whenever they go.
 */
struct perilog_proc_ops {
    void (*line) (void *arg,
                  unsigned int rank,
                  const char *stream,
                  const char *line);
    /* One could not be started, or was lost. */
    void (*failed) (void *arg, unsigned int rank, const char *why);
    void (*timed_out) (void *arg); /* and all were signaled */
    void (*stuck) (void *arg);
    void (*ended) (void *arg, int status); /* the highest of wait(2) */
};

/* Start cmd on each of the ranks.  timeout and kill_timeout in seconds, 0 for
 * none.  NULL and errno; nothing is told before this returns.
 */
struct perilog_proc *perilog_proc_start (flux_t *h,
                                         const struct idset *ranks,
                                         const flux_cmd_t *cmd,
                                         double timeout,
                                         double kill_timeout,
                                         const struct perilog_proc_ops *ops,
                                         void *arg);

/* Ask them to end (SIGTERM to their groups), and begin the kill timeout. */
void perilog_proc_cancel (struct perilog_proc *proc);

/* Seconds until the timeout, 0 if there is none. */
double perilog_proc_remaining (struct perilog_proc *proc);

size_t perilog_proc_total (const struct perilog_proc *proc);
/* Ranks where it runs, or where it ended with a status that is not 0; the
 * caller frees them.
 */
enum perilog_which { PERILOG_ACTIVE, PERILOG_FAILED };
struct idset *perilog_proc_ranks (const struct perilog_proc *proc,
                                  enum perilog_which which);

/* Forget them.  Those that still run are killed. */
void perilog_proc_destroy (struct perilog_proc *proc);

/* ---- one run for a job (perilog-run.c) ---- */

struct perilog;

struct perilog_run {
    struct perilog *all;
    flux_jobid_t id;
    char name[64]; /* the id as people read it */
    int which;
    struct perilog_proc *proc; /* NULL: could not be started */
    bool per_rank;             /* on each rank of the job */
    bool canceled;             /* by an exception */
    bool timed_out;
    bool given_up;
    struct perilog_run *prev, *next;
};

struct perilog {
    flux_plugin_t *p;
    flux_t *h;
    struct perilog_conf *conf;
    struct perilog_run *runs;
};

extern const char *const perilog_descriptions[];

/* The start event has been posted; if the command cannot be started, it is as
 * if it had failed.
 */
int perilog_run_start (struct perilog *all, flux_jobid_t id, int which);
/* Post it, and start: nothing if there is no epilog. */
void perilog_start_epilog (struct perilog *all, flux_jobid_t id);
/* That of a job which it waits for; NULL. */
struct perilog_run *perilog_run_find (struct perilog *all,
                                      flux_jobid_t id,
                                      int which);
void perilog_run_destroy (struct perilog_run *run);
/* Has the job begun to end? */
bool perilog_is_ending (struct perilog *all, flux_jobid_t id);

#endif
