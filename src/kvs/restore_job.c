/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Keys of a job (RFC 16) become its row, values and logs again, and what is
 * below its "guest" its namespace.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvs/restore_private.h"

struct rjob *restore_job (struct restorer *r, uint64_t id)
{
    struct rjob *job;

    HASH_FIND (hh, r->jobs, &id, sizeof (id), job);
    if (job || !(job = calloc (1, sizeof (*job))))
        return job;
    job->id = id;
    job->userid = getuid ();
    job->urgency = FLUX_JOB_URGENCY_DEFAULT;
    HASH_ADD (hh, r->jobs, id, sizeof (id), job);
    return job;
}

int restore_job_row (struct restorer *r,
                     const struct rjob *job,
                     const char *jobspec)
{
    struct store_job row = {
        .id = job->id,
        .userid = job->userid,
        .urgency = job->urgency,
        .flags = job->flags,
        .state = FLUX_JOB_STATE_NEW,
        .priority = -1,
        .waitstatus = -1,
        .t_submit = job->t_submit,
        .jobspec = jobspec,
    };

    return store_job_put (r->store, &row);
}

/* Until the job is replayed its row says what its first event says. */
static void note_submit (struct rjob *job, const char *log)
{
    json_t *o = json_loads (log, JSON_DISABLE_EOF_CHECK, NULL);
    json_int_t userid;

    if (json_unpack (o,
                     "{s:F s:{s:I s:i s:i}}",
                     "timestamp",
                     &job->t_submit,
                     "context",
                     "userid",
                     &userid,
                     "urgency",
                     &job->urgency,
                     "flags",
                     &job->flags)
        == 0)
        job->userid = userid;
    json_decref (o);
}

/* Values and logs have the names of their keys. */
static int put_value (struct restorer *r,
                      struct rjob *job,
                      const char *key,
                      const char *text,
                      size_t len)
{
    return store_value_put (r->store, job->id, key, text, len);
}

static int put_jobspec (struct restorer *r,
                        struct rjob *job,
                        const char *key,
                        const char *text,
                        size_t len)
{
    return restore_job_row (r, job, text);
}

static int put_log (struct restorer *r,
                    struct rjob *job,
                    const char *key,
                    const char *text,
                    size_t len)
{
    return store_log_append (r->store, job->id, key, text, len);
}

static int put_eventlog (struct restorer *r,
                         struct rjob *job,
                         const char *key,
                         const char *text,
                         size_t len)
{
    note_submit (job, text);
    return put_log (r, job, key, text, len);
}

static const struct {
    const char *key;
    int (*put) (struct restorer *r,
                struct rjob *job,
                const char *key,
                const char *text,
                size_t len);
} job_parts[] = {
    { "J", put_value },
    { "jobspec", put_jobspec },
    { "R", put_value },
    { "eventlog", put_eventlog },
    { "guest.exec.eventlog", put_log },
    { "guest.output", put_log },
    { "guest.input", put_log },
};

bool restore_job_key (const char *key, uint64_t *id, const char **rest)
{
    unsigned int g[4];
    int n = 0;

    if (sscanf (key, "job.%4x.%4x.%4x.%4x.%n", &g[0], &g[1], &g[2], &g[3], &n)
            < 4
        || n != 24 || !key[n])
        return false;
    *id = (uint64_t)g[0] << 48 | (uint64_t)g[1] << 32 | (uint64_t)g[2] << 16
          | g[3];
    *rest = key + n;
    return true;
}

int restore_guest_op (struct restorer *r,
                      struct rjob *job,
                      const char *key,
                      json_t *dirent,
                      flux_error_t *error)
{
    if (!job->ops) {
        strcpy (job->root, r->k.primary->head.ref);
        job->ops = json_array ();
    }
    return restore_op (r, job->root, job->ops, key, dirent, error);
}

int restore_job_part (struct restorer *r,
                      const char *key,
                      const char *data,
                      size_t len,
                      bool *taken,
                      flux_error_t *error)
{
    const char *rest;
    struct rjob *job;
    uint64_t id;
    json_t *val;

    if (!(*taken = restore_job_key (key, &id, &rest)))
        return 0;
    if (!(job = restore_job (r, id)))
        return err_set (error, ENOMEM, "out of memory");
    for (size_t i = 0; i < sizeof (job_parts) / sizeof (job_parts[0]); i++) {
        if (!strcmp (job_parts[i].key, rest))
            return job_parts[i].put (r, job, rest, data, len);
    }
    if (strncmp (rest, "guest.", 6) != 0) {
        *taken = false;
        return 0;
    }
    if (!(val = treeobj_val (data, len)))
        return err_set (error, ENOMEM, "out of memory");
    return restore_guest_op (r, job, rest + 6, val, error);
}
