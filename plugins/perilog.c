/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* perilog.so: a command before each job starts and one after it has ended
 * (flux-config-job-manager(5), prolog and epilog).
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <flux/core.h>
#include <flux/idset.h>
#include <flux/jobtap.h>
#include <jansson.h>
#include <utlist.h>

#include "perilog.h"

#define AUX "perilog"

/* ---- what the job does ---- */

static int get_id (flux_plugin_arg_t *args,
                   flux_jobid_t *id,
                   const char **event)
{
    *event = "";
    return flux_plugin_arg_unpack (args,
                                   FLUX_PLUGIN_ARG_IN,
                                   "{s:I s?{s?s}}",
                                   "id",
                                   id,
                                   "entry",
                                   "name",
                                   event);
}

static int run_cb (flux_plugin_t *p,
                   const char *topic,
                   flux_plugin_arg_t *args,
                   void *arg)
{
    struct perilog *all = arg;
    const char *event;
    flux_jobid_t id;

    if (get_id (args, &id, &event) < 0)
        return -1;
    if (!all->conf || !all->conf->table[PROLOG].argv)
        return 0;
    if (flux_jobtap_prolog_start (p, perilog_descriptions[PROLOG]) < 0)
        return -1;
    return perilog_run_start (all, id, PROLOG);
}

static void cancel (struct perilog *all, flux_jobid_t id, int which)
{
    struct perilog_run *run = perilog_run_find (all, id, which);

    if (run && run->proc && all->conf->table[which].cancel_on_exception) {
        run->canceled = true;
        perilog_proc_cancel (run->proc);
    }
}

static int cleanup_cb (flux_plugin_t *p,
                       const char *topic,
                       flux_plugin_arg_t *args,
                       void *arg)
{
    struct perilog *all = arg;
    const char *event;
    flux_jobid_t id;

    if (get_id (args, &id, &event) < 0)
        return -1;
    if (!strcmp (event, "finish"))
        perilog_start_epilog (all, id);
    else if (perilog_run_find (all, id, PROLOG))
        cancel (all, id, PROLOG);
    else if (all->conf && all->conf->table[EPILOG].argv)
        return flux_jobtap_job_subscribe (p, id);
    return 0;
}

/* A job that ran when an exception hit it. */
static int finish_cb (flux_plugin_t *p,
                      const char *topic,
                      flux_plugin_arg_t *args,
                      void *arg)
{
    const char *event;
    flux_jobid_t id;

    if (get_id (args, &id, &event) < 0)
        return -1;
    if (!perilog_run_find (arg, id, EPILOG) && perilog_is_ending (arg, id))
        perilog_start_epilog (arg, id);
    return 0;
}

static int exception_cb (flux_plugin_t *p,
                         const char *topic,
                         flux_plugin_arg_t *args,
                         void *arg)
{
    flux_jobid_t id;
    int severity;

    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:I s:{s:{s:i}}}",
                                "id",
                                &id,
                                "entry",
                                "context",
                                "severity",
                                &severity)
        < 0)
        return -1;
    if (severity == 0)
        cancel (arg, id, EPILOG);
    return 0;
}

static bool unfinished (struct perilog *all,
                        flux_jobid_t id,
                        const char *start,
                        const char *end)
{
    return flux_jobtap_job_event_posted (all->p, id, start) == 1
           && flux_jobtap_job_event_posted (all->p, id, end) != 1;
}

/* A job from before a restart: what was begun for it is begun again. */
static int new_cb (flux_plugin_t *p,
                   const char *topic,
                   flux_plugin_arg_t *args,
                   void *arg)
{
    struct perilog *all = arg;
    flux_jobid_t id;
    int state;

    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:I s:i}",
                                "id",
                                &id,
                                "state",
                                &state)
        < 0)
        return -1;
    if (!all->conf || !(state & FLUX_JOB_STATE_RUNNING))
        return 0;
    if (all->conf->table[PROLOG].argv
        && unfinished (all, id, "prolog-start", "prolog-finish"))
        return perilog_run_start (all, id, PROLOG);
    if (all->conf->table[EPILOG].argv
        && unfinished (all, id, "epilog-start", "epilog-finish"))
        return perilog_run_start (all, id, EPILOG);
    if (all->conf->table[EPILOG].argv && state == FLUX_JOB_STATE_CLEANUP)
        return flux_jobtap_job_subscribe (p, id);
    return 0;
}

static int conf_cb (flux_plugin_t *p,
                    const char *topic,
                    flux_plugin_arg_t *args,
                    void *arg)
{
    struct perilog *all = arg;
    struct perilog_conf *conf;
    flux_error_t error;
    json_t *config;

    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:o}",
                                "conf",
                                &config)
        < 0)
        return flux_jobtap_error (p,
                                  args,
                                  "%s",
                                  flux_plugin_arg_strerror (args));
    if (!(conf = perilog_conf_create (config, &error)))
        return flux_jobtap_error (p, args, "%s", error.text);
    perilog_conf_destroy (all->conf);
    all->conf = conf;
    return 0;
}

static json_t *describe (struct perilog_run *run)
{
    struct idset *ranks = perilog_proc_ranks (run->proc, PERILOG_ACTIVE);
    char *s = ranks ? idset_encode (ranks, IDSET_FLAG_RANGE) : NULL;
    json_t *o = json_pack ("{s:s s:s s:i s:i s:s s:i}",
                           "name",
                           perilog_names[run->which],
                           "state",
                           run->timed_out  ? "timeout"
                           : run->canceled ? "canceled"
                                           : "running",
                           "total",
                           (int)perilog_proc_total (run->proc),
                           "active",
                           ranks ? (int)idset_count (ranks) : 0,
                           "active_ranks",
                           s ? s : "",
                           "remaining_time",
                           (int)perilog_proc_remaining (run->proc));

    free (s);
    idset_destroy (ranks);
    return o;
}

static int query_cb (flux_plugin_t *p,
                     const char *topic,
                     flux_plugin_arg_t *args,
                     void *arg)
{
    struct perilog *all = arg;
    json_t *procs = json_object ();
    struct perilog_run *run;

    DL_FOREACH (all->runs, run)
    {
        if (!run->given_up
            && json_object_set_new (procs, run->name, describe (run)) < 0) {
            json_decref (procs);
            return -1;
        }
    }
    return flux_plugin_arg_pack (args,
                                 FLUX_PLUGIN_ARG_OUT,
                                 "{s:o s:o}",
                                 "conf",
                                 perilog_conf_describe (all->conf),
                                 "procs",
                                 procs);
}

static void perilog_destroy (struct perilog *all)
{
    struct perilog_run *run, *next;

    DL_FOREACH_SAFE (all->runs, run, next)
    {
        perilog_run_destroy (run);
    }
    perilog_conf_destroy (all->conf);
    free (all);
}

static int add_handlers (flux_plugin_t *p, struct perilog *all)
{
    const struct flux_plugin_handler handlers[] = {
        { "conf.update", conf_cb, all },
        { "job.new", new_cb, all },
        { "job.state.run", run_cb, all },
        { "job.state.cleanup", cleanup_cb, all },
        { "job.event.finish", finish_cb, all },
        { "job.event.exception", exception_cb, all },
        { "plugin.query", query_cb, all },
        { NULL, NULL, NULL },
    };

    return flux_plugin_register (p, "perilog", handlers);
}

int flux_plugin_init (flux_plugin_t *p)
{
    struct perilog *all = calloc (1, sizeof (*all));

    if (!all)
        return -1;
    all->p = p;
    all->h = flux_jobtap_get_flux (p);
    if (flux_plugin_aux_set (p, AUX, all, (flux_free_f)perilog_destroy) < 0) {
        perilog_destroy (all);
        return -1;
    }
    return add_handlers (p, all);
}
