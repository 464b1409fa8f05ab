/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Constraints on jobs (RFC 31 syntax with the operators of RFC 43), compiled
 * once and matched against rows.
 */

#ifndef SLUICE_WIRE_JOBMATCH_H
#define SLUICE_WIRE_JOBMATCH_H

#include <jansson.h>

#include "wire/jobrow.h"

struct jobmatch;

/* NULL or {} matches every job.  NULL and EINVAL if the object is no
 * constraint, naming the operator or the value that is wrong.
 */
struct jobmatch *jobmatch_create (const json_t *constraint,
                                  flux_error_t *error);
void jobmatch_destroy (struct jobmatch *m);

/* Jobs of queue child are among those of queue parent (RFC 33: a virtual
 * queue), wherever the constraint names the latter.  -1 and ENOMEM.
 */
int jobmatch_add_queue (struct jobmatch *m,
                        const char *parent,
                        const char *child);

bool jobmatch_test (const struct jobmatch *m, const struct jobrow *row);

/* The states (bits) that a matching job can be in: a list whose states are
 * all excluded need not be walked.
 */
int jobmatch_states (const struct jobmatch *m);
/* Attributes that have to be in the row for the test. */
uint64_t jobmatch_attrs (const struct jobmatch *m);

#endif
