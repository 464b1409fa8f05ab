/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The broker's log: the last records in memory, copies to standard error and
 * a file (flux-broker(1), LOGGING), and the sink of base/log.h.
 */

#ifndef SLUICE_DAEMON_LOGRING_H
#define SLUICE_DAEMON_LOGRING_H

#include "daemon/broker.h"

/* Hear of each record from now on: its severity, and it as a line for people
 * ("job-manager.err[0]: text").  The callback must not log.
 */
typedef void (*logring_f) (int severity, const char *line, void *arg);
void logring_listen (struct broker *b, logring_f cb, void *arg);

#endif
