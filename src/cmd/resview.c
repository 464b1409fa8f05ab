/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/resview.h"
#include "cmd/util.h"
#include "wire/rjson.h"

static const char *const names[NR_RES_STATES] = {
    [RES_ALL] = "all",   [RES_UP] = "up",
    [RES_DOWN] = "down", [RES_ALLOCATED] = "allocated",
    [RES_FREE] = "free",
};

int res_state_parse (const char *name)
{
    for (int i = 0; i < NR_RES_STATES; i++) {
        if (!strcmp (names[i], name))
            return i;
    }
    return -1;
}

const char *res_state_name (enum res_state s)
{
    return names[s];
}

struct rset *rset_from_json (json_t *o)
{
    char *s = o ? json_dumps (o, JSON_COMPACT) : NULL;
    flux_error_t e = { { 0 } };
    struct rset *r = s ? rjson_decode (s, &e) : NULL;

    if (!r)
        die ("the instance sent bad resources: %s", e.text);
    free (s);
    return r;
}

void resview_get (struct resview *v, flux_t *h)
{
    const char *topic = getenv ("FLUX_RESOURCE_LIST_RPC");
    flux_future_t *f = flux_rpc (h, "config.get", NULL, FLUX_NODEID_ANY, 0);
    json_t *r = call_json (h, topic ? topic : "resource.sched-status", 0, NULL);

    v->sets[RES_ALL] = rset_from_json (json_object_get (r, "all"));
    v->sets[RES_DOWN] = rset_from_json (json_object_get (r, "down"));
    v->sets[RES_ALLOCATED] = rset_from_json (json_object_get (r, "allocated"));
    v->sets[RES_UP] = rset_diff (v->sets[RES_ALL], v->sets[RES_DOWN]);
    v->sets[RES_FREE] = rset_diff (v->sets[RES_UP], v->sets[RES_ALLOCATED]);
    /* without a configuration there are no queues */
    v->config = flux_rpc_get (f, NULL) == 0 ? get_json_or_die (f, NULL)
                                            : json_object ();
    flux_future_destroy (f);
    json_decref (r);
}

void resview_clear (struct resview *v)
{
    for (int i = 0; i < NR_RES_STATES; i++)
        rset_destroy (v->sets[i]);
    json_decref (v->config);
}

struct idset *target_ranks (const struct rset *set, const char *targets)
{
    struct idset *ids = idset_decode (targets);
    struct hostlist *hl;

    if (ids)
        return ids;
    ids = idset_create (0, IDSET_FLAG_AUTOGROW);
    if (!(hl = hostlist_decode (targets)))
        die ("'%s' is neither a set of ranks nor of hosts", targets);
    for (const char *host = hostlist_first (hl); host;
         host = hostlist_next (hl)) {
        struct rset_node *n = rset_find_host (set, host);
        if (n)
            idset_set (ids, n->rank);
    }
    hostlist_destroy (hl);
    return ids;
}

/* Ranks that have every property in list (an array or nothing). */
static struct idset *property_ranks (const struct rset *set, json_t *list)
{
    struct idset *ids = rset_ranks (set);
    size_t i;
    json_t *o;

    json_array_foreach (list, i, o)
    {
        const struct idset *have = rset_property (set, json_string_value (o));
        struct idset *both =
            have ? idset_intersect (ids, have) : idset_create (0, 0);
        idset_destroy (ids);
        ids = both;
    }
    return ids;
}

static struct idset *queue_ranks (json_t *config,
                                  const struct rset *all,
                                  const char *name)
{
    json_t *queues = json_object_get (config, "queues");
    json_t *queue = json_object_get (queues, name);
    const char *parent = json_string_value (json_object_get (queue, "parent"));

    if (!queue)
        die ("--queue: %s: no such queue", name);
    if (parent) /* RFC 33: it has what that has */
        queue = json_object_get (queues, parent);
    return property_ranks (all, json_object_get (queue, "requires"));
}

struct rset *queue_rset (struct resview *v, const char *name, enum res_state s)
{
    struct idset *ids = *name ? queue_ranks (v->config, v->sets[RES_ALL], name)
                              : rset_ranks (v->sets[RES_ALL]);
    struct rset *r = rset_of_ranks (v->sets[s], ids);

    idset_destroy (ids);
    return r;
}

static void keep_ranks (struct resview *v, const struct idset *ids)
{
    for (int i = 0; i < NR_RES_STATES; i++) {
        struct rset *r = rset_of_ranks (v->sets[i], ids);
        rset_destroy (v->sets[i]);
        v->sets[i] = r;
    }
}

/* Ranks of all the queues that --queue names; NULL: there is no --queue. */
static struct idset *named_ranks (const struct opts *o,
                                  json_t *config,
                                  const struct rset *all)
{
    struct idset *ids = NULL;
    const char *val;

    for (int i = 0; (val = opt_nth (o, "queue", i)); i++) {
        char *copy = xstrdup (val);
        char *save = NULL;
        for (char *w = strtok_r (copy, ",", &save); w;
             w = strtok_r (NULL, ",", &save)) {
            struct idset *more = queue_ranks (config, all, w);
            if (!ids)
                ids = idset_create (0, IDSET_FLAG_AUTOGROW);
            idset_add (ids, more);
            idset_destroy (more);
        }
        free (copy);
    }
    return ids;
}

struct idset *queue_option_ranks (flux_t *h,
                                  const struct opts *o,
                                  const struct rset *all)
{
    struct idset *ids;
    json_t *config;

    if (!opt_count (o, "queue"))
        return NULL;
    config = call_json (h, "config.get", FLUX_NODEID_ANY, NULL);
    ids = named_ranks (o, config, all);
    json_decref (config);
    return ids;
}

void resview_restrict (struct resview *v, const struct opts *o)
{
    const char *include = opt_str (o, "include", NULL);
    struct idset *ids = named_ranks (o, v->config, v->sets[RES_ALL]);

    if (ids)
        keep_ranks (v, ids);
    idset_destroy (ids);
    if (include) {
        ids = target_ranks (v->sets[RES_ALL], include);
        keep_ranks (v, ids);
        idset_destroy (ids);
    }
}

char *ranks_text (const struct rset *r)
{
    struct idset *ids = rset_ranks (r);
    char *s = ids ? idset_encode (ids, IDSET_FLAG_RANGE) : NULL;

    idset_destroy (ids);
    return s ? s : xstrdup ("");
}

char *nodelist_text (const struct rset *r)
{
    struct hostlist *hl = r->count > 0 ? rset_nodelist (r) : NULL;
    char *s = hl ? hostlist_encode (hl) : NULL;

    hostlist_destroy (hl);
    return s ? s : xstrdup ("");
}
