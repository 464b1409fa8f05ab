/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* kvs-watch.lookup: lookups that wait for a key, or follow its changes. */

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "kvs/private.h"

#define KNOWN_FLAGS                                                           \
    (FLUX_KVS_READDIR | FLUX_KVS_READLINK | FLUX_KVS_TREEOBJ | FLUX_KVS_WATCH \
     | FLUX_KVS_WAITCREATE | FLUX_KVS_STREAM | FLUX_KVS_WATCH_FULL            \
     | FLUX_KVS_WATCH_UNIQ | FLUX_KVS_WATCH_APPEND                            \
     | FLUX_KVS_WATCH_INITIAL_SENTINEL)
#define LOOKUP_FLAGS (FLUX_KVS_READDIR | FLUX_KVS_READLINK | FLUX_KVS_TREEOBJ)
/* FLUX_KVS_STREAM sends a value in pieces of this size. */
#define PIECE (1024 * 1024)

struct watcher {
    const flux_msg_t *msg;
    char *ns;
    char *key;   /* without empty parts */
    uint64_t id; /* of the job whose view it is, 0 if of none */
    char *name;  /* of what is viewed, "eventlog" */
    int flags;
    bool started; /* the first answer was sent */
    json_t *last; /* the last answer */
    struct watcher *prev, *next;
};

struct watches {
    struct kvs *k;
    struct watcher *list;
    unsigned int count;
};

unsigned int watches_count (const struct watches *w)
{
    return w->count;
}

static void watcher_free (struct watcher *w)
{
    flux_msg_decref (w->msg);
    json_decref (w->last);
    free (w->ns);
    free (w->key);
    free (w->name);
    free (w);
}

static void watcher_drop (struct watches *ws, struct watcher *w)
{
    DL_DELETE (ws->list, w);
    ws->count--;
    watcher_free (w);
}

static void watcher_fail (struct watches *ws,
                          struct watcher *w,
                          int errnum,
                          const char *why)
{
    router_respond_error (ws->k->r, w->msg, errnum, why);
    watcher_drop (ws, w);
}

static void watcher_end (struct watches *ws, struct watcher *w, int errnum)
{
    watcher_fail (ws, w, errnum, NULL);
}

/* ---- answers ---- */

/* Takes over val. */
static void send_val (struct watches *ws, struct watcher *w, json_t *val)
{
    router_respond_pack (ws->k->r, w->msg, "{s:O}", "val", val);
    json_decref (w->last);
    w->last = val;
}

static void send_bytes (struct watches *ws,
                        struct watcher *w,
                        const void *data,
                        size_t len)
{
    json_t *val = treeobj_val (data, len);

    if (val)
        router_respond_pack (ws->k->r, w->msg, "{s:o}", "val", val);
}

/* In pieces, and the end. */
static void send_stream (struct watches *ws, struct watcher *w, json_t *val)
{
    char *data;
    size_t len;

    if (treeobj_type (val, NULL) == TREE_VAL
        && (data = treeobj_decode_val (val, &len))) {
        for (size_t at = 0; at == 0 || at < len; at += PIECE)
            send_bytes (ws, w, data + at, len - at < PIECE ? len - at : PIECE);
        free (data);
        json_decref (val);
    }
    else
        send_val (ws, w, val);
    watcher_end (ws, w, ENODATA);
}

static json_t *look (struct watches *ws, struct watcher *w)
{
    return kvs_get (ws->k,
                    w->msg,
                    w->ns,
                    NULL,
                    w->key,
                    w->flags & LOOKUP_FLAGS);
}

/* Answer for the first time, or wait on; w may be gone after it. */
static void start (struct watches *ws, struct watcher *w)
{
    json_t *val = look (ws, w);

    if (!val) {
        if ((errno != ENOENT && errno != ENOTSUP)
            || !(w->flags & FLUX_KVS_WAITCREATE))
            watcher_end (ws, w, errno);
        return;
    }
    w->started = true;
    if (w->flags & FLUX_KVS_WATCH) {
        send_val (ws, w, val);
        if (w->flags & FLUX_KVS_WATCH_INITIAL_SENTINEL)
            send_bytes (ws, w, "", 0);
    }
    else if (w->flags & FLUX_KVS_STREAM)
        send_stream (ws, w, val);
    else {
        send_val (ws, w, val);
        watcher_drop (ws, w);
    }
}

/* ---- changes ---- */

/* The key may have another value now. */
static void look_again (struct watches *ws, struct watcher *w, bool only_new)
{
    json_t *val = look (ws, w);

    if (!val)
        watcher_end (ws, w, errno);
    else if (only_new && json_equal (val, w->last))
        json_decref (val);
    else
        send_val (ws, w, val);
}

static bool same_key (const char *key, const struct watcher *w)
{
    struct path *p = path_parse (key);
    char *s = p ? path_join (p, 0) : NULL;
    bool same = s && !strcmp (s, w->key);

    free (p);
    free (s);
    return same;
}

/* Follow what was appended by an operation on the key; false if w is gone. */
static bool follow (struct watches *ws, struct watcher *w, json_t *op)
{
    json_t *dirent = json_object_get (op, "dirent");
    int flags = json_integer_value (json_object_get (op, "flags"));

    if (json_is_null (dirent))
        watcher_end (ws, w, ENOENT);
    else if (!(flags & FLUX_KVS_APPEND))
        watcher_fail (ws,
                      w,
                      EINVAL,
                      "the value followed with WATCH_APPEND was replaced");
    else {
        send_val (ws, w, json_incref (dirent));
        return true;
    }
    return false;
}

static void changed (struct watches *ws, struct watcher *w, json_t *ops)
{
    const bool full = w->flags & FLUX_KVS_WATCH_FULL;
    const bool append = w->flags & FLUX_KVS_WATCH_APPEND;
    bool mentioned = false;
    json_t *op;
    size_t i;

    json_array_foreach (ops, i, op)
    {
        const char *key = json_string_value (json_object_get (op, "key"));
        if (!same_key (key, w))
            continue;
        mentioned = true;
        if (append && !follow (ws, w, op))
            return;
    }
    if (!append && (full || mentioned))
        look_again (ws, w, full || (w->flags & FLUX_KVS_WATCH_UNIQ));
}

void watches_commit (struct watches *ws, struct namespace *ns, json_t *ops)
{
    struct watcher *w, *tmp;

    DL_FOREACH_SAFE (ws->list, w, tmp)
    {
        if (strcmp (w->ns, ns->name) != 0)
            continue;
        if (!w->started)
            start (ws, w);
        else
            changed (ws, w, ops);
    }
}

void watches_namespace_removed (struct watches *ws, const char *name)
{
    struct watcher *w, *tmp;

    DL_FOREACH_SAFE (ws->list, w, tmp)
    {
        if (!strcmp (w->ns, name))
            watcher_end (ws, w, ENOTSUP);
    }
}

/* ---- views of jobs ---- */

static void view_changed (struct watches *ws,
                          uint64_t id,
                          const char *name,
                          const char *data,
                          size_t len)
{
    struct watcher *w, *tmp;

    DL_FOREACH_SAFE (ws->list, w, tmp)
    {
        if (w->id != id || strcmp (w->name, name) != 0)
            continue;
        if (!w->started)
            start (ws, w);
        else if (!(w->flags & FLUX_KVS_WATCH_APPEND))
            look_again (ws, w, true);
        else if (data)
            send_bytes (ws, w, data, len);
    }
}

static void on_log (void *arg,
                    uint64_t id,
                    const char *path,
                    const char *data,
                    size_t len)
{
    view_changed (arg, id, path, data, len);
}

/* Which values an event gives. */
static void on_entry (void *arg, const struct manager_entry *entry)
{
    struct watches *ws = arg;

    if (!ws->list)
        return;
    switch (entry->ev->kind) {
    case EVENT_SUBMIT:
        view_changed (ws, entry->id, "J", NULL, 0);
        view_changed (ws, entry->id, "jobspec", NULL, 0);
        break;
    case EVENT_ALLOC:
        view_changed (ws, entry->id, "R", NULL, 0);
        break;
    default:
        break;
    }
}

static void on_inactive (void *arg, uint64_t id)
{
    struct watches *ws = arg;

    guest_ended (ws->k, id);
}

/* ---- requests ---- */

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
    send_stream (ws, w, val);
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
    start (ws, w);
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

struct watches *watches_create (struct kvs *k)
{
    struct watches *ws = calloc (1, sizeof (*ws));
    struct manager_listener listener = {
        .entry = on_entry,
        .log = on_log,
        .inactive = on_inactive,
        .arg = ws,
    };

    if (!ws)
        return NULL;
    ws->k = k;
    if (manager_listen (k->m, &listener) < 0) {
        free (ws);
        return NULL;
    }
    return ws;
}

void watches_destroy (struct watches *ws)
{
    if (!ws)
        return;
    while (ws->list)
        watcher_end (ws, ws->list, ENODATA);
    free (ws);
}
