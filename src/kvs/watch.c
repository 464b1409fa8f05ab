/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Lookups that wait for a key, or follow its changes: what they are told, and
 * when.
 */

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "kvs/watch.h"

/* FLUX_KVS_STREAM sends a value in pieces of this size. */
#define PIECE (1024 * 1024)

unsigned int watches_count (const struct watches *w)
{
    return w->count;
}

void watcher_free (struct watcher *w)
{
    flux_msg_decref (w->msg);
    json_decref (w->last);
    free (w->ns);
    free (w->key);
    free (w->name);
    free (w);
}

void watcher_drop (struct watches *ws, struct watcher *w)
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

void watcher_end (struct watches *ws, struct watcher *w, int errnum)
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

void watcher_stream (struct watches *ws, struct watcher *w, json_t *val)
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

void watcher_start (struct watches *ws, struct watcher *w)
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
        watcher_stream (ws, w, val);
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
            watcher_start (ws, w);
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
            watcher_start (ws, w);
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

/* ---- life ---- */

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
