/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* perilog.so: a command before each job starts and one after it has ended
 * (flux-config-job-manager(5), prolog and epilog).
 *
 * A run belongs to the plugin, not to the job: a process that does not react
 * to signals is given up by its job but still has to be waited for.
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

struct run {
    struct perilog *all;
    flux_jobid_t id;
    char name[64]; /* the id as people read it */
    int which;
    struct perilog_proc *proc;
    bool canceled; /* by an exception */
    bool timed_out;
    bool given_up;
    struct run *prev, *next;
};

struct perilog {
    flux_plugin_t *p;
    flux_t *h;
    struct perilog_conf *conf;
    struct run *runs;
    char host[256];
};

static const char *const descriptions[] = {
    [PROLOG] = "job-manager.prolog",
    [EPILOG] = "job-manager.epilog",
};

static void start_epilog (struct perilog *all, flux_jobid_t id);

static void run_destroy (struct run *run)
{
    perilog_proc_destroy (run->proc);
    free (run);
}

static void run_remove (struct run *run)
{
    DL_DELETE (run->all->runs, run);
    run_destroy (run);
}

static struct run *run_find (struct perilog *all, flux_jobid_t id, int which)
{
    return flux_jobtap_job_aux_get (all->p, id, perilog_names[which]);
}

/* The job has no more to do with it. */
static void run_release (struct run *run)
{
    (void)flux_jobtap_job_aux_set (run->all->p,
                                   run->id,
                                   perilog_names[run->which],
                                   NULL,
                                   NULL);
}

static void raise_failure (struct run *run, int status)
{
    const char *what = perilog_names[run->which];
    char how[64];

    if (run->timed_out)
        snprintf (how, sizeof (how), "timed out");
    else if (run->given_up)
        snprintf (how, sizeof (how), "canceled then timed out");
    else if (WIFSIGNALED (status))
        snprintf (how, sizeof (how), "killed by signal %d", WTERMSIG (status));
    else
        snprintf (how,
                  sizeof (how),
                  "exited with code=%d",
                  WEXITSTATUS (status));
    if (flux_jobtap_raise_exception (run->all->p,
                                     run->id,
                                     what,
                                     run->which == PROLOG ? 0 : 2,
                                     "%s %s on %s (rank 0)",
                                     what,
                                     how,
                                     run->all->host)
        < 0)
        flux_log_error (run->all->h, "perilog: %s: exception", run->name);
}

static bool is_ending (struct perilog *all, flux_jobid_t id)
{
    flux_plugin_arg_t *args = flux_jobtap_job_lookup (all->p, id);
    int state = 0;

    if (args)
        (void)flux_plugin_arg_unpack (args,
                                      FLUX_PLUGIN_ARG_IN,
                                      "{s:i}",
                                      "state",
                                      &state);
    flux_plugin_arg_destroy (args);
    return state == FLUX_JOB_STATE_CLEANUP;
}

/* A job that ends without having started has no finish event; what the
 * prolog has done is undone here.
 */
static void finish_prolog (struct run *run, int status)
{
    struct perilog *all = run->all;
    bool failed = status != 0 && (!run->canceled || run->given_up);

    if (failed)
        raise_failure (run, status);
    if (failed || is_ending (all, run->id))
        start_epilog (all, run->id);
    if (flux_jobtap_prolog_finish (all->p,
                                   run->id,
                                   descriptions[PROLOG],
                                   status)
        < 0)
        flux_log_error (all->h, "perilog: %s: prolog_finish", run->name);
}

static void finish_epilog (struct run *run, int status)
{
    if (status != 0)
        raise_failure (run, status);
    if (flux_jobtap_epilog_finish (run->all->p,
                                   run->id,
                                   descriptions[EPILOG],
                                   status)
        < 0)
        flux_log_error (run->all->h, "perilog: %s: epilog_finish", run->name);
}

static void finish (struct run *run, int status)
{
    run_release (run);
    if (run->which == PROLOG)
        finish_prolog (run, status);
    else
        finish_epilog (run, status);
}

/* ---- what the process does ---- */

static void line_cb (void *arg, const char *stream, const char *line)
{
    struct run *run = arg;

    if (perilog_conf_ignores (run->all->conf, line))
        return;
    flux_log (run->all->h,
              !strcmp (stream, "stderr") ? LOG_ERR : LOG_INFO,
              "%s: %s: %s (rank 0): %s: %s",
              run->name,
              perilog_names[run->which],
              run->all->host,
              stream,
              line);
}

static void timed_out_cb (void *arg)
{
    struct run *run = arg;

    run->timed_out = true;
}

static void drain (struct run *run)
{
    char reason[160];
    flux_future_t *f;

    snprintf (reason,
              sizeof (reason),
              "%s %s for job %s",
              perilog_names[run->which],
              run->timed_out ? "timed out" : "canceled then timed out",
              run->name);
    f = flux_rpc_pack (run->all->h,
                       "resource.drain",
                       0,
                       FLUX_RPC_NORESPONSE,
                       "{s:s s:s s:s}",
                       "targets",
                       "0",
                       "reason",
                       reason,
                       "mode",
                       "update");
    if (!f)
        flux_log_error (run->all->h, "perilog: %s: drain", run->name);
    flux_future_destroy (f);
}

static void stuck_cb (void *arg)
{
    struct run *run = arg;

    flux_log (run->all->h,
              LOG_ERR,
              "%s: timed out waiting for SIGTERM to terminate %s",
              run->name,
              perilog_names[run->which]);
    drain (run);
    run->given_up = true;
    finish (run, SIGTERM);
}

static void ended_cb (void *arg, int status)
{
    struct run *run = arg;

    if (!run->given_up)
        finish (run, status);
    run_remove (run);
}

static const struct perilog_proc_ops proc_ops = {
    .line = line_cb,
    .timed_out = timed_out_cb,
    .stuck = stuck_cb,
    .ended = ended_cb,
};

/* ---- starting ---- */

/* The ranks that the job has, as an idset; the caller frees it. */
static char *ranks_of (flux_plugin_arg_t *args)
{
    struct idset *ranks = idset_create (0, IDSET_FLAG_AUTOGROW);
    json_t *R_lite = NULL;
    json_t *entry;
    size_t i;
    char *s = NULL;

    (void)flux_plugin_arg_unpack (args,
                                  FLUX_PLUGIN_ARG_IN,
                                  "{s:{s:{s:o}}}",
                                  "R",
                                  "execution",
                                  "R_lite",
                                  &R_lite);
    json_array_foreach (R_lite, i, entry)
    {
        json_t *rank = json_object_get (entry, "rank");
        struct idset *some = idset_decode (json_string_value (rank));

        if (some)
            (void)idset_add (ranks, some);
        idset_destroy (some);
    }
    if (ranks)
        s = idset_encode (ranks, IDSET_FLAG_RANGE);
    idset_destroy (ranks);
    return s;
}

static int launch (struct run *run,
                   const struct perilog_table *t,
                   const char *ranks,
                   json_int_t userid)
{
    flux_reactor_t *r = flux_get_reactor (run->all->h);
    const char *local = flux_attr_get (run->all->h, "local-uri");
    char id[96], uid[64], set[256], uri[256];
    char *env[] = { id, uid, set, local ? uri : NULL, NULL };

    if (t->per_rank && strcmp (ranks, "0") != 0) {
        flux_log (run->all->h,
                  LOG_ERR,
                  "%s: %s: cannot be run on ranks %s",
                  run->name,
                  perilog_names[run->which],
                  ranks);
        errno = ENOSYS;
        return -1;
    }
    snprintf (id, sizeof (id), "FLUX_JOB_ID=%s", run->name);
    snprintf (uid, sizeof (uid), "FLUX_JOB_USERID=%jd", (intmax_t)userid);
    snprintf (set, sizeof (set), "FLUX_JOB_RANKS=%s", ranks);
    if (local)
        snprintf (uri, sizeof (uri), "FLUX_URI=%s", local);
    run->proc = perilog_proc_start (r,
                                    t->argv,
                                    env,
                                    t->timeout,
                                    t->kill_timeout,
                                    &proc_ops,
                                    run);
    if (!run->proc)
        flux_log (run->all->h,
                  LOG_ERR,
                  "%s: %s: %s (rank 0): error launching process: %s",
                  run->name,
                  perilog_names[run->which],
                  run->all->host,
                  strerror (errno));
    return run->proc ? 0 : -1;
}

static int launch_for_job (struct run *run, const struct perilog_table *t)
{
    flux_plugin_arg_t *args = flux_jobtap_job_lookup (run->all->p, run->id);
    json_int_t userid;
    char *ranks = NULL;
    int rc = -1;

    if (args
        && flux_plugin_arg_unpack (args,
                                   FLUX_PLUGIN_ARG_IN,
                                   "{s:I}",
                                   "userid",
                                   &userid)
               == 0
        && (ranks = ranks_of (args)))
        rc = launch (run, t, ranks, userid);
    free (ranks);
    flux_plugin_arg_destroy (args);
    return rc;
}

/* The start event has been posted; if the command cannot be started, it is as
 * if it had failed.
 */
static int run_start (struct perilog *all, flux_jobid_t id, int which)
{
    struct run *run = calloc (1, sizeof (*run));

    if (!run)
        return -1;
    run->all = all;
    run->id = id;
    run->which = which;
    (void)flux_job_id_encode (id, "f58", run->name, sizeof (run->name));
    DL_APPEND (all->runs, run);
    if (flux_jobtap_job_aux_set (all->p, id, perilog_names[which], run, NULL)
            < 0
        || launch_for_job (run, &all->conf->table[which]) < 0) {
        finish (run, 127 << 8);
        run_remove (run);
    }
    return 0;
}

static void start_epilog (struct perilog *all, flux_jobid_t id)
{
    if (!all->conf || !all->conf->table[EPILOG].argv)
        return;
    if (flux_jobtap_event_post_pack (all->p,
                                     id,
                                     "epilog-start",
                                     "{s:s}",
                                     "description",
                                     descriptions[EPILOG])
            < 0
        || (all->conf->table[EPILOG].cancel_on_exception
            && flux_jobtap_job_subscribe (all->p, id) < 0)
        || run_start (all, id, EPILOG) < 0)
        flux_log_error (all->h, "perilog: epilog");
}

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
    if (flux_jobtap_prolog_start (p, descriptions[PROLOG]) < 0)
        return -1;
    return run_start (all, id, PROLOG);
}

static void cancel (struct perilog *all, flux_jobid_t id, int which)
{
    struct run *run = run_find (all, id, which);

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
        start_epilog (all, id);
    else if (run_find (all, id, PROLOG))
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
    if (!run_find (arg, id, EPILOG) && is_ending (arg, id))
        start_epilog (arg, id);
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
        return run_start (all, id, PROLOG);
    if (all->conf->table[EPILOG].argv
        && unfinished (all, id, "epilog-start", "epilog-finish"))
        return run_start (all, id, EPILOG);
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

static json_t *describe (struct run *run)
{
    return json_pack ("{s:s s:s s:i s:i s:s s:i}",
                      "name",
                      perilog_names[run->which],
                      "state",
                      run->timed_out  ? "timeout"
                      : run->canceled ? "canceled"
                                      : "running",
                      "total",
                      1,
                      "active",
                      1,
                      "active_ranks",
                      "0",
                      "remaining_time",
                      (int)perilog_proc_remaining (run->proc));
}

static int query_cb (flux_plugin_t *p,
                     const char *topic,
                     flux_plugin_arg_t *args,
                     void *arg)
{
    struct perilog *all = arg;
    json_t *procs = json_object ();
    struct run *run;

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
    struct run *run, *next;

    DL_FOREACH_SAFE (all->runs, run, next)
    {
        run_destroy (run);
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
    if (gethostname (all->host, sizeof (all->host) - 1) < 0)
        strcpy (all->host, "localhost");
    if (flux_plugin_aux_set (p, AUX, all, (flux_free_f)perilog_destroy) < 0) {
        perilog_destroy (all);
        return -1;
    }
    return add_handlers (p, all);
}
