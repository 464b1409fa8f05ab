/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Requests to the job services: one RPC each. */

#include <errno.h>
#include <flux/core.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "wire/sign.h"

static flux_future_t *invalid (void)
{
    errno = EINVAL;
    return NULL;
}

/* What signing gives needs no escapes, and is long: no JSON encoder is asked
 * to look for any.
 */
static flux_future_t *submit_signed (flux_t *h,
                                     const char *J,
                                     int urgency,
                                     int flags)
{
    flux_future_t *f;
    char *s;

    if (asprintf (&s,
                  "{\"J\":\"%s\",\"urgency\":%d,\"flags\":%d}",
                  J,
                  urgency,
                  flags)
        < 0) {
        errno = ENOMEM;
        return NULL;
    }
    f = flux_rpc (h, "job-ingest.submit", s, FLUX_NODEID_ANY, 0);
    free (s);
    return f;
}

flux_future_t *flux_job_submit (flux_t *h,
                                const char *jobspec,
                                int urgency,
                                int flags)
{
    flux_future_t *f;
    char *J;

    if (!h || !jobspec)
        return invalid ();
    if (flags & FLUX_JOB_PRE_SIGNED)
        return flux_rpc_pack (h,
                              "job-ingest.submit",
                              FLUX_NODEID_ANY,
                              0,
                              "{s:s s:i s:i}",
                              "J",
                              jobspec,
                              "urgency",
                              urgency,
                              "flags",
                              flags & ~FLUX_JOB_PRE_SIGNED);
    if (!(J = sign_none_wrap (jobspec, strlen (jobspec), getuid ())))
        return NULL;
    f = submit_signed (h, J, urgency, flags);
    free (J);
    return f;
}

static int get_id (flux_future_t *f, flux_jobid_t *id)
{
    json_int_t value;

    if (!f) {
        errno = EINVAL;
        return -1;
    }
    if (flux_rpc_get_unpack (f, "{s:I}", "id", &value) < 0)
        return -1;
    if (id)
        *id = value;
    return 0;
}

int flux_job_submit_get_id (flux_future_t *f, flux_jobid_t *id)
{
    return get_id (f, id);
}

flux_future_t *flux_job_wait (flux_t *h, flux_jobid_t id)
{
    if (!h)
        return invalid ();
    return flux_rpc_pack (h,
                          "job-manager.wait",
                          FLUX_NODEID_ANY,
                          0,
                          "{s:I}",
                          "id",
                          (json_int_t)id);
}

int flux_job_wait_get_status (flux_future_t *f,
                              bool *success,
                              const char **errstr)
{
    const char *text;
    int good;

    if (!f) {
        errno = EINVAL;
        return -1;
    }
    if (flux_rpc_get_unpack (f, "{s:b s:s}", "success", &good, "errstr", &text)
        < 0)
        return -1;
    if (success)
        *success = good;
    if (errstr)
        *errstr = text;
    return 0;
}

int flux_job_wait_get_id (flux_future_t *f, flux_jobid_t *id)
{
    return get_id (f, id);
}

/* Consumes attrs and constraint. */
static flux_future_t *list (flux_t *h,
                            int max_entries,
                            const char *attrs,
                            double since,
                            json_t *constraint)
{
    json_t *names = attrs ? json_loads (attrs, 0, NULL) : NULL;
    flux_future_t *f = NULL;

    if (!h || max_entries < 0 || !json_is_array (names) || !constraint)
        errno = EINVAL;
    else
        f = flux_rpc_pack (h,
                           "job-list.list",
                           FLUX_NODEID_ANY,
                           0,
                           "{s:i s:O s:f s:O}",
                           "max_entries",
                           max_entries,
                           "attrs",
                           names,
                           "since",
                           since,
                           "constraint",
                           constraint);
    json_decref (names);
    json_decref (constraint);
    return f;
}

/* states is a mask; 0 means pending and running. */
flux_future_t *flux_job_list (flux_t *h,
                              int max_entries,
                              const char *attrs,
                              uint32_t userid,
                              int states)
{
    const int all =
        FLUX_JOB_STATE_NEW | FLUX_JOB_STATE_ACTIVE | FLUX_JOB_STATE_INACTIVE;

    if (states & ~all)
        return invalid ();
    if (states == 0)
        states = FLUX_JOB_STATE_ACTIVE;
    return list (
        h,
        max_entries,
        attrs,
        0.,
        json_pack ("{s:[{s:[I]} {s:[i]}]}",
                   "and",
                   "userid",
                   userid == FLUX_USERID_UNKNOWN ? (json_int_t)-1 : userid,
                   "states",
                   states));
}

flux_future_t *flux_job_list_inactive (flux_t *h,
                                       int max_entries,
                                       double since,
                                       const char *attrs)
{
    return list (h,
                 max_entries,
                 attrs,
                 since,
                 json_pack ("{s:[i]}", "states", FLUX_JOB_STATE_INACTIVE));
}

flux_future_t *flux_job_list_id (flux_t *h,
                                 flux_jobid_t id,
                                 const char *attrs_json_str)
{
    json_t *names =
        attrs_json_str ? json_loads (attrs_json_str, 0, NULL) : NULL;
    flux_future_t *f = NULL;

    if (!h || !json_is_array (names))
        errno = EINVAL;
    else
        f = flux_rpc_pack (h,
                           "job-list.list-id",
                           FLUX_NODEID_ANY,
                           0,
                           "{s:I s:O}",
                           "id",
                           (json_int_t)id,
                           "attrs",
                           names);
    json_decref (names);
    return f;
}

flux_future_t *flux_job_raise (flux_t *h,
                               flux_jobid_t id,
                               const char *type,
                               int severity,
                               const char *note)
{
    if (!h || !type)
        return invalid ();
    return flux_rpc_pack (h,
                          "job-manager.raise",
                          FLUX_NODEID_ANY,
                          0,
                          "{s:I s:s s:i s:s*}",
                          "id",
                          (json_int_t)id,
                          "type",
                          type,
                          "severity",
                          severity,
                          "note",
                          note);
}

flux_future_t *flux_job_cancel (flux_t *h, flux_jobid_t id, const char *reason)
{
    return flux_job_raise (h, id, "cancel", 0, reason);
}

flux_future_t *flux_job_kill (flux_t *h, flux_jobid_t id, int signum)
{
    if (!h || signum <= 0)
        return invalid ();
    return flux_rpc_pack (h,
                          "job-manager.kill",
                          FLUX_NODEID_ANY,
                          0,
                          "{s:I s:i}",
                          "id",
                          (json_int_t)id,
                          "signum",
                          signum);
}

flux_future_t *flux_job_set_urgency (flux_t *h, flux_jobid_t id, int urgency)
{
    if (!h)
        return invalid ();
    return flux_rpc_pack (h,
                          "job-manager.urgency",
                          FLUX_NODEID_ANY,
                          0,
                          "{s:I s:i}",
                          "id",
                          (json_int_t)id,
                          "urgency",
                          urgency);
}

static int job_expiration (flux_t *h,
                           const char *jobid,
                           double *expiration,
                           flux_job_state_t *state,
                           flux_error_t *errp)
{
    flux_jobid_t id;
    flux_future_t *f;
    int value;

    if (flux_job_id_parse (jobid, &id) < 0)
        return err_set (errp, EINVAL, "FLUX_JOB_ID=%s is no job id", jobid);
    if (!(f = flux_job_list_id (h, id, "[\"expiration\",\"state\"]"))
        || flux_rpc_get_unpack (f,
                                "{s:{s:i s?F}}",
                                "job",
                                "state",
                                &value,
                                "expiration",
                                expiration)
               < 0) {
        err_set (errp, errno, "job %s: %s", jobid, future_strerror (f, errno));
        flux_future_destroy (f);
        return -1;
    }
    *state = value;
    flux_future_destroy (f);
    return 0;
}

static int instance_expiration (flux_t *h,
                                double *expiration,
                                flux_error_t *errp)
{
    flux_future_t *f;

    if (!(f = flux_rpc (h, "resource.status", NULL, 0, 0))
        || flux_rpc_get_unpack (f,
                                "{s:{s:{s?F}}}",
                                "R",
                                "execution",
                                "expiration",
                                expiration)
               < 0) {
        err_set (errp,
                 errno,
                 "resource.status: %s",
                 future_strerror (f, errno));
        flux_future_destroy (f);
        return -1;
    }
    flux_future_destroy (f);
    return 0;
}

int flux_job_timeleft (flux_t *h, flux_error_t *errp, double *timeleft)
{
    const char *jobid = getenv ("FLUX_JOB_ID");
    flux_job_state_t state = FLUX_JOB_STATE_RUN;
    double expiration = 0.;
    int rc;

    if (!h || !timeleft)
        return err_set (errp, EINVAL, "Invalid argument");
    rc = jobid ? job_expiration (h, jobid, &expiration, &state, errp)
               : instance_expiration (h, &expiration, errp);
    if (rc < 0)
        return -1;
    if (state != FLUX_JOB_STATE_RUN)
        *timeleft = 0.;
    else if (expiration <= 0.)
        *timeleft = INFINITY;
    else
        *timeleft = fmax (expiration - flux_reactor_time (), 0.);
    return 0;
}
