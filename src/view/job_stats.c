/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-list.job-stats: how many jobs are in which state, of all and of each
 * queue, once or on change.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "view/private.h"

/* Changes are told together, this many seconds after the first. */
#define STATS_DELAY 0.25

struct stats_view {
    struct view *v;
    struct waiter *watchers;
    struct loop_source *timer;
    bool pending;
};

/* Jobs of one queue, or of all. */
struct tally {
    char *queue; /* NULL in that of all */
    unsigned int active[FLUX_JOB_NR_STATES];
    struct store_counts ended;
    UT_hash_handle hh;
};

/* The tally of a queue in the table, made at need; NULL: no memory. */
static struct tally *tally_of (struct tally **table, const char *queue)
{
    struct tally *t;

    HASH_FIND_STR (*table, queue, t);
    if (t || !(t = calloc (1, sizeof (*t))))
        return t;
    if (!(t->queue = strdup (queue))) {
        free (t);
        return NULL;
    }
    HASH_ADD_KEYPTR (hh, *table, t->queue, strlen (t->queue), t);
    return t;
}

static void tallies_free (struct tally *table)
{
    struct tally *t, *tmp;

    HASH_ITER (hh, table, t, tmp)
    {
        HASH_DEL (table, t);
        free (t->queue);
        free (t);
    }
}

static void add_ended (const char *queue,
                       const struct store_counts *counts,
                       void *arg)
{
    struct tally *t = queue ? tally_of (arg, queue) : NULL;

    if (t)
        t->ended = *counts;
}

static void print_tally (struct jbuf *b, const struct tally *t)
{
    static const char *const names[] = {
        "new", "depend", "priority", "sched", "run", "cleanup", "inactive",
    };
    const struct store_counts *c = &t->ended;
    uint64_t total = 0;

    jbuf_lit (b, "\"job_states\":{");
    for (int i = 1; i < FLUX_JOB_NR_STATES; i++) {
        uint64_t count =
            i < FLUX_JOB_NR_STATES - 1 ? t->active[i] : c->inactive;
        jbuf_lit (b, "\"");
        jbuf_lit (b, names[i]);
        jbuf_lit (b, "\":");
        jbuf_int (b, count);
        jbuf_lit (b, ",");
        total += count;
    }
    jbuf_lit (b, "\"total\":");
    jbuf_int (b, total);
    jbuf_lit (b, "},\"successful\":");
    jbuf_int (b, c->completed);
    jbuf_lit (b, ",\"failed\":");
    jbuf_int (b, c->failed);
    jbuf_lit (b, ",\"canceled\":");
    jbuf_int (b, c->canceled);
    jbuf_lit (b, ",\"timeout\":");
    jbuf_int (b, c->timeout);
    jbuf_lit (b, ",\"inactive_purged\":");
    jbuf_int (b, c->purged);
}

static int by_name (struct tally *a, struct tally *b)
{
    return strcmp (a->queue, b->queue);
}

static void add_active (const char *queue,
                        const unsigned int in_state[],
                        void *arg)
{
    struct tally *t = NULL;

    /* One that is not configured any more is told of while it has jobs. */
    for (int i = 1; i < FLUX_JOB_NR_STATES - 1 && !t; i++)
        t = in_state[i] > 0 ? tally_of (arg, queue) : NULL;
    if (t)
        memcpy (t->active, in_state, sizeof (t->active));
}

/* Queues that are configured, and those that jobs are or were in. */
static char *stats_text (struct view *v)
{
    struct tally all = { 0 };
    struct tally *table = NULL;
    struct jbuf b = { 0 };
    struct tally *t, *next;
    const char *name;

    for (size_t i = 0; (name = manager_queue_name (v->m, i)); i++)
        (void)tally_of (&table, name);
    (void)store_counts (v->store, &all.ended);
    (void)store_queue_counts (v->store, add_ended, &table);
    for (int i = 1; i < FLUX_JOB_NR_STATES - 1; i++)
        all.active[i] = manager_count_in (v->m, 1 << i);
    manager_each_queue (v->m, add_active, &table);
    jbuf_lit (&b, "{");
    print_tally (&b, &all);
    jbuf_lit (&b, ",\"queues\":[");
    HASH_SORT (table, by_name);
    HASH_ITER (hh, table, t, next)
    {
        jbuf_lit (&b, t == table ? "{\"name\":" : ",{\"name\":");
        jbuf_string (&b, t->queue);
        jbuf_lit (&b, ",");
        print_tally (&b, t);
        jbuf_lit (&b, "}");
    }
    jbuf_lit (&b, "]}");
    tallies_free (table);
    return jbuf_take (&b, NULL);
}

static int job_stats_cb (struct router *r,
                         const flux_msg_t *msg,
                         void *arg,
                         flux_error_t *error)
{
    struct stats_view *sv = arg;
    struct waiter *w;
    char *text;

    if (!manager_may_see (sv->v->m, msg, FLUX_USERID_UNKNOWN)) {
        errno = EPERM;
        return REQUEST_ERROR;
    }
    if (!(text = stats_text (sv->v)))
        return REQUEST_ERROR;
    router_respond (r, msg, text);
    free (text);
    if (!flux_msg_is_streaming (msg))
        return REQUEST_DONE;
    if (!(w = calloc (1, sizeof (*w))))
        return REQUEST_ERROR;
    w->msg = flux_msg_incref (msg);
    DL_APPEND (sv->watchers, w);
    return REQUEST_LATER;
}

static void on_timer (struct loop_source *src, int revents, void *arg)
{
    struct stats_view *sv = arg;
    struct waiter *w;
    char *text;

    sv->pending = false;
    if (!sv->watchers || !(text = stats_text (sv->v)))
        return;
    DL_FOREACH (sv->watchers, w)
    {
        router_respond (sv->v->r, w->msg, text);
    }
    free (text);
}

static void on_entry (void *arg, const struct manager_entry *entry)
{
    struct stats_view *sv = arg;

    if (sv->watchers && !sv->pending) {
        sv->pending = true;
        loop_timer_set (sv->timer, STATS_DELAY, 0.);
    }
}

static void watcher_drop (struct stats_view *sv, struct waiter *w)
{
    DL_DELETE (sv->watchers, w);
    flux_msg_decref (w->msg);
    free (w);
}

void stats_view_disconnect (struct stats_view *sv, const flux_msg_t *msg)
{
    struct waiter *w, *tmp;

    DL_FOREACH_SAFE (sv->watchers, w, tmp)
    {
        if (flux_disconnect_match (msg, w->msg))
            watcher_drop (sv, w);
    }
}

static int cancel_cb (struct router *r,
                      const flux_msg_t *msg,
                      void *arg,
                      flux_error_t *error)
{
    struct stats_view *sv = arg;
    struct waiter *w, *tmp;

    DL_FOREACH_SAFE (sv->watchers, w, tmp)
    {
        if (flux_cancel_match (msg, w->msg)) {
            router_respond_error (r, w->msg, ENODATA, NULL);
            watcher_drop (sv, w);
        }
    }
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "job-list.job-stats", FLUX_ROLE_OWNER | FLUX_ROLE_USER, 0, job_stats_cb },
    { "job-list.job-stats-cancel",
      FLUX_ROLE_OWNER | FLUX_ROLE_USER,
      0,
      cancel_cb },
    { NULL },
};

struct stats_view *stats_view_create (struct view *v)
{
    struct stats_view *sv;
    struct manager_listener listener = { .entry = on_entry };

    if (!(sv = calloc (1, sizeof (*sv))))
        return NULL;
    sv->v = v;
    listener.arg = sv;
    sv->timer = loop_timer_create (manager_loop (v->m),
                                   LOOP_ALWAYS | LOOP_STOPPED,
                                   0.,
                                   0.,
                                   on_timer,
                                   sv);
    if (!sv->timer || manager_listen (v->m, &listener) < 0
        || router_methods_add (v->r, rows, sv) < 0) {
        loop_source_destroy (sv->timer);
        free (sv);
        return NULL;
    }
    return sv;
}

void stats_view_destroy (struct stats_view *sv)
{
    struct waiter *w, *tmp;

    if (!sv)
        return;
    router_methods_remove (sv->v->r, rows);
    DL_FOREACH_SAFE (sv->watchers, w, tmp)
    {
        router_respond_error (sv->v->r, w->msg, ENODATA, NULL);
        watcher_drop (sv, w);
    }
    loop_source_destroy (sv->timer);
    free (sv);
}

unsigned int stats_view_watching (const struct stats_view *sv)
{
    struct waiter *w;
    unsigned int n = 0;

    DL_COUNT (sv->watchers, w, n);
    return n;
}
