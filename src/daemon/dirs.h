/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The directories of an instance. */

#ifndef SLUICE_DAEMON_DIRS_H
#define SLUICE_DAEMON_DIRS_H

#include "daemon/broker.h"

/* Find or make rundir, statedir and local_uri, as the attributes of these
 * names say (flux-broker-attributes(7)).  -1, errno and a sentence.
 */
int dirs_create (struct broker *b, flux_error_t *error);

/* Remove what was made and should not stay; free the names. */
void dirs_destroy (struct broker *b);

#endif
