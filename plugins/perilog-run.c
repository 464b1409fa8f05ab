/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* One prolog or epilog of a job: from its start to what the job is told.
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
#include <flux/hostlist.h>
#include <jansson.h>
#include <utlist.h>

#include "perilog.h"

extern char **environ;

const char *const perilog_descriptions[] = {
    [PROLOG] = "job-manager.prolog",
    [EPILOG] = "job-manager.epilog",
};

void perilog_run_destroy (struct perilog_run *run)
{
    perilog_proc_destroy (run->proc);
    free (run);
}

static void run_remove (struct perilog_run *run)
{
    DL_DELETE (run->all->runs, run);
    perilog_run_destroy (run);
}

struct perilog_run *perilog_run_find (struct perilog *all,
                                      flux_jobid_t id,
                                      int which)
{
    return flux_jobtap_job_aux_get (all->p, id, perilog_names[which]);
}

/* The job has no more to do with it. */
static void run_release (struct perilog_run *run)
{
    (void)flux_jobtap_job_aux_set (run->all->p,
                                   run->id,
                                   perilog_names[run->which],
                                   NULL,
                                   NULL);
}

/* "host (rank 0)", "h[1-2] (rank 1-2)"; to be freed, NULL: no memory. */
static char *where_of (struct perilog_run *run, const struct idset *ranks)
{
    struct hostlist *hl = hostlist_create ();
    unsigned int rank = idset_first (ranks);
    char *ids = idset_encode (ranks, IDSET_FLAG_RANGE);
    char *hosts;
    char *s = NULL;

    for (; hl && rank != IDSET_INVALID_ID; rank = idset_next (ranks, rank))
        hostlist_append (hl, flux_get_hostbyrank (run->all->h, rank));
    hosts = hl ? hostlist_encode (hl) : NULL;
    if (!ids || !hosts || asprintf (&s, "%s (rank %s)", hosts, ids) < 0)
        s = NULL;
    hostlist_destroy (hl);
    free (hosts);
    free (ids);
    return s;
}

static struct idset *blamed (struct perilog_run *run)
{
    struct idset *ranks = NULL;

    if (run->proc)
        ranks = perilog_proc_ranks (run->proc,
                                    run->given_up ? PERILOG_ACTIVE
                                                  : PERILOG_FAILED);
    if (ranks && idset_count (ranks) > 0)
        return ranks;
    idset_destroy (ranks);
    return idset_decode ("0");
}

static void raise_failure (struct perilog_run *run, int status)
{
    const char *what = perilog_names[run->which];
    struct idset *ranks = blamed (run);
    char *where = ranks ? where_of (run, ranks) : NULL;
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
                                     "%s %s on %s",
                                     what,
                                     how,
                                     where ? where : "?")
        < 0)
        flux_log_error (run->all->h, "perilog: %s: exception", run->name);
    free (where);
    idset_destroy (ranks);
}

/* Take ranks (consumed) out of service; why is what happened there. */
static void drain (struct perilog_run *run,
                   struct idset *ranks,
                   const char *why)
{
    char *targets = ranks ? idset_encode (ranks, IDSET_FLAG_RANGE) : NULL;
    char reason[160];
    flux_future_t *f;

    snprintf (reason,
              sizeof (reason),
              "%s %s for job %s",
              perilog_names[run->which],
              why,
              run->name);
    f = flux_rpc_pack (run->all->h,
                       "resource.drain",
                       0,
                       FLUX_RPC_NORESPONSE,
                       "{s:s s:s s:s}",
                       "targets",
                       targets ? targets : "0",
                       "reason",
                       reason,
                       "mode",
                       "update");
    if (!f)
        flux_log_error (run->all->h, "perilog: %s: drain", run->name);
    flux_future_destroy (f);
    free (targets);
    idset_destroy (ranks);
}

/* It failed: where each rank has its own, that says which nodes are bad. */
static void fail (struct perilog_run *run, int status)
{
    struct idset *ranks;

    raise_failure (run, status);
    if (!run->per_rank || run->given_up || !run->proc)
        return;
    ranks = perilog_proc_ranks (run->proc, PERILOG_FAILED);
    if (ranks && idset_count (ranks) > 0)
        drain (run, ranks, run->timed_out ? "timed out" : "failed");
    else
        idset_destroy (ranks);
}

bool perilog_is_ending (struct perilog *all, flux_jobid_t id)
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
static void finish_prolog (struct perilog_run *run, int status)
{
    struct perilog *all = run->all;
    bool failed = status != 0 && (!run->canceled || run->given_up);

    if (failed)
        fail (run, status);
    if (failed || perilog_is_ending (all, run->id))
        perilog_start_epilog (all, run->id);
    if (flux_jobtap_prolog_finish (all->p,
                                   run->id,
                                   perilog_descriptions[PROLOG],
                                   status)
        < 0)
        flux_log_error (all->h, "perilog: %s: prolog_finish", run->name);
}

static void finish_epilog (struct perilog_run *run, int status)
{
    if (status != 0)
        fail (run, status);
    if (flux_jobtap_epilog_finish (run->all->p,
                                   run->id,
                                   perilog_descriptions[EPILOG],
                                   status)
        < 0)
        flux_log_error (run->all->h, "perilog: %s: epilog_finish", run->name);
}

static void finish (struct perilog_run *run, int status)
{
    run_release (run);
    if (run->which == PROLOG)
        finish_prolog (run, status);
    else
        finish_epilog (run, status);
}

/* ---- what the process does ---- */

static void line_cb (void *arg,
                     unsigned int rank,
                     const char *stream,
                     const char *line)
{
    struct perilog_run *run = arg;

    if (perilog_conf_ignores (run->all->conf, line))
        return;
    flux_log (run->all->h,
              !strcmp (stream, "stderr") ? LOG_ERR : LOG_INFO,
              "%s: %s: %s (rank %u): %s: %s",
              run->name,
              perilog_names[run->which],
              flux_get_hostbyrank (run->all->h, rank),
              rank,
              stream,
              line);
}

static void failed_cb (void *arg, unsigned int rank, const char *why)
{
    struct perilog_run *run = arg;

    flux_log (run->all->h,
              LOG_ERR,
              "%s: %s: %s (rank %u): %s",
              run->name,
              perilog_names[run->which],
              flux_get_hostbyrank (run->all->h, rank),
              rank,
              why);
}

static void timed_out_cb (void *arg)
{
    struct perilog_run *run = arg;

    run->timed_out = true;
}

static void stuck_cb (void *arg)
{
    struct perilog_run *run = arg;

    flux_log (run->all->h,
              LOG_ERR,
              "%s: timed out waiting for SIGTERM to terminate %s",
              run->name,
              perilog_names[run->which]);
    drain (run,
           perilog_proc_ranks (run->proc, PERILOG_ACTIVE),
           run->timed_out ? "timed out" : "canceled then timed out");
    run->given_up = true;
    finish (run, SIGTERM);
}

static void ended_cb (void *arg, int status)
{
    struct perilog_run *run = arg;

    if (!run->given_up)
        finish (run, status);
    run_remove (run);
}

static const struct perilog_proc_ops proc_ops = {
    .line = line_cb,
    .failed = failed_cb,
    .timed_out = timed_out_cb,
    .stuck = stuck_cb,
    .ended = ended_cb,
};

/* ---- starting ---- */

/* The ranks that the job has; the caller frees them. */
static struct idset *ranks_of (flux_plugin_arg_t *args)
{
    struct idset *ranks = idset_create (0, IDSET_FLAG_AUTOGROW);
    json_t *R_lite = NULL;
    json_t *entry;
    size_t i;

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

        if (some && ranks)
            (void)idset_add (ranks, some);
        idset_destroy (some);
    }
    return ranks;
}

/* The command, with the environment of the broker and what is known of the
 * job.
 */
static flux_cmd_t *command_for (struct perilog_run *run,
                                char *const argv[],
                                const struct idset *ranks,
                                json_int_t userid)
{
    char *set = idset_encode (ranks, IDSET_FLAG_RANGE);
    flux_cmd_t *cmd;
    int argc = 0;

    while (argv[argc])
        argc++;
    cmd = flux_cmd_create (argc, (char **)argv, environ);
    if (!cmd || !set
        || flux_cmd_setenvf (cmd, 1, "FLUX_JOB_ID", "%s", run->name) < 0
        || flux_cmd_setenvf (cmd, 1, "FLUX_JOB_USERID", "%jd", (intmax_t)userid)
               < 0
        || flux_cmd_setenvf (cmd, 1, "FLUX_JOB_RANKS", "%s", set) < 0) {
        flux_cmd_destroy (cmd);
        cmd = NULL;
    }
    free (set);
    return cmd;
}

static int launch (struct perilog_run *run,
                   const struct perilog_table *t,
                   const struct idset *ranks,
                   json_int_t userid)
{
    flux_cmd_t *cmd = command_for (run, t->argv, ranks, userid);
    struct idset *first = idset_decode ("0");

    if (cmd && first)
        run->proc = perilog_proc_start (run->all->h,
                                        t->per_rank ? ranks : first,
                                        cmd,
                                        t->timeout,
                                        t->kill_timeout,
                                        &proc_ops,
                                        run);
    if (!run->proc)
        flux_log_error (run->all->h,
                        "%s: %s: cannot be started",
                        run->name,
                        perilog_names[run->which]);
    flux_cmd_destroy (cmd);
    idset_destroy (first);
    return run->proc ? 0 : -1;
}

static int launch_for_job (struct perilog_run *run,
                           const struct perilog_table *t)
{
    flux_plugin_arg_t *args = flux_jobtap_job_lookup (run->all->p, run->id);
    struct idset *ranks = NULL;
    json_int_t userid;
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
    idset_destroy (ranks);
    flux_plugin_arg_destroy (args);
    return rc;
}

int perilog_run_start (struct perilog *all, flux_jobid_t id, int which)
{
    struct perilog_run *run = calloc (1, sizeof (*run));

    if (!run)
        return -1;
    run->all = all;
    run->id = id;
    run->which = which;
    run->per_rank = all->conf->table[which].per_rank;
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

void perilog_start_epilog (struct perilog *all, flux_jobid_t id)
{
    if (!all->conf || !all->conf->table[EPILOG].argv)
        return;
    if (flux_jobtap_event_post_pack (all->p,
                                     id,
                                     "epilog-start",
                                     "{s:s}",
                                     "description",
                                     perilog_descriptions[EPILOG])
            < 0
        || (all->conf->table[EPILOG].cancel_on_exception
            && flux_jobtap_job_subscribe (all->p, id) < 0)
        || perilog_run_start (all, id, EPILOG) < 0)
        flux_log_error (all->h, "perilog: epilog");
}
