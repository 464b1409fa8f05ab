/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include <flux/hostlist.h>
#include <flux/idset.h>

#include "wire/jbuf.h"
#include "wire/jload.h"
#include "wire/rjson.h"

#define IDSET_FLAGS IDSET_FLAG_RANGE

/* ---- encode ---- */

/* Ranks with the same cores and GPUs, which make one entry of R_lite. */
struct group {
    char *children; /* as JSON */
    struct idset *ranks;
    UT_hash_handle hh;
};

static void groups_free (struct group *groups)
{
    struct group *g, *tmp;

    HASH_ITER (hh, groups, g, tmp)
    {
        HASH_DEL (groups, g);
        idset_destroy (g->ranks);
        free (g->children);
        free (g);
    }
}

static void put_idset (struct jbuf *b, const struct idset *ids)
{
    char *s = idset_encode (ids, IDSET_FLAGS);

    if (!s)
        b->failed = true;
    jbuf_string (b, s);
    free (s);
}

static char *children_text (const struct rset_node *node)
{
    struct jbuf b = { 0 };

    jbuf_lit (&b, "{\"core\":");
    put_idset (&b, node->cores);
    if (node->gpus && !idset_empty (node->gpus)) {
        jbuf_lit (&b, ",\"gpu\":");
        put_idset (&b, node->gpus);
    }
    jbuf_raw (&b, "}", 1);
    return jbuf_take (&b, NULL);
}

static struct group *group_create (char *children)
{
    struct group *g = calloc (1, sizeof (*g));

    if (!g || !(g->ranks = idset_create (0, IDSET_FLAG_AUTOGROW))) {
        free (children);
        free (g);
        return NULL;
    }
    g->children = children;
    return g;
}

static int group_add (struct group **groups, const struct rset_node *node)
{
    char *children = children_text (node);
    struct group *g;

    if (!children)
        return -1;
    HASH_FIND_STR (*groups, children, g);
    if (g)
        free (children);
    else {
        if (!(g = group_create (children)))
            return -1;
        HASH_ADD_KEYPTR (hh, *groups, g->children, strlen (g->children), g);
    }
    return idset_set (g->ranks, node->rank);
}

static void put_R_lite (struct jbuf *b, const struct rset *r)
{
    struct group *groups = NULL, *g, *tmp;

    for (size_t i = 0; i < r->count; i++) {
        if (group_add (&groups, &r->nodes[i]) < 0)
            b->failed = true;
    }
    jbuf_lit (b, "\"R_lite\":[");
    HASH_ITER (hh, groups, g, tmp)
    {
        if (g != groups)
            jbuf_raw (b, ",", 1);
        jbuf_lit (b, "{\"rank\":");
        put_idset (b, g->ranks);
        jbuf_lit (b, ",\"children\":");
        jbuf_lit (b, g->children);
        jbuf_raw (b, "}", 1);
    }
    jbuf_raw (b, "]", 1);
    groups_free (groups);
}

static void put_nodelist (struct jbuf *b, const struct rset *r)
{
    struct hostlist *hl = NULL;
    char *s = NULL;
    bool known = false;

    for (size_t i = 0; i < r->count; i++)
        known = known || r->nodes[i].host;
    if (known && (!(hl = rset_nodelist (r)) || !(s = hostlist_encode (hl))))
        b->failed = true;
    jbuf_lit (b, ",\"nodelist\":[");
    jbuf_string (b, s);
    jbuf_raw (b, "]", 1);
    free (s);
    hostlist_destroy (hl);
}

static void put_properties (struct jbuf *b, const struct rset *r)
{
    if (r->nproperties == 0)
        return;
    jbuf_lit (b, ",\"properties\":{");
    for (size_t i = 0; i < r->nproperties; i++) {
        if (i > 0)
            jbuf_raw (b, ",", 1);
        jbuf_string (b, r->properties[i].name);
        jbuf_raw (b, ":", 1);
        put_idset (b, r->properties[i].ranks);
    }
    jbuf_raw (b, "}", 1);
}

char *rjson_encode (const struct rset *r, unsigned int nslots)
{
    struct jbuf b = { 0 };

    jbuf_lit (&b, "{\"version\":1,\"execution\":{");
    put_R_lite (&b, r);
    put_nodelist (&b, r);
    put_properties (&b, r);
    if (nslots > 0) {
        jbuf_lit (&b, ",\"nslots\":");
        jbuf_int (&b, nslots);
    }
    jbuf_lit (&b, ",\"starttime\":");
    jbuf_real (&b, r->starttime);
    jbuf_lit (&b, ",\"expiration\":");
    jbuf_real (&b, r->expiration);
    jbuf_raw (&b, "}", 1);
    if (r->scheduling) {
        jbuf_lit (&b, ",\"scheduling\":");
        jbuf_lit (&b, r->scheduling);
    }
    jbuf_raw (&b, "}", 1);
    return jbuf_take (&b, NULL);
}

/* ---- a text that changes ---- */

static json_t *load (const char *text, size_t len, flux_error_t *error)
{
    if (len > RJSON_MAX_SIZE)
        return err_null (error,
                         EINVAL,
                         "R: %zu bytes, at most %d are accepted",
                         len,
                         RJSON_MAX_SIZE);
    return jload_object (text, len, "R", error);
}

char *rjson_set_expiration (const char *text, double t, flux_error_t *error)
{
    json_t *o = load (text, strlen (text), error);
    json_t *execution = json_object_get (o, "execution");
    char *s = NULL;

    if (!o)
        return NULL;
    if (!json_is_object (execution))
        err_set (error,
                 EINVAL,
                 "R: execution: expected an object, got %s",
                 jload_type (execution));
    else if (json_object_set_new (execution, "expiration", json_real (t)) < 0
             || !(s = json_dumps (o, JSON_COMPACT)))
        err_set (error, ENOMEM, "R: out of memory");
    json_decref (o);
    return s;
}

/* ---- kept beside the text ---- */

struct cache {
    struct rset *rset;
    json_t *json;
};

static void cache_free (void *arg)
{
    struct cache *cache = arg;

    rset_destroy (cache->rset);
    json_decref (cache->json);
    free (cache);
}

static struct cache *cache_of (struct text *R)
{
    if (!R->aux) {
        if (!(R->aux = calloc (1, sizeof (struct cache))))
            return NULL;
        R->aux_free = cache_free;
    }
    if (R->aux_free != cache_free) {
        errno = EINVAL;
        return NULL;
    }
    return R->aux;
}

struct text *rjson_text (const struct rset *r, unsigned int nslots)
{
    char *s = rjson_encode (r, nslots);
    struct text *t = s ? text_create (s, strlen (s)) : NULL;
    struct cache *cache = t ? cache_of (t) : NULL;

    free (s);
    if (!cache || !(cache->rset = rset_copy (r))) {
        text_unref (t);
        errno = ENOMEM;
        return NULL;
    }
    cache->rset->nslots = nslots > 0 ? (int)nslots : -1;
    return t;
}

const struct rset *rjson_of (struct text *R)
{
    struct cache *cache = cache_of (R);

    if (cache && !cache->rset)
        cache->rset = rjson_decode (R->s, NULL);
    return cache ? cache->rset : NULL;
}

struct json_t *rjson_json (struct text *R)
{
    struct cache *cache = cache_of (R);

    if (cache && !cache->json && (cache->json = load (R->s, R->len, NULL)))
        json_object_del (cache->json, "scheduling");
    return cache ? cache->json : NULL;
}
