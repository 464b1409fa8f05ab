/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Watching eventlogs, and the result of a job as its eventlog tells it. */

#include <errno.h>
#include <flux/core.h>
#include <jansson.h>

flux_future_t *flux_job_event_watch (flux_t *h,
                                     flux_jobid_t id,
                                     const char *path,
                                     int flags)
{
    const int all =
        FLUX_JOB_EVENT_WATCH_WAITCREATE | FLUX_JOB_EVENT_WATCH_INITIAL_SENTINEL;

    if (!h || !path || (flags & ~all)) {
        errno = EINVAL;
        return NULL;
    }
    return flux_rpc_pack (h,
                          "job-info.eventlog-watch",
                          FLUX_NODEID_ANY,
                          FLUX_RPC_STREAMING,
                          "{s:I s:s s:i}",
                          "id",
                          (json_int_t)id,
                          "path",
                          path,
                          "flags",
                          flags);
}

/* The sentinel is a response without an event. */
int flux_job_event_watch_get (flux_future_t *f, const char **event)
{
    const char *s;

    if (!f) {
        errno = EINVAL;
        return -1;
    }
    if (flux_rpc_get (f, &s) < 0)
        return -1;
    if (!s) {
        if (event)
            *event = NULL;
        return 0;
    }
    s = NULL;
    if (flux_rpc_get_unpack (f, "{s?s}", "event", &s) < 0)
        return -1;
    if (event)
        *event = s;
    return 0;
}

int flux_job_event_watch_cancel (flux_future_t *f)
{
    flux_future_t *cancel;

    if (!f) {
        errno = EINVAL;
        return -1;
    }
    cancel = flux_rpc_pack (flux_future_get_flux (f),
                            "job-info.eventlog-watch-cancel",
                            FLUX_NODEID_ANY,
                            FLUX_RPC_NORESPONSE,
                            "{s:i}",
                            "matchtag",
                            (int)flux_rpc_get_matchtag (f));
    if (!cancel)
        return -1;
    flux_future_destroy (cancel);
    return 0;
}

/* What the events of a job have told until now. */
struct result {
    flux_jobid_t id;
    int flags;
    double t_submit;
    double t_run;
    double t_cleanup;
    int waitstatus; /* -1: the job did not start */
    int severity;   /* of the exception that counts; -1: none */
    char *type;
    char *note;
};

static void result_destroy (void *arg)
{
    struct result *r = arg;
    int saved_errno = errno;

    free (r->type);
    free (r->note);
    free (r);
    errno = saved_errno;
}

/* The first fatal exception counts, else the first of any severity. */
static int result_exception (struct result *r, json_t *context)
{
    const char *type, *note = "";
    int severity;

    if (json_unpack (context,
                     "{s:s s:i s?s}",
                     "type",
                     &type,
                     "severity",
                     &severity,
                     "note",
                     &note)
        < 0) {
        errno = EPROTO;
        return -1;
    }
    if (r->severity == 0 || (r->severity > 0 && severity > 0))
        return 0;
    free (r->type);
    free (r->note);
    r->severity = severity;
    r->type = strdup (type);
    r->note = strdup (note);
    return r->type && r->note ? 0 : -1;
}

static int result_event (struct result *r, const char *event)
{
    json_t *o = json_loads (event, 0, NULL);
    json_t *context = NULL;
    const char *name;
    double t;
    int rc = 0;

    if (!o
        || json_unpack (o,
                        "{s:F s:s s?o}",
                        "timestamp",
                        &t,
                        "name",
                        &name,
                        "context",
                        &context)
               < 0) {
        json_decref (o);
        errno = EPROTO;
        return -1;
    }
    if (strcmp (name, "submit") == 0)
        r->t_submit = t;
    else if (strcmp (name, "alloc") == 0)
        r->t_run = t;
    else if (strcmp (name, "finish") == 0) {
        r->t_cleanup = t;
        rc = json_unpack (context, "{s:i}", "status", &r->waitstatus);
        if (rc < 0)
            errno = EPROTO;
    }
    else if (strcmp (name, "exception") == 0) {
        rc = result_exception (r, context);
        if (r->severity == 0 && r->t_cleanup == 0.)
            r->t_cleanup = t;
    }
    json_decref (o);
    return rc;
}

static flux_job_result_t result_code (const struct result *r)
{
    if (r->severity == 0) {
        if (strcmp (r->type, "cancel") == 0)
            return FLUX_JOB_RESULT_CANCELED;
        if (strcmp (r->type, "timeout") == 0)
            return FLUX_JOB_RESULT_TIMEOUT;
        return FLUX_JOB_RESULT_FAILED;
    }
    return r->waitstatus == 0 ? FLUX_JOB_RESULT_COMPLETED
                              : FLUX_JOB_RESULT_FAILED;
}

static char *result_text (const struct result *r)
{
    json_t *o = json_pack ("{s:I s:i s:f s:f s:f s:b}",
                           "id",
                           (json_int_t)r->id,
                           "result",
                           result_code (r),
                           "t_submit",
                           r->t_submit,
                           "t_run",
                           r->t_run,
                           "t_cleanup",
                           r->t_cleanup,
                           "exception_occurred",
                           r->severity >= 0);
    char *s = NULL;
    int rc = o ? 0 : -1;

    if (rc == 0 && r->waitstatus >= 0)
        rc =
            json_object_set_new (o, "waitstatus", json_integer (r->waitstatus));
    if (rc == 0 && r->severity >= 0) {
        json_t *e = json_pack ("{s:i s:s s:s}",
                               "exception_severity",
                               r->severity,
                               "exception_type",
                               r->type,
                               "exception_note",
                               r->note);
        rc = e ? json_object_update (o, e) : -1;
        json_decref (e);
    }
    if (rc == 0)
        s = json_dumps (o, JSON_COMPACT);
    json_decref (o);
    return s;
}

static void watch_cb (flux_future_t *watch, void *arg)
{
    flux_future_t *f = arg;
    struct result *r = flux_future_aux_get (f, "flux::result");
    const char *event;
    char *text;

    if (flux_job_event_watch_get (watch, &event) == 0) {
        if (event && result_event (r, event) < 0) {
            flux_future_fulfill_error (f, errno, NULL);
            return;
        }
        flux_future_reset (watch);
        return;
    }
    if (errno != ENODATA) {
        flux_future_fulfill_error (f,
                                   errno,
                                   flux_future_has_error (watch)
                                       ? flux_future_error_string (watch)
                                       : NULL);
        return;
    }
    if (!(text = result_text (r)))
        flux_future_fulfill_error (f, ENOMEM, NULL);
    else
        flux_future_fulfill (f, text, free);
}

static void result_init (flux_future_t *f, void *arg)
{
    struct result *r = arg;
    flux_t *h = flux_future_get_flux (f);
    flux_future_t *watch;

    if (!(watch = flux_job_event_watch (h, r->id, "eventlog", r->flags))
        || flux_future_aux_set (f,
                                NULL,
                                watch,
                                (flux_free_f)flux_future_destroy)
               < 0) {
        flux_future_destroy (watch);
        flux_future_fulfill_error (f, errno, NULL);
        return;
    }
    if (flux_future_then (watch, -1., watch_cb, f) < 0)
        flux_future_fulfill_error (f, errno, NULL);
}

flux_future_t *flux_job_result (flux_t *h, flux_jobid_t id, int flags)
{
    struct result *r;
    flux_future_t *f;

    if (!h || (flags & ~FLUX_JOB_EVENT_WATCH_WAITCREATE)) {
        errno = EINVAL;
        return NULL;
    }
    if (!(r = calloc (1, sizeof (*r))))
        return NULL;
    r->id = id;
    r->flags = flags;
    r->waitstatus = -1;
    r->severity = -1;
    if (!(f = flux_future_create (result_init, r))
        || flux_future_aux_set (f, "flux::result", r, result_destroy) < 0) {
        flux_future_destroy (f);
        result_destroy (r);
        return NULL;
    }
    flux_future_set_flux (f, h);
    return f;
}

int flux_job_result_get (flux_future_t *f, const char **json_str)
{
    const void *text;

    if (!f || !json_str) {
        errno = EINVAL;
        return -1;
    }
    if (flux_future_get (f, &text) < 0)
        return -1;
    *json_str = text;
    return 0;
}

static void decref (void *arg)
{
    json_decref (arg);
}

int flux_job_result_get_unpack (flux_future_t *f, const char *fmt, ...)
{
    const char *text;
    va_list ap;
    json_t *o;
    int rc;

    if (!f || !fmt) {
        errno = EINVAL;
        return -1;
    }
    if (flux_job_result_get (f, &text) < 0)
        return -1;
    /* strings are unpacked from it, so it has to live as long as f */
    if (!(o = flux_future_aux_get (f, "flux::result_json"))) {
        if (!(o = json_loads (text, 0, NULL))
            || flux_future_aux_set (f, "flux::result_json", o, decref) < 0) {
            json_decref (o);
            errno = ENOMEM;
            return -1;
        }
    }
    va_start (ap, fmt);
    rc = json_vunpack_ex (o, NULL, 0, fmt, ap);
    va_end (ap);
    if (rc < 0)
        errno = EINVAL;
    return rc;
}
