/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-info.eventlog-watch: the entries of a job's log, and then each that
 * follows (RFC 41).
 *
 * The store shows exactly the batches that listeners were told of (store.h,
 * 3), so what is read at the start and what is told later neither overlap
 * nor leave a gap.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "view/private.h"
#include "view/view.h"
#include "wire/eventlog.h"

#define WATCH_FLAGS \
    (FLUX_JOB_EVENT_WATCH_WAITCREATE | FLUX_JOB_EVENT_WATCH_INITIAL_SENTINEL)

struct watcher {
    const flux_msg_t *msg;
    char *path;
    struct watcher *prev, *next;
};

/* The watchers of one job. */
struct watched {
    uint64_t id;
    struct watcher *watchers;
    UT_hash_handle hh;
};

struct watch_view {
    struct view *v;
    struct watched *jobs;
};

static bool is_main_log (const char *path)
{
    return !strcmp (path, "eventlog");
}

static void watcher_free (struct watcher *w)
{
    flux_msg_decref (w->msg);
    free (w->path);
    free (w);
}

/* The last watcher's going takes the job's record with it. */
static void watcher_drop (struct watch_view *wv,
                          struct watched *job,
                          struct watcher *w)
{
    DL_DELETE (job->watchers, w);
    watcher_free (w);
    if (!job->watchers) {
        HASH_DEL (wv->jobs, job);
        free (job);
    }
}

/* ---- sending ---- */

/* Our entries have the name right after the timestamp. */
static bool is_clean (const char *line, size_t len)
{
    static const char key[] = "\"name\":\"";
    const char *name = memmem (line, len, key, sizeof (key) - 1);
    const size_t left = name ? len - (name - line) : 0;

    return left > 14 && !strncmp (name + sizeof (key) - 1, "clean\"", 6);
}

/* Returns true if the entry ends the log. */
static bool send_entry (struct watch_view *wv,
                        const flux_msg_t *msg,
                        const char *line,
                        size_t len)
{
    struct jbuf b = { 0 };
    char *entry = strndup (line, len);
    char *text = NULL;
    char *with_newline = NULL;

    if (entry && asprintf (&with_newline, "%s\n", entry) >= 0) {
        jbuf_lit (&b, "{\"event\":");
        jbuf_string (&b, with_newline);
        jbuf_lit (&b, "}");
        text = jbuf_take (&b, NULL);
    }
    if (text)
        router_respond (wv->v->r, msg, text);
    free (text);
    free (with_newline);
    free (entry);
    return is_clean (line, len);
}

static bool send_log (struct watch_view *wv,
                      const flux_msg_t *msg,
                      const char *data,
                      size_t size)
{
    const char *line;
    size_t len, pos = 0;
    bool end = false;

    while (eventlog_next (data, size, &pos, &line, &len))
        end = send_entry (wv, msg, line, len);
    return end;
}

static void send_end (struct watch_view *wv, const flux_msg_t *msg, int errnum)
{
    router_respond_error (wv->v->r, msg, errnum, NULL);
}

/* ---- the request ---- */

struct watch_request {
    uint64_t id;
    char *path;
    int flags;
};

static int watch_unpack (const flux_msg_t *msg,
                         struct watch_request *req,
                         flux_error_t *error)
{
    json_int_t id;
    const char *path;
    json_t *o;
    int rc = -1;

    if (!(o = view_payload (msg, error)))
        return -1;
    if (json_unpack (o,
                     "{s:I s:s s:i}",
                     "id",
                     &id,
                     "path",
                     &path,
                     "flags",
                     &req->flags)
        < 0)
        err_set (error, EPROTO, "invalid payload: id, path, flags");
    else if (req->flags & ~WATCH_FLAGS)
        err_set (error,
                 EPROTO,
                 "eventlog-watch request rejected with invalid flag");
    else if ((req->path = strdup (path))) {
        req->id = id;
        rc = 0;
    }
    json_decref (o);
    return rc;
}

static int watcher_add (struct watch_view *wv,
                        const flux_msg_t *msg,
                        struct watch_request *req)
{
    struct watched *job;
    struct watcher *w;

    HASH_FIND (hh, wv->jobs, &req->id, sizeof (req->id), job);
    if (!(w = calloc (1, sizeof (*w))))
        return REQUEST_ERROR;
    if (!job) {
        if (!(job = calloc (1, sizeof (*job)))) {
            free (w);
            return REQUEST_ERROR;
        }
        job->id = req->id;
        HASH_ADD (hh, wv->jobs, id, sizeof (job->id), job);
    }
    w->msg = flux_msg_incref (msg);
    w->path = req->path;
    req->path = NULL;
    DL_APPEND (job->watchers, w);
    return REQUEST_LATER;
}

static int save_run (const struct store_job *sj, void *arg)
{
    *(double *)arg = sj->t_run;
    return 0;
}

/* A log that would have been written had the job run: who looks for it late
 * hears what they would have heard in time, the end.
 */
static bool never_started (struct watch_view *wv,
                           const struct watch_request *req)
{
    double t_run = 0.;

    return !strncmp (req->path, "guest.", 6)
           && store_job_get (wv->v->store, req->id, save_run, &t_run) == 0
           && t_run == 0.;
}

static int watch_start (struct watch_view *wv,
                        const flux_msg_t *msg,
                        struct watch_request *req,
                        flux_error_t *error)
{
    bool active = manager_job (wv->v->m, req->id) != NULL;
    bool main_log = is_main_log (req->path);
    char *data = NULL;
    size_t len;
    bool end = false;

    if (store_log_get (wv->v->store, req->id, req->path, &data, &len) == 0)
        end = send_log (wv, msg, data, len);
    else if (!active && !never_started (wv, req)) {
        errno = ENOENT;
        return REQUEST_ERROR;
    }
    free (data);
    if (req->flags & FLUX_JOB_EVENT_WATCH_INITIAL_SENTINEL)
        router_respond (wv->v->r, msg, NULL);
    /* A finished job's logs do not grow; nor does anything after clean. */
    if (!active || (main_log && end)) {
        send_end (wv, msg, ENODATA);
        return REQUEST_DONE;
    }
    return watcher_add (wv, msg, req);
}

static int watch_cb (struct router *r,
                     const flux_msg_t *msg,
                     void *arg,
                     flux_error_t *error)
{
    struct watch_view *wv = arg;
    struct watch_request req = { 0 };
    uint32_t userid;
    int rc;

    if (watch_unpack (msg, &req, error) < 0)
        return REQUEST_ERROR;
    error->text[0] = '\0';
    if (view_owner (wv->v, req.id, &userid) < 0)
        rc = REQUEST_ERROR; /* ENOENT, which clients know without a text */
    else if (!router_may (msg, userid))
        rc = err_set (error,
                      EPERM,
                      "access is restricted to job/instance owner");
    else
        rc = watch_start (wv, msg, &req, error);
    free (req.path);
    return rc;
}

/* ---- what the manager tells ---- */

static void on_log (void *arg,
                    uint64_t id,
                    const char *path,
                    const char *data,
                    size_t len)
{
    struct watch_view *wv = arg;
    struct watched *job;
    struct watcher *w, *tmp;

    HASH_FIND (hh, wv->jobs, &id, sizeof (id), job);
    if (!job)
        return;
    DL_FOREACH_SAFE (job->watchers, w, tmp)
    {
        if (strcmp (w->path, path))
            continue;
        if (send_log (wv, w->msg, data, len) && is_main_log (path)) {
            bool last = !w->next && w->prev == w;
            send_end (wv, w->msg, ENODATA);
            watcher_drop (wv, job, w);
            if (last)
                return;
        }
    }
}

static void end_watchers (struct watch_view *wv, uint64_t id, bool guests_only)
{
    struct watched *job;
    struct watcher *w, *tmp;

    HASH_FIND (hh, wv->jobs, &id, sizeof (id), job);
    if (!job)
        return;
    DL_FOREACH_SAFE (job->watchers, w, tmp)
    {
        bool last = !w->next && w->prev == w;
        if (guests_only && is_main_log (w->path))
            continue;
        send_end (wv, w->msg, ENODATA);
        watcher_drop (wv, job, w);
        if (last)
            return;
    }
}

static void on_guest_done (void *arg, uint64_t id)
{
    end_watchers (arg, id, true);
}

static void on_inactive (void *arg, uint64_t id)
{
    end_watchers (arg, id, false);
}

/* ---- clients that cancel or vanish ---- */

static void drop_matching (struct watch_view *wv,
                           const flux_msg_t *msg,
                           bool (*match) (const flux_msg_t *,
                                          const flux_msg_t *),
                           bool answer)
{
    struct watched *job, *job_tmp;
    struct watcher *w, *tmp;

    HASH_ITER (hh, wv->jobs, job, job_tmp)
    {
        DL_FOREACH_SAFE (job->watchers, w, tmp)
        {
            bool last = !w->next && w->prev == w;
            if (!match (msg, w->msg))
                continue;
            if (answer)
                send_end (wv, w->msg, ENODATA);
            watcher_drop (wv, job, w);
            if (last)
                break;
        }
    }
}

void watch_view_disconnect (struct watch_view *wv, const flux_msg_t *msg)
{
    drop_matching (wv, msg, flux_disconnect_match, false);
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
    { "job-info.eventlog-watch",
      FLUX_ROLE_OWNER | FLUX_ROLE_USER,
      METHOD_STREAMING,
      watch_cb },
    { "job-info.eventlog-watch-cancel",
      FLUX_ROLE_OWNER | FLUX_ROLE_USER,
      0,
      cancel_cb },
    { NULL },
};

struct watch_view *watch_view_create (struct view *v)
{
    struct watch_view *wv;
    struct manager_listener listener = {
        .log = on_log,
        .guest_done = on_guest_done,
        .inactive = on_inactive,
    };

    if (!(wv = calloc (1, sizeof (*wv))))
        return NULL;
    wv->v = v;
    listener.arg = wv;
    if (manager_listen (v->m, &listener) < 0
        || router_methods_add (v->r, rows, wv) < 0) {
        free (wv);
        return NULL;
    }
    return wv;
}

void watch_view_destroy (struct watch_view *wv)
{
    struct watched *job, *tmp;

    if (!wv)
        return;
    router_methods_remove (wv->v->r, rows);
    HASH_ITER (hh, wv->jobs, job, tmp)
    {
        end_watchers (wv, job->id, false);
    }
    free (wv);
}

unsigned int watch_view_count (const struct watch_view *wv, bool guest)
{
    struct watched *job, *tmp;
    struct watcher *w;
    unsigned int n = 0;

    HASH_ITER (hh, wv->jobs, job, tmp)
    {
        DL_FOREACH (job->watchers, w)
        {
            n += is_main_log (w->path) != guest;
        }
    }
    return n;
}
