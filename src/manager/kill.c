/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-manager.kill and killall: signals to running jobs. */

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "manager/manager_private.h"
#include "manager/requests.h"
#include "wire/requests_job.h"

static int check_signal (int signum, flux_error_t *error)
{
    if (signum <= 0 || signum >= NSIG)
        return err_set (error, EINVAL, "Invalid signal number");
    return 0;
}

static int handle_kill (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    struct manager *m = arg;
    struct job *job;
    uint64_t id;
    int signum;

    if (req_id_decode (msg, &id, "signum", &signum, error) < 0
        || !(job = request_job (m, id, EINVAL, "unknown job id", error)))
        return REQUEST_ERROR;
    if (!router_may (msg, job->userid))
        return err_set (error,
                        EPERM,
                        "guests may only send signals to their own jobs");
    if (check_signal (signum, error) < 0)
        return REQUEST_ERROR;
    if (job->state != FLUX_JOB_STATE_RUN)
        return err_set (error, EINVAL, "job is not running");
    if (start_signal (m->start, job, signum) < 0)
        return err_set (error,
                        errno == ENOENT ? EINVAL : errno,
                        "%s",
                        errno == ENOENT ? "job is not running"
                                        : strerror (errno));
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

static int handle_killall (struct router *r,
                           const flux_msg_t *msg,
                           void *arg,
                           flux_error_t *error)
{
    struct manager *m = arg;
    unsigned int count = 0, errors = 0;
    unsigned int running = m->in_state[__builtin_ctz (FLUX_JOB_STATE_RUN)];
    struct job *job, *tmp;
    struct req_all req;

    if (req_killall_decode (msg, &req, error) < 0
        || check_signal (req.signum, error) < 0)
        return REQUEST_ERROR;
    if (!router_may (msg, req.userid))
        return err_set (error, EPERM, "guests can only kill their own jobs");
    JOB_FOREACH_SAFE (manager_jobs (m), job, tmp)
    {
        if (running == 0)
            break; /* a million others may wait behind them */
        running -= job->state == FLUX_JOB_STATE_RUN;
        if (!request_selects (&req, job, FLUX_JOB_STATE_RUN))
            continue;
        count++;
        if (!req.dry_run && start_signal (m->start, job, req.signum) < 0)
            errors++;
    }
    return request_respond_count (m, msg, count, errors);
}

static const struct request_row rows[] = {
    { "job-manager.kill", FLUX_ROLE_USER, METHOD_HELD, handle_kill },
    { "job-manager.killall", FLUX_ROLE_USER, METHOD_HELD, handle_killall },
    { NULL },
};

const struct request_row *kill_requests (void)
{
    return rows;
}
