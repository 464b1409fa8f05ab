/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* .dependency-singleton: of the jobs of one user that have the same name, one
 * with this dependency gets on only when all others have ended or wait for
 * the same.
 *
 * Jobs that were given a name are members of a group, found by user and name.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <flux/jobtap.h>
#include <jansson.h>
#include <uthash.h>
#include <utlist.h>

#include "builtins.h"

#define AUX "singleton"
#define DESCRIPTION "singleton"

struct group;

struct member {
    flux_jobid_t id;
    struct group *group; /* NULL once it left */
    bool waiting;
    struct member *prev, *next; /* among those that wait */
};

struct group {
    struct singleton *all;
    char *key;              /* USERID:NAME */
    int count;              /* active jobs */
    int nwaiting;           /* of which so many wait: */
    struct member *waiting; /* by id */
    UT_hash_handle hh;
};

struct singleton {
    flux_plugin_t *p;
    struct group *groups;
    flux_watcher_t *replayed; /* runs once jobs of old have been heard of */
};

static void group_free (struct group *g)
{
    free (g->key);
    free (g);
}

static struct group *group_get (struct singleton *all,
                                uint32_t userid,
                                const char *name)
{
    struct group *g;
    char *key;
    size_t size = strlen (name) + 16;

    if (!(key = malloc (size)))
        return NULL;
    snprintf (key, size, "%ju:%s", (uintmax_t)userid, name);
    HASH_FIND_STR (all->groups, key, g);
    if (g) {
        free (key);
        return g;
    }
    if (!(g = calloc (1, sizeof (*g)))) {
        free (key);
        return NULL;
    }
    g->all = all;
    g->key = key;
    HASH_ADD_KEYPTR (hh, all->groups, g->key, strlen (g->key), g);
    return g;
}

static void wait_stop (struct member *m)
{
    if (m->waiting) {
        DL_DELETE (m->group->waiting, m);
        m->group->nwaiting--;
        m->waiting = false;
    }
}

static void wait_start (struct member *m)
{
    struct group *g = m->group;
    struct member *after = g->waiting ? g->waiting->prev : NULL;

    if (m->waiting)
        return;
    /* Ids grow: the right place is nearly always the end. */
    while (after && after->id > m->id)
        after = after == g->waiting ? NULL : after->prev;
    if (!g->waiting)
        DL_APPEND (g->waiting, m);
    else if (!after)
        DL_PREPEND (g->waiting, m);
    else
        DL_APPEND_ELEM (g->waiting, after, m);
    g->nwaiting++;
    m->waiting = true;
}

static void member_leave (struct member *m)
{
    struct group *g = m->group;

    if (!g)
        return;
    wait_stop (m);
    m->group = NULL;
    if (--g->count == 0) {
        HASH_DEL (g->all->groups, g);
        group_free (g);
    }
}

static void member_destroy (struct member *m)
{
    if (m) {
        member_leave (m);
        free (m);
    }
}

/* Let the first one go if nobody else is on the way.  All that follows for
 * that job happens within, so the group may be gone on return.
 */
static void group_release (struct group *g)
{
    flux_plugin_t *p = g->all->p;
    struct member *m = g->waiting;

    if (!m || g->count > g->nwaiting)
        return;
    wait_stop (m);
    if (flux_jobtap_dependency_remove (p, m->id, DESCRIPTION) < 0)
        flux_log_error (flux_jobtap_get_flux (p),
                        ".dependency-singleton: dependency_remove");
}

static int unpack_job (flux_plugin_arg_t *args,
                       flux_jobid_t *id,
                       int *state,
                       uint32_t *userid,
                       const char **name)
{
    json_int_t uid;

    *name = NULL;
    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:I s:i s:I s:{s:{s?{s?{s?s}}}}}",
                                "id",
                                id,
                                "state",
                                state,
                                "userid",
                                &uid,
                                "jobspec",
                                "attributes",
                                "system",
                                "job",
                                "name",
                                name)
        < 0)
        return -1;
    *userid = uid;
    return 0;
}

static struct member *member_get (struct singleton *all,
                                  flux_jobid_t id,
                                  uint32_t userid,
                                  const char *name)
{
    struct member *m = flux_jobtap_job_aux_get (all->p, id, AUX);

    if (m)
        return m;
    if (!(m = calloc (1, sizeof (*m)))
        || !(m->group = group_get (all, userid, name))) {
        free (m);
        return NULL;
    }
    m->id = id;
    m->group->count++;
    if (flux_jobtap_job_aux_set (all->p,
                                 id,
                                 AUX,
                                 m,
                                 (flux_free_f)member_destroy)
        < 0) {
        member_destroy (m);
        return NULL;
    }
    return m;
}

static int new_cb (flux_plugin_t *p,
                   const char *topic,
                   flux_plugin_arg_t *args,
                   void *arg)
{
    struct singleton *all = flux_plugin_aux_get (p, AUX);
    flux_jobid_t id;
    const char *name;
    uint32_t userid;
    int state;

    if (unpack_job (args, &id, &state, &userid, &name) < 0)
        return -1;
    if (!name || name[0] == '\0')
        return 0;
    return member_get (all, id, userid, name) ? 0 : -1;
}

/* Jobs of old come one by one: whether others are on the way is known only
 * after the last.
 */
static int hold_again (struct singleton *all, struct member *m)
{
    if (flux_jobtap_dependency_add (all->p, m->id, DESCRIPTION) < 0)
        return errno == EEXIST ? 0 : -1;
    wait_start (m);
    flux_watcher_start (all->replayed);
    return 0;
}

static int hold (struct singleton *all, struct member *m)
{
    if (m->waiting || m->group->count - 1 <= m->group->nwaiting)
        return 0;
    if (flux_jobtap_dependency_add (all->p, m->id, DESCRIPTION) < 0)
        return -1;
    wait_start (m);
    return 0;
}

static int dependency_cb (flux_plugin_t *p,
                          const char *topic,
                          flux_plugin_arg_t *args,
                          void *arg)
{
    struct singleton *all = flux_plugin_aux_get (p, AUX);
    struct member *m;
    flux_jobid_t id;
    const char *name;
    uint32_t userid;
    int state;
    int rc;

    if (unpack_job (args, &id, &state, &userid, &name) < 0)
        return flux_jobtap_reject_job (p,
                                       args,
                                       "singleton: %s",
                                       flux_plugin_arg_strerror (args));
    if (!name || name[0] == '\0')
        return flux_jobtap_reject_job (p,
                                       args,
                                       "singleton jobs require a job name");
    if (state != FLUX_JOB_STATE_NEW && state != FLUX_JOB_STATE_DEPEND)
        return 0;
    if (!(m = member_get (all, id, userid, name)))
        rc = -1;
    else
        rc = state == FLUX_JOB_STATE_NEW ? hold (all, m) : hold_again (all, m);
    if (rc < 0)
        return flux_jobtap_reject_job (p,
                                       args,
                                       "singleton: %s",
                                       strerror (errno));
    return 0;
}

static int inactive_cb (flux_plugin_t *p,
                        const char *topic,
                        flux_plugin_arg_t *args,
                        void *arg)
{
    struct member *m =
        flux_jobtap_job_aux_get (p, FLUX_JOBTAP_CURRENT_JOB, AUX);
    struct group *g = m ? m->group : NULL;

    if (g) {
        bool last = g->count == 1;

        member_leave (m);
        if (!last)
            group_release (g);
    }
    return 0;
}

static void replayed_cb (flux_reactor_t *r,
                         flux_watcher_t *w,
                         int revents,
                         void *arg)
{
    struct singleton *all = arg;
    struct group *g, *next;

    flux_watcher_stop (w);
    HASH_ITER (hh, all->groups, g, next)
    {
        group_release (g);
    }
}

static json_t *group_describe (struct group *g)
{
    json_t *ids = json_array ();
    struct member *m;

    if (!ids)
        return NULL;
    DL_FOREACH (g->waiting, m)
    {
        if (json_array_append_new (ids, json_integer (m->id)) < 0) {
            json_decref (ids);
            return NULL;
        }
    }
    return json_pack ("{s:i s:o}", "count", g->count, "singletons", ids);
}

static int query_cb (flux_plugin_t *p,
                     const char *topic,
                     flux_plugin_arg_t *args,
                     void *arg)
{
    struct singleton *all = flux_plugin_aux_get (p, AUX);
    struct group *g, *next;

    HASH_ITER (hh, all->groups, g, next)
    {
        json_t *o = group_describe (g);

        if (!o
            || flux_plugin_arg_pack (args,
                                     FLUX_PLUGIN_ARG_OUT,
                                     "{s:o}",
                                     g->key,
                                     o)
                   < 0)
            return -1;
    }
    return 0;
}

static void singleton_destroy (struct singleton *all)
{
    struct group *g, *next;

    if (all) {
        HASH_ITER (hh, all->groups, g, next)
        {
            HASH_DEL (all->groups, g);
            group_free (g);
        }
        flux_watcher_destroy (all->replayed);
        free (all);
    }
}

static const struct flux_plugin_handler handlers[] = {
    { "job.new", new_cb, NULL },
    { "job.dependency.singleton", dependency_cb, NULL },
    { "job.state.inactive", inactive_cb, NULL },
    { "plugin.query", query_cb, NULL },
    { NULL, NULL, NULL },
};

int dependency_singleton_init (flux_plugin_t *p)
{
    flux_reactor_t *r = flux_get_reactor (flux_jobtap_get_flux (p));
    struct singleton *all = calloc (1, sizeof (*all));

    if (!all)
        return -1;
    all->p = p;
    all->replayed = flux_timer_watcher_create (r, 0., 0., replayed_cb, all);
    if (!all->replayed
        || flux_plugin_aux_set (p, AUX, all, (flux_free_f)singleton_destroy)
               < 0) {
        singleton_destroy (all);
        return -1;
    }
    return flux_plugin_register (p, ".dependency-singleton", handlers);
}
