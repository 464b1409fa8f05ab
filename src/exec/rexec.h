/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The services "rexec", and "<uid>-shell-<id>.rexec" of each job (RFC 42):
 * requests go to the agent of their rank, responses come from there.
 *
 * The agent keeps the processes.  Here is kept who waits for a response, so
 * that an agent that dies leaves nobody waiting, and how much of it the
 * client has not read, so that one that reads nothing stops its processes
 * and not the broker.
 */

#ifndef SLUICE_EXEC_REXEC_H
#define SLUICE_EXEC_REXEC_H

#include "exec/exec_agent.h"

/* Register the methods.  -1 and errno. */
int rexec_create (struct exec *x);
void rexec_destroy (struct exec *x);
/* The agent says so; msg is changed. */
void rexec_response (struct node *node, flux_msg_t *msg);
/* It is there: send what waited for it. */
void rexec_node_ready (struct node *node);
/* It is gone, and all its processes with it. */
void rexec_node_died (struct node *node);

#endif
