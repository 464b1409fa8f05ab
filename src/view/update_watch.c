/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-info.update-watch, update-lookup: a job's jobspec or R as it is now,
 * and again whenever an event changes it.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "view/private.h"
#include "view/view.h"

struct update_watcher {
    const flux_msg_t *msg;
    uint64_t id;
    bool R; /* else jobspec */
    struct update_watcher *prev, *next;
};

struct update_view {
    struct view *v;
    struct update_watcher *watchers;
};

/* Answer {"R": {...}}, with the id if looked up only once; -1 and ENOENT if the
 * job has none (yet). */
static int respond_current (struct update_view *uv,
                            const flux_msg_t *msg,
                            uint64_t id,
                            bool R,
                            bool with_id)
{
    struct job *job = manager_job (uv->v->m, id);
    char *stored = NULL;
    struct jbuf buf = { 0 };
    const char *value;
    char *text = NULL;

    if (job)
        value = R ? (job->R ? job->R->s : NULL)
                  : (job->spec ? text_str (job->spec) : NULL);
    else
        value = stored =
            view_lookup (uv->v, id, R ? "R" : "jobspec", true);
    if (value) {
        jbuf_lit (&buf, "{");
        if (with_id) {
            jbuf_lit (&buf, "\"id\":");
            jbuf_int (&buf, (int64_t)id);
            jbuf_lit (&buf, ",");
        }
        jbuf_lit (&buf, R ? "\"R\":" : "\"jobspec\":");
        jbuf_lit (&buf, value);
        jbuf_lit (&buf, "}");
        if ((text = jbuf_take (&buf, NULL)))
            router_respond (uv->v->r, msg, text);
    }
    free (text);
    free (stored);
    if (!value)
        errno = ENOENT;
    return value ? 0 : -1;
}

static int update_unpack (struct update_view *uv,
                          const flux_msg_t *msg,
                          uint64_t *idp,
                          bool *R,
                          flux_error_t *error)
{
    json_int_t id;
    const char *key;
    uint32_t userid;
    int flags, rc = -1;
    json_t *o;

    if (!(o = view_payload (msg, error)))
        return -1;
    if (json_unpack (o,
                     "{s:I s:s s:i}",
                     "id",
                     &id,
                     "key",
                     &key,
                     "flags",
                     &flags)
            < 0
        || flags != 0)
        err_set (error, EPROTO, "invalid payload: id, key, flags");
    else if (strcmp (key, "R") && strcmp (key, "jobspec"))
        err_set (error, EINVAL, "unsupported key %s", key);
    else if (view_owner (uv->v, id, &userid) < 0)
        err_set (error, ENOENT, "invalid job id");
    else if (!router_may (msg, userid))
        err_set (error, EPERM, "access is restricted to job/instance owner");
    else {
        *idp = id;
        *R = !strcmp (key, "R");
        rc = 0;
    }
    json_decref (o);
    return rc;
}

static int update_lookup_cb (struct router *r,
                             const flux_msg_t *msg,
                             void *arg,
                             flux_error_t *error)
{
    uint64_t id;
    bool R;

    if (update_unpack (arg, msg, &id, &R, error) < 0)
        return REQUEST_ERROR;
    if (respond_current (arg, msg, id, R, true) < 0)
        return err_set (error,
                        ENOENT,
                        "%s: key not found",
                        R ? "R" : "jobspec");
    return REQUEST_DONE;
}

static int update_watch_cb (struct router *r,
                            const flux_msg_t *msg,
                            void *arg,
                            flux_error_t *error)
{
    struct update_view *uv = arg;
    struct update_watcher *w;
    uint64_t id;
    bool R;

    if (update_unpack (uv, msg, &id, &R, error) < 0)
        return REQUEST_ERROR;
    /* Without a text: clients know it. */
    if (respond_current (uv, msg, id, R, false) < 0)
        return REQUEST_ERROR;
    if (!manager_job (uv->v->m, id)) {
        router_respond_error (r, msg, ENODATA, NULL);
        return REQUEST_DONE;
    }
    if (!(w = calloc (1, sizeof (*w))))
        return REQUEST_ERROR;
    w->msg = flux_msg_incref (msg);
    w->id = id;
    w->R = R;
    DL_APPEND (uv->watchers, w);
    return REQUEST_LATER;
}

static void watcher_drop (struct update_view *uv, struct update_watcher *w)
{
    DL_DELETE (uv->watchers, w);
    flux_msg_decref (w->msg);
    free (w);
}

static void watcher_end (struct update_view *uv, struct update_watcher *w)
{
    router_respond_error (uv->v->r, w->msg, ENODATA, NULL);
    watcher_drop (uv, w);
}

static void on_entry (void *arg, const struct manager_entry *entry)
{
    struct update_view *uv = arg;
    struct update_watcher *w;
    enum event_kind kind = entry->ev->kind;

    DL_FOREACH (uv->watchers, w)
    {
        if (w->id != entry->id)
            continue;
        /* Whoever watches R was given what alloc brought. */
        if (kind == (w->R ? EVENT_RESOURCE_UPDATE : EVENT_JOBSPEC_UPDATE))
            (void)respond_current (uv, w->msg, w->id, w->R, false);
    }
}

static void on_inactive (void *arg, uint64_t id)
{
    struct update_view *uv = arg;
    struct update_watcher *w, *tmp;

    DL_FOREACH_SAFE (uv->watchers, w, tmp)
    {
        if (w->id == id)
            watcher_end (uv, w);
    }
}

static void drop_matching (struct update_view *uv,
                           const flux_msg_t *msg,
                           bool (*match) (const flux_msg_t *,
                                          const flux_msg_t *),
                           bool answer)
{
    struct update_watcher *w, *tmp;

    DL_FOREACH_SAFE (uv->watchers, w, tmp)
    {
        if (!match (msg, w->msg))
            continue;
        if (answer)
            watcher_end (uv, w);
        else
            watcher_drop (uv, w);
    }
}

void update_view_disconnect (struct update_view *uv, const flux_msg_t *msg)
{
    drop_matching (uv, msg, flux_disconnect_match, false);
}

static int cancel_cb (struct router *r,
                      const flux_msg_t *msg,
                      void *arg,
                      flux_error_t *error)
{
    drop_matching (arg, msg, flux_cancel_match, true);
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "job-info.update-lookup",
      FLUX_ROLE_OWNER | FLUX_ROLE_USER,
      0,
      update_lookup_cb },
    { "job-info.update-watch",
      FLUX_ROLE_OWNER | FLUX_ROLE_USER,
      METHOD_STREAMING,
      update_watch_cb },
    { "job-info.update-watch-cancel",
      FLUX_ROLE_OWNER | FLUX_ROLE_USER,
      0,
      cancel_cb },
    { NULL },
};

struct update_view *update_view_create (struct view *v)
{
    struct update_view *uv;
    struct manager_listener listener = {
        .entry = on_entry,
        .inactive = on_inactive,
    };

    if (!(uv = calloc (1, sizeof (*uv))))
        return NULL;
    uv->v = v;
    listener.arg = uv;
    if (manager_listen (v->m, &listener) < 0
        || router_methods_add (v->r, rows, uv) < 0) {
        free (uv);
        return NULL;
    }
    return uv;
}

void update_view_destroy (struct update_view *uv)
{
    if (!uv)
        return;
    router_methods_remove (uv->v->r, rows);
    while (uv->watchers)
        watcher_end (uv, uv->watchers);
    free (uv);
}
