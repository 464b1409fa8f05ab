/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-manager.urgency: the event moves a job in SCHED back to PRIORITY, and
 * what plugins answer there brings it forward again.
 */

#include <errno.h>
#include <stdio.h>

#include "manager/manager_private.h"
#include "manager/requests.h"
#include "wire/requests_job.h"

static int check (const flux_msg_t *msg,
                  const struct job *job,
                  int urgency,
                  flux_error_t *error)
{
    if (!router_may (msg, job->userid))
        return err_set (error,
                        EPERM,
                        "guests can only reprioritize their own jobs");
    if (!router_is_owner (msg) && urgency > FLUX_JOB_URGENCY_DEFAULT
        && urgency > job->urgency)
        return err_set (error,
                        EPERM,
                        "guests can only adjust urgency <= default");
    if (job_is_running (job))
        return err_set (error,
                        EINVAL,
                        "urgency cannot be changed once resources are "
                        "allocated");
    return 0;
}

static int handle_urgency (struct router *r,
                           const flux_msg_t *msg,
                           void *arg,
                           flux_error_t *error)
{
    struct event ev = { .kind = EVENT_URGENCY };
    struct manager *m = arg;
    struct flux_msg_cred cred;
    struct job *job;
    char answer[40];
    uint64_t id;

    if (req_id_decode (msg, &id, "urgency", &ev.urgency, error) < 0
        || flux_msg_get_cred (msg, &cred) < 0)
        return REQUEST_ERROR;
    /* Said of any job, before anything about this one. */
    if (ev.urgency < FLUX_JOB_URGENCY_MIN || ev.urgency > FLUX_JOB_URGENCY_MAX)
        return err_set (error, EINVAL, "urgency value is out of range");
    if (!(job = request_job (m, id, EINVAL, "unknown job", error))
        || check (msg, job, ev.urgency, error) < 0)
        return REQUEST_ERROR;
    snprintf (answer, sizeof (answer), "{\"old_urgency\":%d}", job->urgency);
    ev.userid = cred.userid;
    if (ev.urgency != job->urgency && manager_post (m, job, &ev, error) < 0)
        return REQUEST_ERROR;
    manager_respond (m, msg, 0, answer);
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "job-manager.urgency", FLUX_ROLE_USER, METHOD_HELD, handle_urgency },
    { NULL },
};

const struct request_row *urgency_requests (void)
{
    return rows;
}
