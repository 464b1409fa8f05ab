/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-manager.raise and raiseall: exceptions asked for by people. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "manager/manager_private.h"
#include "manager/requests.h"
#include "wire/requests_job.h"

static int check_exception (int severity, const char *type, flux_error_t *error)
{
    if (severity < 0 || severity > 7)
        return err_set (error, EPROTO, "invalid exception severity");
    if (!type[0] || strpbrk (type, " \t\n\r\v\f="))
        return err_set (error, EPROTO, "invalid exception type");
    return 0;
}

static int exists (const struct store_job *row, void *arg)
{
    return 0;
}

struct job *request_job (struct manager *m,
                         uint64_t id,
                         int errnum,
                         const char *unknown,
                         flux_error_t *error)
{
    struct job *job = manager_job (m, id);

    if (job && job->state != FLUX_JOB_STATE_INACTIVE)
        return job;
    if (job || store_job_get (m->store, id, exists, NULL) == 0)
        return err_null (error, errnum, "job is inactive");
    return err_null (error, errnum, "%s", unknown);
}

static int handle_raise (struct router *r,
                         const flux_msg_t *msg,
                         void *arg,
                         flux_error_t *error)
{
    struct manager *m = arg;
    struct flux_msg_cred cred;
    struct req_raise req;
    struct job *job;

    if (req_raise_decode (msg, &req, error) < 0
        || flux_msg_get_cred (msg, &cred) < 0
        || check_exception (req.severity, req.type, error) < 0
        || !(job = request_job (m, req.id, ENOENT, "unknown job id", error)))
        return REQUEST_ERROR;
    if (!router_may (msg, job->userid))
        return err_set (error,
                        EPERM,
                        "guests can only raise exceptions on their own jobs");
    if (manager_raise (m,
                       job,
                       req.type,
                       req.severity,
                       cred.userid,
                       req.note,
                       error)
        < 0)
        return REQUEST_ERROR;
    manager_respond (m, msg, 0, NULL);
    return REQUEST_DONE;
}

bool request_selects (const struct req_all *req,
                      const struct job *job,
                      int states)
{
    return (job->state & states)
           && (req->userid == USERID_ANY || req->userid == job->userid);
}

int request_respond_count (struct manager *m,
                           const flux_msg_t *msg,
                           unsigned int count,
                           unsigned int errors)
{
    char answer[64];

    snprintf (answer,
              sizeof (answer),
              "{\"count\":%u,\"errors\":%u}",
              count,
              errors);
    manager_respond (m, msg, 0, answer);
    return REQUEST_DONE;
}

/* ---- raiseall ---- */

#define RAISE_CLOCK_EVERY 16 /* jobs between two looks at the clock */

/* One raiseall under way: in the call for some milliseconds, then in slices.
 * It goes through the jobs there were when it was asked for, in order, and is
 * answered at its end.
 */
struct raiseall {
    const flux_msg_t *msg;
    struct req_all req; /* its texts are the message's */
    uint32_t userid;
    struct manager_walk place;
    unsigned int count, errors;
    struct raiseall *next;
};

struct raiser {
    struct manager *m;
    struct loop_source *work;
    struct raiseall *list; /* the first is worked on */
    uint64_t batch;        /* of the last slice */
};

static void raise_one (struct manager *m, struct raiseall *all, struct job *job)
{
    const struct req_all *req = &all->req;

    if (!request_selects (req, job, req->states & FLUX_JOB_STATE_ACTIVE))
        return;
    all->count++;
    if (!req->dry_run
        && manager_raise (m,
                          job,
                          req->type,
                          req->severity,
                          all->userid,
                          req->note,
                          NULL)
               < 0)
        all->errors++;
}

/* What is raised has to be written, which takes longer than to raise it: a
 * slice ends, and the next one waits, where the store does not keep up, or
 * submissions wait for it.
 */
static bool has_room (const struct manager *m)
{
    return pace_has_room (m) && ingest_waiting (m->ingest) == 0;
}

/* Where others take all the room it goes on a little with each commit. */
static bool is_ahead (const struct raiser *r)
{
    const struct manager *m = r->m;

    return !m->broken && !has_room (m) && r->batch > outbox_durable (m->outbox);
}

/* True if it came to its end. */
static bool raise_slice (struct manager *m, struct raiseall *all)
{
    double until = clock_monotonic (m->clock) + SLICE_SECONDS;
    uint64_t begin = store_pending (m->store);
    unsigned int n = 0;
    struct job *job;

    while ((job = manager_walk_next (m, &all->place))) {
        raise_one (m, all, job);
        if (++n % RAISE_CLOCK_EVERY == 0
            && (clock_monotonic (m->clock) > until || !pace_goes_on (m, begin)))
            return !all->place.next;
    }
    return true;
}

static void raiseall_drop (struct raiser *r, struct raiseall *all)
{
    LL_DELETE (r->list, all);
    manager_walk_end (r->m, &all->place);
    flux_msg_decref (all->msg);
    free (all);
}

static void raise_more (struct raiser *r)
{
    struct raiseall *all = r->list;

    if (raise_slice (r->m, all)) {
        request_respond_count (r->m, all->msg, all->count, all->errors);
        raiseall_drop (r, all);
    }
    r->batch = outbox_batch (r->m->outbox);
    if (r->list)
        loop_kick (r->work);
}

static void raise_cb (struct loop_source *src, int revents, void *arg)
{
    struct raiser *r = arg;

    if (r->list && !is_ahead (r))
        raise_more (r);
}

void raiser_durable (struct raiser *r)
{
    if (r->list)
        loop_kick (r->work);
}

static int handle_raiseall (struct router *router,
                            const flux_msg_t *msg,
                            void *arg,
                            flux_error_t *error)
{
    struct manager *m = arg;
    struct flux_msg_cred cred;
    struct raiseall *all;
    struct req_all req;

    if (req_raiseall_decode (msg, &req, error) < 0
        || flux_msg_get_cred (msg, &cred) < 0
        || check_exception (req.severity, req.type, error) < 0)
        return REQUEST_ERROR;
    if (!router_may (msg, req.userid))
        return err_set (error,
                        EPERM,
                        "guests can only raise exceptions on their own jobs");
    if (!(all = calloc (1, sizeof (*all))))
        return REQUEST_ERROR;
    all->msg = flux_msg_incref (msg);
    all->req = req;
    all->userid = cred.userid;
    manager_walk_begin (m, &all->place);
    LL_APPEND (m->raiser->list, all);
    if (m->raiser->list == all)
        raise_more (m->raiser);
    return REQUEST_LATER;
}

struct raiser *raiser_create (struct manager *m)
{
    struct raiser *r;

    if (!(r = calloc (1, sizeof (*r))))
        return NULL;
    r->m = m;
    if (!(r->work = loop_work_create (m->loop,
                                      LOOP_HOLDABLE | LOOP_BULK,
                                      raise_cb,
                                      r))) {
        free (r);
        return NULL;
    }
    loop_source_set_name (r->work, "raiseall");
    return r;
}

void raiser_destroy (struct raiser *r)
{
    if (!r)
        return;
    while (r->list)
        raiseall_drop (r, r->list);
    loop_source_destroy (r->work);
    free (r);
}

static const struct request_row rows[] = {
    { "job-manager.raise", FLUX_ROLE_USER, METHOD_HELD, handle_raise },
    { "job-manager.raiseall", FLUX_ROLE_USER, METHOD_HELD, handle_raiseall },
    { NULL },
};

const struct request_row *raise_requests (void)
{
    return rows;
}
