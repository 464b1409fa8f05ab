/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Which plugins the configuration wants: [job-manager.plugins].
 *
 * Its directives, played on the list of built-in plugins, give the wanted
 * set.  When the configuration changes, the difference between the old set
 * and the new one is done: what is wanted no more goes, what is new comes,
 * what has another path or conf is exchanged.  Plugins that somebody loaded
 * or removed by hand are in neither set's hands.
 *
 * A change is made in two steps.  While it is checked the new plugins are
 * made up to their init and conf.update, but hear of no job; services of
 * those they replace step aside.  If one refuses, all of them go again, and
 * what ran runs on.  When the change is applied they take their places.
 */

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/log.h"
#include "jobtap/private.h"

/* One wanted plugin. */
struct wanted {
    const char *name; /* as it would be listed; within load */
    const char *load; /* the built-in name or path, owned by the config */
    const json_t *conf;
    struct wanted *prev, *next;
};

static void wanted_free (struct wanted *list)
{
    struct wanted *w, *tmp;

    DL_FOREACH_SAFE (list, w, tmp)
    free (w);
}

static struct wanted *wanted_find (struct wanted *list, const char *name)
{
    struct wanted *w;

    DL_FOREACH (list, w)
    {
        if (!strcmp (w->name, name))
            return w;
    }
    return NULL;
}

static struct wanted *wanted_add (struct wanted **list,
                                  const char *load,
                                  const json_t *conf)
{
    struct wanted *w = calloc (1, sizeof (*w));
    const char *slash = strrchr (load, '/');

    if (!w)
        return NULL;
    w->name = slash ? slash + 1 : load;
    w->load = load;
    w->conf = conf;
    DL_APPEND (*list, w);
    return w;
}

static int wanted_remove (struct wanted **list,
                          const char *pattern,
                          flux_error_t *error)
{
    bool all = !strcmp (pattern, "all");
    struct wanted *w, *tmp;
    int count = 0;

    DL_FOREACH_SAFE (*list, w, tmp)
    {
        if (fnmatch (all ? "*" : pattern, w->name, FNM_PERIOD) == 0) {
            DL_DELETE (*list, w);
            free (w);
            count++;
        }
    }
    if (count == 0 && !all)
        return err_set (error,
                        ENOENT,
                        "job-manager.plugins: remove %s: there is no such "
                        "plugin",
                        pattern);
    return 0;
}

static int play_entry (struct wanted **list, json_t *entry, flux_error_t *error)
{
    const char *load = NULL;
    const char *remove = NULL;
    json_t *conf = NULL;
    json_error_t e;

    if (json_unpack_ex (entry,
                        &e,
                        0,
                        "{s?s s?s s?o !}",
                        "load",
                        &load,
                        "remove",
                        &remove,
                        "conf",
                        &conf)
        < 0)
        return err_set (error, EINVAL, "job-manager.plugins: %s", e.text);
    if (conf && !json_is_object (conf))
        return err_set (error,
                        EINVAL,
                        "job-manager.plugins: %s: conf is not an object",
                        load ? load : "?");
    if (remove && wanted_remove (list, remove, error) < 0)
        return -1;
    if (!load)
        return 0;
    if (!wanted_add (list, load, conf))
        return err_set (error, ENOMEM, "job-manager.plugins: out of memory");
    if (wanted_find (*list, (*list)->prev->name) != (*list)->prev)
        return err_set (error,
                        EEXIST,
                        "%s: already loaded",
                        (*list)->prev->name);
    return 0;
}

/* The wanted set of a configuration, which has to outlive it. */
static int wanted_of (struct jobtap *jt,
                      json_t *config,
                      struct wanted **list,
                      flux_error_t *error)
{
    const struct jobtap_builtin *b = jt->builtins;
    json_t *plugins =
        json_object_get (json_object_get (config, "job-manager"), "plugins");
    json_t *entry;
    size_t i;

    *list = NULL;
    if (plugins && !json_is_array (plugins))
        return err_set (error, EINVAL, "job-manager.plugins: not an array");
    for (; b && b->name; b++) {
        if (!wanted_add (list, b->name, NULL)) {
            wanted_free (*list);
            *list = NULL;
            return err_set (error, ENOMEM, "job-manager.plugins: no memory");
        }
    }
    json_array_foreach (plugins, i, entry)
    {
        if (play_entry (list, entry, error) < 0) {
            int saved_errno = errno;

            wanted_free (*list);
            *list = NULL;
            errno = saved_errno;
            return -1;
        }
    }
    return 0;
}

static bool same (const struct wanted *a, const struct wanted *b)
{
    if (strcmp (a->load, b->load) || !a->conf != !b->conf)
        return false;
    return !a->conf || json_equal (a->conf, b->conf);
}

/* ---- the change ---- */

/* Take back what was prepared. */
void tap_plan_drop (struct jobtap *jt)
{
    struct tap_plugin *t, *tmp;

    DL_FOREACH_SAFE (jt->staged, t, tmp)
    {
        DL_DELETE (jt->staged, t);
        tap_abandon (t);
    }
    DL_FOREACH (jt->plugins, t)
    {
        if (t->leaving)
            tap_services_resume (t);
        t->leaving = false;
    }
}

static int stage (struct jobtap *jt,
                  const struct wanted *w,
                  json_t *config,
                  flux_error_t *error)
{
    struct tap_plugin *t;
    char *conf = NULL;

    if ((t = tap_find (jt, w->name)) && !t->leaving)
        return err_set (error,
                        EEXIST,
                        "%s: already loaded by hand; remove it first",
                        w->name);
    if (w->conf && !(conf = json_dumps (w->conf, JSON_COMPACT)))
        return err_set (error, ENOMEM, "job-manager.plugins: out of memory");
    t = tap_prepare (jt, w->load, conf, config, error);
    free (conf);
    if (!t)
        return -1;
    t->configured = true;
    DL_APPEND (jt->staged, t);
    return 0;
}

static void mark_leaving (struct jobtap *jt,
                          struct wanted *old,
                          struct wanted *new)
{
    struct wanted *w, *n;
    struct tap_plugin *t;

    DL_FOREACH (old, w)
    {
        if (!(t = tap_find (jt, w->name)) || !t->configured
            || ((n = wanted_find (new, w->name)) && same (w, n)))
            continue;
        t->leaving = true;
        tap_services_suspend (t);
    }
}

static int plan (struct jobtap *jt,
                 struct wanted *old,
                 struct wanted *new,
                 json_t *config,
                 flux_error_t *error)
{
    struct wanted *w, *o;

    mark_leaving (jt, old, new);
    DL_FOREACH (new, w)
    {
        if ((o = wanted_find (old, w->name)) && same (o, w))
            continue;
        if (stage (jt, w, config, error) < 0) {
            int saved_errno = errno;

            tap_plan_drop (jt);
            errno = saved_errno;
            return -1;
        }
    }
    return 0;
}

int tap_plan (struct jobtap *jt, json_t *config, flux_error_t *error)
{
    struct wanted *old = NULL;
    struct wanted *new = NULL;
    int rc = -1;

    tap_plan_drop (jt);
    if ((jt->applied && wanted_of (jt, jt->applied, &old, error) < 0)
        || wanted_of (jt, config, &new, error) < 0)
        goto done;
    rc = plan (jt, old, new, config, error);
done:
    wanted_free (old);
    wanted_free (new);
    return rc;
}

void tap_plan_apply (struct jobtap *jt)
{
    struct tap_plugin *t, *tmp;

    DL_FOREACH_SAFE (jt->plugins, t, tmp)
    {
        if (t->leaving)
            tap_remove (t);
    }
    while ((t = jt->staged)) {
        DL_DELETE (jt->staged, t);
        tap_enlist (t);
    }
    json_decref (jt->applied);
    jt->applied = json_incref (jt->config);
}
