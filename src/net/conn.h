/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the listener needs of a connection and nobody else should. */

#ifndef SLUICE_NET_CONN_H
#define SLUICE_NET_CONN_H

#include "net/net.h"

/* Between the two, net_conn_destroy() closes but does not free. */
void net_conn_hold (struct net_conn *conn);
void net_conn_unhold (struct net_conn *conn);

/* The socket, -1 once closed. */
int net_conn_fd (const struct net_conn *conn);

#endif
