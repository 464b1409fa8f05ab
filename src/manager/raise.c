/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-manager.raise and raiseall: exceptions asked for by people. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

static int handle_raiseall (struct router *r,
                            const flux_msg_t *msg,
                            void *arg,
                            flux_error_t *error)
{
    struct manager *m = arg;
    struct flux_msg_cred cred;
    unsigned int count = 0, errors = 0;
    struct job *job, *tmp;
    struct req_all req;

    if (req_raiseall_decode (msg, &req, error) < 0
        || flux_msg_get_cred (msg, &cred) < 0
        || check_exception (req.severity, req.type, error) < 0)
        return REQUEST_ERROR;
    if (!router_may (msg, req.userid))
        return err_set (error,
                        EPERM,
                        "guests can only raise exceptions on their own jobs");
    HASH_ITER (hh, m->jobs, job, tmp)
    {
        if (!request_selects (&req, job, req.states & FLUX_JOB_STATE_ACTIVE))
            continue;
        count++;
        if (!req.dry_run
            && manager_raise (m,
                              job,
                              req.type,
                              req.severity,
                              cred.userid,
                              req.note,
                              NULL)
                   < 0)
            errors++;
    }
    return request_respond_count (m, msg, count, errors);
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
