/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-manager.events-journal: the events of all active jobs so far, then
 * every event as it becomes durable.
 *
 * The backlog is read in slices, in the order of ids, which is that of time.
 * For one consumer a job is either ahead of the walk, and its new events will
 * be found in its log, or behind it, and they are passed on as they are told.
 * One that leaves memory ahead of a walk that goes through memory alone is
 * sent then: all it had has been told.  What the store shows already but has
 * not been told yet is cut from the log that is read, or it would come twice.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "manager/manager_private.h"
#include "manager/requests.h"
#include "wire/jbuf.h"
#include "wire/requests_job.h"

#define PAGE 64 /* ids of finished jobs read at a time */

/* The jobs there were when the consumer came: those in memory, and if it
 * wants all, those that have a row in the store, merged.
 */
struct backlog {
    bool under_way;
    uint64_t at;  /* of the job sent last */
    uint64_t end; /* no job after this one belongs to it */
    struct manager_walk walk;
    /* with filter.full */
    uint64_t page[PAGE];
    unsigned int count, next;
    uint64_t beyond; /* ids from here on are not in a page yet */
};

struct consumer {
    const flux_msg_t *msg;
    struct req_journal filter;
    struct backlog backlog;
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

static bool is_ahead (const struct backlog *b, uint64_t id)
{
    return b->under_way && id > b->at && id <= b->end;
}

static void told (void *arg, const struct manager_entry *entry)
{
    struct evjournal *j = arg;
    struct consumer *c;

    j->told++;
    DL_FOREACH2 (j->consumers, c, next_consumer)
    {
        struct message msg = { 0 };

        if (is_ahead (&c->backlog, entry->id) || !wanted (c, entry->ev->name))
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

/* The record of an active job that is not in memory is one that was set aside.
 */
static int send_stored (const struct store_job *row, void *arg)
{
    struct row_context *ctx = arg;

    if (row->state != FLUX_JOB_STATE_INACTIVE)
        return 0;
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

static bool read_page (struct evjournal *j, struct consumer *c)
{
    struct backlog *b = &c->backlog;
    int n;

    b->count = b->next = 0;
    if (!c->filter.full || b->beyond > b->end)
        return false;
    if ((n = store_next_jobs (j->m->store, b->beyond, b->page, PAGE)) < 0) {
        log_errno (PART, "events-journal: reading the ids of jobs");
        n = 0;
    }
    b->beyond = n == PAGE ? b->page[PAGE - 1] + 1 : b->end + 1;
    b->count = n;
    return n > 0;
}

/* 0: there is none. */
static uint64_t next_id (struct evjournal *j, struct consumer *c)
{
    struct backlog *b = &c->backlog;
    uint64_t id = 0;

    if (b->next < b->count || read_page (j, c))
        id = b->page[b->next];
    if (b->walk.next && (id == 0 || b->walk.next->id <= id))
        id = manager_walk_next (j->m, &b->walk)->id;
    if (b->next < b->count && b->page[b->next] == id)
        b->next++;
    return id;
}

static void backlog_end (struct evjournal *j, struct consumer *c)
{
    manager_walk_end (j->m, &c->backlog.walk);
    c->backlog.under_way = false;
}

/* A consumer that has come to the end of its backlog hears so. */
static void send_slice (struct evjournal *j, struct consumer *c)
{
    double until = clock_monotonic (j->m->clock) + SLICE_SECONDS;
    struct backlog *b = &c->backlog;
    uint64_t id;

    do {
        if ((id = next_id (j, c)) == 0 || id > b->end) {
            backlog_end (j, c);
            send_sentinel (j, c);
            return;
        }
        b->at = id;
        send_job (j, c, id);
    } while (clock_monotonic (j->m->clock) < until
             && !router_is_behind (j->m->router, c->msg));
}

/* Those that have a backlog, and read what they get, take turns. */
static void send_backlogs (struct loop_source *src, int revents, void *arg)
{
    struct evjournal *j = arg;
    struct consumer *c;

    DL_FOREACH2 (j->consumers, c, next_consumer)
    {
        if (c->backlog.under_way && !router_is_behind (j->m->router, c->msg))
            break;
    }
    if (!c)
        return;
    DL_DELETE2 (j->consumers, c, prev, next_consumer);
    DL_APPEND2 (j->consumers, c, prev, next_consumer);
    send_slice (j, c);
    loop_kick (j->work);
}

/* Will the walk come to this job, which leaves memory, in the store? */
static bool is_in_pages (const struct consumer *c, uint64_t id)
{
    const struct backlog *b = &c->backlog;

    if (!c->filter.full)
        return false;
    for (unsigned int i = b->next; i < b->count; i++) {
        if (b->page[i] == id)
            return true;
    }
    return id >= b->beyond;
}

static void leaves_memory (void *arg, uint64_t id)
{
    struct evjournal *j = arg;
    struct consumer *c;

    DL_FOREACH2 (j->consumers, c, next_consumer)
    {
        if (j->m->store && is_ahead (&c->backlog, id) && !is_in_pages (c, id))
            send_job (j, c, id);
    }
}

/* Active jobs, and with `full` those that have finished. */
static int backlog_begin (struct evjournal *j, struct consumer *c)
{
    struct store_counts counts = { 0 };
    struct backlog *b = &c->backlog;

    if (c->filter.full && store_counts (j->m->store, &counts) < 0)
        return -1;
    manager_walk_begin (j->m, &b->walk);
    b->end = b->walk.last ? b->walk.last->id : 0;
    if (counts.max_id > b->end)
        b->end = counts.max_id;
    b->under_way = true;
    loop_kick (j->work);
    return 0;
}

/* ---- requests ---- */

static void consumer_free (struct evjournal *j, struct consumer *c)
{
    backlog_end (j, c);
    flux_msg_decref (c->msg);
    req_journal_clear (&c->filter);
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
        || backlog_begin (j, c) < 0) {
        int saved_errno = errno;
        consumer_free (j, c);
        errno = saved_errno;
        return REQUEST_ERROR;
    }
    c->msg = flux_msg_incref (msg);
    DL_APPEND2 (j->consumers, c, prev, next_consumer);
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
        consumer_free (j, c);
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
    struct manager_listener l = { .entry = told, .inactive = leaves_memory };

    if (!(j = calloc (1, sizeof (*j))))
        return NULL;
    j->m = m;
    l.arg = j;
    j->work =
        loop_work_create (m->loop, LOOP_ALWAYS | LOOP_BULK, send_backlogs, j);
    if (!j->work || (m->router && router_kick_add (m->router, j->work) < 0)
        || manager_listen (m, &l) < 0) {
        evjournal_destroy (j);
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
        consumer_free (j, c);
    }
    if (j->m->router)
        router_kick_remove (j->m->router, j->work);
    loop_source_destroy (j->work);
    free (j);
}
