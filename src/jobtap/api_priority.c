/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux_jobtap_get_flux(3): priorities, and saying no. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "jobtap/private.h"
#include "lib/plugin_args.h"

int flux_jobtap_reprioritize_all (flux_plugin_t *p)
{
    struct tap_plugin *t = tap_plugin_of (p);

    return t ? manager_reprioritize_all (t->jt->manager) : -1;
}

/* Outside of the job's own callbacks, so "the current job" has no meaning. */
int flux_jobtap_reprioritize_job (flux_plugin_t *p,
                                  flux_jobid_t id,
                                  unsigned int priority)
{
    struct tap_plugin *t = tap_plugin_of (p);
    struct job *job;

    if (!t || !(job = manager_job (t->jt->manager, id)))
        return -1;
    return manager_set_priority (t->jt->manager, job, priority);
}

int flux_jobtap_priority_unavail (flux_plugin_t *p, flux_plugin_arg_t *args)
{
    if (!p || !args) {
        errno = EINVAL;
        return -1;
    }
    return flux_priv_plugin_arg_out_set_int (args,
                                             "priority",
                                             TAP_PRIORITY_UNAVAIL);
}

static int leave_error (flux_plugin_arg_t *args, const char *fmt, va_list ap)
{
    char text[1024];
    int n;

    n = vsnprintf (text, sizeof (text), fmt, ap);
    if (n >= (int)sizeof (text))
        text[sizeof (text) - 2] = '+';
    return flux_plugin_arg_pack (args,
                                 FLUX_PLUGIN_ARG_OUT,
                                 "{s:s}",
                                 "errmsg",
                                 n < 0 ? fmt : text);
}

int flux_jobtap_error (flux_plugin_t *p,
                       flux_plugin_arg_t *args,
                       const char *fmt,
                       ...)
{
    va_list ap;

    if (p && args && fmt) {
        va_start (ap, fmt);
        leave_error (args, fmt, ap);
        va_end (ap);
    }
    else
        errno = EINVAL;
    return -1;
}

int flux_jobtap_reject_job (flux_plugin_t *p,
                            flux_plugin_arg_t *args,
                            const char *fmt,
                            ...)
{
    va_list ap;

    if (p && args && fmt) {
        va_start (ap, fmt);
        leave_error (args, fmt, ap);
        va_end (ap);
    }
    else if (!p || !args)
        errno = EINVAL;
    return -1;
}
