/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* .begin-time: jobs that wait for a time of day (RFC 26, begin-time). */

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <flux/jobtap.h>

#include "builtins.h"

/* A later time is taken for a slip (it would be after the year 5000). */
#define LATEST 1e11

struct begin {
    flux_plugin_t *p;
    flux_jobid_t id;
    char description[64];
    flux_watcher_t *w;
};

static void begin_destroy (struct begin *b)
{
    if (b) {
        flux_watcher_destroy (b->w);
        free (b);
    }
}

static void time_cb (flux_reactor_t *r,
                     flux_watcher_t *w,
                     int revents,
                     void *arg)
{
    struct begin *b = arg;
    flux_plugin_t *p = b->p;
    flux_jobid_t id = b->id;
    char description[64];

    memcpy (description, b->description, sizeof (description));
    (void)flux_jobtap_job_aux_delete_value (p, id, b);
    if (flux_jobtap_dependency_remove (p, id, description) < 0)
        flux_log_error (flux_jobtap_get_flux (p),
                        ".begin-time: job %ju: dependency_remove %s",
                        (uintmax_t)id,
                        description);
}

/* A wall clock watcher: it holds even if the clock is set. */
static struct begin *begin_create (flux_plugin_t *p,
                                   flux_jobid_t id,
                                   const char *description,
                                   double when)
{
    flux_reactor_t *r = flux_get_reactor (flux_jobtap_get_flux (p));
    struct begin *b = calloc (1, sizeof (*b));

    if (!b)
        return NULL;
    b->p = p;
    b->id = id;
    snprintf (b->description, sizeof (b->description), "%s", description);
    if (!(b->w =
              flux_periodic_watcher_create (r, when, 0., NULL, time_cb, b))) {
        begin_destroy (b);
        return NULL;
    }
    flux_watcher_start (b->w);
    return b;
}

static int parse_time (const char *s, double *when)
{
    char *end;

    errno = 0;
    *when = strtod (s, &end);
    if (end == s || *end != '\0' || errno != 0 || !isfinite (*when)
        || *when < 0. || *when > LATEST)
        return -1;
    return 0;
}

static int add (flux_plugin_t *p, flux_jobid_t id, double when)
{
    char description[64];
    struct begin *b;

    snprintf (description, sizeof (description), "begin-time=%.3f", when);
    if (flux_jobtap_job_aux_get (p, id, description))
        return 0;
    /* EEXIST: loaded again, and the time had come before. */
    if (flux_jobtap_dependency_add (p, id, description) < 0)
        return errno == EEXIST ? 0 : -1;
    if (!(b = begin_create (p, id, description, when)))
        return -1;
    if (flux_jobtap_job_aux_set (p,
                                 id,
                                 description,
                                 b,
                                 (flux_free_f)begin_destroy)
        < 0) {
        begin_destroy (b);
        return -1;
    }
    return 0;
}

static int dependency_cb (flux_plugin_t *p,
                          const char *topic,
                          flux_plugin_arg_t *args,
                          void *arg)
{
    flux_jobid_t id;
    const char *value;
    double when;
    int state;

    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:I s:i s:{s:s}}",
                                "id",
                                &id,
                                "state",
                                &state,
                                "dependency",
                                "value",
                                &value)
        < 0)
        return flux_jobtap_reject_job (p,
                                       args,
                                       "begin-time: %s",
                                       flux_plugin_arg_strerror (args));
    if (parse_time (value, &when) < 0)
        return flux_jobtap_reject_job (p, args, "Invalid begin-time=%s", value);
    if (state != FLUX_JOB_STATE_NEW && state != FLUX_JOB_STATE_DEPEND)
        return 0;
    if (add (p, id, when) < 0)
        return flux_jobtap_reject_job (p,
                                       args,
                                       "begin-time: %s",
                                       strerror (errno));
    return 0;
}

static const struct flux_plugin_handler handlers[] = {
    { "job.dependency.begin-time", dependency_cb, NULL },
    { NULL, NULL, NULL },
};

int begin_time_init (flux_plugin_t *p)
{
    return flux_plugin_register (p, ".begin-time", handlers);
}
