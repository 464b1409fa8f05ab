/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What waits for the commit: steps 6 to 8 of an event's life.
 *
 * Everything that is to be told goes into one list in the order it happened,
 * with the number of the batch that makes it durable; numbers never go down
 * along the list.  When a batch is durable the head of the list is told, on
 * a source that runs even while a plugin waits inside a callback.  What acts
 * on jobs is held back then, and runs as work of its own.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <flux/message.h>

#include "manager/manager_private.h"
#include "manager/requests.h"

enum tell_kind {
    TELL_ENTRY,
    TELL_LOG,
    TELL_GUEST_DONE,
    TELL_RESPONSE,
    TELL_PUBLISH,
    TELL_CALL,
};

struct tell {
    STAILQ_ENTRY (tell) link;
    uint64_t batch;
    enum tell_kind kind;
    uint64_t id;
    char *text; /* line, data, answer, payload */
    size_t len;
    const char *path; /* log path, topic, name of an event: behind text */
    /* entry */
    struct event ev;
    int state;
    bool volatile_;
    struct text *extra; /* jobspec or R */
    /* response */
    const flux_msg_t *msg;
    int errnum;
    /* call */
    void (*cb) (void *arg, int errnum);
    void *arg;
};
STAILQ_HEAD (tell_head, tell);

struct listener {
    struct manager_listener l;
    struct listener *next;
};

struct outbox {
    struct manager *m;
    struct tell_head tells;
    struct listener *listeners;
    struct loop_source
        *wake; /* makes sure that a turn, and so its end, comes */
    bool awake;
    bool put_off;     /* the last turn has left its commit to the next */
    uint64_t durable; /* number of the last durable batch */
    uint64_t turns;   /* of the loop, whether something was written or not */
    bool telling;
};

uint64_t outbox_durable (const struct outbox *o)
{
    return o->durable;
}

uint64_t outbox_turns (const struct outbox *o)
{
    return o->turns;
}

uint64_t outbox_batch (const struct outbox *o)
{
    struct store *store = o->m->store;
    uint64_t next = store_next_batch (store);

    return store_dirty (store) || o->m->rows ? next : next - 1;
}

int manager_listen (struct manager *m, const struct manager_listener *l)
{
    struct listener *entry, **p = &m->outbox->listeners;

    if (!(entry = calloc (1, sizeof (*entry))))
        return -1;
    entry->l = *l;
    while (*p)
        p = &(*p)->next;
    *p = entry;
    return 0;
}

/* Something happened that the end of a turn has to deal with, perhaps outside
 * of any turn.
 */
void outbox_wake (struct outbox *o)
{
    if (!o->awake)
        loop_kick (o->wake);
    o->awake = true;
}

static struct tell *tell_add (struct outbox *o, enum tell_kind kind)
{
    struct tell *t;

    if (!(t = calloc (1, sizeof (*t)))) {
        log_errno (PART, "out of memory: something will not be told");
        return NULL;
    }
    t->kind = kind;
    t->batch = outbox_batch (o);
    STAILQ_INSERT_TAIL (&o->tells, t, link);
    outbox_wake (o);
    return t;
}

static void tell_free (struct tell *t)
{
    text_unref (t->extra);
    flux_msg_decref (t->msg);
    free (t->text);
    free (t);
}

const char *outbox_untold (struct outbox *o, uint64_t id, size_t *len)
{
    const struct tell *t;

    STAILQ_FOREACH (t, &o->tells, link)
    {
        /* The store shows no more.  While one is told it shows what comes
         * next, too. */
        if (t->batch > o->durable && !o->telling)
            break;
        if (t->kind != TELL_ENTRY || t->id != id || t->volatile_)
            continue;
        *len = t->len;
        return t->text;
    }
    return NULL;
}

/* Text with a name behind it, in one block. */
static int set_text (struct tell *t,
                     const char *data,
                     size_t len,
                     const char *name)
{
    if (!(t->text = malloc (len + 1 + strlen (name) + 1)))
        return -1;
    memcpy (t->text, data, len);
    t->text[len] = '\0';
    t->len = len;
    t->path = strcpy (t->text + len + 1, name);
    return 0;
}

void outbox_entry (struct outbox *o,
                   const struct job *job,
                   const struct event *ev,
                   char *line,
                   size_t len,
                   bool volatile_)
{
    struct tell *t;

    if (!o->listeners || !(t = tell_add (o, TELL_ENTRY))) {
        free (line);
        return;
    }
    t->id = job->id;
    t->text = line;
    t->len = len;
    if (ev->kind != EVENT_OTHER)
        t->path = event_kind_name (ev->kind);
    else {
        set_text (t, line, len, ev->name);
        free (line);
    }
    t->state = job->state;
    t->volatile_ = volatile_;
    t->ev.kind = ev->kind;
    t->ev.timestamp = ev->timestamp;
    t->ev.userid = ev->userid;
    t->ev.urgency = ev->urgency;
    t->ev.flags = ev->flags;
    t->ev.priority = ev->priority;
    t->ev.severity = ev->severity;
    t->ev.status = ev->status;
    t->ev.final = ev->final;
    t->ev.expiration = ev->expiration;
    if (ev->kind == EVENT_SUBMIT)
        t->extra = text_ref (job->spec);
    else if (ev->kind == EVENT_ALLOC)
        t->extra = text_ref (job->R);
}

void outbox_log (struct outbox *o,
                 uint64_t id,
                 const char *path,
                 const char *data,
                 size_t len)
{
    struct tell *t;

    if (!o->listeners || !(t = tell_add (o, TELL_LOG)))
        return;
    t->id = id;
    if (set_text (t, data, len, path) < 0)
        t->path = NULL;
}

void outbox_guest_done (struct outbox *o, uint64_t id)
{
    struct tell *t;

    if (o->listeners && (t = tell_add (o, TELL_GUEST_DONE)))
        t->id = id;
}

void outbox_inactive (struct outbox *o, uint64_t id)
{
    struct listener *l;

    for (l = o->listeners; l; l = l->next) {
        if (l->l.inactive)
            l->l.inactive (l->l.arg, id);
    }
}

void outbox_publish (struct outbox *o, const char *topic, const char *json)
{
    struct tell *t;

    if (!o->m->router || !(t = tell_add (o, TELL_PUBLISH)))
        return;
    if (set_text (t, json, strlen (json), topic) < 0)
        t->path = NULL;
}

static void tell_entry (struct outbox *o, const struct tell *t)
{
    struct manager_entry entry = {
        .id = t->id,
        .ev = &t->ev,
        .line = t->text,
        .len = t->len,
        .state = t->state,
        .volatile_ = t->volatile_,
    };
    struct event ev = t->ev;
    struct listener *l;

    ev.name = t->path ? t->path : "";
    entry.ev = &ev;
    if (t->extra && ev.kind == EVENT_SUBMIT)
        entry.jobspec = text_str (t->extra);
    else if (t->extra)
        entry.R = t->extra->s;
    for (l = o->listeners; l && t->text; l = l->next) {
        if (l->l.entry)
            l->l.entry (l->l.arg, &entry);
        if (l->l.log && !t->volatile_)
            l->l.log (l->l.arg, t->id, "eventlog", t->text, t->len);
    }
}

static void tell_log (struct outbox *o, const struct tell *t)
{
    struct listener *l;

    for (l = o->listeners; l && t->path; l = l->next) {
        if (l->l.log)
            l->l.log (l->l.arg, t->id, t->path, t->text, t->len);
    }
}

static void tell_guest_done (struct outbox *o, const struct tell *t)
{
    struct listener *l;

    for (l = o->listeners; l; l = l->next) {
        if (l->l.guest_done)
            l->l.guest_done (l->l.arg, t->id);
    }
}

static int respond (struct router *r,
                    const flux_msg_t *msg,
                    int errnum,
                    const char *text)
{
    if (errnum != 0)
        return router_respond_error (r, msg, errnum, text);
    return router_respond (r, msg, text);
}

static void tell_one (struct outbox *o, struct tell *t)
{
    switch (t->kind) {
    case TELL_ENTRY:
        tell_entry (o, t);
        break;
    case TELL_LOG:
        tell_log (o, t);
        break;
    case TELL_GUEST_DONE:
        tell_guest_done (o, t);
        break;
    case TELL_RESPONSE:
        if (respond (o->m->router, t->msg, t->errnum, t->text) < 0)
            log_errno (PART, "answering a request");
        break;
    case TELL_PUBLISH:
        if (t->path
            && router_publish (o->m->router,
                               t->path,
                               FLUX_MSGFLAG_PRIVATE,
                               t->text)
                   < 0)
            log_errno (PART, "publishing %s", t->path);
        break;
    case TELL_CALL:
        t->cb (t->arg, 0);
        break;
    }
}

static void tell_durable (struct outbox *o)
{
    struct tell *t;

    if (o->telling)
        return;
    o->telling = true;
    while ((t = STAILQ_FIRST (&o->tells)) && t->batch <= o->durable) {
        STAILQ_REMOVE_HEAD (&o->tells, link);
        tell_one (o, t);
        tell_free (t);
    }
    o->telling = false;
}

int manager_respond (struct manager *m,
                     const flux_msg_t *req,
                     int errnum,
                     const char *text_or_json)
{
    struct outbox *o = m->outbox;
    struct tell *t;

    if (m->broken)
        return respond (m->router, req, EIO, "the job store has failed");
    if (STAILQ_EMPTY (&o->tells) && outbox_batch (o) <= o->durable)
        return respond (m->router, req, errnum, text_or_json);
    if (!(t = tell_add (o, TELL_RESPONSE)))
        return -1;
    t->msg = flux_msg_incref (req);
    t->errnum = errnum;
    if (text_or_json && !(t->text = strdup (text_or_json)))
        return -1;
    return 0;
}

int manager_when_durable (struct manager *m,
                          void (*cb) (void *arg, int errnum),
                          void *arg)
{
    struct outbox *o = m->outbox;
    struct tell *t;

    if (m->broken)
        cb (arg, EIO);
    else if (STAILQ_EMPTY (&o->tells) && outbox_batch (o) <= o->durable)
        cb (arg, 0);
    else {
        if (!(t = tell_add (o, TELL_CALL)))
            return -1;
        t->cb = cb;
        t->arg = arg;
    }
    return 0;
}

/* The store will take nothing more: what is only in memory never happened.
 * Those who wait are told that, and the owner of the manager decides.
 */
static void store_failed (struct outbox *o, const char *error)
{
    struct manager *m = o->m;
    struct tell *t;

    if (m->broken)
        return;
    m->broken = true;
    log_msg (LOG_CRIT, PART, "the job store has failed: %s", error);
    while ((t = STAILQ_FIRST (&o->tells))) {
        STAILQ_REMOVE_HEAD (&o->tells, link);
        if (t->kind == TELL_RESPONSE)
            respond (m->router, t->msg, EIO, "the job store has failed");
        else if (t->kind == TELL_CALL)
            t->cb (t->arg, EIO);
        tell_free (t);
    }
    if (m->failed)
        m->failed (m->failed_arg, error);
    shutdown_check (m);
    ingest_go_on (m->ingest);
}

void outbox_done (uint64_t batch, int ret, const char *error, void *arg)
{
    struct manager *m = arg;
    struct outbox *o = m->outbox;
    struct store_stats stats;

    if (ret < 0) {
        store_failed (o, error ? error : strerror (errno));
        raiser_durable (m->raiser);
        return;
    }
    o->durable = batch;
    store_stats (m->store, &stats);
    pace_note (m->pace, &stats);
    ingest_go_on (m->ingest);
    tell_durable (o);
    acts_durable (m->acts);
    housekeeping_durable (m->housekeeping);
    raiser_durable (m->raiser);
    start_durable (m->start, batch);
}

void outbox_commit (struct outbox *o)
{
    o->put_off = false;
    if (!o->m->broken) {
        hosts_rows_flush (o->m);
        store_commit (o->m->store);
    }
    tell_durable (o);
}

/* What the scheduler makes of what happened in this turn comes in the next
 * one, at once: one commit does for both.  But not for a third.
 */
void outbox_turn (struct outbox *o)
{
    o->awake = false;
    o->turns++;
    if (o->put_off || !alloc_due (o->m->alloc)) {
        outbox_commit (o);
        return;
    }
    o->put_off = true;
    outbox_wake (o);
    tell_durable (o);
}

struct outbox *outbox_create (struct manager *m)
{
    struct outbox *o;

    if (!(o = calloc (1, sizeof (*o))))
        return NULL;
    o->m = m;
    STAILQ_INIT (&o->tells);
    o->wake = loop_work_create (m->loop, LOOP_ALWAYS, NULL, NULL);
    if (!o->wake) {
        outbox_destroy (o);
        return NULL;
    }
    return o;
}

void outbox_destroy (struct outbox *o)
{
    struct tell *t;
    struct listener *l;

    if (!o)
        return;
    while ((t = STAILQ_FIRST (&o->tells))) {
        STAILQ_REMOVE_HEAD (&o->tells, link);
        if (t->kind == TELL_CALL)
            t->cb (t->arg, ECANCELED);
        tell_free (t);
    }
    while ((l = o->listeners)) {
        o->listeners = l->next;
        free (l);
    }
    if (o->wake)
        loop_source_destroy (o->wake);
    free (o);
}
