/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Payloads of requests to job-ingest, job-manager and resource, as typed
 * data, and the answers to them.
 *
 * Each *_decode returns 0, or -1, EPROTO and a sentence.  Strings are borrowed
 * from the message unless noted; an optional string that is absent is NULL.
 * Encoders return malloced JSON text, or NULL and ENOMEM.
 */

#ifndef SLUICE_WIRE_REQUESTS_JOB_H
#define SLUICE_WIRE_REQUESTS_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <flux/message.h>

#include <flux/idset.h>

#include "base/err.h"
#include "job/job.h"
#include "res/rset.h"

#define USERID_ANY UINT32_MAX

struct req_submit {
    const char *J;
    int urgency;
    int flags;
};
int req_submit_decode (const flux_msg_t *msg,
                       struct req_submit *r,
                       flux_error_t *error);

struct req_raise {
    uint64_t id;
    int severity;
    const char *type;
    const char *note;
};
int req_raise_decode (const flux_msg_t *msg,
                      struct req_raise *r,
                      flux_error_t *error);

struct req_housekeeping_kill {
    int signum;
    bool one; /* id is given */
    uint64_t id;
    struct idset *ranks; /* NULL: all */
};
/* The caller destroys ranks. */
int req_housekeeping_kill_decode (const flux_msg_t *msg,
                                  struct req_housekeeping_kill *r,
                                  flux_error_t *error);

/* raiseall; killall has signum instead of states, severity, type, note. */
struct req_all {
    bool dry_run;
    uint32_t userid; /* USERID_ANY: all users */
    int states;
    int severity;
    const char *type;
    const char *note;
    int signum;
};
int req_raiseall_decode (const flux_msg_t *msg,
                         struct req_all *r,
                         flux_error_t *error);
int req_killall_decode (const flux_msg_t *msg,
                        struct req_all *r,
                        flux_error_t *error);

/* {id} and one integer more, named key, which may be NULL for none. */
int req_id_decode (const flux_msg_t *msg,
                   uint64_t *id,
                   const char *key,
                   int *value,
                   flux_error_t *error);

/* {id} and an object under key: *text is its JSON, malloced.  volatile_ may
 * be NULL.
 */
int req_object_decode (const flux_msg_t *msg,
                       uint64_t *id,
                       const char *key,
                       char **text,
                       bool *volatile_,
                       flux_error_t *error);

/* queue-enable (key "enable"), queue-start (key "start"). */
struct req_queue {
    const char *name;
    bool on;
    const char *reason;
    bool all;
    bool nocheckpoint;
};
int req_queue_decode (const flux_msg_t *msg,
                      const char *key,
                      struct req_queue *r,
                      flux_error_t *error);
/* queue-status: NULL for the anonymous queue. */
int req_name_decode (const flux_msg_t *msg,
                     const char **name,
                     flux_error_t *error);

/* getattr; attrs is malloced and NULL-terminated. */
int req_getattr_decode (const flux_msg_t *msg,
                        uint64_t *id,
                        const char ***attrs,
                        flux_error_t *error);
/* list */
int req_list_decode (const flux_msg_t *msg,
                     int *max_entries,
                     flux_error_t *error);

struct req_purge {
    double age_limit; /* < 0: unset */
    int num_limit;    /* < 0: unset */
    int batch;
    bool force;
};
int req_purge_decode (const flux_msg_t *msg,
                      struct req_purge *r,
                      flux_error_t *error);

/* {timeout} of set-batch-timeout, {expiration} of expiration-update. */
int req_number_decode (const flux_msg_t *msg,
                       const char *key,
                       double *value,
                       flux_error_t *error);

/* drain, undrain */
struct req_drain {
    const char *targets;
    const char *reason;
    const char *mode;
};
int req_drain_decode (const flux_msg_t *msg,
                      struct req_drain *r,
                      flux_error_t *error);

/* The context of a drain event as the store keeps it: the ranks, the hosts (the
 * ranks where they have no names) and the reason, which may be NULL; all
 * malloced.
 */
int wire_drain_decode (const char *context,
                       char **ranks,
                       char **hosts,
                       char **reason);

/* feasibility.check: *text is the jobspec's JSON, malloced. */
int req_jobspec_decode (const flux_msg_t *msg,
                        char **text,
                        flux_error_t *error);

/* events-journal: NULL-terminated names, or NULL if the key was not given. */
struct req_journal {
    char **allow;
    char **deny;
    bool full;
};
int req_journal_decode (const flux_msg_t *msg,
                        struct req_journal *r,
                        flux_error_t *error);
void req_journal_clear (struct req_journal *r);

/* ---- answers and contexts ---- */

/* The context of alloc: all annotations, with the scheduler's summary. */
char *wire_alloc_context (const struct text *annotations, const char *summary);
/* Annotations of a job that waits at the head of its queue: when it will
 * start (0: not known) and why it waits; with reason NULL they go.
 */
char *wire_pending_patch (double t_estimate, const char *reason);
/* The payload of the "job-exception" event message. */
char *wire_job_exception_encode (uint64_t id, const struct event *ev);
/* {"annotations": patch} */
char *wire_annotations_context (const char *patch);
/* The queue that a jobspec-update context moves a job to, malloced; NULL if
 * it says nothing of the queue.
 */
char *wire_updates_queue (const char *updates);
/* {"user": memo}: a memo as a patch of annotations. */
char *wire_memo_patch (const char *memo);
char *wire_wait_encode (uint64_t id, bool success, const char *errstr);

struct queue_status {
    bool enable;
    bool start;
    const char *disable_reason; /* NULL: none */
    const char *stop_reason;
    const char *parent;  /* of a virtual queue */
    const char *blocked; /* what keeps a started queue from scheduling */
};
char *wire_queue_status_encode (const struct queue_status *q);

/* One entry of job-manager.list. */
struct jbuf;
void wire_list_entry (struct jbuf *b, const struct job *job);

/* What the manager reads of the configuration (JSON text of the whole).
 * Absent values are < 0 or NULL.
 */
struct manager_settings {
    double kill_timeout;
    double agent_grace; /* may be INFINITY */
    double inactive_age_limit;
    int inactive_num_limit;
    bool stop_queues_on_restart;
    bool private_mode; /* [access]: guests see only what is theirs */
    bool guest_tests;
    unsigned int backfill_depth; /* 0: strictly in order */
    char *exclude;               /* idset or hostlist; malloced */
};
int manager_settings_decode (const char *json,
                             struct manager_settings *s,
                             flux_error_t *error);
void manager_settings_clear (struct manager_settings *s);

#endif
