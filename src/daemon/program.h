/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Programs the broker starts itself: rc1, the initial program, rc3. */

#ifndef SLUICE_DAEMON_PROGRAM_H
#define SLUICE_DAEMON_PROGRAM_H

#include "daemon/broker.h"

struct program;

/* The program ended; code is its exit code, or 128 + N for signal N.  The
 * program is freed after this returns.
 */
typedef void (*program_f) (struct broker *b, int code, void *arg);

/* Run argv (argc > 1, or a path of a shell), argv[0] (argc 1) by
 * "$SHELL -c", or an interactive shell (argc 0), with the environment a
 * program of this instance expects.  NULL and errno if it cannot be started.
 */
struct program *program_start (struct broker *b,
                               int argc,
                               char **argv,
                               program_f done,
                               void *arg,
                               flux_error_t *error);
void program_kill (struct program *p, int signum);
/* Forget a program that still runs, after SIGKILL. */
void program_abandon (struct program *p);

#endif
