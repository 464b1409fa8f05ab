/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What is read: job-list, job-info, over the one job table and the store.
 *
 * Views never change a job.  They hear of every durable event from the
 * manager (manager_listen), and answer clients who watch.
 */

#ifndef SLUICE_VIEW_VIEW_H
#define SLUICE_VIEW_VIEW_H

#include "manager/manager.h"

struct view;

/* Serve job-list.* and job-info.* of manager m.  NULL and errno. */
struct view *view_create (struct manager *m, flux_error_t *error);
/* Watchers that still wait get ENODATA (the instance ends).  After
 * manager_destroy(), which still tells its listeners of the last batch.
 */
void view_destroy (struct view *v);

/* Whose job is it?  0 and *userid, or -1 and ENOENT. */
int view_owner (struct view *v, uint64_t id, uint32_t *userid);
/* What is stored of a job by a key of RFC 16 ("J", "jobspec", "R", a log):
 * malloced, or NULL and ENOENT.  current asks for jobspec and R with their
 * updates.
 */
char *view_lookup (struct view *v, uint64_t id, const char *key, bool current);

#endif
