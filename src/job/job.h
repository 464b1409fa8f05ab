/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A job: what its events have made of it.
 *
 * Every field above the line is written by fsm_apply() alone, so that replay
 * of the log gives the same job.  What is not derivable from the log (a
 * request in flight, an event in a queue) belongs to the part that owns it,
 * reached through `host`.
 */

#ifndef SLUICE_JOB_JOB_H
#define SLUICE_JOB_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include <flux/job.h>

#include "base/idtable.h"
#include "base/text.h"
#include "job/event.h"

/* Flags of a job beyond the FLUX_JOB_* ones of submission. */
enum {
    JOB_FLAG_IMMUTABLE = 0x100,
    JOB_FLAG_ALLOC_BYPASS = 0x200,
};

enum job_time {
    JOB_T_DEPEND, /* validate */
    JOB_T_PRIORITY,
    JOB_T_SCHED,
    JOB_T_RUN,
    JOB_T_CLEANUP,
    JOB_T_INACTIVE,
    JOB_T_MAX,
};

struct job_exception {
    int severity;
    uint32_t userid;
    char *type;
    char *note; /* never NULL */
};

struct job {
    union {
        flux_jobid_t id;
        struct idnode node; /* the manager's; its id is the job's */
    };
    uint32_t userid;
    uint8_t state; /* flux_job_state_t: a single bit, at most 64 */
    uint8_t urgency;
    uint16_t flags;   /* FLUX_JOB_* and JOB_FLAG_* */
    int64_t priority; /* -1: none assigned yet */
    double t_submit;
    double t[JOB_T_MAX]; /* first entry; SCHED: first, RUN: alloc; 0: not yet */

    struct text *spec;        /* redacted jobspec, current; never NULL once
                                 submitted */
    struct text *R;           /* NULL before alloc */
    struct text *annotations; /* JSON object, NULL if there are none */
    struct text *end_event;   /* JSON of the event that led to CLEANUP */
    struct job_exception *exception; /* the most severe so far, the first of
                                        them; NULL */
    char **deps;                     /* outstanding dependencies, in order */
    uint16_t ndeps;
    uint8_t perilogs; /* prologs and epilogs under way */
    bool submitted : 1;
    bool invalid : 1;       /* rejected: only destruction is left */
    bool has_resources : 1; /* alloc seen, free not */
    bool started : 1;       /* start seen */
    bool released : 1;      /* release with final seen */
    bool finished : 1;      /* finish seen */
    int waitstatus;         /* -1 before finish */
    uint32_t posted;        /* bit per event_kind ever applied */
    char **posted_other;    /* NULL-terminated names of EVENT_OTHER kinds
                               ever applied; NULL if none */
    char **deps_done;       /* descriptions removed; NULL-terminated */

    /* ---- not history: the manager's ---- */
    void *host;
};

/* A job in NEW that nothing has happened to, with so many zeroed bytes behind
 * it that host points to (none: NULL).  NULL and ENOMEM.
 */
struct job *job_create (flux_jobid_t id, size_t host_size);
/* Frees the job and what it holds. */
void job_destroy (struct job *job);

/* The job that came next, of those in a table; NULL after the last, or of
 * NULL.
 */
static inline struct job *job_next (const struct job *job)
{
    return job ? (struct job *)job->node.next : NULL;
}

/* All jobs from `first` on; the one at hand may go meanwhile. */
#define JOB_FOREACH_SAFE(first, job, tmp)                \
    for ((job) = (first), (tmp) = job_next (job); (job); \
         (job) = (tmp), (tmp) = job_next (job))

static inline bool job_is_running (const struct job *job)
{
    return job->state & FLUX_JOB_STATE_RUNNING;
}

/* Is the dependency outstanding?  Was it ever removed? */
bool job_has_dependency (const struct job *job, const char *description);
bool job_had_dependency (const struct job *job, const char *description);

/* Was an event of this name ever applied to the job? */
bool job_event_posted (const struct job *job, const char *name);

/* What became of the job (RFC 21): valid in CLEANUP and INACTIVE, else 0.
 * finish with status 0 is COMPLETED; else a fatal exception "cancel" is
 * CANCELED, "timeout" TIMEOUT; all else FAILED.
 */
int job_result (const struct job *job);

/* "SCHED" for FLUX_JOB_STATE_SCHED, ...; "unknown" for what is no state. */
const char *job_state_name (int state);

/* "immutable", "debug", ... ; -1 and EINVAL for a name that is no flag. */
int job_flag_parse (const char *name);
/* The name of one flag bit, or NULL. */
const char *job_flag_name (int flag);

#endif
