/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* When the instance was started and ended: the key admin.eventlog, which
 * flux-startlog(1) reads.
 */

#ifndef SLUICE_DAEMON_STARTLOG_H
#define SLUICE_DAEMON_STARTLOG_H

#include "daemon/broker.h"

struct kvs;

/* With the first batch, write the start down; and say so if the last one had
 * no end.  Parts have startlog_finish().
 */
void startlog_begin (struct broker *b, struct kvs *k);

#endif
