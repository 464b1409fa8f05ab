/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A job as listings show it (RFC 43): one row from one job, wherever the job
 * is - in memory, or finished and in the store.
 */

#ifndef SLUICE_WIRE_JOBROW_H
#define SLUICE_WIRE_JOBROW_H

#include "base/err.h"
#include "job/job.h"
#include "store/store.h"
#include "wire/jbuf.h"

/* Attributes, as bits of a mask: JOBROW_ID is always printed. */
enum jobrow_attr {
    JOBROW_ID,
    JOBROW_USERID,
    JOBROW_URGENCY,
    JOBROW_PRIORITY,
    JOBROW_T_SUBMIT,
    JOBROW_T_DEPEND,
    JOBROW_T_PRIORITY,
    JOBROW_T_SCHED,
    JOBROW_T_RUN,
    JOBROW_T_CLEANUP,
    JOBROW_T_INACTIVE,
    JOBROW_STATE,
    JOBROW_NAME,
    JOBROW_CWD,
    JOBROW_QUEUE,
    JOBROW_PROJECT,
    JOBROW_BANK,
    JOBROW_NTASKS,
    JOBROW_NCORES,
    JOBROW_DURATION,
    JOBROW_NNODES,
    JOBROW_RANKS,
    JOBROW_NODELIST,
    JOBROW_SUCCESS,
    JOBROW_EXCEPTION_OCCURRED,
    JOBROW_EXCEPTION_TYPE,
    JOBROW_EXCEPTION_SEVERITY,
    JOBROW_EXCEPTION_NOTE,
    JOBROW_RESULT,
    JOBROW_EXPIRATION,
    JOBROW_ANNOTATIONS,
    JOBROW_WAITSTATUS,
    JOBROW_DEPENDENCIES,
    JOBROW_ATTR_MAX,
};

#define JOBROW_BIT(attr) (UINT64_C (1) << (attr))
#define JOBROW_ALL (JOBROW_BIT (JOBROW_ATTR_MAX) - 1)

/* "t_submit"; NULL outside the enum. */
const char *jobrow_attr_name (enum jobrow_attr attr);
/* The mask of one name ("all" is every bit), or 0 for an unknown one. */
uint64_t jobrow_attr_parse (const char *name);

/* Strings are borrowed from where the row was made, or from priv. */
struct jobrow {
    uint64_t id;
    uint32_t userid;
    int urgency;
    int state;
    int result;       /* 0 unless inactive */
    int64_t priority; /* -1: none */
    double t_submit;
    double t[JOB_T_MAX]; /* 0: not reached */
    int waitstatus;      /* -1: none */
    const char *name;
    const char *queue;
    const char *cwd;
    const char *project;
    const char *bank;
    unsigned int ntasks;
    unsigned int ncores; /* 0: not known */
    unsigned int nnodes; /* 0: not known */
    double duration;
    double expiration;      /* valid if ranks is set */
    const char *ranks;      /* NULL before RUN */
    const char *nodelist;   /* NULL before RUN */
    int exception_severity; /* -1: none occurred */
    const char *exception_type;
    const char *exception_note;
    const char *annotations;   /* JSON object text or NULL */
    char *const *dependencies; /* NULL-terminated, or NULL */
    char *owned[3];            /* ranks, nodelist, annotations */
    void *priv;                /* parsed JSON */
};

/* The row of a job in memory; ranks and nodelist are made only if `attrs`
 * asks for one of them (they are costly).
 */
void jobrow_of_job (struct jobrow *row, const struct job *job, uint64_t attrs);
/* The row of a stored job. */
void jobrow_of_store (struct jobrow *row, const struct store_job *sj);
/* Frees what the row owns. */
void jobrow_finish (struct jobrow *row);

/* The row to store for a job (fields of sj borrow from job and *extra, which
 * is malloced and becomes sj->extra).  Jobspec and R go in only if asked for;
 * else what is stored stays.  -1 and ENOMEM.
 */
int jobrow_store (const struct job *job,
                  bool jobspec,
                  bool R,
                  struct store_job *sj,
                  char **extra);

/* Print as a JSON object with the attributes of the mask that the row has. */
void jobrow_print (struct jbuf *b, const struct jobrow *row, uint64_t attrs);

#endif
