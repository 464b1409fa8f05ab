/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What this machine has, or is told to pretend. */

#ifndef SLUICE_DAEMON_HARDWARE_H
#define SLUICE_DAEMON_HARDWARE_H

#include "daemon/broker.h"
#include "res/rset.h"

/* The cores (and GPUs hwloc knows) that this process may use, as rank 0 of a
 * host of this name.  cores > 0 pretends so many instead.  NULL and errno;
 * error says what failed.
 */
struct rset *hardware_find (const char *hostname,
                            unsigned int cores,
                            flux_error_t *error);

/* Add what hwloc's description in a file has, as a rank of the host it names.
 * -1, errno and a sentence.
 */
int hardware_add_xml (struct rset *r,
                      unsigned int rank,
                      const char *path,
                      flux_error_t *error);

/* hwloc's description of this machine as XML, malloced; NULL and errno. */
char *hardware_xml (void);

#endif
