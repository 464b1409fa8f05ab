/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The resources section of a jobspec: two families of options. */

#ifndef SLUICE_CMD_JOBSPEC_RES_H
#define SLUICE_CMD_JOBSPEC_RES_H

#include <flux/types.h>
#include <jansson.h>

#include "cmd/options.h"

/* Per task (-n -c -g) or per resource (--cores, --tasks-per-node, ...), with
 * -N and -x.  *resources is the array, *count the tasks' count object, both
 * new; a per resource request sets per-resource in shell (options of the
 * shell).  -1 and EINVAL with a sentence.
 */
int build_resources (const struct opts *o,
                     json_t **resources,
                     json_t **count,
                     json_t *shell,
                     flux_error_t *e);

#endif
