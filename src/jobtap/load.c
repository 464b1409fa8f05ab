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
    if (tap_find (jt, name))
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
    size_t size = HASH_COUNT (jobs);
    struct job **sorted = malloc ((size + 1) * sizeof (sorted[0]));
    uint64_t *ids = malloc ((size + 1) * sizeof (ids[0]));
    struct job *job;
    struct job *tmp;
    size_t n = 0;

    if (sorted && ids) {
        HASH_ITER (hh, jobs, job, tmp)
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

/* Each job is looked up when its turn comes: a callback may have ended it. */
static void replay_jobs (struct tap_plugin *t)
{
    struct jobtap *jt = t->jt;
    size_t count = 0;
    uint64_t *ids;
    struct job *job;

    if (!manager_jobs (jt->manager))
        return;
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
    if (manager_reprioritize_all (jt->manager) < 0)
        log_errno (TAP_PART, "jobtap: reprioritizing all jobs");
}

/* ---- load ---- */

static void plugin_abandon (struct tap_plugin *t)
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

/* The steps after init, common to built-in plugins and files. */
static int plugin_enlist (struct tap_plugin *t, flux_error_t *error)
{
    struct jobtap *jt = t->jt;

    if (settle_name (t) < 0)
        return err_set (error, ENOMEM, "%s: out of memory", t->name);
    if (tap_conf_update (t, jt->config, error) < 0)
        return -1;
    tap_warn_topics (t);
    DL_APPEND (jt->plugins, t);
    tap_stacks_forget (jt);
    replay_jobs (t);
    return 0;
}

int tap_load_builtin (struct jobtap *jt,
                      const struct jobtap_builtin *b,
                      const char *conf,
                      flux_error_t *error)
{
    struct tap_plugin *t;

    if (!(t = plugin_create (jt, b->name, NULL, conf, error)))
        return -1;
    if (b->init (t->p) < 0) {
        err_set (error, EINVAL, "%s: flux_plugin_init failed", b->name);
        plugin_abandon (t);
        errno = EINVAL;
        return -1;
    }
    if (plugin_enlist (t, error) < 0) {
        int saved = errno;

        plugin_abandon (t);
        errno = saved;
        return -1;
    }
    return 0;
}

static int load_file (struct jobtap *jt,
                      const char *path,
                      const char *conf,
                      flux_error_t *error)
{
    struct tap_plugin *t;
    flux_plugin_init_f init;
    int rc = -1;

    if (!(t = plugin_create (jt, basename_of (path), path, conf, error)))
        return -1;
    if (!(t->dso = tap_dso_open (jt, path, error)))
        goto out;
    init = tap_dso_init (t->dso);
    if (init && init (t->p) < 0)
        err_set (error, EINVAL, "%s: flux_plugin_init failed", path);
    else
        rc = plugin_enlist (t, error);
out:
    if (rc < 0) {
        int saved = errno;

        plugin_abandon (t);
        errno = saved;
    }
    return rc;
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

static int load_named (struct jobtap *jt,
                       const char *name,
                       const char *conf,
                       flux_error_t *error)
{
    char *path = search (jt, name);
    int rc;

    if (!path)
        return err_set (error, ENOENT, "%s: No such plugin found", name);
    rc = load_file (jt, path, conf, error);
    free (path);
    return rc;
}

int jobtap_load (struct jobtap *jt,
                 const char *path,
                 const char *conf,
                 flux_error_t *error)
{
    const struct jobtap_builtin *b = jt->builtins;

    if (path[0] == '.' && !strchr (path, '/')) {
        for (; b && b->name; b++) {
            if (!strcmp (b->name, path))
                return tap_load_builtin (jt, b, conf, error);
        }
        return err_set (error, ENOENT, "%s: No such builtin plugin", path);
    }
    if (path[0] == '/' || !strncmp (path, "./", 2)
        || !strncmp (path, "../", 3)) {
        if (access (path, R_OK) < 0)
            return err_set (error, errno, "%s: %s", path, strerror (errno));
        return load_file (jt, path, conf, error);
    }
    return load_named (jt, path, conf, error);
}

/* ---- remove ---- */

void tap_remove (struct tap_plugin *t)
{
    struct jobtap *jt = t->jt;

    DL_DELETE (jt->plugins, t);
    tap_stacks_forget (jt);
    plugin_abandon (t);
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
