/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Telling the service manager how the broker is (broker.sd-notify), as
 * sd_notify(3) does: datagrams to the socket that NOTIFY_SOCKET names.
 */

#ifndef SLUICE_DAEMON_NOTIFY_H
#define SLUICE_DAEMON_NOTIFY_H

#include "daemon/broker.h"
#include "daemon/state_machine.h"

struct notify;

/* Serves state-machine.sd-notify.  NULL and errno. */
struct notify *notify_create (struct broker *b);
void notify_destroy (struct notify *n); /* accepts NULL */

/* The broker answers from now on. */
void notify_ready (struct notify *n);
void notify_state (struct notify *n, enum broker_state state);

#endif
