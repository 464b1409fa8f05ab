/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-list.list-id, list-attrs (RFC 43); list is job_listing.c's. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "view/private.h"
#include "view/view.h"

struct list_id_waiter {
    const flux_msg_t *msg;
    uint64_t id;
    uint64_t attrs;
    int state;
    struct list_id_waiter *prev, *next;
};

struct list_view {
    struct view *v;
    struct lister *lister; /* job_listing.c */
    struct list_id_waiter *waiters;
};

static int list_cb (struct router *r,
                    const flux_msg_t *msg,
                    void *arg,
                    flux_error_t *error)
{
    struct list_view *lv = arg;

    return lister_request (lv->lister, msg, error);
}

/* ---- list-id ---- */

static void respond_row (struct view *v,
                         const flux_msg_t *msg,
                         const struct jobrow *row,
                         uint64_t attrs)
{
    struct jbuf b = { 0 };
    char *text;

    jbuf_lit (&b, "{\"job\":");
    jobrow_print (&b, row, attrs);
    jbuf_lit (&b, "}");
    if ((text = jbuf_take (&b, NULL)))
        router_respond (v->r, msg, text);
    else
        router_respond_error (v->r, msg, ENOMEM, NULL);
    free (text);
}

struct stored_reply {
    struct view *v;
    const flux_msg_t *msg;
    uint64_t attrs;
};

static int respond_stored (const struct store_job *sj, void *arg)
{
    struct stored_reply *reply = arg;
    struct jobrow row;

    jobrow_of_store (&row, sj);
    respond_row (reply->v, reply->msg, &row, reply->attrs);
    jobrow_finish (&row);
    return 0;
}

/* Answer for a job wherever it is; -1 and ENOENT. */
static int respond_job (struct view *v,
                        const flux_msg_t *msg,
                        uint64_t id,
                        uint64_t attrs)
{
    struct stored_reply reply = { v, msg, attrs };
    struct job *job;
    struct jobrow row;

    if (!(job = manager_job (v->m, id)))
        return store_job_get (v->store, id, respond_stored, &reply);
    jobrow_of_job (&row, job, attrs);
    respond_row (v, msg, &row, attrs);
    jobrow_finish (&row);
    return 0;
}

static bool reached (const struct job *job, int state)
{
    return !job || state == 0 || job->state >= state;
}

static int list_id_unpack (const flux_msg_t *msg,
                           struct list_id_waiter *w,
                           flux_error_t *error)
{
    json_error_t jerror;
    json_int_t id;
    json_t *attrs, *o;
    int rc;

    if (!(o = view_payload (msg, error)))
        return -1;
    if (json_unpack_ex (o,
                        &jerror,
                        0,
                        "{s:I s:o s?i}",
                        "id",
                        &id,
                        "attrs",
                        &attrs,
                        "state",
                        &w->state)
        < 0)
        rc = err_set (error, EPROTO, "invalid payload: %s", jerror.text);
    else
        rc = list_parse_attrs (attrs, &w->attrs, error);
    w->id = id;
    json_decref (o);
    return rc;
}

static int check_visible (struct view *v,
                          const flux_msg_t *msg,
                          uint64_t id,
                          flux_error_t *error)
{
    uint32_t userid;

    /* Who sees counts of all jobs sees all jobs. */
    if (manager_may_see (v->m, msg, FLUX_USERID_UNKNOWN))
        return 0;
    if (view_owner (v, id, &userid) < 0)
        return -1;
    if (manager_may_see (v->m, msg, userid))
        return 0;
    errno = ENOENT; /* not even that it is there */
    return -1;
}

static int list_id_cb (struct router *r,
                       const flux_msg_t *msg,
                       void *arg,
                       flux_error_t *error)
{
    struct list_view *lv = arg;
    struct list_id_waiter *w;
    struct list_id_waiter req = { 0 };

    if (list_id_unpack (msg, &req, error) < 0
        || check_visible (lv->v, msg, req.id, error) < 0)
        return REQUEST_ERROR;
    if (reached (manager_job (lv->v->m, req.id), req.state))
        return respond_job (lv->v, msg, req.id, req.attrs) < 0 ? REQUEST_ERROR
                                                               : REQUEST_DONE;
    if (!(w = malloc (sizeof (*w))))
        return REQUEST_ERROR;
    *w = req;
    w->msg = flux_msg_incref (msg);
    DL_APPEND (lv->waiters, w);
    return REQUEST_LATER;
}

static void waiter_drop (struct list_view *lv, struct list_id_waiter *w)
{
    DL_DELETE (lv->waiters, w);
    flux_msg_decref (w->msg);
    free (w);
}

/* An event became durable: who waited for that state? */
static void on_entry (void *arg, const struct manager_entry *entry)
{
    struct list_view *lv = arg;
    struct list_id_waiter *w, *tmp;

    DL_FOREACH_SAFE (lv->waiters, w, tmp)
    {
        if (w->id == entry->id && entry->state >= w->state) {
            if (respond_job (lv->v, w->msg, w->id, w->attrs) < 0)
                router_respond_error (lv->v->r, w->msg, errno, NULL);
            waiter_drop (lv, w);
        }
    }
}

void list_view_disconnect (struct list_view *lv, const flux_msg_t *msg)
{
    struct list_id_waiter *w, *tmp;

    lister_disconnect (lv->lister, msg);
    DL_FOREACH_SAFE (lv->waiters, w, tmp)
    {
        if (flux_disconnect_match (msg, w->msg))
            waiter_drop (lv, w);
    }
}

static int list_attrs_cb (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct jbuf b = { 0 };
    char *text;

    jbuf_lit (&b, "{\"attrs\":[");
    /* The id is given unasked (RFC 43). */
    for (int i = JOBROW_ID + 1; i < JOBROW_ATTR_MAX; i++) {
        jbuf_string (&b, jobrow_attr_name (i));
        jbuf_lit (&b, ",");
    }
    jbuf_lit (&b, "\"all\"]}");
    if (!(text = jbuf_take (&b, NULL)))
        return REQUEST_ERROR;
    router_respond (r, msg, text);
    free (text);
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "job-list.list", FLUX_ROLE_OWNER | FLUX_ROLE_USER, 0, list_cb },
    { "job-list.list-id", FLUX_ROLE_OWNER | FLUX_ROLE_USER, 0, list_id_cb },
    { "job-list.list-attrs",
      FLUX_ROLE_OWNER | FLUX_ROLE_USER,
      0,
      list_attrs_cb },
    { NULL },
};

struct list_view *list_view_create (struct view *v)
{
    struct list_view *lv;
    struct manager_listener listener = { .entry = on_entry };

    if (!(lv = calloc (1, sizeof (*lv))))
        return NULL;
    lv->v = v;
    listener.arg = lv;
    if (!(lv->lister = lister_create (v))
        || manager_listen (v->m, &listener) < 0
        || router_methods_add (v->r, rows, lv) < 0) {
        lister_destroy (lv->lister);
        free (lv);
        return NULL;
    }
    return lv;
}

void list_view_destroy (struct list_view *lv)
{
    struct list_id_waiter *w, *tmp;

    if (!lv)
        return;
    router_methods_remove (lv->v->r, rows);
    lister_destroy (lv->lister);
    DL_FOREACH_SAFE (lv->waiters, w, tmp)
    {
        router_respond_error (lv->v->r, w->msg, ENODATA, NULL);
        waiter_drop (lv, w);
    }
    free (lv);
}

unsigned int list_view_waiting (const struct list_view *lv)
{
    struct list_id_waiter *w;
    unsigned int n = 0;

    DL_COUNT (lv->waiters, w, n);
    return n;
}
