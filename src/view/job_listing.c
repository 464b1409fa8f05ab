/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-list.list (RFC 43): some jobs, or a million of them.
 *
 * A list is of the jobs that there are when it is asked for, as they are when
 * their turn comes.  It is made in slices: active jobs are collected, brought
 * into a heap, and taken from it in order; then finished ones are read from
 * the store.  A short list is answered within the request.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "view/job_order.h"
#include "view/private.h"
#include "wire/jobmatch.h"

/* Rows of one response: enough to make messages few, not so many that one
 * is large.
 */
#define ROWS_PER_MESSAGE 128
#define SLICE_SECONDS 0.001
/* Steps between two looks at the clock. */
#define CLOCK_EVERY_JOB 256
#define CLOCK_EVERY_ROW 16
#define PAGE 64 /* finished jobs read at a time */

enum phase {
    PHASE_COLLECT,
    PHASE_ORDER,
    PHASE_ACTIVE,
    PHASE_STORED,
    PHASE_OVER,
};

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

    enum phase phase;
    struct manager_walk walk;
    double begin; /* what became inactive later was listed as active */
    struct job_order order;
    /* Finished jobs that were still in memory, and the first time of one. */
    uint64_t *ended;
    size_t nended, ended_room;
    double ended_since;
    struct store_place place;
    struct listing *prev, *next;
};

struct lister {
    struct view *v;
    struct loop_source *work;
    struct listing *list; /* the first that can go on is worked on */
};

int list_parse_attrs (const json_t *names, uint64_t *attrs, flux_error_t *error)
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

/* ---- active jobs ---- */

/* Note a finished job that is still in memory. */
static int ended_add (struct listing *l, const struct job *job)
{
    double t = job->t[JOB_T_INACTIVE];

    if (l->nended == l->ended_room) {
        size_t room = l->ended_room ? 2 * l->ended_room : 64;
        uint64_t *grown = realloc (l->ended, room * sizeof (*grown));

        if (!grown)
            return -1;
        l->ended = grown;
        l->ended_room = room;
    }
    if (l->nended == 0 || t < l->ended_since)
        l->ended_since = t;
    l->ended[l->nended++] = job->id;
    return 0;
}

static bool late (const struct listing *l, double until)
{
    return clock_monotonic (loop_clock (manager_loop (l->v->m))) > until;
}

static void collect (struct listing *l, double until)
{
    int states = jobmatch_states (l->match);
    unsigned int n = 0;
    struct job *job;

    while ((job = manager_walk_next (l->v->m, &l->walk))) {
        if ((job->state & states) && !job->invalid
            && (job->state != FLUX_JOB_STATE_INACTIVE
                || job->t[JOB_T_INACTIVE] > l->since)
            && (job_order_add (&l->order, job) < 0
                || (job->state == FLUX_JOB_STATE_INACTIVE
                    && ended_add (l, job) < 0)))
            break;
        if (++n % CLOCK_EVERY_JOB == 0 && late (l, until))
            return;
    }
    manager_walk_end (l->v->m, &l->walk);
    l->phase = PHASE_ORDER;
}

static void order (struct listing *l, double until)
{
    unsigned int n = 0;

    while (!job_order_step (&l->order)) {
        if (++n % CLOCK_EVERY_JOB == 0 && late (l, until))
            return;
    }
    l->phase = PHASE_ACTIVE;
}

static int add_stored (const struct store_job *sj, void *arg)
{
    struct listing *l = arg;
    struct jobrow row;
    bool more;

    jobrow_of_store (&row, sj);
    more = add_row (l, &row);
    jobrow_finish (&row);
    return more ? 0 : -1;
}

/* False when the list is complete.  A job that left memory since it was
 * collected is in the store.
 */
static bool add_item (struct listing *l, uint64_t id)
{
    struct job *job = manager_job (l->v->m, id);
    struct jobrow row;
    bool more;

    if (!job)
        return store_job_get (l->v->store, id, add_stored, l) == 0
               || l->max == 0 || l->count < l->max;
    jobrow_of_job (&row, job, l->attrs | jobmatch_attrs (l->match));
    more = add_row (l, &row);
    jobrow_finish (&row);
    return more;
}

static void list_active (struct listing *l, double until)
{
    unsigned int n = 0;
    uint64_t id;

    while (job_order_take (&l->order, &id)) {
        if (!add_item (l, id)) {
            l->phase = PHASE_OVER;
            return;
        }
        if (++n % CLOCK_EVERY_ROW == 0 && late (l, until))
            return;
    }
    l->phase = jobmatch_states (l->match) & FLUX_JOB_STATE_INACTIVE
                   ? PHASE_STORED
                   : PHASE_OVER;
}

/* ---- finished jobs ---- */

static bool listed_from_memory (const struct listing *l,
                                const struct store_job *sj)
{
    if (sj->t_inactive > l->begin)
        return true;
    if (l->nended == 0 || sj->t_inactive < l->ended_since)
        return false;
    for (size_t i = 0; i < l->nended; i++) {
        if (l->ended[i] == sj->id)
            return true;
    }
    return false;
}

struct page {
    struct listing *l;
    unsigned int seen;
};

static int add_page_row (const struct store_job *sj, void *arg)
{
    struct page *page = arg;
    struct listing *l = page->l;

    page->seen++;
    l->place = (struct store_place){ true, sj->t_inactive, sj->id };
    return listed_from_memory (l, sj) ? 0 : add_stored (sj, l);
}

static void list_stored (struct listing *l, double until)
{
    struct page page = { .l = l };

    do {
        page.seen = 0;
        if (store_each_inactive_from (l->v->store,
                                      &l->place,
                                      l->since,
                                      PAGE,
                                      add_page_row,
                                      &page)
                < 0
            || page.seen < PAGE) {
            l->phase = PHASE_OVER;
            return;
        }
    } while (!late (l, until));
}

/* ---- requests ---- */

/* True when the list is complete. */
static bool listing_slice (struct listing *l)
{
    static void (*const phases[]) (struct listing * l, double until) = {
        [PHASE_COLLECT] = collect,
        [PHASE_ORDER] = order,
        [PHASE_ACTIVE] = list_active,
        [PHASE_STORED] = list_stored,
    };
    double until =
        clock_monotonic (loop_clock (manager_loop (l->v->m))) + SLICE_SECONDS;
    enum phase was;

    do {
        was = l->phase;
        phases[was](l, until);
    } while (l->phase != PHASE_OVER && l->phase != was && !late (l, until));
    return l->phase == PHASE_OVER;
}

static void listing_finish (struct listing *l)
{
    send_rows (l, true);
    if (l->streaming)
        router_respond_error (l->v->r, l->msg, ENODATA, NULL);
}

static void listing_free (struct listing *l)
{
    if (!l)
        return;
    manager_walk_end (l->v->m, &l->walk);
    jobmatch_destroy (l->match);
    flux_msg_decref (l->msg);
    free (l->buf.s);
    job_order_clear (&l->order);
    free (l->ended);
    free (l);
}

/* The first whose client reads what it gets. */
static struct listing *next_listing (struct lister *lister)
{
    struct listing *l;

    DL_FOREACH (lister->list, l)
    {
        if (!router_is_behind (lister->v->r, l->msg))
            return l;
    }
    return NULL;
}

/* Those that wait take turns. */
static void work_cb (struct loop_source *src, int revents, void *arg)
{
    struct lister *lister = arg;
    struct listing *l = next_listing (lister);

    if (!l)
        return;
    DL_DELETE (lister->list, l);
    if (listing_slice (l)) {
        listing_finish (l);
        listing_free (l);
    }
    else
        DL_APPEND (lister->list, l);
    if (lister->list)
        loop_kick (lister->work);
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
    return list_parse_attrs (attrs, &l->attrs, error);
}

static struct listing *listing_create (struct view *v,
                                       const flux_msg_t *msg,
                                       flux_error_t *error)
{
    struct listing *l = calloc (1, sizeof (*l));
    json_t *o = NULL;

    if (!l)
        return NULL;
    l->v = v;
    l->msg = flux_msg_incref (msg);
    l->streaming = flux_msg_is_streaming (msg);
    l->begin = clock_now (loop_clock (manager_loop (v->m)));
    if (!(o = view_payload (msg, error)) || list_unpack (l, o, error) < 0) {
        int saved_errno = errno;

        listing_free (l);
        errno = saved_errno;
        l = NULL;
    }
    json_decref (o);
    return l;
}

int lister_request (struct lister *lister,
                    const flux_msg_t *msg,
                    flux_error_t *error)
{
    struct listing *l = listing_create (lister->v, msg, error);

    if (!l)
        return REQUEST_ERROR;
    if (jobmatch_states (l->match) != 0)
        manager_walk_begin (l->v->m, &l->walk);
    if (listing_slice (l)) {
        listing_finish (l);
        listing_free (l);
        return REQUEST_DONE;
    }
    DL_APPEND (lister->list, l);
    loop_kick (lister->work);
    return REQUEST_LATER;
}

void lister_disconnect (struct lister *lister, const flux_msg_t *msg)
{
    struct listing *l, *tmp;

    DL_FOREACH_SAFE (lister->list, l, tmp)
    {
        if (flux_disconnect_match (msg, l->msg)) {
            DL_DELETE (lister->list, l);
            listing_free (l);
        }
    }
}

struct lister *lister_create (struct view *v)
{
    struct lister *lister;

    if (!(lister = calloc (1, sizeof (*lister))))
        return NULL;
    lister->v = v;
    lister->work = loop_work_create (manager_loop (v->m),
                                     LOOP_ALWAYS | LOOP_BULK,
                                     work_cb,
                                     lister);
    if (!lister->work || router_kick_add (v->r, lister->work) < 0) {
        loop_source_destroy (lister->work);
        free (lister);
        return NULL;
    }
    loop_source_set_name (lister->work, "job-list.list");
    return lister;
}

void lister_destroy (struct lister *lister)
{
    struct listing *l;

    if (!lister)
        return;
    while ((l = lister->list)) {
        DL_DELETE (lister->list, l);
        router_respond_error (lister->v->r, l->msg, ENODATA, NULL);
        listing_free (l);
    }
    router_kick_remove (lister->v->r, lister->work);
    loop_source_destroy (lister->work);
    free (lister);
}
