/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <flux/core.h>
#include <flux/kvs.h>

#include "lib/kvs_private.h"
#include "wire/base64.h"

/* Hung on the future of a lookup.  What was given out stays valid until the
 * future has another response and is asked again.
 */
struct lookup {
    char *key;
    void *data; /* of a value, a NUL after it */
    size_t len;
    json_t *json; /* the value, parsed */
    flux_kvsdir_t *dir;
    json_t *dir_object;
};

static const char *aux_key = "flux::kvs_lookup";

static void lookup_destroy (void *arg)
{
    struct lookup *l = arg;
    int saved_errno = errno;

    free (l->key);
    free (l->data);
    json_decref (l->json);
    flux_kvsdir_destroy (l->dir);
    json_decref (l->dir_object);
    free (l);
    errno = saved_errno;
}

static bool valid_flags (int flags)
{
    const int all = FLUX_KVS_READDIR | FLUX_KVS_READLINK | FLUX_KVS_WATCH
                    | FLUX_KVS_WAITCREATE | FLUX_KVS_TREEOBJ
                    | FLUX_KVS_WATCH_FULL | FLUX_KVS_WATCH_UNIQ
                    | FLUX_KVS_WATCH_APPEND | FLUX_KVS_STREAM
                    | FLUX_KVS_WATCH_INITIAL_SENTINEL;
    const int kinds =
        flags & (FLUX_KVS_READDIR | FLUX_KVS_READLINK | FLUX_KVS_TREEOBJ);
    const int of_watch =
        FLUX_KVS_WATCH_FULL | FLUX_KVS_WATCH_UNIQ | FLUX_KVS_WATCH_APPEND;

    if (flags & ~all)
        return false;
    if ((kinds & (kinds - 1)) && kinds != (FLUX_KVS_READDIR | FLUX_KVS_TREEOBJ))
        return false;
    return !(flags & of_watch) || (flags & FLUX_KVS_WATCH);
}

/* Takes over rootdir, which is NULL for a lookup in a namespace. */
static flux_future_t *lookup (flux_t *h,
                              const char *ns,
                              int flags,
                              const char *key,
                              json_t *rootdir)
{
    const int watches = FLUX_KVS_WATCH | FLUX_KVS_WAITCREATE | FLUX_KVS_STREAM;
    const int streams = FLUX_KVS_WATCH | FLUX_KVS_STREAM;
    struct lookup *l;
    flux_future_t *f = NULL;

    if ((l = calloc (1, sizeof (*l))) && (l->key = strdup (key)))
        f = flux_rpc_pack (h,
                           flags & watches ? "kvs-watch.lookup" : "kvs.lookup",
                           FLUX_NODEID_ANY,
                           flags & streams ? FLUX_RPC_STREAMING : 0,
                           "{s:s s:s* s:i s:O*}",
                           "key",
                           key,
                           "namespace",
                           rootdir ? NULL : kvs_namespace (ns),
                           "flags",
                           flags,
                           "rootdir",
                           rootdir);
    json_decref (rootdir);
    if (!f || flux_future_aux_set (f, aux_key, l, lookup_destroy) < 0) {
        flux_future_destroy (f);
        if (l)
            lookup_destroy (l);
        return NULL;
    }
    return f;
}

flux_future_t *flux_kvs_lookup (flux_t *h,
                                const char *ns,
                                int flags,
                                const char *key)
{
    if (!h || !key || !*key || !valid_flags (flags)) {
        errno = EINVAL;
        return NULL;
    }
    return lookup (h, ns, flags, key, NULL);
}

flux_future_t *flux_kvs_lookupat (flux_t *h,
                                  int flags,
                                  const char *key,
                                  const char *treeobj)
{
    json_t *rootdir;

    if (!treeobj)
        return flux_kvs_lookup (h, NULL, flags, key);
    /* a snapshot does not change */
    if (!h || !key || !*key || !valid_flags (flags)
        || (flags & (FLUX_KVS_WATCH | FLUX_KVS_WAITCREATE))
        || !(rootdir = kvs_treeobj_decode (treeobj))) {
        errno = EINVAL;
        return NULL;
    }
    return lookup (h, NULL, flags, key, rootdir);
}

static struct lookup *get_lookup (flux_future_t *f)
{
    struct lookup *l = f ? flux_future_aux_get (f, aux_key) : NULL;

    if (!l)
        errno = EINVAL;
    return l;
}

/* The object of the response, of the given type; it belongs to f. */
static int get_object (flux_future_t *f, const char *type, json_t **data)
{
    const char *t;

    if (flux_rpc_get_unpack (f,
                             "{s:{s:s s:o}}",
                             "val",
                             "type",
                             &t,
                             "data",
                             data)
        < 0)
        return -1;
    if (strcmp (t, type) != 0) {
        errno = EINVAL;
        return -1;
    }
    return 0;
}

int flux_kvs_lookup_get_raw (flux_future_t *f, const void **data, size_t *len)
{
    struct lookup *l = get_lookup (f);
    json_t *text;
    void *buf;
    size_t n;

    if (!l || get_object (f, "val", &text) < 0)
        return -1;
    if (!json_is_string (text)
        || !(buf = base64_decode (json_string_value (text),
                                  json_string_length (text),
                                  &n))) {
        errno = EPROTO;
        return -1;
    }
    if (l->data && l->len == n && memcmp (l->data, buf, n) == 0)
        free (buf);
    else {
        free (l->data);
        l->data = buf;
        l->len = n;
    }
    if (data)
        *data = n > 0 ? l->data : NULL;
    if (len)
        *len = n;
    return 0;
}

int flux_kvs_lookup_get (flux_future_t *f, const char **value)
{
    const void *data;

    if (flux_kvs_lookup_get_raw (f, &data, NULL) < 0)
        return -1;
    if (value)
        *value = data;
    return 0;
}

int flux_kvs_lookup_get_unpack (flux_future_t *f, const char *fmt, ...)
{
    struct lookup *l = get_lookup (f);
    const char *value;
    va_list ap;
    json_t *o;
    int rc;

    if (!l || !fmt) {
        errno = EINVAL;
        return -1;
    }
    if (flux_kvs_lookup_get (f, &value) < 0)
        return -1;
    if (!value || !(o = json_loads (value, JSON_DECODE_ANY, NULL))) {
        errno = EINVAL;
        return -1;
    }
    if (l->json && json_equal (l->json, o))
        json_decref (o);
    else {
        json_decref (l->json);
        l->json = o;
    }
    va_start (ap, fmt);
    rc = json_vunpack_ex (l->json, NULL, 0, fmt, ap);
    va_end (ap);
    if (rc < 0)
        errno = EINVAL;
    return rc;
}

int flux_kvs_lookup_get_treeobj (flux_future_t *f, const char **treeobj)
{
    const char *text;
    json_t *o;

    if (!get_lookup (f) || flux_rpc_get_unpack (f, "{s:o}", "val", &o) < 0)
        return -1;
    text = kvs_keep_text (f, "flux::treeobj", json_dumps (o, JSON_COMPACT));
    if (!text) {
        errno = ENOMEM;
        return -1;
    }
    if (treeobj)
        *treeobj = text;
    return 0;
}

int flux_kvs_lookup_get_dir (flux_future_t *f, const flux_kvsdir_t **dir)
{
    struct lookup *l = get_lookup (f);
    json_t *entries, *o;
    flux_kvsdir_t *d;
    char *text;

    if (!l || get_object (f, "dir", &entries) < 0
        || flux_rpc_get_unpack (f, "{s:o}", "val", &o) < 0)
        return -1;
    if (!l->dir || !json_equal (l->dir_object, o)) {
        if (!(text = json_dumps (o, JSON_COMPACT))) {
            errno = ENOMEM;
            return -1;
        }
        d = flux_kvsdir_create (flux_future_get_flux (f), NULL, l->key, text);
        free (text);
        if (!d)
            return -1;
        flux_kvsdir_destroy (l->dir);
        json_decref (l->dir_object);
        l->dir = d;
        l->dir_object = json_incref (o);
    }
    if (dir)
        *dir = l->dir;
    return 0;
}

int flux_kvs_lookup_get_symlink (flux_future_t *f,
                                 const char **ns,
                                 const char **target)
{
    const char *n = NULL, *t;
    json_t *data;

    if (!get_lookup (f) || get_object (f, "symlink", &data) < 0)
        return -1;
    if (json_unpack (data, "{s:s s?s}", "target", &t, "namespace", &n) < 0) {
        errno = EPROTO;
        return -1;
    }
    if (ns)
        *ns = n;
    if (target)
        *target = t;
    return 0;
}

const char *flux_kvs_lookup_get_key (flux_future_t *f)
{
    struct lookup *l = get_lookup (f);

    return l ? l->key : NULL;
}

int flux_kvs_lookup_cancel (flux_future_t *f)
{
    flux_future_t *cancel;

    if (!get_lookup (f))
        return -1;
    cancel = flux_rpc_pack (flux_future_get_flux (f),
                            "kvs-watch.cancel",
                            FLUX_NODEID_ANY,
                            FLUX_RPC_NORESPONSE,
                            "{s:i}",
                            "matchtag",
                            (int)flux_rpc_get_matchtag (f));
    if (!cancel)
        return -1;
    flux_future_destroy (cancel);
    return 0;
}
