/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Dependencies that plugins put on jobs and take off again. */

#include <errno.h>

#include "jobtap/private.h"

static struct job *depend_job (flux_plugin_t *p,
                               flux_jobid_t id,
                               const char *description,
                               struct jobtap **jt)
{
    struct tap_plugin *t = tap_plugin_of (p);

    if (!t || !description || !description[0]) {
        errno = EINVAL;
        return NULL;
    }
    *jt = t->jt;
    return tap_job_by_id (t->jt, id);
}

static int post (struct jobtap *jt,
                 struct job *job,
                 enum event_kind kind,
                 const char *description)
{
    struct event ev = { .kind = kind, .description = description };

    return manager_post (jt->manager, job, &ev, NULL);
}

int flux_jobtap_dependency_add (flux_plugin_t *p,
                                flux_jobid_t id,
                                const char *description)
{
    struct jobtap *jt;
    struct job *job = depend_job (p, id, description, &jt);

    if (!job)
        return -1;
    if (job->state != FLUX_JOB_STATE_NEW
        && job->state != FLUX_JOB_STATE_DEPEND) {
        errno = EINVAL;
        return -1;
    }
    if (job_has_dependency (job, description))
        return 0;
    /* RFC 26: one that was satisfied cannot come back. */
    if (job_had_dependency (job, description)) {
        errno = EEXIST;
        return -1;
    }
    return post (jt, job, EVENT_DEPENDENCY_ADD, description);
}

int flux_jobtap_dependency_remove (flux_plugin_t *p,
                                   flux_jobid_t id,
                                   const char *description)
{
    struct jobtap *jt;
    struct job *job = depend_job (p, id, description, &jt);

    return job ? post (jt, job, EVENT_DEPENDENCY_REMOVE, description) : -1;
}
