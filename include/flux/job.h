/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_JOB_H
#define FLUX_JOB_H

#include <flux/types.h>
#include <stdbool.h>
#include <stdint.h>
#include <flux/core.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Jobs: helpers and requests to the job services.  Those that return a future
 * send one request; NULL and EINVAL or the errno of sending.  The services'
 * own errors, with a text, come with the future.
 *
 * PRE_SIGNED: jobspec is signed already (RFC 15).
 */
enum job_submit_flags {
    FLUX_JOB_PRE_SIGNED = 1,
    FLUX_JOB_DEBUG = 2,
    FLUX_JOB_WAITABLE = 4,
    FLUX_JOB_NOVALIDATE = 8,
};

/* WAITCREATE: wait for an eventlog that is not there yet.  INITIAL_SENTINEL: a
 * NULL event tells that all old events have been seen.
 */
enum job_event_watch_flags {
    FLUX_JOB_EVENT_WATCH_WAITCREATE = 1,

    FLUX_JOB_EVENT_WATCH_INITIAL_SENTINEL = 2,
};

enum job_lookup_flags {

    FLUX_JOB_LOOKUP_JSON_DECODE = 1,

    FLUX_JOB_LOOKUP_CURRENT = 2,
};

enum job_urgency {
    FLUX_JOB_URGENCY_MIN = 0,
    FLUX_JOB_URGENCY_HOLD = FLUX_JOB_URGENCY_MIN,
    FLUX_JOB_URGENCY_DEFAULT = 16,
    FLUX_JOB_URGENCY_MAX = 31,
    FLUX_JOB_URGENCY_EXPEDITE = FLUX_JOB_URGENCY_MAX,
};

enum job_queue_priority {
    FLUX_JOB_PRIORITY_MIN = 0,
    FLUX_JOB_PRIORITY_MAX = 4294967295,
};

#define FLUX_JOBID_ANY 0xFFFFFFFFFFFFFFFF

typedef enum {
    FLUX_JOB_STATE_NEW = 1,
    FLUX_JOB_STATE_DEPEND = 2,
    FLUX_JOB_STATE_PRIORITY = 4,
    FLUX_JOB_STATE_SCHED = 8,
    FLUX_JOB_STATE_RUN = 16,
    FLUX_JOB_STATE_CLEANUP = 32,
    FLUX_JOB_STATE_INACTIVE = 64,
} flux_job_state_t;

#define FLUX_JOB_NR_STATES 7

enum {

    FLUX_JOB_STATE_PENDING = 14,

    FLUX_JOB_STATE_RUNNING = 48,

    FLUX_JOB_STATE_ACTIVE = 62,
};

typedef enum {
    FLUX_JOB_RESULT_COMPLETED = 1,
    FLUX_JOB_RESULT_FAILED = 2,
    FLUX_JOB_RESULT_CANCELED = 4,
    FLUX_JOB_RESULT_TIMEOUT = 8,
} flux_job_result_t;

typedef uint64_t flux_jobid_t;

/* Any form of RFC 19; -1 and EINVAL, ENOSYS for words. */
int flux_job_id_parse (const char *s, flux_jobid_t *id);

/* type: dec (also if NULL), hex, dothex, kvs, f58, f58plain, emoji.  -1 and
 * EPROTO for another, ENOSYS for words, EOVERFLOW if buf is small.
 */
int flux_job_id_encode (flux_jobid_t id,
                        const char *type,
                        char *buf,
                        size_t bufsz);

/* fmt is one of s, S, l, L: short or long name, lower or upper case; NULL is
 * L.  Never NULL: "(unknown)".
 */
const char *flux_job_statetostr (flux_job_state_t state, const char *fmt);

/* Any form of the name; -1 and EINVAL. */
int flux_job_strtostate (const char *s, flux_job_state_t *state);

const char *flux_job_resulttostr (flux_job_result_t result, const char *fmt);

int flux_job_strtoresult (const char *s, flux_job_result_t *result);

/* Submit jobspec (JSON text) signed by the current user; urgency is 0 to 31.
 * get_id: 0, or -1 and errno.
 */
flux_future_t *flux_job_submit (flux_t *h,
                                const char *jobspec,
                                int urgency,
                                int flags);

int flux_job_submit_get_id (flux_future_t *f, flux_jobid_t *id);

/* Wait for a job submitted with WAITABLE, or with FLUX_JOBID_ANY for the next.
 * ECHILD: nothing to wait for.
 */
flux_future_t *flux_job_wait (flux_t *h, flux_jobid_t id);
/* errstr belongs to f, and says why success is false. */
int flux_job_wait_get_status (flux_future_t *f,
                              bool *success,
                              const char **errstr);
int flux_job_wait_get_id (flux_future_t *f, flux_jobid_t *id);

/* One response with all jobs; attributes as JSON text of an array.  The last
 * two are a user (FLUX_USERID_UNKNOWN: all) and a mask of states (0: active).
 */
FLUX_DEPRECATED (
    flux_future_t *flux_job_list (flux_t *, int, const char *, uint32_t, int));

FLUX_DEPRECATED (flux_future_t *flux_job_list_inactive (flux_t *,
                                                        int,
                                                        double,
                                                        const char *));

/* One job; ENOENT comes with the future. */
flux_future_t *flux_job_list_id (flux_t *h,
                                 flux_jobid_t id,
                                 const char *attrs_json_str);

/* An exception of severity 0 (fatal) to 7; note may be NULL. */
flux_future_t *flux_job_raise (flux_t *h,
                               flux_jobid_t id,
                               const char *type,
                               int severity,
                               const char *note);

/* An exception of type cancel, severity 0. */
flux_future_t *flux_job_cancel (flux_t *h, flux_jobid_t id, const char *reason);

flux_future_t *flux_job_kill (flux_t *h, flux_jobid_t id, int signum);

flux_future_t *flux_job_set_urgency (flux_t *h, flux_jobid_t id, int urgency);

/* Write where the job's data is in the kvs (RFC 16); key may be NULL.  The
 * length, or -1 and EOVERFLOW.  guest_key is bare in the guest's own namespace
 * (FLUX_KVS_NAMESPACE).
 */
int flux_job_kvs_key (char *buf, int bufsz, flux_jobid_t id, const char *key);

int flux_job_kvs_guest_key (char *buf,
                            int bufsz,
                            flux_jobid_t id,
                            const char *key);

int flux_job_kvs_namespace (char *buf, int bufsz, flux_jobid_t id);

/* A stream of events: get one, flux_future_reset(3), wait for the next; ENODATA
 * at the end.  event belongs to f until the reset.
 */
flux_future_t *flux_job_event_watch (flux_t *h,
                                     flux_jobid_t id,
                                     const char *path,
                                     int flags);
int flux_job_event_watch_get (flux_future_t *f, const char **event);
int flux_job_event_watch_cancel (flux_future_t *f);

/* Wait for the end of a job and sum up its eventlog; the keys are id result
 * t_submit t_run t_cleanup waitstatus exception_occurred exception_type
 * exception_severity exception_note, those that do not apply left out.  Text
 * and what is unpacked belong to f.
 */
flux_future_t *flux_job_result (flux_t *h, flux_jobid_t id, int flags);

int flux_job_result_get (flux_future_t *f, const char **json_str);

int flux_job_result_get_unpack (flux_future_t *f, const char *fmt, ...);

/* Seconds left to the job (FLUX_JOB_ID) or instance around the caller, infinity
 * without a limit, 0 if it is not running or the time is over.
 */
int flux_job_timeleft (flux_t *h, flux_error_t *errp, double *timeleft);

/* The signed content of in, which the caller frees, and who claims to have
 * signed it.  verify: it has to be the current user.  NULL, errno, sentence.
 */
char *flux_unwrap_string (const char *in,
                          bool verify,
                          uint32_t *userid,
                          flux_error_t *error);

/* The exit code for a wait status as shells have it, 128 + signal; a sentence
 * if it is not 0.
 */
int flux_job_waitstatus_to_exitcode (int waitstatus, flux_error_t *errp);

#ifdef __cplusplus
}
#endif

#endif
