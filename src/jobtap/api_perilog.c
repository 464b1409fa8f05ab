/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Prologs, which keep a job from starting, and epilogs, which keep its
 * resources.
 */

#include <errno.h>

#include "jobtap/private.h"

static int perilog_post (struct jobtap *jt,
                         struct job *job,
                         enum event_kind kind,
                         const char *description,
                         int status)
{
    struct event ev = {
        .kind = kind,
        .description = description,
        .status = status,
    };

    return manager_post (jt->manager, job, &ev, NULL);
}

static int start (flux_plugin_t *p,
                  enum event_kind kind,
                  const char *description)
{
    struct tap_plugin *t = tap_plugin_of (p);
    struct job *job = t ? tap_current (t->jt) : NULL;
    bool prolog = kind == EVENT_PROLOG_START;

    if (!job || !description
        || (prolog
            && (manager_start_requested (t->jt->manager, job)
                || job->state == FLUX_JOB_STATE_CLEANUP))
        || (!prolog && job->state != FLUX_JOB_STATE_CLEANUP)) {
        errno = EINVAL;
        return -1;
    }
    return perilog_post (t->jt, job, kind, description, 0);
}

static int finish (flux_plugin_t *p,
                   flux_jobid_t id,
                   enum event_kind kind,
                   const char *description,
                   int status)
{
    struct tap_plugin *t = tap_plugin_of (p);
    struct job *job;

    if (!t || !description) {
        errno = EINVAL;
        return -1;
    }
    if (!(job = tap_job (t->jt, id)))
        return -1;
    if ((kind == EVENT_PROLOG_FINISH
         && manager_start_requested (t->jt->manager, job))
        || (kind == EVENT_EPILOG_FINISH
            && job->state != FLUX_JOB_STATE_CLEANUP)) {
        errno = EINVAL;
        return -1;
    }
    return perilog_post (t->jt, job, kind, description, status);
}

int flux_jobtap_prolog_start (flux_plugin_t *p, const char *description)
{
    return start (p, EVENT_PROLOG_START, description);
}

int flux_jobtap_prolog_finish (flux_plugin_t *p,
                               flux_jobid_t id,
                               const char *description,
                               int status)
{
    return finish (p, id, EVENT_PROLOG_FINISH, description, status);
}

int flux_jobtap_epilog_start (flux_plugin_t *p, const char *description)
{
    return start (p, EVENT_EPILOG_START, description);
}

int flux_jobtap_epilog_finish (flux_plugin_t *p,
                               flux_jobid_t id,
                               const char *description,
                               int status)
{
    return finish (p, id, EVENT_EPILOG_FINISH, description, status);
}
