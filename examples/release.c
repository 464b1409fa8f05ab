/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* release.so: jobs wait until they are released.
 *
 * A jobtap plugin is a shared object with one entry point, flux_plugin_init
 * (at the end of this file).  It says which topics it wants to hear of, and
 * is called back in the job manager for each of them.
 *
 * This one decides about priorities.  A job that has no priority waits, so
 * as long as nobody released anything the answer is "not available yet".
 * Two requests change that:
 *
 *     job-manager.release.release {}          all jobs, now and in future
 *     job-manager.release.boost {"id": ID}    this job, before all others
 *
 * Build, load, use:
 *
 *     gcc -shared -fPIC -o release.so release.c \
 *         $(pkg-config --cflags --libs flux-core)
 *     flux jobtap load $PWD/release.so report-every=10
 */

#include <flux/core.h>
#include <flux/jobtap.h>

#define BOOSTED 1000

/* A plugin has no global variables: several broker handles, or a reload,
 * would share them.  What it knows hangs on the plugin handle instead and
 * goes away with it.
 */
struct release {
    flux_plugin_t *p;
    flux_watcher_t *timer;
    bool released;
    int waiting;
};

static void release_destroy (void *arg)
{
    struct release *r = arg;

    flux_watcher_destroy (r->timer);
    free (r);
}

/* Called when a job comes to PRIORITY, and for each pending job after
 * flux_jobtap_reprioritize_all().  Arguments are unpacked by name, answers
 * are packed by name; the formats are those of jansson.
 */
static int priority_cb (flux_plugin_t *p,
                        const char *topic,
                        flux_plugin_arg_t *args,
                        void *arg)
{
    struct release *r = arg;
    int urgency;
    int state;

    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:i s:i}",
                                "urgency",
                                &urgency,
                                "state",
                                &state)
        < 0)
        return -1;
    /* A job in SCHED has a priority already; only one in PRIORITY can be
     * told to wait for it.
     */
    if (!r->released && state == FLUX_JOB_STATE_PRIORITY) {
        if (!strcmp (topic, "job.state.priority"))
            r->waiting++;
        return flux_jobtap_priority_unavail (p, args);
    }
    return flux_plugin_arg_pack (args,
                                 FLUX_PLUGIN_ARG_OUT,
                                 "{s:i}",
                                 "priority",
                                 urgency);
}

/* A request handler answers each request once. */
static void release_cb (flux_t *h,
                        flux_msg_handler_t *mh,
                        const flux_msg_t *msg,
                        void *arg)
{
    struct release *r = arg;

    r->released = true;
    if (flux_jobtap_reprioritize_all (r->p) < 0) {
        flux_respond_error (h, msg, errno, NULL);
        return;
    }
    flux_respond_pack (h, msg, "{s:i}", "waited", r->waiting);
    r->waiting = 0;
}

static void boost_cb (flux_t *h,
                      flux_msg_handler_t *mh,
                      const flux_msg_t *msg,
                      void *arg)
{
    struct release *r = arg;
    flux_jobid_t id;

    if (flux_request_unpack (msg, NULL, "{s:I}", "id", &id) < 0)
        flux_respond_error (h, msg, EPROTO, "boost: id is missing");
    else if (flux_jobtap_reprioritize_job (r->p, id, BOOSTED) < 0)
        flux_respond_error (h, msg, errno, "boost: no such pending job");
    else
        flux_respond (h, msg, NULL);
}

/* The handle works as in any Flux program: here it carries a timer and a
 * line for the log.
 */
static void timer_cb (flux_reactor_t *reactor,
                      flux_watcher_t *w,
                      int revents,
                      void *arg)
{
    struct release *r = arg;

    if (!r->released && r->waiting > 0)
        flux_log (flux_jobtap_get_flux (r->p),
                  LOG_INFO,
                  "release: %d jobs came and wait",
                  r->waiting);
}

static int start_timer (struct release *r)
{
    flux_t *h = flux_jobtap_get_flux (r->p);
    double period = 60.;

    /* The configuration given at load; without one the default stays. */
    (void)flux_plugin_conf_unpack (r->p, "{s?F}", "report-every", &period);
    if (period <= 0.)
        return 0;
    r->timer = flux_timer_watcher_create (flux_get_reactor (h),
                                          period,
                                          period,
                                          timer_cb,
                                          r);
    if (!r->timer)
        return -1;
    flux_watcher_start (r->timer);
    return 0;
}

int flux_plugin_init (flux_plugin_t *p)
{
    struct release *r = calloc (1, sizeof (*r));

    if (!r || flux_plugin_aux_set (p, "release", r, release_destroy) < 0) {
        free (r);
        return -1;
    }
    r->p = p;
    /* The name comes first: services are called job-manager.NAME.METHOD. */
    if (flux_plugin_set_name (p, "release") < 0
        || flux_plugin_add_handler (p, "job.state.priority", priority_cb, r) < 0
        || flux_plugin_add_handler (p, "job.priority.get", priority_cb, r) < 0
        || flux_jobtap_service_register (p, "release", release_cb, r) < 0
        || flux_jobtap_service_register (p, "boost", boost_cb, r) < 0)
        return -1;
    return start_timer (r);
}
