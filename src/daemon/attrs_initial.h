/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The attributes a broker starts with. */

#ifndef SLUICE_DAEMON_ATTRS_INITIAL_H
#define SLUICE_DAEMON_ATTRS_INITIAL_H

#include "daemon/broker.h"

/* Set them all: defaults, then the command line's, then what the broker
 * knows.  -1 and EINVAL if the command line sets one that only the broker
 * knows.
 */
int attrs_initial (struct broker *b, flux_error_t *error);

#endif
