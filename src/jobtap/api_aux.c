/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Values that plugins hang on jobs, and subscriptions to their events. */

#include <errno.h>

#include "jobtap/private.h"
#include "msg/auxlist.h"

int flux_jobtap_job_aux_set (flux_plugin_t *p,
                             flux_jobid_t id,
                             const char *name,
                             void *val,
                             flux_free_f free_fn)
{
    struct tap_plugin *t = tap_plugin_of (p);
    struct tap_attached *a;
    struct job *job;

    if (!t || (!name && !free_fn) || (!name && !val) || (!val && free_fn)) {
        errno = EINVAL;
        return -1;
    }
    if (!(job = tap_job (t->jt, id)))
        return -1;
    if (!(a = tap_attached (t, job->id, val != NULL)))
        return val ? -1 : 0;
    return auxlist_set (&a->aux, name, val, free_fn);
}

void *flux_jobtap_job_aux_get (flux_plugin_t *p,
                               flux_jobid_t id,
                               const char *name)
{
    struct tap_plugin *t = tap_plugin_of (p);
    struct tap_attached *a;
    struct job *job;

    if (!t || !name) {
        errno = EINVAL;
        return NULL;
    }
    if (!(job = tap_job (t->jt, id)))
        return NULL;
    if (!(a = tap_attached (t, job->id, false))) {
        errno = ENOENT;
        return NULL;
    }
    return auxlist_get (a->aux, name);
}

int flux_jobtap_job_aux_delete_value (flux_plugin_t *p,
                                      flux_jobid_t id,
                                      void *val)
{
    struct tap_plugin *t = tap_plugin_of (p);
    struct tap_attached *a;
    struct job *job;

    if (!t || !val) {
        errno = EINVAL;
        return -1;
    }
    if (!(job = tap_job (t->jt, id)))
        return -1;
    if ((a = tap_attached (t, job->id, false)))
        auxlist_delete_value (&a->aux, val);
    return 0;
}

int flux_jobtap_job_aux_delete (flux_plugin_t *p, flux_jobid_t id, void *val)
{
    return flux_jobtap_job_aux_delete_value (p, id, val);
}

int flux_jobtap_job_subscribe (flux_plugin_t *p, flux_jobid_t id)
{
    struct tap_plugin *t = tap_plugin_of (p);
    struct tap_attached *a;
    struct job *job;

    if (!t || !(job = tap_job (t->jt, id))
        || !(a = tap_attached (t, job->id, true)))
        return -1;
    if (!a->subscribed) {
        a->subscribed = true;
        a->seq = t->jt->subscriptions++;
    }
    return 0;
}

void flux_jobtap_job_unsubscribe (flux_plugin_t *p, flux_jobid_t id)
{
    struct tap_plugin *t = tap_plugin_of (p);
    struct tap_attached *a;
    struct job *job;

    if (t && (job = tap_job (t->jt, id))
        && (a = tap_attached (t, job->id, false)))
        a->subscribed = false;
}
