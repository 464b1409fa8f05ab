/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the manager asks of the plugin host: one more role with several
 * answers (src/jobtap, and none at all in tests of the manager alone).
 * Topics, arguments and return values: flux-jobtap-plugins(7).
 */

#ifndef SLUICE_MANAGER_PLUGINS_H
#define SLUICE_MANAGER_PLUGINS_H

#include "base/err.h"
#include "job/job.h"

struct plugin_ops {
    /* job.create, then job.validate: -1 rejects the submission, error says
     * why.  dependencies: job.dependency.SCHEME for each entry of the
     * jobspec.  In this order, with `job_new` last.
     */
    int (*job_create) (void *arg, struct job *job, flux_error_t *error);
    int (*job_validate) (void *arg, struct job *job, flux_error_t *error);
    int (*job_dependencies) (void *arg, struct job *job, flux_error_t *error);
    void (*job_new) (void *arg, struct job *job);
    /* After an event was applied: job.event.NAME for subscribers, job.update
     * after a jobspec-update, job.state.X if the state changed from prev.
     * line is the eventlog entry without its newline (for "entry").
     * job.inactive-add follows job.state.inactive.
     */
    void (*job_event) (void *arg,
                       struct job *job,
                       const struct event *ev,
                       const char *line,
                       int prev_state);
    /* job.priority.get for one job in PRIORITY or SCHED: 0 and *priority, 1
     * if no new priority is to be set (unavailable, or the callback failed:
     * logged).
     */
    int (*priority_get) (void *arg, struct job *job, int64_t *priority);
    /* job.destroy, then the job's aux data goes. */
    void (*job_destroy) (void *arg, struct job *job);
    /* May a jobspec update (JSON object of dotted keys) be applied?
     * job.update.KEY for each, and job.validate as their answers say.  0 and
     * *updates (malloced: what is to be posted), or -1, errno and a sentence.
     */
    int (*job_update) (void *arg,
                       struct job *job,
                       uint32_t userid,
                       uint32_t rolemask,
                       const char *asked,
                       char **updates,
                       flux_error_t *error);
    /* The manager comes back after a restart: the same callbacks as for new
     * jobs, with the differences of docs/jobtap-semantics.md 50.  Each job
     * gets them before any goes on. */
    int (*job_restored) (void *arg, struct job *job);
    /* job.inactive-remove: what is kept of a finished job is about to be
     * removed, and can be looked up for the last time.
     */
    void (*job_purge) (void *arg, uint64_t id);
    /* Does anybody hear of the events of this job, those that are not kept
     * included?
     */
    bool (*job_watched) (void *arg, uint64_t id);
    void *arg;
};

#endif
