/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Looking at other jobs, finished ones included. */

#include <errno.h>

#include "jobtap/private.h"

flux_plugin_arg_t *flux_jobtap_job_lookup (flux_plugin_t *p, flux_jobid_t id)
{
    struct tap_plugin *t = tap_plugin_of (p);
    flux_plugin_arg_t *args;
    struct job *job;
    struct job *old = NULL;

    if (!t || !(job = tap_job_any (t->jt, id, &old)))
        return NULL;
    args = tap_args_snapshot (t->jt, job);
    job_destroy (old);
    return args;
}

int flux_jobtap_get_job_result (flux_plugin_t *p,
                                flux_jobid_t id,
                                flux_job_result_t *resultp)
{
    struct tap_plugin *t = tap_plugin_of (p);
    struct job *job;
    struct job *old = NULL;
    int result;

    if (!t || !resultp) {
        errno = EINVAL;
        return -1;
    }
    if (!(job = tap_job_any (t->jt, id, &old)))
        return -1;
    result = job_result (job);
    job_destroy (old);
    if (!result) {
        errno = EINVAL;
        return -1;
    }
    *resultp = result;
    return 0;
}
