/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Send jobs, and wait for them. */

#ifndef SLUICE_CMD_SUBMIT_H
#define SLUICE_CMD_SUBMIT_H

#include <flux/core.h>

#include "cmd/options.h"

extern const struct option_def submit_options[];

/* Submit o->argv once, or once for each id of --cc/--bcc, and wait as the
 * options say.  The value is the exit status.
 */
int submit_run (const struct opts *o);

/* The same for count command lines one after the other, as if they were one
 * command; o says how to wait and what to print.
 */
int submit_list (const struct opts *o, const struct opts *list, size_t count);

/* Connect and submit one job, for flux-run; the handle is the caller's. */
flux_t *submit_one (const struct opts *o, flux_jobid_t *id);

/* With --dry-run: print the jobspecs. */
int submit_dry_run (const struct opts *o);

#endif
