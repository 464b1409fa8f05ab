/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Dropping blobs that nobody needs (RFC 10, "Garbage Collection").
 *
 * A collection goes on beside all other work, in slices.  It marks what can
 * be reached from the roots there were when it began, then looks at all blobs
 * in the order of their names and deletes those without a mark.  What is put
 * meanwhile, and what a commit refers to, gets its mark at once, so a tree
 * that is in use cannot lose a blob.
 *
 * Roots are those of namespaces, what jobs left in theirs, and those that
 * kvs.getroot told of in the last minutes (somebody may be reading there).
 * Blobs that a client stored himself are spared as long as the broker runs,
 * or until a tree has referred to them.
 *
 * One begins when the broker starts, when the blobs that were written are
 * more than those that were left the last time, and when kvs.gc asks.
 */

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/log.h"
#include "kvs/marks.h"
#include "kvs/private.h"

/* Of one slice: entries of directories looked at, keys of blobs, marks. */
#define ENTRIES_SLICE 500
#define KEYS_SLICE 250
#define MARKS_SLICE 2000
/* Seconds between slices, so that they take a part of the time only. */
#define PAUSE 0.002
/* So many blobs, or bytes, are left lying beside what is needed. */
#define SPARE_BLOBS 2000
#define SPARE_BYTES (32UL * 1024 * 1024)
/* Bytes that a needed blob is taken for. */
#define BYTES_PER_BLOB 1024
/* Seconds that a root which was told is kept. */
#define TOLD_FOR 600.

enum phase { IDLE, BEGIN, MARK, SETTLE, SWEEP, FORGET };

struct gc_request {
    const flux_msg_t *msg;
    uint64_t cycle; /* it is answered when this one is over */
    struct gc_request *prev, *next;
};

struct collector {
    struct kvs *k;
    enum phase phase;
    struct loop_source *timer;
    struct marks marks;
    char at[BLOBREF_SIZE];    /* the last key looked at */
    bool guests;              /* not all that jobs left was marked */
    struct spared *told;      /* roots */
    struct spared *stored;    /* by clients */
    struct gc_request *asked; /* kvs.gc */
    uint64_t cycles;          /* that are over */
    uint64_t reclaimed;       /* in this one */
    uint64_t live;            /* marked by the last one */
    struct blob_stats before; /* of blobs when the last one was over */
};

static void schedule (struct collector *c, double delay)
{
    loop_timer_set (c->timer, delay, 0.);
}

void collector_told (struct collector *c, const char *ref)
{
    spared_add (&c->told, ref, loop_now (manager_loop (c->k->m)));
}

void collector_reading (struct collector *c, const char *ref)
{
    uint8_t digest[DIGEST_SIZE];
    struct spared *sp;

    blobref_digest (ref, digest);
    if ((sp = spared_find (c->told, digest)))
        sp->told = loop_now (manager_loop (c->k->m));
}

void collector_stored (struct collector *c, const char *ref)
{
    spared_add (&c->stored, ref, 0.);
}

/* ---- what goes on beside a collection ---- */

int collector_used (struct collector *c, const char *ref, bool dir)
{
    if (c->phase == IDLE || c->phase == FORGET)
        return 0;
    if (marks_add (&c->marks, ref, dir) < 0)
        return -1;
    /* Later there is nobody who would look into it. */
    while (c->phase == SWEEP && c->marks.todo) {
        if (marks_next (&c->marks, c->k->blobs, true) < 0)
            return -1;
    }
    return 0;
}

/* A blob was put, or was there already. */
static void put_cb (const char *ref, void *arg)
{
    struct collector *c = arg;

    if (c->phase != IDLE && c->phase != FORGET)
        marks_put (&c->marks, ref);
}

/* ---- the phases ---- */

static int mark_roots (struct collector *c)
{
    double now = loop_now (manager_loop (c->k->m));
    struct namespace *ns, *nstmp;
    struct spared *sp, *tmp;
    char ref[BLOBREF_SIZE];

    HASH_ITER (hh, c->k->namespaces, ns, nstmp)
    {
        if (marks_add (&c->marks, ns->head.ref, true) < 0
            || marks_add (&c->marks, ns->shown.ref, true) < 0)
            return -1;
    }
    HASH_ITER (hh, c->told, sp, tmp)
    {
        if (now - sp->told > TOLD_FOR) {
            spared_drop (&c->told, sp);
            continue;
        }
        blobref_of_digest (sp->digest, ref);
        if (marks_add (&c->marks, ref, true) < 0)
            return -1;
    }
    return 0;
}

/* What jobs left is there as long as there is a record of the job. */
static int mark_guest (const char *key, void *arg)
{
    struct collector *c = arg;
    struct namespace ns = { 0 };
    uint32_t owner;
    uint64_t id;

    if (!(id = guest_key_job (key))) {
        c->guests = c->guests && strcmp (key, "guest.") < 0;
        return 0;
    }
    snprintf (c->at, sizeof (c->at), "%s", key);
    c->guests = true;
    if (view_owner (c->k->view, id, &owner) < 0 && errno == ENOENT)
        return store_value_put (c->k->store, KVS_STORE_ID, key, NULL, 0);
    if (namespace_load (c->k, key, &ns) < 0)
        return errno == EINVAL ? 0 : -1;
    return marks_add (&c->marks, ns.head.ref, true);
}

static int mark_slice (struct collector *c)
{
    int n, entries = 0;

    while (c->marks.todo && entries < ENTRIES_SLICE) {
        if ((n = marks_next (&c->marks, c->k->blobs, false)) < 0)
            return -1;
        entries += n;
    }
    if (c->marks.todo || !c->guests)
        return 0;
    c->guests = false;
    return store_each_value (c->k->store,
                             KVS_STORE_ID,
                             c->at,
                             KEYS_SLICE,
                             mark_guest,
                             c);
}

static int sweep_cb (const char *key, void *arg)
{
    struct collector *c = arg;
    uint8_t digest[DIGEST_SIZE];
    struct spared *sp;
    struct mark *m;

    if (!blobref_valid (key))
        return 0;
    strcpy (c->at, key);
    blobref_digest (key, digest);
    m = marks_find (&c->marks, digest);
    sp = spared_find (c->stored, digest);
    if (m && !m->put && sp)
        spared_drop (&c->stored, sp);
    if (m || sp)
        return 0;
    c->reclaimed++;
    return blob_delete (c->k->blobs, key);
}

static void answer (struct collector *c)
{
    struct gc_request *req, *tmp;

    DL_FOREACH_SAFE (c->asked, req, tmp)
    {
        if (req->cycle > c->cycles)
            continue;
        router_respond_pack (c->k->r,
                             req->msg,
                             "{s:I s:I}",
                             "marked",
                             (json_int_t)c->live,
                             "reclaimed",
                             (json_int_t)c->reclaimed);
        DL_DELETE (c->asked, req);
        flux_msg_decref (req->msg);
        free (req);
    }
}

static void end (struct collector *c)
{
    c->live = HASH_COUNT (c->marks.table);
    c->cycles++;
    blobs_stats (c->k->blobs, &c->before);
    c->marks.todo = NULL;
    c->phase = FORGET;
    answer (c);
    schedule (c, 0.);
}

/* The slice is durable: go on. */
struct step {
    struct collector *c;
    uint64_t ticket;
};

static void step_done (void *arg, int errnum)
{
    struct step *step = arg;
    struct collector *c = step->c;

    if (errnum == 0) {
        blobs_durable (c->k->blobs, step->ticket);
        if (c->phase == SETTLE) {
            /* What was not durable when this began is by now: the roots that
             * can be seen are those that were marked, or later ones. */
            c->phase = SWEEP;
            strcpy (c->at, "sha1-");
        }
        schedule (c, PAUSE);
    }
    free (step);
}

static int when_durable (struct collector *c)
{
    struct step *step = calloc (1, sizeof (*step));

    if (!step)
        return -1;
    step->c = c;
    step->ticket = blobs_ticket (c->k->blobs);
    if (manager_when_durable (c->k->m, step_done, step) == 0)
        return 0;
    free (step);
    return -1;
}

/* 1: go on after a pause; 0: when what was written is durable. */
static int slice (struct collector *c)
{
    uint64_t before = c->reclaimed;
    char last[BLOBREF_SIZE];

    switch (c->phase) {
    case IDLE:
        return 0;
    case BEGIN:
        /* A namespace that is going is neither here nor in the store. */
        if (c->k->leaving > 0)
            return 1;
        c->phase = MARK;
        c->guests = true;
        strcpy (c->at, "guest.");
        c->reclaimed = 0;
        return mark_roots (c) < 0 ? -1 : 1;
    case MARK:
        if (mark_slice (c) < 0)
            return -1;
        if (c->marks.todo || c->guests)
            return 1;
        c->phase = SETTLE;
        return when_durable (c);
    case SETTLE:
        return 0;
    case SWEEP:
        strcpy (last, c->at);
        if (store_each_value (c->k->store,
                              KVS_STORE_ID,
                              last,
                              KEYS_SLICE,
                              sweep_cb,
                              c)
            < 0)
            return -1;
        if (!strcmp (last, c->at)) {
            end (c);
            return 0;
        }
        return c->reclaimed == before ? 1 : when_durable (c);
    case FORGET:
        marks_forget (&c->marks, MARKS_SLICE);
        if (c->marks.table)
            return 1;
        c->phase = c->asked ? BEGIN : IDLE;
        return c->asked ? 1 : 0;
    }
    return 0;
}

/* What cannot be read or kept in mind is no reason to delete anything. */
static void give_up (struct collector *c)
{
    log_errno ("kvs", "looking for blobs that are not needed");
    end (c);
}

static void timer_cb (struct loop_source *src, int revents, void *arg)
{
    struct collector *c = arg;
    int rc = slice (c);

    if (rc < 0)
        give_up (c);
    else if (rc > 0)
        schedule (c, PAUSE);
}

static void begin (struct collector *c)
{
    if (c->phase != IDLE)
        return;
    c->phase = BEGIN;
    schedule (c, 0.);
}

void collector_check (struct collector *c)
{
    struct blob_stats now;

    if (c->phase != IDLE)
        return;
    blobs_stats (c->k->blobs, &now);
    if (now.puts - c->before.puts > SPARE_BLOBS + c->live
        || now.put_bytes - c->before.put_bytes
               > SPARE_BYTES + BYTES_PER_BLOB * c->live)
        begin (c);
}

/* ---- requests ---- */

static int handle_gc (struct router *r,
                      const flux_msg_t *msg,
                      void *arg,
                      flux_error_t *error)
{
    struct kvs *k = arg;
    struct collector *c = k->collector;
    struct gc_request *req = calloc (1, sizeof (*req));

    if (!req)
        return REQUEST_ERROR;
    req->msg = flux_msg_incref (msg);
    /* One that is under way may have passed what is garbage now. */
    req->cycle = c->cycles + 1;
    if (c->phase == MARK || c->phase == SETTLE || c->phase == SWEEP)
        req->cycle++;
    DL_APPEND (c->asked, req);
    begin (c);
    return REQUEST_LATER;
}

static void drop_requests (struct collector *c, const flux_msg_t *msg)
{
    struct gc_request *req, *tmp;

    DL_FOREACH_SAFE (c->asked, req, tmp)
    {
        if (msg && !flux_disconnect_match (msg, req->msg))
            continue;
        if (!msg)
            router_respond_error (c->k->r, req->msg, ENOSYS, NULL);
        DL_DELETE (c->asked, req);
        flux_msg_decref (req->msg);
        free (req);
    }
}

void collector_disconnect (struct collector *c, const flux_msg_t *msg)
{
    drop_requests (c, msg);
}

static const struct request_row rows[] = {
    { "kvs.gc", FLUX_ROLE_OWNER, 0, handle_gc },
    { NULL },
};

const struct request_row *collector_requests (void)
{
    return rows;
}

/* ---- life ---- */

struct collector *collector_create (struct kvs *k)
{
    struct collector *c = calloc (1, sizeof (*c));

    if (!c)
        return NULL;
    c->k = k;
    if (!(c->timer = loop_timer_create (manager_loop (k->m),
                                        LOOP_HOLDABLE,
                                        0.,
                                        0.,
                                        timer_cb,
                                        c))) {
        free (c);
        return NULL;
    }
    loop_source_set_counted (c->timer, false);
    blobs_on_put (k->blobs, put_cb, c);
    c->phase = BEGIN;
    return c;
}

void collector_destroy (struct collector *c)
{
    if (!c)
        return;
    drop_requests (c, NULL);
    loop_source_destroy (c->timer);
    blobs_on_put (c->k->blobs, NULL, NULL);
    marks_forget (&c->marks, SIZE_MAX);
    spared_clear (&c->told);
    spared_clear (&c->stored);
    free (c);
}
