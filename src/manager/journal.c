/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-manager.events-journal: the events of all active jobs so far, then
 * every event as it becomes durable.
 *
 * The backlog is read from the store in slices.  For one consumer a job is
 * either ahead of the walk, and its new events will be found in its log, or
 * behind it, and they are passed on as they are told.  What the store shows
 * already but has not been told yet is cut from the log that is read, or it
 * would come twice.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "manager/manager_private.h"
#include "manager/requests.h"
#include "wire/jbuf.h"
#include "wire/requests_job.h"

struct consumer {
    const flux_msg_t *msg;
    struct req_journal filter;
    uint64_t *ids; /* the backlog's jobs, ascending; NULL: it is sent */
    size_t count;
    size_t next;
    struct consumer *prev;
    struct consumer *next_consumer;
};

struct evjournal {
    struct manager *m;
    struct consumer *consumers;
    struct loop_source *work;
    unsigned int told;
};

static bool listed (char *const *names, const char *name)
{
    for (; *names; names++) {
        if (!strcmp (*names, name))
            return true;
    }
    return false;
}

static bool wanted (const struct consumer *c, const char *name)
{
    if (c->filter.deny && listed (c->filter.deny, name))
        return false;
    return !c->filter.allow || listed (c->filter.allow, name);
}

/* {"id":ID,"events":[...] and what goes with them; adds nothing but events
 * that are wanted.
 */
struct message {
    struct jbuf b;
    unsigned int events;
    bool submit;
    bool alloc;
};

static void message_begin (struct message *msg, uint64_t id)
{
    jbuf_lit (&msg->b, "{\"id\":");
    jbuf_int (&msg->b, (int64_t)id);
    jbuf_lit (&msg->b, ",\"events\":[");
}

static void message_add (struct message *msg,
                         const struct consumer *c,
                         const char *name,
                         const char *line,
                         size_t len)
{
    if (!wanted (c, name))
        return;
    if (len > 0 && line[len - 1] == '\n')
        len--;
    if (msg->events++ > 0)
        jbuf_lit (&msg->b, ",");
    jbuf_raw (&msg->b, line, len);
    msg->submit |= !strcmp (name, "submit");
    msg->alloc |= !strcmp (name, "alloc");
}

static void message_send (struct message *msg,
                          struct evjournal *j,
                          const struct consumer *c,
                          const char *jobspec,
                          const char *R,
                          bool even_empty)
{
    char *s;

    jbuf_lit (&msg->b, "]");
    if (msg->submit && jobspec) {
        jbuf_lit (&msg->b, ",\"jobspec\":");
        jbuf_lit (&msg->b, jobspec);
    }
    if (msg->alloc && R) {
        jbuf_lit (&msg->b, ",\"R\":");
        jbuf_lit (&msg->b, R);
    }
    jbuf_lit (&msg->b, "}");
    if ((s = jbuf_take (&msg->b, NULL)) && (msg->events > 0 || even_empty))
        router_respond (j->m->router, c->msg, s);
    free (s);
}

/* ---- what is told ---- */

static bool behind (const struct consumer *c, uint64_t id)
{
    return !c->ids || c->next == c->count || id < c->ids[c->next]
           || id > c->ids[c->count - 1];
}

static void told (void *arg, const struct manager_entry *entry)
{
    struct evjournal *j = arg;
    struct consumer *c;

    j->told++;
    DL_FOREACH2 (j->consumers, c, next_consumer)
    {
        struct message msg = { 0 };

        if (!behind (c, entry->id) || !wanted (c, entry->ev->name))
            continue;
        message_begin (&msg, entry->id);
        message_add (&msg, c, entry->ev->name, entry->line, entry->len);
        message_send (&msg, j, c, entry->jobspec, entry->R, false);
    }
}

/* ---- the backlog ---- */

static void send_log (struct evjournal *j,
                      struct consumer *c,
                      uint64_t id,
                      const char *jobspec)
{
    struct message msg = { 0 };
    char *R = NULL;
    size_t size, len, pos = 0;
    const char *line, *untold;
    size_t untold_len = 0;
    char *log;

    if (store_log_get (j->m->store, id, "eventlog", &log, &size) < 0)
        return;
    untold = outbox_untold (j->m->outbox, id, &untold_len);
    message_begin (&msg, id);
    while (eventlog_next (log, size, &pos, &line, &len)) {
        struct wire_event w;

        if (untold && len + 1 == untold_len && !memcmp (line, untold, len))
            break;
        if (wire_event_decode (&w, NULL, line, len, NULL) < 0)
            continue;
        message_add (&msg, c, w.ev.name, line, len);
        wire_event_finish (&w);
    }
    if (msg.alloc)
        (void)store_value_get (j->m->store, id, "R", &R, NULL);
    message_send (&msg, j, c, jobspec, R, false);
    free (R);
    free (log);
}

struct row_context {
    struct evjournal *j;
    struct consumer *c;
};

static int send_stored (const struct store_job *row, void *arg)
{
    struct row_context *ctx = arg;

    send_log (ctx->j, ctx->c, row->id, row->jobspec);
    return 0;
}

static void send_job (struct evjournal *j, struct consumer *c, uint64_t id)
{
    struct job *job = manager_job (j->m, id);
    struct row_context ctx = { j, c };

    if (job)
        send_log (j, c, id, job->spec ? text_str (job->spec) : NULL);
    else
        store_job_get (j->m->store, id, send_stored, &ctx);
}

static void send_sentinel (struct evjournal *j, const struct consumer *c)
{
    struct message msg = { 0 };

    message_begin (&msg, FLUX_JOBID_ANY);
    message_send (&msg, j, c, NULL, NULL, true);
}

/* True if there is more to send than time was. */
static bool send_slice (struct evjournal *j, struct consumer *c, double until)
{
    while (c->next < c->count) {
        send_job (j, c, c->ids[c->next++]);
        if (clock_monotonic (j->m->clock) > until)
            return true;
    }
    free (c->ids);
    c->ids = NULL;
    send_sentinel (j, c);
    return false;
}

static void send_backlogs (struct loop_source *src, int revents, void *arg)
{
    struct evjournal *j = arg;
    double until = clock_monotonic (j->m->clock) + SLICE_SECONDS;
    struct consumer *c;
    bool more = false;

    DL_FOREACH2 (j->consumers, c, next_consumer)
    {
        if (c->ids)
            more |= send_slice (j, c, until);
    }
    if (more)
        loop_kick (j->work);
}

static int compare_ids (const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static int note_id (const struct store_job *row, void *arg)
{
    struct consumer *c = arg;

    c->ids[c->count++] = row->id;
    return 0;
}

/* A job that is INACTIVE and not forgotten yet may be in both.  Active jobs
 * alone are mostly in order already, and may be a million.
 */
static void sort_ids (struct consumer *c)
{
    size_t n = 1, size = c->count;

    while (n < size && c->ids[n - 1] < c->ids[n])
        n++;
    if (n >= size)
        return;
    qsort (c->ids, size, sizeof (*c->ids), compare_ids);
    c->count = 0;
    for (size_t i = 0; i < size; i++) {
        if (i == 0 || c->ids[i] != c->ids[i - 1])
            c->ids[c->count++] = c->ids[i];
    }
}

/* Active jobs, and with `full` those that have finished. */
static int list_backlog (struct evjournal *j, struct consumer *c)
{
    struct store_counts counts = { 0 };
    size_t size = j->m->active_count + 1;
    struct manager_walk walk = { 0 };
    struct job *job;

    if (c->filter.full && store_counts (j->m->store, &counts) == 0)
        size += counts.inactive;
    if (!(c->ids = calloc (size, sizeof (*c->ids))))
        return -1;
    manager_walk_begin (j->m, &walk);
    while ((job = manager_walk_next (j->m, &walk))) {
        if (job->submitted)
            c->ids[c->count++] = job->id;
    }
    if (c->filter.full
        && store_each_inactive (j->m->store, 0., counts.inactive, note_id, c)
               < 0)
        return -1;
    sort_ids (c);
    return 0;
}

/* ---- requests ---- */

static void consumer_free (struct consumer *c)
{
    flux_msg_decref (c->msg);
    req_journal_clear (&c->filter);
    free (c->ids);
    free (c);
}

static int handle_journal (struct router *r,
                           const flux_msg_t *msg,
                           void *arg,
                           flux_error_t *error)
{
    struct manager *m = arg;
    struct evjournal *j = m->journal;
    struct consumer *c;

    if (!flux_msg_is_streaming (msg))
        return err_set (error,
                        EPROTO,
                        "job-manager.events requires streaming RPC flag");
    if (!(c = calloc (1, sizeof (*c))))
        return REQUEST_ERROR;
    if (req_journal_decode (msg, &c->filter, error) < 0
        || list_backlog (j, c) < 0) {
        int saved_errno = errno;
        consumer_free (c);
        errno = saved_errno;
        return REQUEST_ERROR;
    }
    c->msg = flux_msg_incref (msg);
    DL_APPEND2 (j->consumers, c, prev, next_consumer);
    loop_kick (j->work);
    return REQUEST_LATER;
}

void evjournal_gone (struct evjournal *j, const flux_msg_t *msg)
{
    struct consumer *c, *tmp;

    DL_FOREACH_SAFE2 (j->consumers, c, tmp, next_consumer)
    {
        if (!router_same_client (c->msg, msg))
            continue;
        router_respond_error (j->m->router, c->msg, ENODATA, NULL);
        DL_DELETE2 (j->consumers, c, prev, next_consumer);
        consumer_free (c);
    }
}

static int handle_cancel (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct manager *m = arg;

    evjournal_gone (m->journal, msg);
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "job-manager.events-journal", FLUX_ROLE_OWNER, 0, handle_journal },
    { "job-manager.events-journal-cancel", FLUX_ROLE_OWNER, 0, handle_cancel },
    { NULL },
};

const struct request_row *journal_requests (void)
{
    return rows;
}

unsigned int evjournal_listeners (const struct evjournal *j)
{
    const struct consumer *c;
    unsigned int n;

    DL_COUNT2 (j->consumers, c, n, next_consumer);
    return n;
}

unsigned int evjournal_events (const struct evjournal *j)
{
    return j->told;
}

struct evjournal *evjournal_create (struct manager *m)
{
    struct evjournal *j;
    struct manager_listener l = { .entry = told };

    if (!(j = calloc (1, sizeof (*j))))
        return NULL;
    j->m = m;
    l.arg = j;
    if (!(j->work = loop_work_create (m->loop, LOOP_ALWAYS, send_backlogs, j))
        || manager_listen (m, &l) < 0) {
        if (j->work)
            loop_source_destroy (j->work);
        free (j);
        return NULL;
    }
    loop_source_set_name (j->work, "events-journal");
    return j;
}

void evjournal_destroy (struct evjournal *j)
{
    struct consumer *c, *tmp;

    if (!j)
        return;
    DL_FOREACH_SAFE2 (j->consumers, c, tmp, next_consumer)
    {
        router_respond_error (j->m->router, c->msg, ENODATA, NULL);
        DL_DELETE2 (j->consumers, c, prev, next_consumer);
        consumer_free (c);
    }
    loop_source_destroy (j->work);
    free (j);
}
