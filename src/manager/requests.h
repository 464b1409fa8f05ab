/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The manager's request families: each is a table of rows that manager.c
 * registers, and a part with what is to be answered later.
 */

#ifndef SLUICE_MANAGER_REQUESTS_H
#define SLUICE_MANAGER_REQUESTS_H

#include "manager/manager_private.h"
#include "wire/jobspec.h"

/* ---- submit.c: job-ingest.* ---- */

struct ingest *ingest_create (struct manager *m);
void ingest_destroy (struct ingest *in);
/* The defaults for jobspecs changed. */
void ingest_reset (struct ingest *in);
/* Ids go on after this one. */
void ingest_set_last (struct ingest *in, uint64_t max_id);
/* More may be submitted than before, or all is to be refused. */
void ingest_go_on (struct ingest *in);
/* How many submissions wait for their turn. */
unsigned int ingest_waiting (const struct ingest *in);
const struct request_row *ingest_requests (void);
/* Submit a job with a checked spec: in SCHED, or wherever plugins hold it,
 * when the call returns.  NULL, errno and a sentence if it was rejected.
 */
struct job *submit_job (struct manager *m,
                        const char *J,
                        struct text *spec,
                        uint32_t userid,
                        int urgency,
                        int flags,
                        flux_error_t *error);

/* ---- admit.c: submissions that wait for their turn ---- */

struct admission;
typedef int (*admit_f) (struct manager *m,
                        const flux_msg_t *msg,
                        flux_error_t *error);

/* submit carries a request out and answers it, or returns -1 as a handler. */
struct admission *admission_create (struct manager *m, admit_f submit);
/* Answers what waits with an error. */
void admission_destroy (struct admission *a);
/* Carry the request out, now or later: what a handler returns. */
int admission_take (struct admission *a,
                    const flux_msg_t *msg,
                    flux_error_t *error);
/* Look again what can go on. */
void admission_kick (struct admission *a);
/* Forget what the client of a disconnect waits for. */
void admission_disconnect (struct admission *a, const flux_msg_t *msg);
/* How many requests wait. */
unsigned int admission_waiting (const struct admission *a);

/* ---- queue.c, and queue_requests.c: queue-* and alloc-query ---- */

struct queues *queues_create (struct manager *m);
void queues_destroy (struct queues *q);
int queues_restore (struct queues *q, bool stop);
/* May a job be moved to the queue of this name?  EINVAL. */
int queues_accept_move (struct queues *q,
                        const char *name,
                        flux_error_t *error);
/* May a job with this jobspec (NULL: unchecked) be submitted? */
int queues_accept (struct queues *q,
                   const struct jobspec *spec,
                   flux_error_t *error);
/* What a job with this jobspec (NULL: unchecked) gets where it says nothing,
 * valid until the configuration changes.  -1 and EINVAL: its queue is not
 * known, or it names none and has to.
 */
struct jobspec_defaults;
int queues_defaults (const struct queues *q,
                     const struct jobspec *spec,
                     struct jobspec_defaults *d,
                     flux_error_t *error);
/* Can it be that queues_defaults says anything? */
bool queues_have_defaults (const struct queues *q);
/* Is there a queue of this name (NULL: the anonymous one)? */
bool queues_has (const struct queues *q, const char *name);
/* There is one, which is started, as is its parent. */
bool queues_started (const struct queues *q, const char *name);
/* The configuration, as JSON text of the whole: -1 and a sentence if it is
 * wrong; and from now on it holds.
 */
int queues_check (const char *json, flux_error_t *error);
void queues_configure (struct queues *q, const char *json);
const struct request_row *queues_requests (void);

/* The active job of a request, or NULL, errnum and "job is inactive" or the
 * text for one that is unknown.
 */
struct job *request_job (struct manager *m,
                         uint64_t id,
                         int errnum,
                         const char *unknown,
                         flux_error_t *error);
/* Is the job meant by raiseall or killall? */
struct req_all;
bool request_selects (const struct req_all *req,
                      const struct job *job,
                      int states);
/* Answer with what those two did, after the commit. */
int request_respond_count (struct manager *m,
                           const flux_msg_t *msg,
                           unsigned int count,
                           unsigned int errors);

/* ---- raise.c, kill.c, urgency.c, update.c, info.c ---- */

const struct request_row *raise_requests (void);
const struct request_row *kill_requests (void);
const struct request_row *housekeeping_requests (void);
const struct request_row *urgency_requests (void);
const struct request_row *update_requests (void);
const struct request_row *info_requests (void);

/* ---- wait.c, drain.c ---- */

struct waits *waits_create (struct manager *m);
void waits_destroy (struct waits *w);
const struct request_row *wait_requests (void);
void waits_disconnect (struct waits *w, const flux_msg_t *msg);

struct drains *drains_create (struct manager *m);
void drains_destroy (struct drains *d);
const struct request_row *drain_requests (void);
void drains_disconnect (struct drains *d, const flux_msg_t *msg);

/* ---- journal.c: events-journal ---- */

struct evjournal *evjournal_create (struct manager *m);
void evjournal_destroy (struct evjournal *j);
const struct request_row *journal_requests (void);
/* The client of a disconnect, or the request a cancel names, is gone. */
void evjournal_gone (struct evjournal *j, const flux_msg_t *msg);
unsigned int evjournal_listeners (const struct evjournal *j);
unsigned int evjournal_events (const struct evjournal *j);

/* ---- purge.c ---- */

struct purger *purger_create (struct manager *m);
void purger_destroy (struct purger *p);
void purger_set_limits (struct purger *p, double age, int num);
/* One more finished job is in the store. */
void purger_inactive (struct purger *p);
void purger_disconnect (struct purger *p, const flux_msg_t *msg);
const struct request_row *purge_requests (void);

/* ---- resource.c ---- */

struct resources *resources_create (struct manager *m,
                                    const struct manager_config *cfg,
                                    flux_error_t *error);
void resources_destroy (struct resources *res);
int resources_restore (struct resources *res, flux_error_t *error);
int resources_check_exclude (struct resources *res,
                             const char *targets,
                             flux_error_t *error);
void resources_set_exclude (struct resources *res, const char *targets);
/* A rank came, or is gone. */
void resources_set_online (struct resources *res, unsigned int rank, bool up);
const struct request_row *resource_requests (void);

#endif
