/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-manager.update (jobspec) and memo (annotations of the user). */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "manager/manager_private.h"
#include "manager/requests.h"
#include "wire/requests_job.h"
#include "wire/rjson.h"

int manager_annotate (struct manager *m,
                      struct job *job,
                      const char *patch,
                      bool quiet,
                      flux_error_t *error)
{
    struct text *t = NULL;
    char *s;
    int rc;

    if (!quiet) {
        if (!(s = wire_annotations_context (patch)))
            return err_set (error, ENOMEM, "out of memory");
        rc = manager_post_named (m, job, "annotations", s, error);
        free (s);
        return rc;
    }
    s = annotations_merge (job->annotations ? job->annotations->s : NULL,
                           patch);
    if (!s && errno != 0)
        return err_set (error, errno, "annotations: %s", strerror (errno));
    if (s && !(t = text_create (s, strlen (s)))) {
        free (s);
        return err_set (error, ENOMEM, "out of memory");
    }
    free (s);
    text_unref (job->annotations);
    job->annotations = t;
    return 0;
}

int manager_set_R (struct manager *m,
                   struct job *job,
                   const char *R,
                   flux_error_t *error)
{
    struct job_host *host = host_of (job);
    struct text *t;

    if (job->state != FLUX_JOB_STATE_SCHED || job->R || host->plugin_R)
        return err_set (error,
                        EINVAL,
                        "R can be set for a job in SCHED that has none");
    if (!(t = text_create (R, strlen (R))))
        return err_set (error, ENOMEM, "out of memory");
    if (!rjson_of (t)) {
        text_unref (t);
        return err_set (error, EINVAL, "R is malformed");
    }
    host->plugin_R = t;
    return 0;
}

static int check_update (const flux_msg_t *msg,
                         const struct job *job,
                         flux_error_t *error)
{
    if (!router_may (msg, job->userid))
        return err_set (error, EPERM, "guests may only update their own jobs");
    if (!router_is_owner (msg) && (job->flags & JOB_FLAG_IMMUTABLE))
        return err_set (error,
                        EPERM,
                        "job is immutable due to previous instance owner "
                        "update");
    return 0;
}

static int ask_plugins (struct manager *m,
                        struct job *job,
                        const flux_msg_t *msg,
                        const char *asked,
                        char **updates,
                        flux_error_t *error)
{
    const struct plugin_ops *ops = m->plugins;
    struct flux_msg_cred cred;

    if (flux_msg_get_cred (msg, &cred) < 0)
        return -1;
    if (!ops || !ops->job_update)
        return err_set (error, EINVAL, "update of the jobspec not supported");
    return ops->job_update (ops->arg,
                            job,
                            cred.userid,
                            cred.rolemask,
                            asked,
                            updates,
                            error);
}

/* A plugin may not ask its own manager, so this is checked here. */
static int check_queue (struct manager *m,
                        const char *updates,
                        flux_error_t *error)
{
    char *queue = wire_updates_queue (updates);
    int rc = queue ? queues_accept_move (m->queues, queue, error) : 0;

    free (queue);
    return rc;
}

/* Other than elsewhere, a job that ended is EINVAL and one that never was
 * ENOENT: so does flux-core.
 */
static struct job *job_to_update (struct manager *m,
                                  uint64_t id,
                                  flux_error_t *error)
{
    static const char unknown[] = "unknown job id";
    struct job *job = request_job (m, id, EINVAL, unknown, error);

    if (!job && !strcmp (error->text, unknown))
        errno = ENOENT;
    return job;
}

static int handle_update (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct manager *m = arg;
    char *asked = NULL, *updates = NULL;
    struct job *job;
    uint64_t id;
    int rc = REQUEST_ERROR;

    if (req_object_decode (msg, &id, "updates", &asked, NULL, error) < 0)
        return REQUEST_ERROR;
    if ((job = job_to_update (m, id, error))
        && check_update (msg, job, error) == 0
        && ask_plugins (m, job, msg, asked, &updates, error) == 0
        && check_queue (m, updates, error) == 0
        && manager_post_named (m, job, "jobspec-update", updates, error) == 0) {
        manager_respond (m, msg, 0, NULL);
        rc = REQUEST_DONE;
    }
    if (rc < 0 && job && errno == ENOENT)
        errno = EINVAL;
    free (asked);
    free (updates);
    return rc;
}

static int post_memo (struct manager *m,
                      struct job *job,
                      const char *memo,
                      bool quick,
                      flux_error_t *error)
{
    char *patch;
    int rc;

    if (!quick)
        return manager_post_named (m, job, "memo", memo, error);
    if (!(patch = wire_memo_patch (memo)))
        return -1;
    rc = manager_annotate (m, job, patch, false, error);
    free (patch);
    return rc;
}

static int handle_memo (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    struct manager *m = arg;
    struct job *job;
    char *memo;
    bool quick;
    uint64_t id;
    int rc = REQUEST_ERROR;

    if (req_object_decode (msg, &id, "memo", &memo, &quick, error) < 0)
        return REQUEST_ERROR;
    job = request_job (m, id, ENOENT, "unknown job id", error);
    if (job && !router_may (msg, job->userid))
        err_set (error, EPERM, "guests can only add a memo to their own jobs");
    else if (job && post_memo (m, job, memo, quick, error) == 0) {
        manager_respond (m, msg, 0, NULL);
        rc = REQUEST_DONE;
    }
    free (memo);
    return rc;
}

static const struct request_row rows[] = {
    { "job-manager.update", FLUX_ROLE_USER, METHOD_HELD, handle_update },
    { "job-manager.memo", FLUX_ROLE_USER, METHOD_HELD, handle_memo },
    { NULL },
};

const struct request_row *update_requests (void)
{
    return rows;
}
