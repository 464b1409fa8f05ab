/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The part that has the jobs: manager, plugin host, views and the key-value
 * service, in this order, with the resources of this machine and an agent to
 * run on it.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsd.h"
#include "base/log.h"
#include "daemon/attrs.h"
#include "daemon/config.h"
#include "daemon/hardware.h"
#include "daemon/jobs.h"
#include "daemon/options.h"
#include "daemon/parts.h"
#include "daemon/resources.h"
#include "daemon/runner.h"
#include "daemon/startlog.h"
#include "jobtap/inproc.h"
#include "jobtap/jobtap.h"
#include "kvs/kvs.h"
#include "manager/manager.h"
#include "builtins.h"
#include "view/view.h"
#include "wire/requests_job.h"
#include "wire/rjson.h"

/* Seconds that jobs go on without a broker. */
#define GRACE 10.
#define GRACE_KEPT 3600.

struct jobs {
    struct broker *b;
    void (*quorum) (void *arg); /* called when enough ranks are there */
    void *quorum_arg;
    bool again; /* not the first manager of this broker */
    bool away;  /* the job manager was removed: jobs stand still */
    struct manager *manager;
    struct jobtap *jobtap;
    struct view *view;
    struct kvs *kvs;
    struct tap_inproc *inproc; /* runs housekeeping */
    struct rset *reloaded;     /* what there is by request; NULL */
    flux_t *h;
    char *agent_path;
    char *plugin_path;
};

/* ---- configuration: manager first, then plugins ---- */

static int check_config (void *arg, const char *json, flux_error_t *error)
{
    struct jobs *jobs = arg;

    if (manager_config_check (jobs->manager, json, error) < 0)
        return -1;
    return jobtap_config_check (jobs->jobtap, json, error);
}

static void apply_config (void *arg, const char *json)
{
    struct jobs *jobs = arg;

    manager_config_apply (jobs->manager, json);
    jobtap_config_apply (jobs->jobtap, json);
}

/* ---- start, in steps ---- */

static void on_store_failed (void *arg, const char *error)
{
    struct jobs *jobs = arg;

    log_msg (LOG_CRIT, "broker", "going down: the job store failed: %s", error);
    jobs->b->exit_status = 1;
    loop_stop (jobs->b->loop);
}

/* How long jobs go on when this broker dies: who keeps the state means to
 * come back.
 */
static int find_grace (struct broker *b, double *grace, flux_error_t *error)
{
    const char *attr = attrs_get (b, "exec.agent-grace");
    struct manager_settings s;

    *grace = b->keep_state ? GRACE_KEPT : GRACE;
    if (attr && fsd_decode (attr, grace) < 0)
        return err_set (error,
                        EINVAL,
                        "exec.agent-grace: %s: not a duration",
                        attr);
    if (attr)
        return 0;
    if (manager_settings_decode (config_text (b), &s, error) < 0)
        return -1;
    if (s.agent_grace >= 0.)
        *grace = s.agent_grace;
    manager_settings_clear (&s);
    return 0;
}

static bool have_quorum (struct broker *b)
{
    struct manager *m = jobs_manager (b);
    struct idset *online = m ? manager_online (m) : NULL;
    size_t wanted = attrs_get_int (b, "broker.quorum", 1);
    size_t n = idset_count (online);

    idset_destroy (online);
    return !m || n >= (wanted < b->size ? wanted : b->size);
}

static void on_online_changed (void *arg)
{
    struct jobs *jobs = arg;
    void (*cb) (void *arg) = jobs->quorum;

    topology_changed (jobs->b);
    if (cb && have_quorum (jobs->b)) {
        jobs->quorum = NULL;
        cb (jobs->quorum_arg);
    }
}

bool jobs_quorum (struct broker *b, void (*cb) (void *arg), void *arg)
{
    struct jobs *jobs = broker_part (b, "jobs");

    if (!b->launched || !jobs || have_quorum (b))
        return true;
    jobs->quorum = cb;
    jobs->quorum_arg = arg;
    return false;
}

static void on_resource_event (void *arg, const char *line)
{
    struct jobs *jobs = arg;
    flux_error_t error;

    if (jobs->kvs
        && kvs_append (jobs->kvs, "resource.eventlog", line, &error) < 0)
        log_msg (LOG_ERR, "broker", "resource.eventlog: %s", error.text);
}

static unsigned int ranks_of (const struct rset *r)
{
    return r && r->count > 0 ? r->nodes[r->count - 1].rank + 1 : 1;
}

static int start_manager (struct jobs *jobs, flux_error_t *error)
{
    struct broker *b = jobs->b;
    const char *method = NULL;
    struct rset *resources = resources_find (b, jobs->reloaded, &method, error);
    struct manager_config cfg = {
        .loop = b->loop,
        .router = b->router,
        .statedir = b->statedir,
        /* What ends with the instance need not survive a power failure. */
        .store_sync = b->keep_state ? "full" : "off",
        .hostname = b->hostname,
        .sched = &sched_fifo,
        .exec = &exec_agent,
        .exec_env = {
            .loop = b->loop,
            .router = b->router,
            .rundir = b->rundir,
            .statedir = b->keep_state ? b->statedir : NULL,
            .local_uri = b->local_uri,
            .agent_path = jobs->agent_path,
            .nranks = ranks_of (resources),
            .launched = b->launched,
        },
        .resources = resources,
        .resources_method = method,
        .topo_xml = hardware_xml,
        .online_changed = on_online_changed,
        .resource_event = on_resource_event,
        .failed = on_store_failed,
        .failed_arg = jobs,
    };

    if (resources && ranks_of (resources) > b->size)
        router_set_size (b->router, ranks_of (resources));
    if (resources && find_grace (b, &cfg.exec_env.grace, error) == 0)
        jobs->manager = manager_create (&cfg, error);
    rset_destroy (resources);
    return jobs->manager ? 0 : -1;
}

static int start_plugins (struct jobs *jobs, flux_error_t *error)
{
    struct broker *b = jobs->b;
    const char *path = attrs_get (b, "conf.jobtap_pluginpath");
    struct jobtap_config cfg = {
        .loop = b->loop,
        .router = b->router,
        .manager = jobs->manager,
        .builtins = builtin_plugins,
        .searchpath = path ? path : jobs->plugin_path,
        .rundir = b->rundir,
        .config = config_text (b),
    };
    struct runner_ops runner = runner_make (jobs->h);

    if (!(jobs->jobtap = jobtap_create (&cfg, error)))
        return -1;
    manager_set_plugins (jobs->manager, jobtap_ops (jobs->jobtap));
    manager_set_runner (jobs->manager, &runner);
    return 0;
}

/* The configuration first: it says what becomes of queues at a restart. */
static int start_jobs (struct jobs *jobs, flux_error_t *error)
{
    manager_config_apply (jobs->manager, config_text (jobs->b));
    /* Looked at, not run. */
    if (attrs_get_int (jobs->b, "broker.recovery-mode", 0)) {
        manager_sched_online (jobs->manager, false, 0);
        manager_exec_online (jobs->manager, false);
    }
    if (!jobs->again)
        startlog_begin (jobs->b, jobs->kvs);
    return manager_start (jobs->manager, error);
}

static int set_paths (struct jobs *jobs)
{
    const char *dir = jobs->b->libexecdir;

    if (asprintf (&jobs->agent_path, "%s/flux-agent", dir) < 0
        || asprintf (&jobs->plugin_path,
                     "%s/../../lib/flux/job-manager/plugins",
                     dir)
               < 0) {
        errno = ENOMEM;
        return -1;
    }
    return 0;
}

static void close_jobs (struct jobs *jobs)
{
    config_unlisten (jobs->b, jobs);
    /* Where jobs go on for a successor it finds their agents there. */
    if (jobs->b->keep_state && jobs->manager
        && manager_leaves_jobs (jobs->manager))
        jobs->b->remove_rundir = false;
    /* The manager tells its listeners of the last batch and plugins of the
     * last jobs, so they go after it. */
    manager_destroy (jobs->manager);
    kvs_destroy (jobs->kvs);
    view_destroy (jobs->view);
    jobtap_destroy (jobs->jobtap);
    jobs->manager = NULL;
    jobs->kvs = NULL;
    jobs->view = NULL;
    jobs->jobtap = NULL;
}

static int open_jobs (struct jobs *jobs, flux_error_t *error)
{
    struct config_listener listener = { check_config, apply_config, jobs };

    if (start_manager (jobs, error) < 0 || start_plugins (jobs, error) < 0
        || !(jobs->view = view_create (jobs->manager, error))
        || !(jobs->kvs = kvs_create (jobs->manager, jobs->view, error))
        || config_listen (jobs->b, &listener, error) < 0
        || start_jobs (jobs, error) < 0) {
        int saved_errno = errno;

        if (jobs->manager && jobs->again)
            manager_leave (jobs->manager);
        close_jobs (jobs);
        errno = saved_errno;
        return -1;
    }
    return 0;
}

void jobs_stop (struct broker *b, void *data)
{
    struct jobs *jobs = data;

    close_jobs (jobs);
    if (jobs->away)
        loop_release (b->loop);
    tap_inproc_destroy (jobs->inproc);
    rset_destroy (jobs->reloaded);
    free (jobs->agent_path);
    free (jobs->plugin_path);
    free (jobs);
}

int jobs_start (struct broker *b, void **data, flux_error_t *error)
{
    struct jobs *jobs;

    if (!(jobs = calloc (1, sizeof (*jobs))))
        return err_set (error, ENOMEM, "out of memory");
    jobs->b = b;
    if (!(jobs->inproc = tap_inproc_create (b->loop, b->router, NULL, &jobs->h))
        || set_paths (jobs) < 0 || open_jobs (jobs, error) < 0) {
        int saved_errno = errno;
        jobs_stop (b, jobs);
        errno = saved_errno;
        return -1;
    }
    *data = jobs;
    return 0;
}

struct manager *jobs_manager (struct broker *b)
{
    struct jobs *jobs = broker_part (b, "jobs");

    return jobs ? jobs->manager : NULL;
}

struct kvs *jobs_kvs (struct broker *b)
{
    struct jobs *jobs = broker_part (b, "jobs");

    return jobs ? jobs->kvs : NULL;
}

/* What could touch a job is held from now on, and agents keep what they have
 * to report.
 */
int jobs_leave (struct broker *b, flux_error_t *error)
{
    struct jobs *jobs = broker_part (b, "jobs");

    if (loop_held (b->loop))
        return err_set (error,
                        EBUSY,
                        "a plugin waits for an answer inside a callback");
    if (jobs) {
        loop_hold (b->loop);
        jobs->away = true;
    }
    return 0;
}

int jobs_return (struct broker *b, flux_error_t *error)
{
    struct jobs *jobs = broker_part (b, "jobs");

    if (!jobs)
        return 0;
    if (jobs->manager) {
        manager_leave (jobs->manager);
        close_jobs (jobs);
    }
    jobs->again = true;
    if (open_jobs (jobs, error) < 0)
        return -1;
    if (jobs->away)
        loop_release (b->loop);
    jobs->away = false;
    return 0;
}

void jobs_set_resources (struct broker *b, struct rset *r)
{
    struct jobs *jobs = broker_part (b, "jobs");

    rset_destroy (jobs->reloaded);
    jobs->reloaded = r;
}

int jobs_resources_changed (struct broker *b, flux_error_t *error)
{
    struct manager *m = jobs_manager (b);
    struct jobs *jobs = broker_part (b, "jobs");
    struct rset *r;
    char *now, *then;
    int rc = -1;

    if (!m)
        return 0;
    rset_destroy (jobs->reloaded);
    jobs->reloaded = NULL;
    if (!(r = resources_find (b, NULL, NULL, error)))
        return -1;
    now = rjson_encode (r, 0);
    then = manager_resources (m);
    if (now && then)
        rc = strcmp (now, then) != 0;
    else
        err_set (error, ENOMEM, "out of memory");
    rset_destroy (r);
    free (now);
    free (then);
    return rc;
}

void jobs_finish (struct broker *b,
                  void *data,
                  void (*done) (void *arg),
                  void *arg)
{
    struct jobs *jobs = data;
    bool kept = b->keep_state && !b->remove_statedir;
    flux_error_t error;

    /* Jobs end as always, even if their manager was removed. */
    if (jobs->away && jobs_return (b, &error) < 0) {
        log_msg (LOG_ERR, "broker", "job-manager: %s", error.text);
        done (arg);
        return;
    }
    manager_shutdown (jobs->manager,
                      !kept            ? MANAGER_END_ALL
                      : b->will_return ? MANAGER_END_NONE
                                       : MANAGER_END_RUNNING,
                      done,
                      arg);
}
