/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "manager/manager_private.h"
#include "manager/requests.h"
#include "wire/housekeeping.h"
#include "wire/requests_job.h"

struct store *manager_store (struct manager *m)
{
    return m->store;
}

struct loop *manager_loop (struct manager *m)
{
    return m->loop;
}

struct router *manager_router (struct manager *m)
{
    return m->router;
}

void manager_set_plugins (struct manager *m, const struct plugin_ops *ops)
{
    m->plugins = ops;
}

void manager_sched_online (struct manager *m, bool online, unsigned int limit)
{
    alloc_set_offline (m->alloc, !online, limit);
}

void manager_exec_online (struct manager *m, bool online)
{
    unsigned int running = m->in_state[__builtin_ctz (FLUX_JOB_STATE_RUN)];
    struct job *job, *tmp;

    m->exec_offline = !online;
    housekeeping_durable (m->housekeeping);
    JOB_FOREACH_SAFE (manager_jobs (m), job, tmp)
    {
        if (!online || running == 0)
            break;
        if (job->state == FLUX_JOB_STATE_RUN) {
            acts_add (m->acts, job);
            running--;
        }
    }
}

void manager_leave (struct manager *m)
{
    m->leave = true;
}

/* A client is gone, and whatever it waited for. */
static int handle_disconnect (struct router *r,
                              const flux_msg_t *msg,
                              void *arg,
                              flux_error_t *error)
{
    struct manager *m = arg;

    waits_disconnect (m->waits, msg);
    drains_disconnect (m->drains, msg);
    evjournal_gone (m->journal, msg);
    purger_disconnect (m->purger, msg);
    return REQUEST_DONE;
}

static const struct request_row disconnect_rows[] = {
    { "job-manager.disconnect", FLUX_ROLE_USER, 0, handle_disconnect },
    { NULL },
};

static const struct request_row *disconnect_requests (void)
{
    return disconnect_rows;
}

static const struct request_row *(*const families[]) (void) = {
    ingest_requests,  queues_requests,       raise_requests,
    kill_requests,    urgency_requests,      update_requests,
    info_requests,    wait_requests,         drain_requests,
    purge_requests,   resource_requests,     disconnect_requests,
    journal_requests, housekeeping_requests,
};

#define FAMILIES (sizeof (families) / sizeof (families[0]))

static int register_requests (struct manager *m, flux_error_t *error)
{
    if (!m->router)
        return 0;
    for (size_t i = 0; i < FAMILIES; i++) {
        const struct request_row *rows = families[i]();
        void *arg = rows == resource_requests () ? (void *)m->resources : m;

        if (router_methods_add (m->router, rows, arg) < 0)
            return err_set (error,
                            errno,
                            "registering %s: %s",
                            rows->topic,
                            strerror (errno));
    }
    if (router_standard_methods (m->router, "job-manager", NULL, NULL) < 0
        || router_hold_service (m->router, "job-manager") < 0
        || router_standard_methods (m->router, "resource", NULL, NULL) < 0)
        return err_set (error, errno, "registering standard methods");
    return 0;
}

static void unregister_requests (struct manager *m)
{
    for (size_t i = 0; m->router && i < FAMILIES; i++)
        router_methods_remove (m->router, families[i]());
    if (m->router) {
        router_standard_remove (m->router, "job-manager");
        router_standard_remove (m->router, "resource");
    }
}

static void turn (void *arg)
{
    struct manager *m = arg;

    outbox_turn (m->outbox);
}

void manager_forget (struct manager *m, struct job *job)
{
    uint64_t id = job->id;

    if (m->plugins && m->plugins->job_destroy)
        m->plugins->job_destroy (m->plugins->arg, job);
    outbox_inactive (m->outbox, id);
    hosts_remove (m, job);
    purger_inactive (m->purger);
    drains_check (m->drains);
    shutdown_check (m);
}

static int create_parts (struct manager *m,
                         const struct manager_config *cfg,
                         flux_error_t *error)
{
    if (!(m->texts = text_pool_create (true))
        || !(m->tallies = tallies_create ())

        || !(m->outbox = outbox_create (m)) || !(m->acts = acts_create (m))
        || !(m->prioritizer = prioritizer_create (m))
        || !(m->raiser = raiser_create (m)) || !(m->waits = waits_create (m))
        || !(m->drains = drains_create (m)) || !(m->queues = queues_create (m))
        || !(m->purger = purger_create (m))
        || !(m->housekeeping = housekeeping_create (m))
        || !(m->journal = evjournal_create (m)) || !(m->pace = pace_create ())
        || !(m->ingest = ingest_create (m)))
        return err_set (error, errno, "creating the job manager");
    m->store = store_open (m->loop,
                           cfg->statedir,
                           cfg->store_sync,
                           outbox_done,
                           m,
                           error);
    if (m->store)
        store_be_patient (m->store);
    if (!m->store || !(m->asks = asks_create (m))
        || !(m->alloc = alloc_create (m, cfg->sched, error))
        || !(m->heads = heads_create (m))
        || !(m->resources = resources_create (m, cfg, error))
        || !(m->start = start_create (m, cfg->exec, &cfg->exec_env, error)))
        return -1;
    return 0;
}

struct manager *manager_create (const struct manager_config *cfg,
                                flux_error_t *error)
{
    struct manager *m;

    if (!(m = calloc (1, sizeof (*m))))
        return err_null (error, ENOMEM, "out of memory");
    m->loop = cfg->loop;
    m->router = cfg->router;
    m->clock = loop_clock (cfg->loop);
    m->owner = cfg->router ? router_owner (cfg->router) : 0;
    m->failed = cfg->failed;
    m->online_changed = cfg->online_changed;
    m->resource_event = cfg->resource_event;
    m->failed_arg = cfg->failed_arg;
    m->hostname = strdup (cfg->hostname ? cfg->hostname : "localhost");
    if (!m->hostname || create_parts (m, cfg, error) < 0
        || register_requests (m, error) < 0
        || !(m->turn_hook = loop_hook_add (m->loop, turn, m) == 0)) {
        int saved_errno = errno;
        manager_destroy (m);
        errno = saved_errno;
        return NULL;
    }
    return m;
}

int manager_start (struct manager *m, flux_error_t *error)
{
    if (resources_restore (m->resources, error) < 0
        || queues_restore (m->queues, m->stop_queues_on_restart) < 0
        || restart_jobs (m, error) < 0
        || housekeeping_restore (m->housekeeping) < 0)
        return -1;
    alloc_kick (m->alloc);
    outbox_commit (m->outbox);
    return 0;
}

int manager_config_check (struct manager *m,
                          const char *json,
                          flux_error_t *error)
{
    struct manager_settings s;
    int rc;

    struct housekeeping_settings hs;

    if (housekeeping_settings_decode (json, &hs, error) < 0)
        return -1;
    housekeeping_settings_clear (&hs);
    if (queues_check (json, error) < 0
        || manager_settings_decode (json, &s, error) < 0)
        return -1;
    rc = resources_check_exclude (m->resources, s.exclude, error);
    manager_settings_clear (&s);
    return rc;
}

void manager_config_apply (struct manager *m, const char *json)
{
    struct manager_settings s;

    if (manager_settings_decode (json, &s, NULL) < 0)
        return;
    start_set_kill_timeout (m->start, s.kill_timeout);
    start_set_guest_tests (m->start, s.guest_tests);
    queues_configure (m->queues, json);
    housekeeping_configure (m->housekeeping, json);
    ingest_reset (m->ingest);
    purger_set_limits (m->purger, s.inactive_age_limit, s.inactive_num_limit);
    resources_set_exclude (m->resources, s.exclude);
    alloc_set_backfill (m->alloc, s.backfill_depth);
    m->stop_queues_on_restart = s.stop_queues_on_restart;
    m->private_mode = s.private_mode;
    manager_settings_clear (&s);
}

bool manager_may_see (const struct manager *m,
                      const flux_msg_t *msg,
                      uint32_t userid)
{
    uint32_t rolemask;

    if (!m->private_mode)
        return true;
    if (flux_msg_get_rolemask (msg, &rolemask) == 0
        && (rolemask & FLUX_ROLE_PRIVILEGED))
        return true;
    return userid != FLUX_USERID_UNKNOWN && router_may (msg, userid);
}

static void remove_jobs (struct manager *m)
{
    struct job *job, *tmp;

    JOB_FOREACH_SAFE (manager_jobs (m), job, tmp)
    {
        if (m->plugins && m->plugins->job_destroy)
            m->plugins->job_destroy (m->plugins->arg, job);
        outbox_inactive (m->outbox, job->id);
        hosts_remove (m, job);
    }
}

void manager_destroy (struct manager *m)
{
    int saved_errno = errno;

    if (!m)
        return;
    unregister_requests (m);
    if (m->turn_hook)
        loop_hook_remove (m->loop, turn, m);
    /* The executor first: what it leaves running must not be reported. */
    housekeeping_destroy (m->housekeeping);
    m->housekeeping = NULL;
    start_destroy (m->start, manager_leaves_jobs (m));
    m->start = NULL;
    if (m->store && !m->broken)
        outbox_commit (m->outbox);
    if (m->store)
        store_close (m->store);
    m->store = NULL;
    if (m->alloc)
        remove_jobs (m);
    idtable_clear (&m->jobs);
    evjournal_destroy (m->journal);
    resources_destroy (m->resources);
    heads_destroy (m->heads);
    alloc_destroy (m->alloc);
    asks_destroy (m->asks);
    ingest_destroy (m->ingest);
    pace_destroy (m->pace);
    purger_destroy (m->purger);
    queues_destroy (m->queues);
    drains_destroy (m->drains);
    waits_destroy (m->waits);
    prioritizer_destroy (m->prioritizer);
    raiser_destroy (m->raiser);
    acts_destroy (m->acts);
    outbox_destroy (m->outbox);
    shutdown_destroy (m);
    tallies_destroy (m->tallies);
    text_pool_destroy (m->texts);
    aside_clear (m);
    free (m->hostname);
    free (m);
    errno = saved_errno;
}
