/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <flux/core.h>
#include <jansson.h>
#include <uthash.h>

#include "base/err.h"

enum { ATTR_IMMUTABLE = 1 };

/* Values are kept because callers are given pointers to them; only those of
 * immutable attributes are answered from here.
 */
struct entry {
    char *name;
    char *value;
    bool immutable;
    UT_hash_handle hh;
};

struct cache {
    struct entry *entries;
    struct entry *iter;
};

static void entry_remove (struct cache *c, struct entry *e)
{
    HASH_DEL (c->entries, e);
    if (c->iter == e)
        c->iter = NULL;
    free (e->name);
    free (e->value);
    free (e);
}

static void cache_destroy (void *arg)
{
    struct cache *c = arg;
    struct entry *e, *next;
    int saved_errno = errno;

    HASH_ITER (hh, c->entries, e, next)
    {
        entry_remove (c, e);
    }
    free (c);
    errno = saved_errno;
}

static struct cache *get_cache (flux_t *h)
{
    static const char *key = "flux::attr";
    struct cache *c = flux_aux_get (h, key);

    if (!c && (c = calloc (1, sizeof (*c)))
        && flux_aux_set (h, key, c, cache_destroy) < 0) {
        cache_destroy (c);
        return NULL;
    }
    return c;
}

static struct entry *find (struct cache *c, const char *name)
{
    struct entry *e;

    HASH_FIND_STR (c->entries, name, e);
    return e;
}

/* An unchanged value keeps its address. */
static const char *store (struct cache *c,
                          const char *name,
                          const char *value,
                          bool immutable)
{
    struct entry *e = find (c, name);

    if (e && strcmp (e->value, value) == 0) {
        e->immutable = immutable;
        return e->value;
    }
    if (e)
        entry_remove (c, e);
    if (!(e = calloc (1, sizeof (*e))) || !(e->name = strdup (name))
        || !(e->value = strdup (value))) {
        if (e)
            free (e->name);
        free (e);
        return NULL;
    }
    e->immutable = immutable;
    HASH_ADD_KEYPTR (hh, c->entries, e->name, strlen (e->name), e);
    return e->value;
}

/* The parent of a proxied instance is on the host of the instance. */
static const char *store_parent_uri (struct cache *c,
                                     const char *value,
                                     const char *remote,
                                     bool immutable)
{
    const char *result;
    char *uri;

    if (asprintf (&uri, "ssh://%s%s", remote, value + strlen ("local://")) < 0)
        return NULL;
    result = store (c, "parent-uri", uri, immutable);
    free (uri);
    return result;
}

const char *flux_attr_get (flux_t *h, const char *name)
{
    const char *remote = getenv ("FLUX_PROXY_REMOTE");
    const char *value, *result = NULL;
    struct cache *c;
    struct entry *e;
    flux_future_t *f;
    int flags;

    if (!h || !name) {
        errno = EINVAL;
        return NULL;
    }
    if (!(c = get_cache (h)))
        return NULL;
    if ((e = find (c, name)) && e->immutable)
        return e->value;
    f = flux_rpc_pack (h,
                       "attr.get",
                       FLUX_NODEID_ANY,
                       0,
                       "{s:s}",
                       "name",
                       name);
    if (f
        && flux_rpc_get_unpack (f,
                                "{s:s s:i}",
                                "value",
                                &value,
                                "flags",
                                &flags)
               == 0) {
        bool immutable = flags & ATTR_IMMUTABLE;

        if (remote && strcmp (name, "parent-uri") == 0
            && strncmp (value, "local://", 8) == 0)
            result = store_parent_uri (c, value, remote, immutable);
        else
            result = store (c, name, value, immutable);
    }
    flux_future_destroy (f);
    return result;
}

int flux_attr_set_ex (flux_t *h,
                      const char *name,
                      const char *val,
                      bool force,
                      flux_error_t *errp)
{
    struct cache *c;
    struct entry *e;
    flux_future_t *f;
    int rc = 0;

    if (!h || !name)
        return err_set (errp, EINVAL, "Invalid argument");
    if (!val)
        f = flux_rpc_pack (h,
                           "attr.rm",
                           FLUX_NODEID_ANY,
                           0,
                           "{s:s}",
                           "name",
                           name);
    else
        f = flux_rpc_pack (h,
                           "attr.set",
                           FLUX_NODEID_ANY,
                           0,
                           "{s:s s:s s:b}",
                           "name",
                           name,
                           "value",
                           val,
                           "force",
                           force);
    if (!f || flux_rpc_get (f, NULL) < 0)
        rc = err_set (errp, errno, "%s", future_strerror (f, errno));
    else if ((c = get_cache (h)) && (e = find (c, name)))
        entry_remove (c, e);
    flux_future_destroy (f);
    return rc;
}

int flux_attr_set (flux_t *h, const char *name, const char *val)
{
    return flux_attr_set_ex (h, name, val, false, NULL);
}

int flux_attr_set_cacheonly (flux_t *h, const char *name, const char *val)
{
    struct cache *c;
    struct entry *e;

    if (!h || !name) {
        errno = EINVAL;
        return -1;
    }
    if (!(c = get_cache (h)))
        return -1;
    if (val)
        return store (c, name, val, true) ? 0 : -1;
    if ((e = find (c, name)))
        entry_remove (c, e);
    return 0;
}

static const char *iterate (struct cache *c, struct entry *e)
{
    while (e && !e->immutable)
        e = e->hh.next;
    c->iter = e;
    return e ? e->name : NULL;
}

const char *flux_attr_cache_first (flux_t *h)
{
    struct cache *c = h ? get_cache (h) : NULL;

    return c ? iterate (c, c->entries) : NULL;
}

const char *flux_attr_cache_next (flux_t *h)
{
    struct cache *c = h ? get_cache (h) : NULL;

    return c && c->iter ? iterate (c, c->iter->hh.next) : NULL;
}

static int get_u32 (flux_t *h, const char *name, uint32_t *value)
{
    const char *s;
    char *end;
    unsigned long n;

    if (!h || !value) {
        errno = EINVAL;
        return -1;
    }
    if (!(s = flux_attr_get (h, name)))
        return -1;
    errno = 0;
    n = strtoul (s, &end, 10);
    if (errno || end == s || *end || n > UINT32_MAX) {
        errno = EPROTO;
        return -1;
    }
    *value = n;
    return 0;
}

int flux_get_rank (flux_t *h, uint32_t *rank)
{
    return get_u32 (h, "rank", rank);
}

int flux_get_size (flux_t *h, uint32_t *size)
{
    return get_u32 (h, "size", size);
}

int flux_get_instance_starttime (flux_t *h, double *starttime)
{
    flux_future_t *f;
    const char *s;
    char *end;
    int rc = -1;

    if (!h || !starttime) {
        errno = EINVAL;
        return -1;
    }
    f = flux_rpc_pack (h,
                       "attr.get",
                       0,
                       0,
                       "{s:s}",
                       "name",
                       "broker.starttime");
    if (f && flux_rpc_get_unpack (f, "{s:s}", "value", &s) == 0) {
        *starttime = strtod (s, &end);
        rc = end == s || *end ? -1 : 0;
        if (rc < 0)
            errno = EPROTO;
    }
    flux_future_destroy (f);
    return rc;
}
