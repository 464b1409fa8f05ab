/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The parts of perilog.so. */

#ifndef SLUICE_PLUGINS_PERILOG_H
#define SLUICE_PLUGINS_PERILOG_H

#include <regex.h>
#include <stdbool.h>

#include <flux/core.h>
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

/* ---- one process (perilog-proc.c) ---- */

struct perilog_proc;

/* What becomes of it; each at most once, the last call is ended.  A process
 * that is not gone kill_timeout after a signal is given up (stuck); then
 * ended comes all the same, whenever it goes.
 */
struct perilog_proc_ops {
    void (*line) (void *arg, const char *stream, const char *line);
    void (*timed_out) (void *arg); /* and was signaled */
    void (*stuck) (void *arg);
    void (*ended) (void *arg, int status); /* as of wait(2) */
};

/* Start argv in a process group of its own, with env (NAME=VALUE, ends with
 * NULL) in place of variables of the same name.  timeout and kill_timeout in
 * seconds, 0 for none.  NULL and errno if it cannot be started.
 */
struct perilog_proc *perilog_proc_start (flux_reactor_t *r,
                                         char *const argv[],
                                         char *const env[],
                                         double timeout,
                                         double kill_timeout,
                                         const struct perilog_proc_ops *ops,
                                         void *arg);

/* Ask it to end (SIGTERM to the group), and begin the kill timeout. */
void perilog_proc_cancel (struct perilog_proc *proc);

/* Seconds until the timeout, 0 if there is none. */
double perilog_proc_remaining (struct perilog_proc *proc);

/* Forget it.  One that still runs is killed. */
void perilog_proc_destroy (struct perilog_proc *proc);

#endif
