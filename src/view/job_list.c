/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-list.list, list-id, list-attrs (RFC 43). */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "view/private.h"
#include "view/view.h"
#include "wire/jobmatch.h"

/* Rows of one response: enough to make messages few, not so many that one
 * is large.
 */
#define ROWS_PER_MESSAGE 128

struct list_id_waiter {
    const flux_msg_t *msg;
    uint64_t id;
    uint64_t attrs;
    int state;
    struct list_id_waiter *prev, *next;
};

struct list_view {
    struct view *v;
    struct list_id_waiter *waiters;
};

/* ---- one list request under way ---- */

struct listing {
    struct view *v;
    const flux_msg_t *msg;
    bool streaming;
    uint64_t attrs;
    unsigned int max; /* 0: no limit */
    unsigned int count;
    unsigned int rows; /* in buf */
    double since;
    struct jobmatch *match;
    struct jbuf buf;
    bool sent_version;
};

static int parse_attrs (const json_t *names,
                        uint64_t *attrs,
                        flux_error_t *error)
{
    size_t i;
    json_t *name;

    if (!json_is_array (names))
        return err_set (error,
                        EPROTO,
                        "invalid payload: attrs must be an array");
    json_array_foreach (names, i, name)
    {
        const char *s = json_string_value (name);
        uint64_t bits = s ? jobrow_attr_parse (s) : 0;
        if (!s)
            return err_set (error, EPROTO, "attr has no string value");
        if (!bits)
            return err_set (error, EINVAL, "%s is not a valid attribute", s);
        *attrs |= bits;
    }
    return 0;
}

static void send_rows (struct listing *l, bool last)
{
    char *text;

    if (l->rows == 0 && !(last && !l->streaming))
        return;
    if (l->rows == 0)
        jbuf_lit (&l->buf, "{\"jobs\":[");
    jbuf_lit (&l->buf, "]");
    if (l->streaming && !l->sent_version)
        jbuf_lit (&l->buf, ",\"version\":1");
    jbuf_lit (&l->buf, "}");
    l->sent_version = true;
    if ((text = jbuf_take (&l->buf, NULL)))
        router_respond (l->v->r, l->msg, text);
    free (text);
    l->buf = (struct jbuf){ 0 };
    l->rows = 0;
}

/* Returns false when the list is complete. */
static bool add_row (struct listing *l, const struct jobrow *row)
{
    if (!manager_may_see (l->v->m, l->msg, row->userid)
        || !jobmatch_test (l->match, row))
        return true;
    jbuf_lit (&l->buf, l->rows == 0 ? "{\"jobs\":[" : ",");
    jobrow_print (&l->buf, row, l->attrs);
    l->rows++;
    l->count++;
    if (l->streaming && l->rows == ROWS_PER_MESSAGE)
        send_rows (l, false);
    return l->max == 0 || l->count < l->max;
}

static int by_queue (const void *a, const void *b)
{
    const struct job *x = *(struct job *const *)a;
    const struct job *y = *(struct job *const *)b;

    if (x->priority != y->priority)
        return x->priority > y->priority ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static int newest_first (double x, double y)
{
    return x > y ? -1 : x < y;
}

static int by_run (const void *a, const void *b)
{
    const struct job *x = *(struct job *const *)a;
    const struct job *y = *(struct job *const *)b;

    return newest_first (x->t[JOB_T_RUN], y->t[JOB_T_RUN]);
}

static int by_inactive (const void *a, const void *b)
{
    const struct job *x = *(struct job *const *)a;
    const struct job *y = *(struct job *const *)b;

    return newest_first (x->t[JOB_T_INACTIVE], y->t[JOB_T_INACTIVE]);
}

/* Jobs in memory in one of the states, in order. */
static bool add_active (struct listing *l,
                        int states,
                        int (*order) (const void *, const void *))
{
    struct job **jobs;
    struct job *job, *tmp;
    size_t n = 0;
    bool more = true;
    uint64_t attrs = l->attrs | jobmatch_attrs (l->match);

    if (!(states &= jobmatch_states (l->match)))
        return true;
    jobs = calloc (manager_active_count (l->v->m) + 1, sizeof (*jobs));
    if (!jobs)
        return false;
    HASH_ITER (hh, manager_jobs (l->v->m), job, tmp)
    {
        if ((job->state & states) && !job->invalid
            && (job->state != FLUX_JOB_STATE_INACTIVE
                || job->t[JOB_T_INACTIVE] > l->since))
            jobs[n++] = job;
    }
    qsort (jobs, n, sizeof (*jobs), order);
    for (size_t i = 0; i < n && more; i++) {
        struct jobrow row;
        jobrow_of_job (&row, jobs[i], attrs);
        more = add_row (l, &row);
        jobrow_finish (&row);
    }
    free (jobs);
    return more;
}

static int add_stored (const struct store_job *sj, void *arg)
{
    struct listing *l = arg;
    struct jobrow row;
    bool more;

    if (manager_job (l->v->m, sj->id))
        return 0; /* listed from memory */
    jobrow_of_store (&row, sj);
    more = add_row (l, &row);
    jobrow_finish (&row);
    return more ? 0 : -1;
}

static void list_all (struct listing *l)
{
    int states = jobmatch_states (l->match);

    if (!add_active (l, FLUX_JOB_STATE_NEW | FLUX_JOB_STATE_PENDING, by_queue)
        || !add_active (l, FLUX_JOB_STATE_RUNNING, by_run)
        || !add_active (l, FLUX_JOB_STATE_INACTIVE, by_inactive))
        return;
    if (states & FLUX_JOB_STATE_INACTIVE)
        (void)store_each_inactive (l->v->store, l->since, 0, add_stored, l);
}

/* Who asks for a queue means its virtual queues, too. */
static int add_virtual_queues (struct listing *l)
{
    const char *name, *parent;

    for (size_t i = 0; manager_virtual_queue (l->v->m, i, &name, &parent);
         i++) {
        if (jobmatch_add_queue (l->match, parent, name) < 0)
            return -1;
    }
    return 0;
}

static int list_unpack (struct listing *l, json_t *o, flux_error_t *error)
{
    json_error_t jerror;
    json_t *attrs, *constraint = NULL;
    flux_error_t why;
    int max;

    if (json_unpack_ex (o,
                        &jerror,
                        0,
                        "{s:i s:o s?F s?o}",
                        "max_entries",
                        &max,
                        "attrs",
                        &attrs,
                        "since",
                        &l->since,
                        "constraint",
                        &constraint)
        < 0)
        return err_set (error, EPROTO, "invalid payload: %s", jerror.text);
    if (max < 0)
        return err_set (error,
                        EPROTO,
                        "invalid payload: max_entries < 0 not allowed");
    l->max = max;
    if (!(l->match = jobmatch_create (constraint, &why)))
        return err_set (error, EPROTO, "invalid payload: %.140s", why.text);
    if (add_virtual_queues (l) < 0)
        return err_set (error, ENOMEM, "out of memory");
    return parse_attrs (attrs, &l->attrs, error);
}

static int list_cb (struct router *r,
                    const flux_msg_t *msg,
                    void *arg,
                    flux_error_t *error)
{
    struct list_view *lv = arg;
    struct listing l = {
        .v = lv->v,
        .msg = msg,
        .streaming = flux_msg_is_streaming (msg),
    };
    int rc = REQUEST_ERROR;
    json_t *o;

    if ((o = view_payload (msg, error)) && list_unpack (&l, o, error) == 0) {
        list_all (&l);
        send_rows (&l, true);
        if (l.streaming)
            router_respond_error (r, msg, ENODATA, NULL);
        rc = REQUEST_DONE;
    }
    jobmatch_destroy (l.match);
    json_decref (o);
    return rc;
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
        rc = parse_attrs (attrs, &w->attrs, error);
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
    for (int i = 0; i < JOBROW_ATTR_MAX; i++) {
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
    if (manager_listen (v->m, &listener) < 0
        || router_methods_add (v->r, rows, lv) < 0) {
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
