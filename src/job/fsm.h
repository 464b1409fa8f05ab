/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The life of a job as a table (RFC 21).
 *
 *   NEW --validate--> DEPEND --depend--> PRIORITY --priority--> SCHED
 *   SCHED --alloc--> RUN --finish--> CLEANUP --clean--> INACTIVE
 *   SCHED --urgency, jobspec-update, flux-restart--> PRIORITY
 *   DEPEND, PRIORITY, SCHED, RUN --exception severity 0--> CLEANUP
 *
 * Facts that hold between events (job_check asserts them):
 *
 *  1. NEW: no priority, no R, no resources, no end event.
 *  2. DEPEND and before: no resources, not started.
 *  3. SCHED: a priority is assigned.
 *  4. RUN: resources are held (alloc seen, free not).
 *  5. started implies alloc was seen; finished implies started or an
 *     exception of severity 0.
 *  6. CLEANUP, INACTIVE: there is an end event: finish, or exception 0.
 *  7. INACTIVE: no resources held, no prolog or epilog under way.
 *  8. Dependencies are outstanding only in NEW, DEPEND, or after an exception
 *     ended the wait for them.
 *  9. state is one bit; times of states entered are not 0 and of states
 *     never entered are 0.
 */

#ifndef SLUICE_JOB_FSM_H
#define SLUICE_JOB_FSM_H

#include "base/err.h"
#include "job/job.h"

/* May ev happen to job now?  0, or -1 and errno: EINVAL for an event that has
 * no place in this state, ENOENT for a dependency that is not there.  Nothing
 * is changed.
 */
int fsm_legal (const struct job *job,
               const struct event *ev,
               flux_error_t *error);

/* Apply ev, which is legal, to job: the only writer of its history, live and
 * in replay.  Returns the state before.  -1 and ENOMEM: nothing changed.
 */
int fsm_apply (struct job *job, const struct event *ev);

/* The state that ev leads to from state, by the table alone; the same state
 * where it stays, 0 where it is refused.
 */
int fsm_next (int state, const struct event *ev);

/* Does the fact list hold?  NULL, or a sentence about the first that does
 * not.
 */
const char *job_check (const struct job *job);

#endif
