/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-manager.wait: what became of jobs submitted with the waitable flag.
 *
 * Like children of a process: each can be waited for once.  One that ends
 * without a waiter leaves its result behind until somebody asks.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <uthash.h>
#include <utlist.h>

#include "manager/manager_private.h"
#include "manager/requests.h"
#include "wire/requests_job.h"

struct zombie {
    uint64_t id;
    char *answer;
    UT_hash_handle hh;
};

struct waiter {
    const flux_msg_t *msg;
    uint64_t id; /* FLUX_JOBID_ANY */
    struct waiter *prev;
    struct waiter *next;
};

struct waits {
    struct manager *m;
    struct zombie *zombies;
    struct waiter *waiters;
    unsigned int children; /* waitable jobs that are active */
};

/* Why the job failed, as a sentence. */
static void describe (const struct job *job, char *buf, size_t size)
{
    int status = job->waitstatus;

    if (job_result (job) == FLUX_JOB_RESULT_COMPLETED)
        buf[0] = '\0';
    else if (job->exception && job->exception->severity == 0)
        snprintf (buf,
                  size,
                  "Fatal exception type=%s%s%s",
                  job->exception->type,
                  job->exception->note[0] ? " " : "",
                  job->exception->note);
    else if (WIFSIGNALED (status))
        snprintf (buf, size, "task(s) %s", strsignal (WTERMSIG (status)));
    else
        snprintf (buf,
                  size,
                  "task(s) exited with exit code %d",
                  WEXITSTATUS (status));
}

static void waiter_remove (struct waits *w, struct waiter *waiter)
{
    DL_DELETE (w->waiters, waiter);
    flux_msg_decref (waiter->msg);
    free (waiter);
}

static void zombie_remove (struct waits *w, struct zombie *z)
{
    HASH_DEL (w->zombies, z);
    free (z->answer);
    free (z);
}

/* The one who waits for this job, else the first who waits for any. */
static struct waiter *find_waiter (struct waits *w, uint64_t id)
{
    struct waiter *waiter;

    DL_SEARCH_SCALAR (w->waiters, waiter, id, id);
    if (!waiter)
        DL_SEARCH_SCALAR (w->waiters, waiter, id, FLUX_JOBID_ANY);
    return waiter;
}

/* With the last child gone there is nothing left to wait for. */
static void dismiss_waiters (struct waits *w)
{
    struct waiter *waiter, *tmp;

    if (w->children > 0)
        return;
    DL_FOREACH_SAFE (w->waiters, waiter, tmp)
    {
        manager_respond (w->m,
                         waiter->msg,
                         ECHILD,
                         "there are no more waitable jobs");
        waiter_remove (w, waiter);
    }
}

void waits_active (struct waits *w, const struct job *job)
{
    if (job->flags & FLUX_JOB_WAITABLE)
        w->children++;
}

void waits_inactive (struct waits *w, const struct job *job)
{
    struct waiter *waiter;
    struct zombie *z;
    char text[512];
    char *answer;

    if (!(job->flags & FLUX_JOB_WAITABLE))
        return;
    w->children--;
    describe (job, text, sizeof (text));
    answer = wire_wait_encode (job->id,
                               job_result (job) == FLUX_JOB_RESULT_COMPLETED,
                               text);
    if (!answer)
        return;
    if ((waiter = find_waiter (w, job->id))) {
        manager_respond (w->m, waiter->msg, 0, answer);
        waiter_remove (w, waiter);
        free (answer);
        dismiss_waiters (w);
        return;
    }
    if (!(z = calloc (1, sizeof (*z)))) {
        free (answer);
        return;
    }
    z->id = job->id;
    z->answer = answer;
    HASH_ADD (hh, w->zombies, id, sizeof (z->id), z);
}

static struct zombie *find_zombie (struct waits *w, uint64_t id)
{
    struct zombie *z = w->zombies;

    if (id != FLUX_JOBID_ANY)
        HASH_FIND (hh, w->zombies, &id, sizeof (id), z);
    return z;
}

static int check_any (struct waits *w, flux_error_t *error)
{
    struct waiter *waiter;
    unsigned int waiting;

    DL_COUNT (w->waiters, waiter, waiting);
    if (waiting >= w->children)
        return err_set (error, ECHILD, "there are no more waitable jobs");
    return 0;
}

static int check_one (struct waits *w, uint64_t id, flux_error_t *error)
{
    struct job *job = manager_job (w->m, id);
    struct waiter *waiter;

    if (!job || job->state == FLUX_JOB_STATE_INACTIVE)
        return err_set (error,
                        ECHILD,
                        "invalid job id, or job may be inactive and not "
                        "waitable");
    if (!(job->flags & FLUX_JOB_WAITABLE))
        return err_set (error,
                        ECHILD,
                        "job was not submitted with FLUX_JOB_WAITABLE");
    DL_SEARCH_SCALAR (w->waiters, waiter, id, id);
    if (waiter)
        return err_set (error, ECHILD, "job id already has a waiter");
    return 0;
}

static int handle_wait (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    struct manager *m = arg;
    struct waits *w = m->waits;
    struct waiter *waiter;
    struct zombie *z;
    uint64_t id;

    if (req_id_decode (msg, &id, NULL, NULL, error) < 0)
        return REQUEST_ERROR;
    if ((z = find_zombie (w, id))) {
        manager_respond (m, msg, 0, z->answer);
        zombie_remove (w, z);
        return REQUEST_DONE;
    }
    if ((id == FLUX_JOBID_ANY ? check_any (w, error) : check_one (w, id, error))
        < 0)
        return REQUEST_ERROR;
    if (!(waiter = calloc (1, sizeof (*waiter))))
        return REQUEST_ERROR;
    waiter->id = id;
    waiter->msg = flux_msg_incref (msg);
    DL_APPEND (w->waiters, waiter);
    return REQUEST_LATER;
}

void waits_disconnect (struct waits *w, const flux_msg_t *msg)
{
    struct waiter *waiter, *tmp;

    DL_FOREACH_SAFE (w->waiters, waiter, tmp)
    {
        if (router_same_client (waiter->msg, msg))
            waiter_remove (w, waiter);
    }
}

static const struct request_row rows[] = {
    { "job-manager.wait", FLUX_ROLE_OWNER, METHOD_HELD, handle_wait },
    { NULL },
};

const struct request_row *wait_requests (void)
{
    return rows;
}

struct waits *waits_create (struct manager *m)
{
    struct waits *w;

    if ((w = calloc (1, sizeof (*w))))
        w->m = m;
    return w;
}

void waits_destroy (struct waits *w)
{
    struct zombie *z, *tmp;

    if (!w)
        return;
    while (w->waiters)
        waiter_remove (w, w->waiters);
    HASH_ITER (hh, w->zombies, z, tmp)
    zombie_remove (w, z);
    free (w);
}
