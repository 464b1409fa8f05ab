/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Constraints on resources (RFC 31): JSON text -> a typed tree that answers
 * whether a node will do.
 */

#ifndef SLUICE_WIRE_CONSTRAINT_H
#define SLUICE_WIRE_CONSTRAINT_H

#include "base/err.h"
#include "res/rset.h"

struct constraint;

/* Operators: properties (with ^name for its absence), hostlist, ranks, and,
 * or, not.  NULL and EINVAL for anything else, naming it; depth is bounded.
 */
struct constraint *constraint_create (const char *json, flux_error_t *error);
void constraint_destroy (struct constraint *c); /* accepts NULL */

/* The text it was made of. */
const char *constraint_text (const struct constraint *c);

/* Does node n of r satisfy c?  A node without a name is on no hostlist.
 * {}, {"and":[]} and {"or":[]} match everything, {"not":[]} nothing; of
 * several values of "not" all must match to be negated.
 */
bool constraint_match (const struct constraint *c,
                       const struct rset *r,
                       const struct rset_node *n);

/* Is each host that c names, wherever in it, one of r?  EPERM, naming those of
 * the first hostlist that has others.
 */
int constraint_check_hosts (const struct constraint *c,
                            const struct rset *r,
                            flux_error_t *error);

#endif
