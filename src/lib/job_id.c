/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Job ids, states, results and keys as text. */

#include <errno.h>
#include <flux/core.h>
#include <inttypes.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/jobid.h"
#include "wire/sign.h"

struct label {
    int value;
    const char *short_upper;
    const char *short_lower;
    const char *long_upper;
    const char *long_lower;
};

static const struct label states[] = {
    { FLUX_JOB_STATE_NEW, "N", "n", "NEW", "new" },
    { FLUX_JOB_STATE_DEPEND, "D", "d", "DEPEND", "depend" },
    { FLUX_JOB_STATE_PRIORITY, "P", "p", "PRIORITY", "priority" },
    { FLUX_JOB_STATE_SCHED, "S", "s", "SCHED", "sched" },
    { FLUX_JOB_STATE_RUN, "R", "r", "RUN", "run" },
    { FLUX_JOB_STATE_CLEANUP, "C", "c", "CLEANUP", "cleanup" },
    { FLUX_JOB_STATE_INACTIVE, "I", "i", "INACTIVE", "inactive" },
    { 0 },
};

static const struct label results[] = {
    { FLUX_JOB_RESULT_COMPLETED, "CD", "cd", "COMPLETED", "completed" },
    { FLUX_JOB_RESULT_FAILED, "F", "f", "FAILED", "failed" },
    { FLUX_JOB_RESULT_CANCELED, "CA", "ca", "CANCELED", "canceled" },
    { FLUX_JOB_RESULT_TIMEOUT, "TO", "to", "TIMEOUT", "timeout" },
    { 0 },
};

static const struct label unknown = { 0, "?", "?", "(unknown)", "(unknown)" };

static const char *label_text (const struct label *labels,
                               int value,
                               const char *fmt)
{
    const struct label *l = labels;

    while (l->value && l->value != value)
        l++;
    if (!l->value)
        l = &unknown;
    switch (fmt ? *fmt : 'L') {
    case 's':
        return l->short_lower;
    case 'S':
        return l->short_upper;
    case 'l':
        return l->long_lower;
    default:
        return l->long_upper;
    }
}

/* The value of a label in any of its forms, or -1 and EINVAL. */
static int label_value (const struct label *labels, const char *s)
{
    for (const struct label *l = labels; s && l->value; l++) {
        if (strcmp (s, l->short_upper) == 0 || strcmp (s, l->short_lower) == 0
            || strcmp (s, l->long_upper) == 0 || strcmp (s, l->long_lower) == 0)
            return l->value;
    }
    errno = EINVAL;
    return -1;
}

const char *flux_job_statetostr (flux_job_state_t state, const char *fmt)
{
    return label_text (states, state, fmt);
}

int flux_job_strtostate (const char *s, flux_job_state_t *state)
{
    int value = label_value (states, s);

    if (value < 0 || !state) {
        errno = EINVAL;
        return -1;
    }
    *state = value;
    return 0;
}

const char *flux_job_resulttostr (flux_job_result_t result, const char *fmt)
{
    return label_text (results, result, fmt);
}

int flux_job_strtoresult (const char *s, flux_job_result_t *result)
{
    int value = label_value (results, s);

    if (value < 0 || !result) {
        errno = EINVAL;
        return -1;
    }
    *result = value;
    return 0;
}

int flux_job_id_parse (const char *s, flux_jobid_t *id)
{
    return jobid_parse (s, id);
}

int flux_job_id_encode (flux_jobid_t id,
                        const char *type,
                        char *buf,
                        size_t bufsz)
{
    enum jobid_form form = JOBID_DEC;

    if (type && jobid_form_parse (type, &form) < 0) {
        errno = EPROTO;
        return -1;
    }
    return jobid_encode (id, form, buf, bufsz);
}

__attribute__ ((format (printf, 3, 4))) static int put (char *buf,
                                                        int size,
                                                        const char *fmt,
                                                        ...)
{
    va_list ap;
    int n;

    if (!buf || size < 0) {
        errno = EINVAL;
        return -1;
    }
    va_start (ap, fmt);
    n = vsnprintf (buf, size, fmt, ap);
    va_end (ap);
    if (n < 0 || n >= size) {
        errno = EOVERFLOW;
        return -1;
    }
    return n;
}

int flux_job_kvs_key (char *buf, int bufsz, flux_jobid_t id, const char *key)
{
    char dir[JOBID_TEXT_MAX];

    if (jobid_encode (id, JOBID_KVS, dir, sizeof (dir)) < 0)
        return -1;
    return put (buf, bufsz, "%s%s%s", dir, key ? "." : "", key ? key : "");
}

int flux_job_kvs_guest_key (char *buf,
                            int bufsz,
                            flux_jobid_t id,
                            const char *key)
{
    char dir[JOBID_TEXT_MAX];

    if (getenv ("FLUX_KVS_NAMESPACE"))
        return put (buf, bufsz, "%s", key ? key : ".");
    if (jobid_encode (id, JOBID_KVS, dir, sizeof (dir)) < 0)
        return -1;
    return put (buf,
                bufsz,
                "%s.guest%s%s",
                dir,
                key ? "." : "",
                key ? key : "");
}

int flux_job_kvs_namespace (char *buf, int bufsz, flux_jobid_t id)
{
    return put (buf, bufsz, "job-%" PRIu64, id);
}

char *flux_unwrap_string (const char *in,
                          bool verify,
                          uint32_t *userid,
                          flux_error_t *error)
{
    uint32_t signer;
    char *payload;
    size_t len;

    if (!in)
        return err_null (error, EINVAL, "nothing to unwrap");
    if (sign_none_unwrap (in, &payload, &len, &signer, NULL, error) < 0)
        return NULL;
    if (verify && signer != getuid ()) {
        free (payload);
        return err_null (error,
                         EPERM,
                         "signer %u is not the current user %u",
                         signer,
                         (unsigned int)getuid ());
    }
    if (userid)
        *userid = signer;
    return payload;
}

int flux_job_waitstatus_to_exitcode (int waitstatus, flux_error_t *errp)
{
    int code;

    if (errp)
        errp->text[0] = '\0';
    if (WIFSIGNALED (waitstatus)) {
        code = 128 + WTERMSIG (waitstatus);
        err_set (errp,
                 errno,
                 "job shell %s",
                 strsignal (WTERMSIG (waitstatus)));
        return code;
    }
    code = WEXITSTATUS (waitstatus);
    if (code > 128)
        err_set (errp, errno, "task(s) %s", strsignal (code - 128));
    else if (code > 0)
        err_set (errp, errno, "task(s) exited with exit code %d", code);
    return code;
}
