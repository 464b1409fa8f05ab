/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-ingest: from a signed request to a job in SCHED. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/fluid.h"
#include "manager/manager_private.h"
#include "manager/requests.h"
#include "wire/jobspec.h"
#include "wire/queue_settings.h"
#include "wire/requests_job.h"
#include "wire/sign.h"

#define SUBMIT_FLAGS (FLUX_JOB_DEBUG | FLUX_JOB_WAITABLE | FLUX_JOB_NOVALIDATE)

/* Many jobs are submitted with one jobspec: the last J that passed, and what
 * came of it.
 */
struct memory {
    char *J;
    uint32_t userid;
    bool novalidate;
    struct text *spec;
};

struct ingest {
    struct manager *m;
    struct admission *admission;
    struct fluid fluid;
    struct memory last;
};

static void memory_clear (struct memory *mem)
{
    free (mem->J);
    text_unref (mem->spec);
    memset (mem, 0, sizeof (*mem));
}

static int check_flags (const struct req_submit *req,
                        const struct flux_msg_cred *cred,
                        flux_error_t *error)
{
    if (req->flags & ~SUBMIT_FLAGS)
        return err_set (error, EPROTO, "invalid job flags");
    if (req->urgency < FLUX_JOB_URGENCY_MIN
        || req->urgency > FLUX_JOB_URGENCY_MAX)
        return err_set (error,
                        EINVAL,
                        "urgency range is [%d:%d]",
                        FLUX_JOB_URGENCY_MIN,
                        FLUX_JOB_URGENCY_MAX);
    if (cred->rolemask & FLUX_ROLE_OWNER)
        return 0;
    if (req->urgency > FLUX_JOB_URGENCY_DEFAULT)
        return err_set (error,
                        EINVAL,
                        "only the instance owner can submit with urgency >%d",
                        FLUX_JOB_URGENCY_DEFAULT);
    if (req->flags & FLUX_JOB_WAITABLE)
        return err_set (error,
                        EINVAL,
                        "only the instance owner can submit with "
                        "FLUX_JOB_WAITABLE");
    if (req->flags & FLUX_JOB_NOVALIDATE)
        return err_set (error,
                        EPERM,
                        "only the instance owner can submit with "
                        "FLUX_JOB_NOVALIDATE");
    return 0;
}

/* The payload of J, whose signer has to be the sender. */
static int unwrap (struct ingest *in,
                   const struct req_submit *req,
                   const struct flux_msg_cred *cred,
                   char **payload,
                   size_t *len,
                   flux_error_t *error)
{
    uint32_t signer;
    char mech[32] = "";

    if (sign_none_unwrap (req->J, payload, len, &signer, mech, NULL) < 0) {
        if (mech[0] && strcmp (mech, "none"))
            return err_set (error,
                            EINVAL,
                            "could not unwrap jobspec: sign-type=%s is not "
                            "supported",
                            mech);
        return err_set (error,
                        EINVAL,
                        "could not unwrap jobspec: %s",
                        strerror (EINVAL));
    }
    if (signer == cred->userid && (cred->rolemask & FLUX_ROLE_OWNER))
        return 0;
    free (*payload);
    if (signer != cred->userid)
        return err_set (error,
                        EPERM,
                        "signer=%" PRIu32 " != requestor=%" PRIu32,
                        signer,
                        cred->userid);
    return err_set (error, EPERM, "only instance owner can use sign-type=none");
}

/* What the configuration puts where the user said nothing.  Frees spec. */
static char *apply_defaults (struct ingest *in, char *spec, flux_error_t *error)
{
    struct text *t = text_create (spec, strlen (spec));
    const struct jobspec *js = t ? jobspec_of (t) : NULL;
    struct jobspec_defaults d;
    char *s = NULL;

    if (queues_defaults (in->m->queues, js, &d, error) < 0)
        goto done;
    if (d.duration < 0. && !d.queue) {
        s = spec;
        spec = NULL;
        goto done;
    }
    s = jobspec_apply_defaults (spec, &d, error);
done:
    text_unref (t);
    free (spec);
    return s;
}

static struct text *make_spec (struct ingest *in,
                               const struct req_submit *req,
                               const struct flux_msg_cred *cred,
                               flux_error_t *error)
{
    bool novalidate = req->flags & FLUX_JOB_NOVALIDATE;
    char *payload, *spec = NULL;
    struct text *t = NULL;
    size_t len;

    if (unwrap (in, req, cred, &payload, &len, error) < 0)
        return NULL;
    if (novalidate || jobspec_check (payload, len, error) == 0)
        spec = jobspec_redact (payload, len, error);
    free (payload);
    if (spec && queues_have_defaults (in->m->queues))
        spec = apply_defaults (in, spec, error);
    if (spec && !(t = text_intern (in->m->texts, spec, strlen (spec))))
        err_set (error, ENOMEM, "out of memory");
    free (spec);
    return t;
}

static struct text *get_spec (struct ingest *in,
                              const struct req_submit *req,
                              const struct flux_msg_cred *cred,
                              flux_error_t *error)
{
    bool novalidate = req->flags & FLUX_JOB_NOVALIDATE;
    struct memory *mem = &in->last;
    struct text *t;

    if (mem->J && mem->userid == cred->userid && mem->novalidate == novalidate
        && (cred->rolemask & FLUX_ROLE_OWNER) && !strcmp (mem->J, req->J))
        return text_ref (mem->spec);
    if (!(t = make_spec (in, req, cred, error)))
        return NULL;
    memory_clear (mem);
    if ((mem->J = strdup (req->J))) {
        mem->userid = cred->userid;
        mem->novalidate = novalidate;
        mem->spec = text_ref (t);
    }
    return t;
}

static int ask_plugins (struct manager *m, struct job *job, flux_error_t *error)
{
    const struct plugin_ops *ops = m->plugins;

    if (!ops)
        return 0;
    if ((ops->job_create && ops->job_create (ops->arg, job, error) < 0)
        || (ops->job_validate && ops->job_validate (ops->arg, job, error) < 0)
        || (ops->job_dependencies
            && ops->job_dependencies (ops->arg, job, error) < 0)) {
        if (!error->text[0])
            err_set (error, EINVAL, "rejected by job-manager plugin");
        return -1;
    }
    if (ops->job_new)
        ops->job_new (ops->arg, job);
    return 0;
}

/* Nothing is left of the job but what the journal tells. */
static void reject (struct manager *m, struct job *job)
{
    struct event ev = { .kind = EVENT_INVALIDATE };

    manager_post (m, job, &ev, NULL);
    if (m->plugins && m->plugins->job_destroy)
        m->plugins->job_destroy (m->plugins->arg, job);
    store_job_remove (m->store, job->id);
    hosts_remove (m, job);
}

struct job *submit_job (struct manager *m,
                        const char *J,
                        struct text *spec,
                        uint32_t userid,
                        int urgency,
                        int flags,
                        flux_error_t *error)
{
    struct event submit = {
        .kind = EVENT_SUBMIT,
        .userid = userid,
        .urgency = urgency,
        .flags = flags,
    };
    struct event validate = { .kind = EVENT_VALIDATE };
    double now = clock_monotonic (m->clock);
    struct job *job = hosts_add (m, fluid_next (&m->ingest->fluid, now));

    if (!job)
        return err_null (error, errno, "adding a job: %s", strerror (errno));
    job->spec = text_ref (spec);
    if (manager_post (m, job, &submit, error) < 0) {
        hosts_remove (m, job);
        return NULL;
    }
    if (ask_plugins (m, job, error) < 0) {
        reject (m, job);
        errno = EINVAL;
        return NULL;
    }
    if (store_value_put (m->store, job->id, "J", J, strlen (J)) < 0
        || manager_post (m, job, &validate, error) < 0) {
        reject (m, job);
        return err_null (error, EIO, "the job could not be recorded");
    }
    return job;
}

static int check_user (struct manager *m,
                       const struct flux_msg_cred *cred,
                       flux_error_t *error)
{
    flux_error_t full;
    if (cred->userid == 0 && m->owner != 0)
        return err_set (error,
                        EINVAL,
                        "submission of jobs as user root not supported");
    if (m->stopping)
        return err_set (error,
                        EINVAL,
                        "job submission is disabled: the instance is "
                        "shutting down");
    if (store_full (m->store, &full))
        return err_set (error,
                        ENOSPC,
                        "job submission is refused until the job store has "
                        "space: %s",
                        full.text);
    return 0;
}

static int submit_request (struct manager *m,
                           const flux_msg_t *msg,
                           flux_error_t *error)
{
    struct flux_msg_cred cred;
    struct req_submit req;
    struct text *spec;
    struct job *job;
    char answer[40];

    if (req_submit_decode (msg, &req, error) < 0
        || flux_msg_get_cred (msg, &cred) < 0
        || check_flags (&req, &cred, error) < 0
        || check_user (m, &cred, error) < 0
        || !(spec = get_spec (m->ingest, &req, &cred, error)))
        return REQUEST_ERROR;
    job = NULL;
    if (queues_accept (m->queues, jobspec_of (spec), error) == 0
        && (req.flags & FLUX_JOB_NOVALIDATE
            || resources_check_job (m->resources, jobspec_of (spec), error)
                   == 0))
        job = submit_job (m,
                          req.J,
                          spec,
                          cred.userid,
                          req.urgency,
                          req.flags,
                          error);
    text_unref (spec);
    if (!job)
        return REQUEST_ERROR;
    snprintf (answer, sizeof (answer), "{\"id\":%" PRIu64 "}", job->id);
    manager_respond (m, msg, 0, answer);
    return REQUEST_DONE;
}

static int handle_submit (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct manager *m = arg;

    return admission_take (m->ingest->admission, msg, error);
}

static int handle_disconnect (struct router *r,
                              const flux_msg_t *msg,
                              void *arg,
                              flux_error_t *error)
{
    struct manager *m = arg;

    admission_disconnect (m->ingest->admission, msg);
    return REQUEST_DONE;
}

static int handle_getinfo (struct router *r,
                           const flux_msg_t *msg,
                           void *arg,
                           flux_error_t *error)
{
    struct manager *m = arg;
    double now = clock_monotonic (m->clock);
    char answer[48];

    snprintf (answer,
              sizeof (answer),
              "{\"timestamp\":%" PRIu64 "}",
              fluid_timestamp (&m->ingest->fluid, now));
    router_respond (r, msg, answer);
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "job-ingest.submit", FLUX_ROLE_USER, METHOD_HELD, handle_submit },
    { "job-ingest.getinfo", FLUX_ROLE_OWNER, 0, handle_getinfo },
    { "job-ingest.disconnect", FLUX_ROLE_USER, 0, handle_disconnect },
    { NULL },
};

const struct request_row *ingest_requests (void)
{
    return rows;
}

static char *ingest_stats (void *arg)
{
    struct ingest *in = arg;
    char *s;

    if (asprintf (&s,
                  "{\"pipeline\":{},\"waiting\":%u,\"limit\":%" PRIu64 "}",
                  admission_waiting (in->admission),
                  pace_limit (in->m->pace))
        < 0)
        return NULL;
    return s;
}

unsigned int ingest_waiting (const struct ingest *in)
{
    return admission_waiting (in->admission);
}

void ingest_go_on (struct ingest *in)
{
    admission_kick (in->admission);
}

void ingest_reset (struct ingest *in)
{
    memory_clear (&in->last);
}

void ingest_set_last (struct ingest *in, uint64_t max_id)
{
    fluid_init (&in->fluid, clock_monotonic (in->m->clock), max_id);
}

struct ingest *ingest_create (struct manager *m)
{
    struct ingest *in;

    if (!(in = calloc (1, sizeof (*in))))
        return NULL;
    in->m = m;
    ingest_set_last (in, 0);
    if (!(in->admission = admission_create (m, submit_request))
        || (m->router
            && router_standard_methods (m->router,
                                        "job-ingest",
                                        ingest_stats,
                                        in)
                   < 0)) {
        ingest_destroy (in);
        return NULL;
    }
    return in;
}

void ingest_destroy (struct ingest *in)
{
    if (!in)
        return;
    admission_destroy (in->admission);
    memory_clear (&in->last);
    free (in);
}
