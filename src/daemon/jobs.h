/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What other parts of the daemon want of the part that has the jobs. */

#ifndef SLUICE_DAEMON_JOBS_H
#define SLUICE_DAEMON_JOBS_H

#include "daemon/broker.h"
#include "manager/manager.h"

struct kvs;

/* NULL: there is none now. */
struct manager *jobs_manager (struct broker *b);

/* The key-value service; NULL: there is none now. */
struct kvs *jobs_kvs (struct broker *b);

/* The job manager goes: jobs stand still until it comes back, those that run
 * run on.  -1, EBUSY and a sentence while a plugin waits inside a callback.
 */
int jobs_leave (struct broker *b, flux_error_t *error);
/* It comes back as after a restart: plugins are loaded as configured, jobs
 * are made again from what is durable, running ones are found again.  Who
 * watches jobs or keys is answered ENODATA.  -1, errno and a sentence: then
 * there is no job manager, and the call may be tried again.
 */
int jobs_return (struct broker *b, flux_error_t *error);

/* The next job manager is given these (taken), whatever is configured. */
void jobs_set_resources (struct broker *b, struct rset *r);
/* Are there other resources now than the job manager was given (1: yes)?
 * -1, errno and a sentence: they cannot be found.  What jobs_set_resources
 * gave is forgotten.
 */
int jobs_resources_changed (struct broker *b, flux_error_t *error);

/* topology.c: ranks came or went. */
void topology_changed (struct broker *b);

/* Are as many ranks there as broker.quorum wants?  If not, cb is called once
 * when they are.
 */
bool jobs_quorum (struct broker *b, void (*cb) (void *arg), void *arg);

#endif
