/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* alloc-bypass.so: jobs that bring their own R in
 * attributes.system.alloc-bypass.R run on it, whatever the scheduler has given
 * to others.  For tests of the instance owner, who alone may do so.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <flux/core.h>
#include <flux/jobtap.h>
#include <jansson.h>

#define AUX "alloc-bypass"

/* The R that the job brings, or NULL. */
static int get_R (flux_plugin_arg_t *args, json_t **R)
{
    *R = NULL;
    return flux_plugin_arg_unpack (args,
                                   FLUX_PLUGIN_ARG_IN,
                                   "{s:{s:{s?{s?{s:o}}}}}",
                                   "jobspec",
                                   "attributes",
                                   "system",
                                   "alloc-bypass",
                                   "R",
                                   R);
}

static int check_R (json_t *R, json_error_t *error)
{
    json_t *R_lite;
    json_t *nodelist;
    int version;

    if (json_unpack_ex (R,
                        error,
                        0,
                        "{s:i s:{s:o s:o}}",
                        "version",
                        &version,
                        "execution",
                        "R_lite",
                        &R_lite,
                        "nodelist",
                        &nodelist)
        < 0)
        return -1;
    if (version == 1 && json_array_size (R_lite) > 0
        && json_array_size (nodelist) > 0)
        return 0;
    snprintf (error->text,
              sizeof (error->text),
              "version is not 1, or R_lite or nodelist is empty");
    return -1;
}

static int validate_cb (flux_plugin_t *p,
                        const char *topic,
                        flux_plugin_arg_t *args,
                        void *arg)
{
    json_error_t error;
    json_int_t userid;
    int state;
    json_t *R;

    if (get_R (args, &R) < 0)
        return flux_jobtap_reject_job (p,
                                       args,
                                       "invalid system.alloc-bypass.R: %s",
                                       flux_plugin_arg_strerror (args));
    if (!R)
        return 0;
    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:I s:i}",
                                "userid",
                                &userid,
                                "state",
                                &state)
        < 0)
        return -1;
    if ((uid_t)userid != getuid ())
        return flux_jobtap_reject_job (p,
                                       args,
                                       "Guest user cannot use alloc bypass");
    if (check_R (R, &error) < 0)
        return flux_jobtap_reject_job (p,
                                       args,
                                       "alloc-bypass: invalid R: %s",
                                       error.text);
    if (state == FLUX_JOB_STATE_NEW
        && flux_jobtap_job_set_flag (p, FLUX_JOBTAP_CURRENT_JOB, AUX) < 0)
        return flux_jobtap_reject_job (p,
                                       args,
                                       "Failed to set alloc-bypass: %s",
                                       strerror (errno));
    return 0;
}

struct grant {
    flux_plugin_t *p;
    flux_jobid_t id;
    flux_watcher_t *w;
};

static void grant_destroy (struct grant *g)
{
    if (g) {
        flux_watcher_destroy (g->w);
        free (g);
    }
}

static void grant_cb (flux_reactor_t *r,
                      flux_watcher_t *w,
                      int revents,
                      void *arg)
{
    struct grant *g = arg;
    flux_plugin_t *p = g->p;
    flux_jobid_t id = g->id;

    (void)flux_jobtap_job_aux_delete_value (p, id, g);
    if (flux_jobtap_event_post_pack (p, id, "alloc", "{s:b}", "bypass", 1) < 0)
        (void)flux_jobtap_raise_exception (p,
                                           id,
                                           "alloc",
                                           0,
                                           "alloc-bypass: %s",
                                           strerror (errno));
}

static struct grant *grant_create (flux_plugin_t *p, flux_jobid_t id)
{
    flux_reactor_t *r = flux_get_reactor (flux_jobtap_get_flux (p));
    struct grant *g = calloc (1, sizeof (*g));

    if (!g)
        return NULL;
    g->p = p;
    g->id = id;
    if (!(g->w = flux_timer_watcher_create (r, 0., 0., grant_cb, g))
        || flux_jobtap_job_aux_set (p, id, AUX, g, (flux_free_f)grant_destroy)
               < 0) {
        grant_destroy (g);
        return NULL;
    }
    flux_watcher_start (g->w);
    return g;
}

/* Its turn: the job has R only when this callback has returned, so that the
 * event that needs it comes a little later.
 */
static int sched_cb (flux_plugin_t *p,
                     const char *topic,
                     flux_plugin_arg_t *args,
                     void *arg)
{
    flux_jobid_t id;
    json_t *R;

    if (get_R (args, &R) < 0 || !R
        || flux_jobtap_job_aux_get (p, FLUX_JOBTAP_CURRENT_JOB, AUX))
        return 0;
    if (flux_plugin_arg_unpack (args, FLUX_PLUGIN_ARG_IN, "{s:I}", "id", &id)
            < 0
        || !grant_create (p, id))
        return -1;
    return flux_plugin_arg_pack (args, FLUX_PLUGIN_ARG_OUT, "{s:O}", "R", R);
}

static const struct flux_plugin_handler handlers[] = {
    { "job.validate", validate_cb, NULL },
    { "job.state.sched", sched_cb, NULL },
    { NULL, NULL, NULL },
};

int flux_plugin_init (flux_plugin_t *p)
{
    return flux_plugin_register (p, "alloc-bypass", handlers);
}
