/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What flux-submit does once jobs are in: ids, output, waiting, progress. */

#ifndef SLUICE_CMD_SUBMIT_WAIT_H
#define SLUICE_CMD_SUBMIT_WAIT_H

#include <flux/core.h>

#include "cmd/options.h"

struct waiter;

/* total is how many jobs will come. */
struct waiter *waiter_create (flux_t *h, const struct opts *o, int total);
void waiter_destroy (struct waiter *w);

/* Show the output of all jobs until they are clean, and no ids, whatever the
 * options say.  Call it before the first job comes.
 */
void waiter_watch (struct waiter *w);

/* A job was taken, as the copy cc (-1: the only one), or refused. */
void waiter_submitted (struct waiter *w, flux_jobid_t id, long cc);
void waiter_refused (struct waiter *w);

/* Wait as the options say; the value is that of waiter_status. */
int waiter_run (struct waiter *w);
/* The highest exit code of the jobs waited for. */
int waiter_status (struct waiter *w);

#endif
