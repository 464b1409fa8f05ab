/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The fields of a job in output of flux-jobs(1).  A row is a job object of
 * the job-list service (RFC 43).
 */

#ifndef SLUICE_CMD_JOBFIELD_H
#define SLUICE_CMD_JOBFIELD_H

#include <jansson.h>

#include "cmd/format.h"

extern const struct format_ops job_format_ops;
extern const struct named_format job_formats[];

/* Put the attributes the fields of f (and sort keys, may be NULL) need into
 * an array, new.
 */
json_t *job_attrs_for (const struct format *f, const char *sort);

/* A job for --json: names instead of numbers, derived values; new. */
json_t *job_to_json (json_t *job);

#endif
