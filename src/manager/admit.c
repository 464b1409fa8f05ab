/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Submissions that come faster than they become durable.
 *
 * A client may have thousands under way.  Carried out as they come, they would
 * all be ahead of another client's only one.  So no more are carried out than
 * the store keeps up with (pace.c); the others wait here, those of each client
 * in order, and clients take turns.  Of a client that has many waiting nothing
 * more is read.
 *
 * Requests from within this process are carried out at once: a plugin may wait
 * for the answer inside a callback, where nothing here goes on.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uthash.h>
#include <utlist.h>

#include "manager/manager_private.h"
#include "manager/requests.h"

/* A client that has so many waiting is not read from, until half are left. */
#define WAITING_MAX 2048
#define WAITING_BYTES (8UL << 20)
/* The disk may be full, which no commit tells: seconds to the next look. */
#define LOOK_AGAIN 0.1

struct waiting {
    STAILQ_ENTRY (waiting) link;
    const flux_msg_t *msg;
};

/* A client of which submissions wait. */
struct queue {
    char *uuid;
    STAILQ_HEAD (, waiting) list;
    unsigned int count;
    size_t bytes;
    bool paused;
    UT_hash_handle hh;
    struct queue *prev, *next;
};

struct admission {
    struct manager *m;
    admit_f submit;
    struct queue *queues; /* the first has its turn */
    struct queue *by_uuid;
    unsigned int count;
    struct loop_source *work;
    struct loop_source *timer;
    uint64_t turn; /* of the loop, that those who do not wait share */
    double until;
};

static size_t size_of (const flux_msg_t *msg)
{
    const void *data;
    size_t size;

    return flux_msg_get_payload (msg, &data, &size) < 0 ? 0 : size;
}

static void queue_free (struct admission *a, struct queue *q)
{
    struct waiting *w;

    DL_DELETE (a->queues, q);
    HASH_DEL (a->by_uuid, q);
    while ((w = STAILQ_FIRST (&q->list))) {
        STAILQ_REMOVE_HEAD (&q->list, link);
        flux_msg_decref (w->msg);
        free (w);
        a->count--;
    }
    free (q->uuid);
    free (q);
}

static struct queue *queue_of (struct admission *a, const flux_msg_t *msg)
{
    const char *uuid = flux_msg_route_last (msg);
    struct queue *q = NULL;

    if (!uuid) {
        errno = EPROTO;
        return NULL;
    }
    HASH_FIND_STR (a->by_uuid, uuid, q);
    if (q)
        return q;
    if (!(q = calloc (1, sizeof (*q))) || !(q->uuid = strdup (uuid))) {
        free (q);
        return NULL;
    }
    STAILQ_INIT (&q->list);
    HASH_ADD_KEYPTR (hh, a->by_uuid, q->uuid, strlen (q->uuid), q);
    DL_APPEND (a->queues, q);
    return q;
}

static void pause_client (struct admission *a,
                          struct queue *q,
                          const flux_msg_t *msg)
{
    bool many = q->count >= WAITING_MAX || q->bytes >= WAITING_BYTES;
    bool few = q->count < WAITING_MAX / 2 && q->bytes < WAITING_BYTES / 2;

    if (q->paused ? !few : !many)
        return;
    q->paused = !q->paused;
    router_pause (a->m->router, msg, q->paused);
}

static int enqueue (struct admission *a, const flux_msg_t *msg)
{
    struct queue *q = queue_of (a, msg);
    struct waiting *w = q ? calloc (1, sizeof (*w)) : NULL;

    if (!w) {
        if (q && q->count == 0)
            queue_free (a, q);
        return REQUEST_ERROR;
    }
    w->msg = flux_msg_incref (msg);
    STAILQ_INSERT_TAIL (&q->list, w, link);
    q->count++;
    q->bytes += size_of (msg);
    a->count++;
    pause_client (a, q, msg);
    loop_kick (a->work);
    return REQUEST_LATER;
}

/* The next request, the caller's to release. */
static const flux_msg_t *dequeue (struct admission *a)
{
    struct queue *q = a->queues;
    struct waiting *w = STAILQ_FIRST (&q->list);
    const flux_msg_t *msg = w->msg;

    STAILQ_REMOVE_HEAD (&q->list, link);
    free (w);
    q->count--;
    q->bytes -= size_of (msg);
    a->count--;
    DL_DELETE (a->queues, q);
    DL_APPEND (a->queues, q);
    pause_client (a, q, msg);
    if (q->count == 0)
        queue_free (a, q);
    return msg;
}

/* Where all is refused, that is done at once. */
static bool may_go_on (const struct manager *m)
{
    return pace_has_room (m) || m->broken || m->stopping
           || store_full (m->store, NULL);
}

static void go_on (struct loop_source *src, int revents, void *arg)
{
    struct admission *a = arg;
    struct router *r = a->m->router;
    double until = clock_monotonic (a->m->clock) + SLICE_SECONDS;
    uint64_t begin = store_pending (a->m->store);

    while (a->queues && may_go_on (a->m)) {
        const flux_msg_t *msg = dequeue (a);
        flux_error_t error = { .text = "" };

        errno = 0;
        if (a->submit (a->m, msg, &error) == REQUEST_ERROR)
            router_respond_error (r, msg, errno, error.text);
        flux_msg_decref (msg);
        if (clock_monotonic (a->m->clock) > until
            || (pace_has_room (a->m) && !pace_goes_on (a->m, begin))) {
            loop_kick (a->work);
            return;
        }
    }
    if (a->queues)
        loop_timer_set (a->timer, LOOK_AGAIN, 0.);
}

static void look_again (struct loop_source *src, int revents, void *arg)
{
    admission_kick (arg);
}

/* What comes in one turn may take a whole slice of it, all clients together. */
static bool has_time (struct admission *a)
{
    uint64_t turn = outbox_turns (a->m->outbox);
    double now = clock_monotonic (a->m->clock);

    if (a->turn != turn) {
        a->turn = turn;
        a->until = now + SLICE_SECONDS;
    }
    return now <= a->until;
}

/* A client that has none waiting is let past those who have, where the store
 * can still be expected to keep up.
 */
static bool may_pass (struct admission *a, const flux_msg_t *msg)
{
    const char *uuid = flux_msg_route_last (msg);
    struct queue *q = NULL;

    if (!a->queues)
        return may_go_on (a->m) && has_time (a);
    if (uuid)
        HASH_FIND_STR (a->by_uuid, uuid, q);
    return !q && store_pending (a->m->store) < 2 * pace_limit (a->m->pace)
           && has_time (a);
}

int admission_take (struct admission *a,
                    const flux_msg_t *msg,
                    flux_error_t *error)
{
    if (router_is_inside (a->m->router, msg) || may_pass (a, msg))
        return a->submit (a->m, msg, error);
    return enqueue (a, msg);
}

void admission_kick (struct admission *a)
{
    if (a->queues)
        loop_kick (a->work);
}

void admission_disconnect (struct admission *a, const flux_msg_t *msg)
{
    const char *uuid = flux_msg_route_last (msg);
    struct queue *q = NULL;

    if (uuid)
        HASH_FIND_STR (a->by_uuid, uuid, q);
    if (q)
        queue_free (a, q);
}

unsigned int admission_waiting (const struct admission *a)
{
    return a->count;
}

struct admission *admission_create (struct manager *m, admit_f submit)
{
    struct admission *a = calloc (1, sizeof (*a));

    if (!a)
        return NULL;
    a->m = m;
    a->submit = submit;
    a->turn = UINT64_MAX;
    a->work = loop_work_create (m->loop, LOOP_HOLDABLE, go_on, a);
    a->timer = loop_timer_create (m->loop,
                                  LOOP_HOLDABLE | LOOP_STOPPED,
                                  LOOK_AGAIN,
                                  0.,
                                  look_again,
                                  a);
    if (!a->work || !a->timer) {
        admission_destroy (a);
        return NULL;
    }
    loop_source_set_name (a->work, "job-ingest.submit");
    return a;
}

void admission_destroy (struct admission *a)
{
    if (!a)
        return;
    while (a->queues) {
        const flux_msg_t *msg = dequeue (a);

        router_respond_error (a->m->router,
                              msg,
                              EINVAL,
                              "job submission is disabled: the instance is "
                              "shutting down");
        flux_msg_decref (msg);
    }
    loop_source_destroy (a->work);
    loop_source_destroy (a->timer);
    free (a);
}
