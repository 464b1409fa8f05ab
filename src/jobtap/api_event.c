/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Events, exceptions and flags that plugins give to jobs. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "jobtap/private.h"

int flux_jobtap_raise_exception (flux_plugin_t *p,
                                 flux_jobid_t id,
                                 const char *type,
                                 int severity,
                                 const char *fmt,
                                 ...)
{
    struct tap_plugin *t = tap_plugin_of (p);
    struct job *job;
    char note[1024];
    va_list ap;
    int n;

    if (!t || !type || !fmt) {
        errno = EINVAL;
        return -1;
    }
    if (!(job = tap_job (t->jt, id)))
        return -1;
    va_start (ap, fmt);
    n = vsnprintf (note, sizeof (note), fmt, ap);
    va_end (ap);
    if (n >= (int)sizeof (note))
        note[sizeof (note) - 2] = '+';
    return manager_raise (t->jt->manager,
                          job,
                          type,
                          severity,
                          router_owner (t->jt->router),
                          n < 0 ? fmt : note,
                          NULL);
}

int flux_jobtap_event_post_pack (flux_plugin_t *p,
                                 flux_jobid_t id,
                                 const char *name,
                                 const char *fmt,
                                 ...)
{
    struct tap_plugin *t = tap_plugin_of (p);
    struct job *job;
    char *context = NULL;
    va_list ap;
    int rc;

    if (!t || !name) {
        errno = EINVAL;
        return -1;
    }
    if (!(job = tap_job (t->jt, id)))
        return -1;
    if (fmt) {
        va_start (ap, fmt);
        context = tap_vpack (fmt, ap);
        va_end (ap);
        if (!context)
            return -1;
    }
    rc = manager_post_named (t->jt->manager, job, name, context, NULL);
    free (context);
    return rc;
}

int flux_jobtap_job_set_flag (flux_plugin_t *p,
                              flux_jobid_t id,
                              const char *flag)
{
    static const int settable =
        FLUX_JOB_DEBUG | JOB_FLAG_IMMUTABLE | JOB_FLAG_ALLOC_BYPASS;
    struct tap_plugin *t = tap_plugin_of (p);
    struct event ev = { .kind = EVENT_SET_FLAGS };
    struct job *job;

    if (!t || !flag) {
        errno = EINVAL;
        return -1;
    }
    if (!(job = tap_job (t->jt, id)))
        return -1;
    if ((ev.flags = job_flag_parse (flag)) < 0 || !(ev.flags & settable)) {
        errno = EINVAL;
        return -1;
    }
    return manager_post (t->jt->manager, job, &ev, NULL);
}

int flux_jobtap_job_event_posted (flux_plugin_t *p,
                                  flux_jobid_t id,
                                  const char *name)
{
    struct tap_plugin *t = tap_plugin_of (p);
    struct job *job;
    struct job *old = NULL;
    int rc;

    if (!t || !name) {
        errno = EINVAL;
        return -1;
    }
    if (!(job = tap_job_any (t->jt, id, &old)))
        return -1;
    rc = job_event_posted (job, name);
    job_destroy (old);
    return rc;
}
