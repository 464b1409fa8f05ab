/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Commands on ranks, through the service "rexec" (RFC 42). */

#ifndef SLUICE_DAEMON_RUNNER_H
#define SLUICE_DAEMON_RUNNER_H

#include <flux/core.h>

#include "manager/runner.h"

/* The verbs, with h (borrowed) as their arg. */
struct runner_ops runner_make (flux_t *h);
/* Its process id on the first of its ranks; 0: it does not run. */
int runner_pid (struct run *run);

#endif
