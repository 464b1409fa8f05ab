/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Loading and removing plugins.
 *
 * A plugin that is loaded hears of the jobs there are as if they were new
 * ones; one that is removed takes what it hung on them with it.
 */

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

#include "base/log.h"
#include "jobtap/private.h"
#include "lib/plugin_args.h"
#include "lib/plugin_host.h"

static const char *basename_of (const char *path)
{
    const char *base = strrchr (path, '/');

    return base ? base + 1 : path;
}

static struct tap_plugin *plugin_create (struct jobtap *jt,
                                         const char *name,
                                         const char *path,
                                         const char *conf,
                                         flux_error_t *error)
{
    struct tap_plugin *t;

    /* Before its init runs: it would meet its own services. */
    if ((t = tap_find (jt, name)) && !t->leaving)
        return err_null (error, EEXIST, "%s: already loaded", name);
    if (!(t = calloc (1, sizeof (*t))) || !(t->name = strdup (name))
        || !(t->p = flux_plugin_create ()))
        goto nomem;
    t->jt = jt;
    t->refs = 1;
    if (flux_plugin_aux_set (t->p, TAP_AUX, t, NULL) < 0
        || (path && flux_priv_plugin_set_path (t->p, path) < 0)
        || (!path && flux_plugin_set_name (t->p, name) < 0))
        goto nomem;
    if (conf && flux_plugin_set_conf (t->p, conf) < 0) {
        err_set (error, EINVAL, "%s", flux_plugin_strerror (t->p));
        tap_unref (t);
        errno = EINVAL;
        return NULL;
    }
    return t;
nomem:
    if (t) {
        flux_plugin_destroy (t->p);
        free (t->name);
        free (t);
    }
    return err_null (error, ENOMEM, "%s: out of memory", name);
}

/* A name with a dot or a slash makes no good service name: the file's does.
 */
static int settle_name (struct tap_plugin *t)
{
    const char *name = flux_plugin_get_name (t->p);
    char *copy;
    int rc;

    if (!flux_plugin_get_path (t->p) || !name || !strpbrk (name, "./"))
        return 0;
    if (!(copy = strdup (t->name)))
        return -1;
    copy[strcspn (copy, ".")] = '\0';
    rc = flux_plugin_set_name (t->p, copy);
    free (copy);
    return rc;
}

/* ---- the jobs there are ---- */

static int by_id (struct job *a, struct job *b)
{
    return a->id < b->id ? -1 : a->id > b->id;
}

static int by_state (struct job *a, struct job *b)
{
    return a->state != b->state ? a->state - b->state : by_id (a, b);
}

static int compare_state (const void *a, const void *b)
{
    return by_state (*(struct job **)a, *(struct job **)b);
}

static int compare_state_reverse (const void *a, const void *b)
{
    return by_state (*(struct job **)b, *(struct job **)a);
}

/* The ids of active jobs in the order the plugin asked for. */
static uint64_t *job_ids (struct jobtap *jt, int order, size_t *count)
{
    struct job *jobs = manager_jobs (jt->manager);
    size_t size = manager_active_count (jt->manager);
    struct job **sorted = malloc ((size + 1) * sizeof (sorted[0]));
    uint64_t *ids = malloc ((size + 1) * sizeof (ids[0]));
    struct job *job;
    struct job *tmp;
    size_t n = 0;

    if (sorted && ids) {
        JOB_FOREACH_SAFE (jobs, job, tmp)
        {
            sorted[n++] = job;
        }
        if (order)
            qsort (sorted,
                   n,
                   sizeof (sorted[0]),
                   order > 0 ? compare_state : compare_state_reverse);
        for (size_t i = 0; i < n; i++)
            ids[i] = sorted[i]->id;
        *count = n;
        free (sorted);
        return ids;
    }
    free (sorted);
    free (ids);
    return NULL;
}

static void replay_job (struct tap_plugin *t, struct job *job)
{
    struct tap_call call = { .jt = t->jt, .job = job };
    flux_plugin_arg_t *args = tap_args_create (&call);

    if (!args)
        return;
    tap_call_one (t, &call, tap_topic_name (TOPIC_CREATE), args);
    if (call.job)
        tap_call_one (t, &call, tap_topic_name (TOPIC_NEW), args);
    if (call.job && job->state == FLUX_JOB_STATE_DEPEND) {
        tap_replay_dependencies (t, &call, args);
        if (call.job)
            tap_call_one (t, &call, tap_topic_name (TOPIC_STATE_DEPEND), args);
    }
    tap_args_destroy (t->jt, args);
}

/* Would the plugin hear nothing of any job? */
static bool is_deaf (const struct tap_plugin *t)
{
    return !flux_plugin_match_handler (t->p, tap_topic_name (TOPIC_CREATE))
           && !flux_plugin_match_handler (t->p, tap_topic_name (TOPIC_NEW))
           && manager_count_in (t->jt->manager, FLUX_JOB_STATE_DEPEND) == 0;
}

static void reprioritize (struct jobtap *jt)
{
    if (manager_reprioritize_all (jt->manager) < 0)
        log_errno (TAP_PART, "jobtap: reprioritizing all jobs");
}

/* Each job is looked up when its turn comes: a callback may have ended it. */
static void replay_jobs (struct tap_plugin *t)
{
    struct jobtap *jt = t->jt;
    size_t count = 0;
    uint64_t *ids;
    struct job *job;

    if (!manager_jobs (jt->manager))
        return;
    if (is_deaf (t)) {
        reprioritize (jt);
        return;
    }
    if (!(ids = job_ids (jt, t->order, &count))) {
        log_errno (TAP_PART, "jobtap: %s: replaying jobs", t->name);
        return;
    }
    tap_ref (t);
    for (size_t i = 0; i < count && !t->removed; i++) {
        if ((job = manager_job (jt->manager, ids[i])))
            replay_job (t, job);
    }
    tap_unref (t);
    free (ids);
    reprioritize (jt);
}

/* ---- load ---- */

void tap_abandon (struct tap_plugin *t)
{
    tap_services_drop (t);
    tap_record_drop_plugin (t);
    tap_stats_free (t);
    flux_priv_plugin_retire (t->p);
    t->removed = true;
    /* Unless its code is being run now. */
    if (t->refs == 1) {
        tap_dso_close (t->dso);
        t->dso = NULL;
    }
    DL_APPEND (t->jt->removed, t);
}

void tap_enlist (struct tap_plugin *t)
{
    tap_warn_topics (t);
    DL_APPEND (t->jt->plugins, t);
    tap_stacks_forget (t->jt);
    replay_jobs (t);
}

/* Run init and what follows it; path is NULL for a built-in plugin. */
static int plugin_begin (struct tap_plugin *t,
                         const char *path,
                         flux_plugin_init_f init,
                         json_t *config,
                         flux_error_t *error)
{
    if (path && !(t->dso = tap_dso_open (t->jt, path, error)))
        return -1;
    if (path)
        init = tap_dso_init (t->dso);
    if (init && init (t->p) < 0)
        return err_set (error,
                        EINVAL,
                        "%s: flux_plugin_init failed",
                        path ? path : t->name);
    if (settle_name (t) < 0)
        return err_set (error, ENOMEM, "%s: out of memory", t->name);
    return tap_conf_update (t, config, error);
}

static struct tap_plugin *prepare (struct jobtap *jt,
                                   const char *path,
                                   const struct jobtap_builtin *b,
                                   const char *conf,
                                   json_t *config,
                                   flux_error_t *error)
{
    const char *name = b ? b->name : basename_of (path);
    struct tap_plugin *t;
    int saved_errno;

    if (!(t = plugin_create (jt, name, path, conf, error)))
        return NULL;
    if (plugin_begin (t, path, b ? b->init : NULL, config, error) == 0)
        return t;
    saved_errno = errno;
    tap_abandon (t);
    errno = saved_errno;
    return NULL;
}

static bool readable (const char *dir, int len, const char *name, char **path)
{
    *path = NULL;
    if (asprintf (path, "%.*s/%s", len, dir, name) < 0) {
        *path = NULL;
        return false;
    }
    if (access (*path, R_OK) == 0)
        return true;
    free (*path);
    *path = NULL;
    return false;
}

/* The first file of that name in the search path; malloced. */
static char *search (struct jobtap *jt, const char *name)
{
    const char *dir = jt->searchpath;
    char *path;

    while (*dir) {
        int len = strcspn (dir, ":");

        if (len > 0 && readable (dir, len, name, &path))
            return path;
        dir += len;
        dir += *dir == ':';
    }
    return NULL;
}

struct tap_plugin *tap_prepare (struct jobtap *jt,
                                const char *load,
                                const char *conf,
                                json_t *config,
                                flux_error_t *error)
{
    const struct jobtap_builtin *b = jt->builtins;
    struct tap_plugin *t;
    char *path;

    if (load[0] == '.' && !strchr (load, '/')) {
        for (; b && b->name; b++) {
            if (!strcmp (b->name, load))
                return prepare (jt, NULL, b, conf, config, error);
        }
        return err_null (error, ENOENT, "%s: No such builtin plugin", load);
    }
    if (load[0] == '/' || !strncmp (load, "./", 2)
        || !strncmp (load, "../", 3)) {
        if (access (load, R_OK) < 0)
            return err_null (error, errno, "%s: %s", load, strerror (errno));
        return prepare (jt, load, NULL, conf, config, error);
    }
    if (!(path = search (jt, load)))
        return err_null (error, ENOENT, "%s: No such plugin found", load);
    t = prepare (jt, path, NULL, conf, config, error);
    free (path);
    return t;
}

int jobtap_load (struct jobtap *jt,
                 const char *path,
                 const char *conf,
                 flux_error_t *error)
{
    struct tap_plugin *t = tap_find (jt, path);

    /* A built-in one that is there already is what was asked for. */
    if (path[0] == '.' && !conf && t && !t->leaving)
        return 0;
    if (!(t = tap_prepare (jt, path, conf, jt->config, error)))
        return -1;
    tap_enlist (t);
    return 0;
}

/* ---- remove ---- */

void tap_remove (struct tap_plugin *t)
{
    struct jobtap *jt = t->jt;

    DL_DELETE (jt->plugins, t);
    tap_stacks_forget (jt);
    tap_abandon (t);
}

int jobtap_remove (struct jobtap *jt, const char *pattern, flux_error_t *error)
{
    bool all = !strcmp (pattern, "all");
    struct tap_plugin *t;
    struct tap_plugin *tmp;
    int count = 0;

    DL_FOREACH_SAFE (jt->plugins, t, tmp)
    {
        if (fnmatch (all ? "*" : pattern, t->name, FNM_PERIOD) != 0)
            continue;
        tap_remove (t);
        count++;
    }
    if (count == 0 && !all)
        return err_set (error, ENOENT, "Failed to find plugin to remove");
    return 0;
}
