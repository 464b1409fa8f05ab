/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* .update-duration: jobs may get another duration (flux-update(1)).  The
 * instance owner is not bound by limits, and may update running jobs: then
 * their allocation expires at another time.
 */

#include <errno.h>
#include <math.h>

#include <flux/core.h>
#include <flux/jobtap.h>

#include "builtins.h"

#define KEY "attributes.system.duration"

/* When the job's allocation would expire, 0 for never. */
static int get_expiration (flux_plugin_arg_t *args,
                           double duration,
                           double *expiration)
{
    double starttime = 0.;

    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:{s:{s:F}}}",
                                "R",
                                "execution",
                                "starttime",
                                &starttime)
        < 0)
        return -1;
    *expiration = duration > 0. ? starttime + duration : 0.;
    return 0;
}

static int check_running (flux_plugin_t *p,
                          flux_plugin_arg_t *args,
                          int rolemask,
                          double duration)
{
    flux_reactor_t *r = flux_get_reactor (flux_jobtap_get_flux (p));
    double expiration;

    if (!(rolemask & FLUX_ROLE_OWNER))
        return flux_jobtap_error (p,
                                  args,
                                  "duration update of running job requires "
                                  "instance owner privileges");
    if (get_expiration (args, duration, &expiration) < 0)
        return flux_jobtap_error (p,
                                  args,
                                  "%s",
                                  flux_plugin_arg_strerror (args));
    if (expiration > 0. && expiration <= flux_reactor_now (r))
        return flux_jobtap_error (p,
                                  args,
                                  "requested duration places job expiration "
                                  "in the past");
    return 0;
}

static int check_cb (flux_plugin_t *p,
                     const char *topic,
                     flux_plugin_arg_t *args,
                     void *arg)
{
    double duration;
    int state, rolemask;

    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:i s:{s:i} s:F}",
                                "state",
                                &state,
                                "cred",
                                "rolemask",
                                &rolemask,
                                "value",
                                &duration)
        < 0)
        return flux_jobtap_error (p,
                                  args,
                                  "%s",
                                  flux_plugin_arg_strerror (args));
    if (!(duration >= 0.) || !isfinite (duration))
        return flux_jobtap_error (p, args, "duration must not be negative");
    if (state == FLUX_JOB_STATE_CLEANUP)
        return flux_jobtap_error (p, args, "job is already ending");
    if (state == FLUX_JOB_STATE_RUN
        && check_running (p, args, rolemask, duration) < 0)
        return -1;
    if (!(rolemask & FLUX_ROLE_OWNER))
        return 0;
    return flux_plugin_arg_pack (args,
                                 FLUX_PLUGIN_ARG_OUT,
                                 "{s:i}",
                                 "validated",
                                 1);
}

/* The jobspec has changed; a running job's R follows. */
static int updated_cb (flux_plugin_t *p,
                       const char *topic,
                       flux_plugin_arg_t *args,
                       void *arg)
{
    double duration = -1.;
    double expiration;
    int state;

    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:i s:{s?F}}",
                                "state",
                                &state,
                                "updates",
                                KEY,
                                &duration)
        < 0)
        return -1;
    if (state != FLUX_JOB_STATE_RUN || duration < 0.)
        return 0;
    if (get_expiration (args, duration, &expiration) < 0)
        return -1;
    return flux_jobtap_event_post_pack (p,
                                        FLUX_JOBTAP_CURRENT_JOB,
                                        "resource-update",
                                        "{s:f}",
                                        "expiration",
                                        expiration);
}

static const struct flux_plugin_handler handlers[] = {
    { "job.update." KEY, check_cb, NULL },
    { "job.update", updated_cb, NULL },
    { NULL, NULL, NULL },
};

int update_duration_init (flux_plugin_t *p)
{
    return flux_plugin_register (p, ".update-duration", handlers);
}
