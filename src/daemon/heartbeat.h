/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* How often the heart beats. */

#ifndef SLUICE_DAEMON_HEARTBEAT_H
#define SLUICE_DAEMON_HEARTBEAT_H

#include "daemon/broker.h"

#define HEARTBEAT_PERIOD_MAX 86400.

/* Seconds between two beats as configured (flux-config-heartbeat(5)); or as
 * text says (RFC 23).  -1, EINVAL and a sentence.
 */
int heartbeat_period (struct broker *b, double *period, flux_error_t *error);
int heartbeat_decode (const char *text, double *period, flux_error_t *error);

/* Beat so often from now on; 0: not at all. */
void heartbeat_set (struct broker *b, double period);

#endif
