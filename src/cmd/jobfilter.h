/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Which jobs: options of flux-jobs(1) to constraints of job-list (RFC 43). */

#ifndef SLUICE_CMD_JOBFILTER_H
#define SLUICE_CMD_JOBFILTER_H

#include <flux/types.h>
#include <jansson.h>

#include "cmd/options.h"

/* The constraint for -a -A -u -f -q -i --name --since, new.  *since is 0 or
 * the time.  NULL and EINVAL with a sentence naming the bad value.
 */
json_t *jobfilter_build (const struct opts *o,
                         double now,
                         double *since,
                         flux_error_t *e);

#endif
