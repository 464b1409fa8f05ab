/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* kvs-watch.lookup: lookups that wait for a key, or follow its changes. */

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "kvs/watch.h"

#define KNOWN_FLAGS                                                           \
    (FLUX_KVS_READDIR | FLUX_KVS_READLINK | FLUX_KVS_TREEOBJ | FLUX_KVS_WATCH \
     | FLUX_KVS_WAITCREATE | FLUX_KVS_STREAM | FLUX_KVS_WATCH_FULL            \
     | FLUX_KVS_WATCH_UNIQ | FLUX_KVS_WATCH_APPEND                            \
     | FLUX_KVS_WATCH_INITIAL_SENTINEL)

static int check_flags (const flux_msg_t *msg, int flags, flux_error_t *error)
{
    const int streams = FLUX_KVS_WATCH | FLUX_KVS_STREAM;
    const int of_watch = FLUX_KVS_WATCH_FULL | FLUX_KVS_WATCH_UNIQ
                         | FLUX_KVS_WATCH_APPEND
                         | FLUX_KVS_WATCH_INITIAL_SENTINEL;

    if (flags & ~KNOWN_FLAGS)
        return err_set (error,
                        EINVAL,
                        "flags 0x%x are none of a lookup",
                        flags & ~KNOWN_FLAGS);
    if ((flags & of_watch) && !(flags & FLUX_KVS_WATCH))
        return err_set (error, EINVAL, "flags of watching without WATCH");
    if ((flags & streams) == streams)
        return err_set (error, EINVAL, "WATCH and STREAM exclude each other");
    if ((flags & FLUX_KVS_WATCH_APPEND) && (flags & LOOKUP_FLAGS))
        return err_set (error, EINVAL, "WATCH_APPEND is for values");
    if ((flags & streams) && !flux_msg_is_streaming (msg))
        return err_set (error,
                        EPROTO,
                        "kvs-watch.lookup requires streaming RPC flag");
    return 0;
}

/* Keys of a job that are not of the tree: "eventlog", and in its namespace
 * the logs.  A key below job.<id>.guest is watched in that namespace.
 */
static int find_view (struct kvs *k, struct watcher *w)
{
    struct path *p = path_parse (w->key), *rest = NULL;
    struct job *job = guest_job (k, w->ns);
    int rc = p ? 0 : -1;
    uint64_t id;

    if (p && !job && !strcmp (w->ns, KVS_PRIMARY_NAMESPACE)
        && jobkeys_split_guest (p, &id, &rest) && (job = manager_job (k->m, id))
        && rest) {
        free (w->ns);
        free (w->key);
        if (asprintf (&w->ns, "job-%ju", (uintmax_t)id) < 0)
            w->ns = NULL;
        w->key = path_join (rest, 0);
        rc = w->ns && w->key ? 0 : -1;
    }
    if (rc == 0 && job) {
        w->id = job->id;
        rc = asprintf (&w->name, "guest.%s", w->key);
    }
    else if (rc == 0 && !strcmp (w->ns, KVS_PRIMARY_NAMESPACE))
        (void)jobkeys_split (p, &w->id, &w->name);
    free (p);
    free (rest);
    return rc < 0 ? -1 : 0;
}

static struct watcher *watcher_create (struct kvs *k,
                                       const flux_msg_t *msg,
                                       const struct lookup_request *req)
{
    struct watcher *w = calloc (1, sizeof (*w));
    struct path *p = path_parse (req->key);

    if (w && p && (w->key = path_join (p, 0)) && (w->ns = strdup (req->ns))
        && find_view (k, w) == 0) {
        w->msg = flux_msg_incref (msg);
        w->flags = req->flags;
        free (p);
        return w;
    }
    int saved_errno = errno;
    free (p);
    if (w)
        watcher_free (w);
    errno = saved_errno;
    return NULL;
}

/* A snapshot does not change: it is only sent in pieces. */
static int stream_snapshot (struct watches *ws,
                            const flux_msg_t *msg,
                            const struct lookup_request *req,
                            flux_error_t *error)
{
    struct watcher *w;
    json_t *val;

    if (!(req->flags & FLUX_KVS_STREAM) || (req->flags & FLUX_KVS_WAITCREATE))
        return err_set (error, EINVAL, "a snapshot cannot be watched");
    if (!(val = kvs_get (ws->k,
                         msg,
                         NULL,
                         req->rootdir,
                         req->key,
                         req->flags & LOOKUP_FLAGS)))
        return REQUEST_ERROR;
    if (!(w = calloc (1, sizeof (*w)))) {
        json_decref (val);
        return REQUEST_ERROR;
    }
    w->msg = flux_msg_incref (msg);
    DL_APPEND (ws->list, w);
    ws->count++;
    watcher_stream (ws, w, val);
    return REQUEST_DONE;
}

static int handle_lookup (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct kvs *k = arg;
    struct watches *ws = k->watches;
    struct lookup_request req;
    struct watcher *w;

    if (lookup_request_unpack (msg, &req, error) < 0
        || check_flags (msg, req.flags, error) < 0)
        return REQUEST_ERROR;
    if (req.rootdir)
        return stream_snapshot (ws, msg, &req, error);
    if (!(w = watcher_create (k, msg, &req)))
        return REQUEST_ERROR;
    DL_APPEND (ws->list, w);
    ws->count++;
    watcher_start (ws, w);
    return REQUEST_LATER;
}

static int handle_cancel (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct kvs *k = arg;
    struct watcher *w, *tmp;

    DL_FOREACH_SAFE (k->watches->list, w, tmp)
    {
        if (flux_cancel_match (msg, w->msg))
            watcher_end (k->watches, w, ENODATA);
    }
    return REQUEST_DONE;
}

static int handle_disconnect (struct router *r,
                              const flux_msg_t *msg,
                              void *arg,
                              flux_error_t *error)
{
    struct kvs *k = arg;
    struct watcher *w, *tmp;

    DL_FOREACH_SAFE (k->watches->list, w, tmp)
    {
        if (flux_disconnect_match (msg, w->msg))
            watcher_drop (k->watches, w);
    }
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "kvs-watch.lookup", FLUX_ROLE_OWNER | FLUX_ROLE_USER, 0, handle_lookup },
    { "kvs-watch.cancel", FLUX_ROLE_OWNER | FLUX_ROLE_USER, 0, handle_cancel },
    { "kvs-watch.disconnect",
      FLUX_ROLE_OWNER | FLUX_ROLE_USER,
      0,
      handle_disconnect },
    { NULL },
};

const struct request_row *watch_requests (void)
{
    return rows;
}
