/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux_jobtap_get_flux(3): the handle, services, loading, other plugins. */

#include <errno.h>
#include <string.h>

#include "jobtap/private.h"

flux_t *flux_jobtap_get_flux (flux_plugin_t *p)
{
    struct tap_plugin *t = tap_plugin_of (p);

    return t ? t->jt->h : NULL;
}

int flux_jobtap_service_register_ex (flux_plugin_t *p,
                                     const char *method,
                                     uint32_t rolemask,
                                     flux_msg_handler_f cb,
                                     void *arg)
{
    struct tap_plugin *t = tap_plugin_of (p);

    return t ? tap_service_add (t, method, rolemask, cb, arg) : -1;
}

int flux_jobtap_service_register (flux_plugin_t *p,
                                  const char *method,
                                  flux_msg_handler_f cb,
                                  void *arg)
{
    return flux_jobtap_service_register_ex (p,
                                            method,
                                            FLUX_ROLE_OWNER,
                                            cb,
                                            arg);
}

int flux_jobtap_set_load_sort_order (flux_plugin_t *p, const char *mode)
{
    struct tap_plugin *t = tap_plugin_of (p);

    if (!t)
        return -1;
    if (mode && !strcmp (mode, "state"))
        t->order = 1;
    else if (mode && !strcmp (mode, "-state"))
        t->order = -1;
    else if (!mode || !strcmp (mode, "none"))
        t->order = 0;
    else {
        errno = EINVAL;
        return -1;
    }
    return 0;
}

int flux_jobtap_call (flux_plugin_t *p,
                      flux_jobid_t id,
                      const char *topic,
                      flux_plugin_arg_t *args)
{
    struct tap_plugin *t = tap_plugin_of (p);
    struct tap_call call = { 0 };
    struct job *old = NULL;
    struct tap_stack *s;
    int rc = -1;

    if (!t || !topic || !args || !strncmp (topic, "job.", 4)) {
        errno = EINVAL;
        return -1;
    }
    call.jt = t->jt;
    if (!(call.job = tap_job_any (t->jt, id, &old)))
        return -1;
    call.past = old
                || (t->jt->frame && t->jt->frame->call->past
                    && t->jt->frame->call->job == call.job);
    if ((s = tap_stack_match (t->jt, topic)))
        rc = tap_stack_call (t->jt, s, &call, topic, args);
    tap_stack_unref (s);
    job_destroy (old);
    return rc;
}
