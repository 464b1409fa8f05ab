/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Constraint queries (RFC 35) to constraint objects (RFC 31). */

#ifndef SLUICE_CMD_CONSTRAINT_H
#define SLUICE_CMD_CONSTRAINT_H

#include <flux/types.h>
#include <jansson.h>

/* "fast|-host:n7" -> {"or":[{"properties":["fast"]},{"not":[{"hostlist":
 * ["n7"]}]}]}.  Terms without an operator are properties; host, hosts, rank,
 * property are short forms; other operators are refused.  NULL and EINVAL.
 */
json_t *constraint_parse (const char *s, flux_error_t *e);

#endif
