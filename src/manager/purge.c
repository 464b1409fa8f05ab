/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Removing the records of finished jobs: job-manager.purge, purge-id, and
 * the limits of the configuration (flux-config-job-manager(5)).
 *
 * The store shows a job until its removal is durable.  So one slice of jobs
 * is removed at a time: the next, whoever asked for it, is chosen after that
 * commit.
 */

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "manager/manager_private.h"
#include "manager/requests.h"
#include "wire/jbuf.h"
#include "wire/requests_job.h"

#define CHECK_PERIOD 60. /* seconds between looks at the limits */
#define SLICE 500        /* jobs that the limits remove at a time */
/* So many more than the limit may gather, or a tenth of it, before a look. */
#define SLACK 100

struct waiting {
    const flux_msg_t *msg;
    struct req_purge req;
    struct waiting *prev;
    struct waiting *next;
};

struct purger {
    struct manager *m;
    double age_limit;        /* < 0: none */
    int num_limit;           /* < 0: none */
    unsigned int ended;      /* jobs since the last look at the limits */
    bool look;               /* at the limits, when nothing is under way */
    bool under_way;          /* a removal is not durable yet */
    struct waiting *waiting; /* requests that are owed a removal */
    struct loop_source *timer;
    struct loop_source *work; /* the next slice */
};

struct slice {
    uint64_t *ids;
    size_t count;
};

static int select_id (uint64_t id, void *arg)
{
    struct slice *slice = arg;

    slice->ids[slice->count++] = id;
    return 0;
}

static void publish (struct manager *m, const uint64_t *ids, size_t count)
{
    struct jbuf b = { 0 };
    char *json;

    jbuf_lit (&b, "{\"jobs\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            jbuf_lit (&b, ",");
        jbuf_int (&b, ids[i]);
    }
    jbuf_lit (&b, "]}");
    if ((json = jbuf_take (&b, NULL)) && count > 0)
        outbox_publish (m->outbox, "job-purge-inactive", json);
    free (json);
}

static int remove_record (struct manager *m, uint64_t id)
{
    aside_forget (m, id);
    if (m->plugins && m->plugins->job_purge)
        m->plugins->job_purge (m->plugins->arg, id);
    return store_job_remove (m->store, id);
}

static void removal_durable (void *arg, int errnum)
{
    struct purger *p = arg;

    p->under_way = false;
    loop_kick (p->work);
}

/* The oldest of those that match, at most req->batch: how many there were. */
static int purge (struct purger *p, const struct req_purge *req)
{
    struct manager *m = p->m;
    double now = clock_now (m->clock);
    struct slice slice = { .count = 0 };
    int rc;

    /* Without a limit nothing is too old or too much. */
    if (req->age_limit < 0. && req->num_limit < 0)
        return 0;
    if (!(slice.ids = calloc (req->batch, sizeof (*slice.ids))))
        return -1;
    rc = store_each_oldest (m->store,
                            req->age_limit >= 0. ? now - req->age_limit : now,
                            req->num_limit >= 0 ? req->num_limit : 0,
                            req->batch,
                            select_id,
                            &slice);
    for (size_t i = 0; rc >= 0 && i < slice.count; i++)
        rc = remove_record (m, slice.ids[i]);
    if (rc >= 0 && slice.count > 0) {
        publish (m, slice.ids, slice.count);
        p->under_way = true;
        rc = manager_when_durable (m, removal_durable, p);
    }
    free (slice.ids);
    return rc < 0 ? -1 : (int)slice.count;
}

static int count_id (uint64_t id, void *arg)
{
    ++*(int *)arg;
    return 0;
}

/* How many match. */
static int count (struct purger *p, const struct req_purge *req)
{
    struct store *store = p->m->store;
    struct store_counts all;
    int n = 0;

    if (req->age_limit < 0.) {
        if (store_counts (store, &all) < 0)
            return -1;
        return req->num_limit >= 0 && all.inactive > (uint64_t)req->num_limit
                   ? (int)(all.inactive - req->num_limit)
                   : 0;
    }
    if (store_each_oldest (store,
                           clock_now (p->m->clock) - req->age_limit,
                           req->num_limit >= 0 ? req->num_limit : 0,
                           INT_MAX,
                           count_id,
                           &n)
        < 0)
        return -1;
    return n;
}

static void respond_count (struct manager *m, const flux_msg_t *msg, int count)
{
    char answer[32];

    if (count < 0) {
        manager_respond (m, msg, errno, strerror (errno));
        return;
    }
    snprintf (answer, sizeof (answer), "{\"count\":%d}", count);
    manager_respond (m, msg, 0, answer);
}

static int wait_for_turn (struct purger *p,
                          const flux_msg_t *msg,
                          const struct req_purge *req)
{
    struct waiting *w;

    if (!(w = calloc (1, sizeof (*w))))
        return REQUEST_ERROR;
    w->msg = flux_msg_incref (msg);
    w->req = *req;
    DL_APPEND (p->waiting, w);
    return REQUEST_LATER;
}

static void waiting_free (struct purger *p, struct waiting *w)
{
    DL_DELETE (p->waiting, w);
    flux_msg_decref (w->msg);
    free (w);
}

void purger_disconnect (struct purger *p, const flux_msg_t *msg)
{
    struct waiting *w, *tmp;

    DL_FOREACH_SAFE (p->waiting, w, tmp)
    {
        if (router_same_client (w->msg, msg))
            waiting_free (p, w);
    }
}

static int handle_purge (struct router *r,
                         const flux_msg_t *msg,
                         void *arg,
                         flux_error_t *error)
{
    struct manager *m = arg;
    struct req_purge req;

    if (req_purge_decode (msg, &req, error) < 0)
        return REQUEST_ERROR;
    if (req.age_limit != -1. && req.age_limit < 0.)
        return err_set (error, EINVAL, "age limit must be >= 0");
    if (req.num_limit < -1)
        return err_set (error, EINVAL, "num limit must be >= 0");
    if (req.batch < 1 || req.batch > 100)
        return err_set (error, EINVAL, "batch must be in the range 1 to 100");
    if (!req.force)
        respond_count (m, msg, count (m->purger, &req));
    else if (m->purger->under_way)
        return wait_for_turn (m->purger, msg, &req);
    else
        respond_count (m, msg, purge (m->purger, &req));
    return REQUEST_DONE;
}

static int note_state (const struct store_job *row, void *arg)
{
    *(int *)arg = row->state;
    return 0;
}

static int handle_purge_id (struct router *r,
                            const flux_msg_t *msg,
                            void *arg,
                            flux_error_t *error)
{
    struct manager *m = arg;
    int force, state = 0;
    uint64_t id;

    if (req_id_decode (msg, &id, "force", &force, error) < 0)
        return REQUEST_ERROR;
    if (manager_job (m, id))
        return err_set (error, EINVAL, "cannot purge active job");
    if (store_job_get (m->store, id, note_state, &state) < 0)
        return err_set (error, ENOENT, "id not found");
    if (force) {
        if (remove_record (m, id) < 0)
            return err_set (error, errno, "purging: %s", strerror (errno));
        publish (m, &id, 1);
    }
    respond_count (m, msg, 1);
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "job-manager.purge", FLUX_ROLE_OWNER, METHOD_HELD, handle_purge },
    { "job-manager.purge-id", FLUX_ROLE_OWNER, METHOD_HELD, handle_purge_id },
    { NULL },
};

const struct request_row *purge_requests (void)
{
    return rows;
}

/* Each limit alone is reason enough.  True: there may be more. */
static bool enforce (struct purger *p)
{
    struct req_purge aged = {
        .age_limit = p->age_limit,
        .num_limit = -1,
        .batch = SLICE,
    };
    struct req_purge many = {
        .age_limit = -1.,
        .num_limit = p->num_limit,
        .batch = SLICE,
    };
    int n = purge (p, &aged);

    if (n == 0)
        n = purge (p, &many);
    if (n < 0)
        log_errno (PART, "purging finished jobs");
    return n > 0;
}

/* What was asked for goes first. */
static void next_slice (struct loop_source *src, int revents, void *arg)
{
    struct purger *p = arg;
    struct waiting *w;

    while (!p->under_way && (w = p->waiting)) {
        respond_count (p->m, w->msg, purge (p, &w->req));
        waiting_free (p, w);
    }
    if (!p->under_way && p->look && !p->m->broken)
        p->look = enforce (p);
}

static void look (struct purger *p)
{
    p->ended = 0;
    p->look = true;
    loop_kick (p->work);
}

static void timer_cb (struct loop_source *src, int revents, void *arg)
{
    look (arg);
}

void purger_inactive (struct purger *p)
{
    if (p->num_limit >= 0
        && ++p->ended >= (unsigned int)fmax (SLACK, p->num_limit / 10))
        look (p);
}

void purger_set_limits (struct purger *p, double age, int num)
{
    p->age_limit = age;
    p->num_limit = num;
    if (age < 0. && num < 0) {
        if (p->timer)
            loop_source_destroy (p->timer);
        p->timer = NULL;
    }
    else if (!p->timer) {
        p->timer = loop_timer_create (p->m->loop,
                                      LOOP_HOLDABLE,
                                      1.,
                                      CHECK_PERIOD,
                                      timer_cb,
                                      p);
        if (p->timer)
            loop_source_set_counted (p->timer, false);
    }
    else
        look (p);
}

struct purger *purger_create (struct manager *m)
{
    struct purger *p;

    if (!(p = calloc (1, sizeof (*p))))
        return NULL;
    p->m = m;
    p->age_limit = -1.;
    p->num_limit = -1;
    if (!(p->work = loop_work_create (m->loop,
                                      LOOP_HOLDABLE | LOOP_BULK,
                                      next_slice,
                                      p))) {
        free (p);
        return NULL;
    }
    return p;
}

void purger_destroy (struct purger *p)
{
    if (!p)
        return;
    while (p->waiting)
        waiting_free (p, p->waiting);
    if (p->timer)
        loop_source_destroy (p->timer);
    loop_source_destroy (p->work);
    free (p);
}
