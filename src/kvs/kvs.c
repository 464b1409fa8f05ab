/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdlib.h>
#include <utlist.h>

#include "kvs/private.h"

static int handle_disconnect (struct router *r,
                              const flux_msg_t *msg,
                              void *arg,
                              flux_error_t *error)
{
    struct kvs *k = arg;

    roots_disconnect (k, msg);
    collector_disconnect (k->collector, msg);
    return REQUEST_DONE;
}

static const struct request_row own_rows[] = {
    { "kvs.disconnect",
      FLUX_ROLE_OWNER | FLUX_ROLE_USER,
      0,
      handle_disconnect },
    { NULL },
};

static const struct request_row *own_requests (void)
{
    return own_rows;
}

static const struct request_row *(*const families[]) (void) = {
    namespace_requests, root_requests,    lookup_requests,    commit_requests,
    watch_requests,     content_requests, collector_requests, own_requests,
};
enum { FAMILIES = sizeof (families) / sizeof (families[0]) };

/* ---- statistics ---- */

static int count_waits (struct kvs *k, const struct namespace *ns)
{
    struct version_wait *w;
    int n = 0;

    DL_FOREACH (k->waits, w)
    {
        n += w->ns == ns;
    }
    return n;
}

static json_t *namespace_stats (struct kvs *k)
{
    json_t *all = json_object ();
    struct namespace *ns, *tmp;

    HASH_ITER (hh, k->namespaces, ns, tmp)
    {
        json_object_set_new (all,
                             ns->name,
                             json_pack ("{s:s s:i}",
                                        "store revision",
                                        ns->shown.ref,
                                        "#versionwaiters",
                                        count_waits (k, ns)));
    }
    return all;
}

static char *stats (void *arg)
{
    struct kvs *k = arg;
    struct blob_stats b;
    json_t *o;
    char *s;

    blobs_stats (k->blobs, &b);
    o = json_pack ("{s:{s:I s:I s:I s:I s:I} s:o s:{s:{s:I s:I}} s:i}",
                   "cache",
                   "#obj",
                   (json_int_t)b.count,
                   "size",
                   (json_int_t)b.bytes,
                   "hits",
                   (json_int_t)b.hits,
                   "misses",
                   (json_int_t)b.misses,
                   "stores",
                   (json_int_t)b.puts,
                   "namespace",
                   namespace_stats (k),
                   "transaction-opcount",
                   "commit",
                   "count",
                   (json_int_t)k->commits,
                   "ops",
                   (json_int_t)k->ops,
                   "pending_requests",
                   (int)k->pending);
    s = json_dumps (o, JSON_COMPACT);
    json_decref (o);
    return s;
}

static char *watch_stats (void *arg)
{
    struct kvs *k = arg;
    json_t *o =
        json_pack ("{s:i}", "watchers", (int)watches_count (k->watches));
    char *s = json_dumps (o, JSON_COMPACT);

    json_decref (o);
    return s;
}

/* ---- life ---- */

static int add_requests (struct kvs *k, flux_error_t *error)
{
    for (int i = 0; i < FAMILIES; i++) {
        if (router_methods_add (k->r, families[i](), k) < 0)
            return err_set (error, errno, "kvs: cannot serve");
    }
    if (router_standard_methods (k->r, "kvs", stats, k) < 0
        || router_standard_methods (k->r, "kvs-watch", watch_stats, k) < 0)
        return err_set (error, errno, "kvs: cannot serve");
    return 0;
}

struct kvs *kvs_create (struct manager *m, struct view *v, flux_error_t *error)
{
    struct kvs *k;

    if (!(k = calloc (1, sizeof (*k))))
        return err_null (error, ENOMEM, "kvs: out of memory");
    k->m = m;
    k->view = v;
    k->r = manager_router (m);
    k->store = manager_store (m);
    if (!(k->blobs = blobs_create (k->store))
        || !(k->collector = collector_create (k))
        || !(k->watches = watches_create (k))) {
        err_set (error, ENOMEM, "kvs: out of memory");
        goto error;
    }
    if (namespaces_restore (k, error) < 0 || add_requests (k, error) < 0)
        goto error;
    return k;
error:;
    int saved_errno = errno;
    kvs_destroy (k);
    errno = saved_errno;
    return NULL;
}

void kvs_destroy (struct kvs *k)
{
    if (!k)
        return;
    for (int i = 0; i < FAMILIES; i++)
        router_methods_remove (k->r, families[i]());
    router_standard_remove (k->r, "kvs");
    router_standard_remove (k->r, "kvs-watch");
    watches_destroy (k->watches);
    roots_destroy (k);
    namespaces_destroy (k);
    collector_destroy (k->collector);
    blobs_destroy (k->blobs);
    free (k);
}
