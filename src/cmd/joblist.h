/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Lists of jobs from the job-list service (RFC 43). */

#ifndef SLUICE_CMD_JOBLIST_H
#define SLUICE_CMD_JOBLIST_H

#include <flux/core.h>
#include <jansson.h>

#include "cmd/options.h"

/* Send request to job-list.list and append all jobs that come to the array
 * jobs; dies.
 */
void joblist_receive (flux_t *h, json_t *request, json_t *jobs);

/* The jobs that options -a -A -u -f -q --since ask for (see jobfilter.h),
 * max of them (0: all), with attrs (an array, borrowed); new; dies.
 */
json_t *joblist_matching (flux_t *h,
                          const struct opts *o,
                          json_t *attrs,
                          long max);

/* One job, new; NULL and errno (ENOENT: there is none). */
json_t *joblist_id (flux_t *h, flux_jobid_t id, json_t *attrs);

#endif
