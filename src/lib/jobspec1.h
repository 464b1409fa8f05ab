/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Inside flux_jobspec1_t (for src/lib/jobspec1*.c only). */

#ifndef SLUICE_LIB_JOBSPEC1_H
#define SLUICE_LIB_JOBSPEC1_H

#include <flux/core.h>
#include <jansson.h>

struct flux_jobspec1 {
    json_t *obj;
};

/* The attributes, borrowed; NULL if there are none and they are not (or cannot
 * be) created.
 */
json_t *jobspec1_attributes (flux_jobspec1_t *jobspec, bool create);

#endif
