/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Which resources the instance has. */

#ifndef SLUICE_DAEMON_RESOURCES_H
#define SLUICE_DAEMON_RESOURCES_H

#include "daemon/broker.h"
#include "res/rset.h"

/* Given (NULL: not), else configured, else found: a new set; *method (if not
 * NULL) is how, as RFC 44 calls it.  The attribute hostlist follows.  NULL,
 * errno and a sentence.
 */
struct rset *resources_find (struct broker *b,
                             const struct rset *given,
                             const char **method,
                             flux_error_t *error);

#endif
