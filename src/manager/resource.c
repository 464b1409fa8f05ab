/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The resource service: what there is, what may be used, what is held. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <flux/hostlist.h>

#include "manager/resource_private.h"
#include "wire/rjson.h"

char *resources_ranks_text (const struct idset *ids)
{
    return ids ? idset_encode (ids, IDSET_FLAG_RANGE) : strdup ("");
}

struct rset *resources_schedulable (struct resources *res)
{
    struct rset *r = rset_copy (res->all);
    unsigned int rank;

    if (!r || !res->exclude)
        return r;
    for (rank = idset_first (res->exclude); rank != IDSET_INVALID_ID;
         rank = idset_next (res->exclude, rank))
        rset_remove_rank (r, rank);
    return r;
}

void resources_push (struct resources *res)
{
    const struct sched_ops *ops;
    struct sched *sched = alloc_sched (res->m->alloc, &ops);
    struct rset *r = resources_schedulable (res);
    struct idset *down = resources_down (res);
    char *text = resources_ranks_text (down);

    if (!r || !text || ops->resources (sched, r) < 0
        || ops->set_down (sched, text) < 0)
        log_errno (PART, "telling the scheduler of resources");
    free (text);
    idset_destroy (down);
    rset_destroy (r);
    acquire_push (res);
    alloc_kick (res->m->alloc);
}

char *manager_resources (struct manager *m)
{
    return rjson_encode (m->resources->all, 0);
}

struct idset *resources_online (struct resources *res)
{
    struct idset *ids = rset_ranks (res->all);

    if (ids && idset_subtract (ids, res->offline) < 0) {
        idset_destroy (ids);
        return NULL;
    }
    return ids;
}

struct idset *manager_online (struct manager *m)
{
    return resources_online (m->resources);
}

struct idset *resources_down (struct resources *res)
{
    struct idset *ids = drain_ranks (res);

    if (ids && idset_add (ids, res->offline) < 0) {
        idset_destroy (ids);
        return NULL;
    }
    return ids;
}

/* ---- naming ranks ---- */

static struct idset *ranks_of_hosts (struct resources *res,
                                     const char *targets,
                                     flux_error_t *error)
{
    struct hostlist *hl = hostlist_decode (targets);
    struct hostlist *bad = hostlist_create ();
    struct idset *ids = idset_create (0, IDSET_FLAG_AUTOGROW);
    const char *host = hl ? hostlist_first (hl) : NULL;
    char *names;

    for (; host && bad && ids; host = hostlist_next (hl)) {
        bool found = false;
        for (size_t i = 0; i < res->all->count; i++) {
            struct rset_node *n = &res->all->nodes[i];
            if (n->host && !strcmp (n->host, host)) {
                idset_set (ids, n->rank);
                found = true;
            }
        }
        if (!found)
            hostlist_append (bad, host);
    }
    if (!hl || !bad || hostlist_count (bad) > 0) {
        names = bad && hl ? hostlist_encode (bad) : NULL;
        err_set (error,
                 EINVAL,
                 "invalid targets: invalid hosts: %s",
                 names ? names : targets);
        free (names);
        idset_destroy (ids);
        ids = NULL;
    }
    hostlist_destroy (hl);
    hostlist_destroy (bad);
    return ids;
}

struct idset *resources_targets (struct resources *res,
                                 const char *targets,
                                 flux_error_t *error)
{
    struct idset *ids = idset_decode (targets);
    unsigned int rank;

    if (!ids && !(ids = ranks_of_hosts (res, targets, error)))
        return NULL;
    if (idset_count (ids) == 0) {
        idset_destroy (ids);
        return err_null (error, EINVAL, "idset is empty");
    }
    for (rank = idset_first (ids); rank != IDSET_INVALID_ID;
         rank = idset_next (ids, rank)) {
        if (!rset_find (res->all, rank)) {
            idset_destroy (ids);
            return err_null (error, EINVAL, "idset is out of range");
        }
    }
    return ids;
}

char *resources_hosts (struct resources *res, const struct idset *ranks)
{
    struct hostlist *hl = hostlist_create ();
    unsigned int rank;
    char *s;

    for (rank = idset_first (ranks); hl && rank != IDSET_INVALID_ID;
         rank = idset_next (ranks, rank)) {
        struct rset_node *n = rset_find (res->all, rank);
        if (n && n->host)
            hostlist_append (hl, n->host);
    }
    s = hl ? hostlist_encode (hl) : NULL;
    hostlist_destroy (hl);
    return s;
}

int resources_check_exclude (struct resources *res,
                             const char *targets,
                             flux_error_t *error)
{
    flux_error_t why;
    struct idset *ids;

    if (!targets || !targets[0])
        return 0;
    if (!(ids = resources_targets (res, targets, &why)))
        return err_set (error, EINVAL, "resource.exclude: %s", why.text);
    idset_destroy (ids);
    return 0;
}

void resources_set_exclude (struct resources *res, const char *targets)
{
    struct idset *ids = NULL;

    if (targets && targets[0]
        && !(ids = resources_targets (res, targets, NULL)))
        return;
    idset_destroy (res->exclude);
    res->exclude = ids;
    if (ids)
        drain_clear (res, ids); /* a rank is not both */
    resources_push (res);
}

/* ---- life ---- */

static int post_context (struct resources *res,
                         const char *name,
                         const char *const *pairs)
{
    struct jbuf b = { 0 };
    char *context;

    jbuf_lit (&b, "{");
    for (int i = 0; pairs[i]; i += 2) {
        if (i > 0)
            jbuf_lit (&b, ",");
        jbuf_string (&b, pairs[i]);
        jbuf_lit (&b, ":");
        jbuf_string (&b, pairs[i + 1]);
    }
    jbuf_lit (&b, "}");
    if (!(context = jbuf_take (&b, NULL)))
        return -1;
    journal_post (res->journal, clock_now (res->m->clock), name, context);
    free (context);
    return 0;
}

void resources_set_online (struct resources *res, unsigned int rank, bool up)
{
    char ids[16];
    const char *pairs[] = { "idset", ids, NULL };

    if (up == !idset_test (res->offline, rank))
        return;
    if ((up ? idset_clear (res->offline, rank) : idset_set (res->offline, rank))
        < 0) {
        log_errno (PART, "rank %u", rank);
        return;
    }
    if (!up)
        log_msg (LOG_ERR, PART, "rank %u is gone", rank);
    snprintf (ids, sizeof (ids), "%u", rank);
    if (post_context (res, up ? "online" : "offline", pairs) < 0)
        log_errno (PART, "resource journal");
    resources_push (res);
    if (res->m->online_changed)
        res->m->online_changed (res->m->failed_arg);
}

int resources_restore (struct resources *res, flux_error_t *error)
{
    struct idset *ranks = rset_ranks (res->all);
    char *ids = resources_ranks_text (ranks);
    char *hosts = resources_hosts (res, ranks);
    const char *restart[] = { "ranks",    ids ? ids : "",     "online", "",
                              "nodelist", hosts ? hosts : "", NULL };
    const char *define[] = { "method", res->method, NULL };
    struct idset *there = resources_online (res);
    char *up = resources_ranks_text (there);
    const char *online[] = { "idset", up ? up : "", NULL };

    if (post_context (res, "restart", restart) < 0
        || post_context (res, "resource-define", define) < 0
        || post_context (res, "online", online) < 0)
        log_errno (PART, "starting the resource journal");
    free (up);
    free (ids);
    free (hosts);
    idset_destroy (there);
    idset_destroy (ranks);
    if (drain_restore (res) < 0)
        log_errno (PART, "reading which ranks are drained");
    resources_push (res);
    return 0;
}

struct resources *resources_create (struct manager *m,
                                    const struct manager_config *cfg,
                                    flux_error_t *error)
{
    const struct rset *all = cfg->resources;
    struct resources *res;

    if (!all)
        return err_null (error, EINVAL, "no resources were given");
    if (!(res = calloc (1, sizeof (*res))))
        return err_null (error, ENOMEM, "out of memory");
    res->m = m;
    res->find_topo = cfg->topo_xml;
    res->method =
        cfg->resources_method ? cfg->resources_method : "dynamic-discovery";
    if (all->count > 0)
        res->nranks = all->nodes[all->count - 1].rank + 1;
    res->drains = calloc (res->nranks + 1, sizeof (*res->drains));
    res->offline = cfg->exec_env.launched
                       ? rset_ranks (all)
                       : idset_create (0, IDSET_FLAG_AUTOGROW);
    if (res->offline && cfg->exec_env.launched)
        (void)idset_clear (res->offline, 0);
    if (!res->offline || !(res->all = rset_copy (all)) || !res->drains
        || !(res->journal = journal_create (res))
        || !(res->acquirer = acquirer_create ())
        || (m->router
            && (router_methods_add (m->router, drain_rows (), res) < 0
                || router_methods_add (m->router, acquire_rows (), res) < 0
                || router_methods_add (m->router, journal_rows (), res) < 0))) {
        err_set (error, errno, "creating the resource service");
        resources_destroy (res);
        return NULL;
    }
    return res;
}

void resources_destroy (struct resources *res)
{
    if (!res)
        return;
    if (res->m->router) {
        router_methods_remove (res->m->router, drain_rows ());
        router_methods_remove (res->m->router, acquire_rows ());
        router_methods_remove (res->m->router, journal_rows ());
    }
    for (unsigned int i = 0; res->drains && i < res->nranks; i++)
        free (res->drains[i].reason);
    free (res->drains);
    journal_destroy (res->journal);
    acquirer_destroy (res->acquirer);
    idset_destroy (res->exclude);
    idset_destroy (res->offline);
    rset_destroy (res->all);
    free (res->topo_xml);
    free (res);
}
