/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Jobspec updates by plugins (RFC 21 jobspec-update). */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jobtap/private.h"

char *tap_vpack (const char *fmt, va_list ap)
{
    json_error_t e;
    json_t *o = json_vpack_ex (&e, 0, fmt, ap);
    char *s;

    if (!o) {
        errno = EINVAL;
        return NULL;
    }
    s = json_dumps (o, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref (o);
    if (!s)
        errno = ENOMEM;
    return s;
}

static bool updatable (const char *key)
{
    static const char *const tops[] = { "attributes", "resources", "tasks" };

    for (int i = 0; i < 3; i++) {
        size_t len = strlen (tops[i]);

        if (!strncmp (key, tops[i], len) && (!key[len] || key[len] == '.'))
            return true;
    }
    return false;
}

/* The update, or NULL and EINVAL if it is none that the job can have. */
static json_t *make_update (struct job *job, const char *fmt, va_list ap)
{
    json_t *o = json_vpack_ex (NULL, 0, fmt, ap);
    const char *key;
    json_t *value;

    if (!json_is_object (o)
        || (job->state & (FLUX_JOB_STATE_RUNNING | FLUX_JOB_STATE_INACTIVE)))
        goto inval;
    json_object_foreach (o, key, value)
    {
        if (!updatable (key))
            goto inval;
    }
    return o;
inval:
    json_decref (o);
    errno = EINVAL;
    return NULL;
}

int flux_jobtap_jobspec_update_pack (flux_plugin_t *p, const char *fmt, ...)
{
    struct tap_plugin *t = tap_plugin_of (p);
    struct job *job = t ? tap_current (t->jt) : NULL;
    struct tap_frame *frame;
    json_t *o;
    va_list ap;
    int rc = 0;

    if (!job || !fmt) {
        errno = EINVAL;
        return -1;
    }
    va_start (ap, fmt);
    o = make_update (job, fmt, ap);
    va_end (ap);
    if (!o)
        return -1;
    frame = t->jt->frame;
    if (!frame->updates)
        frame->updates = o;
    else {
        rc = json_object_update (frame->updates, o);
        json_decref (o);
    }
    return rc;
}

int flux_jobtap_jobspec_update_id_pack (flux_plugin_t *p,
                                        flux_jobid_t id,
                                        const char *fmt,
                                        ...)
{
    struct tap_plugin *t = tap_plugin_of (p);
    struct job *current;
    struct job *job;
    json_t *o;
    char *context;
    va_list ap;
    int rc;

    if (!t || !fmt) {
        errno = EINVAL;
        return -1;
    }
    current = tap_current (t->jt);
    if (!(job = tap_job (t->jt, id)))
        return -1;
    if (job == current) {
        errno = EINVAL;
        return -1;
    }
    va_start (ap, fmt);
    o = make_update (job, fmt, ap);
    va_end (ap);
    if (!o)
        return -1;
    context = json_dumps (o, JSON_COMPACT);
    json_decref (o);
    if (!context) {
        errno = ENOMEM;
        return -1;
    }
    rc = manager_post_named (t->jt->manager,
                             job,
                             "jobspec-update",
                             context,
                             NULL);
    free (context);
    return rc;
}
