/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Jobs that have left memory, brought back for a look. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "job/fsm.h"
#include "jobtap/private.h"
#include "wire/eventlog.h"

static int take_row (const struct store_job *row, void *arg)
{
    struct job *job = arg;

    if (row->jobspec && !job->spec)
        job->spec = text_create (row->jobspec, strlen (row->jobspec));
    return 0;
}

/* As it was given: updates come with the log. */
static void take_R (struct store *store, struct job *job)
{
    char *R;
    size_t len;

    if (job->R || store_value_get (store, job->id, "R", &R, &len) < 0)
        return;
    job->R = text_create (R, len);
    free (R);
}

static int replay (struct job *job, const char *log, size_t size)
{
    const char *line;
    size_t pos = 0;
    size_t len;

    while (eventlog_next (log, size, &pos, &line, &len)) {
        struct wire_event w;
        int rc;

        if (wire_event_decode (&w, job, line, len, NULL) < 0)
            return -1;
        rc = fsm_legal (job, &w.ev, NULL) < 0 ? -1 : fsm_apply (job, &w.ev);
        wire_event_finish (&w);
        if (rc < 0)
            return -1;
    }
    return 0;
}

struct job *tap_job_any (struct jobtap *jt, flux_jobid_t id, struct job **old)
{
    struct store *store = manager_store (jt->manager);
    struct tap_call *call = jt->frame ? jt->frame->call : NULL;
    struct job *job;
    char *log;
    size_t size;

    if (call && call->past && call->job
        && (id == FLUX_JOBTAP_CURRENT_JOB || id == call->job->id))
        return call->job;
    job = tap_job (jt, id);
    if (job || id == FLUX_JOBTAP_CURRENT_JOB || !store)
        return job;
    if (store_log_get (store, id, "eventlog", &log, &size) < 0) {
        errno = ENOENT;
        return NULL;
    }
    if ((job = job_create (id, 0))) {
        take_R (store, job);
        if (store_job_get (store, id, take_row, job) < 0
            || replay (job, log, size) < 0) {
            job_destroy (job);
            job = NULL;
            errno = ENOENT;
        }
    }
    free (log);
    *old = job;
    return job;
}
