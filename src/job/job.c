/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "job/job.h"

static const struct {
    const char *name;
    int flag;
} job_flags[] = {
    { "debug", FLUX_JOB_DEBUG },
    { "waitable", FLUX_JOB_WAITABLE },
    { "novalidate", FLUX_JOB_NOVALIDATE },
    { "immutable", JOB_FLAG_IMMUTABLE },
    { "alloc-bypass", JOB_FLAG_ALLOC_BYPASS },
};

const char *job_state_name (int state)
{
    static const char *const names[FLUX_JOB_NR_STATES] = {
        "NEW", "DEPEND", "PRIORITY", "SCHED", "RUN", "CLEANUP", "INACTIVE",
    };

    for (int i = 0; i < FLUX_JOB_NR_STATES; i++) {
        if (state == 1 << i)
            return names[i];
    }
    return "unknown";
}

struct job *job_create (flux_jobid_t id, size_t host_size)
{
    struct job *job;

    if (!(job = calloc (1, sizeof (*job) + host_size)))
        return NULL;
    if (host_size > 0)
        job->host = job + 1;
    job->id = id;
    job->state = FLUX_JOB_STATE_NEW;
    job->urgency = FLUX_JOB_URGENCY_DEFAULT;
    job->priority = -1;
    job->waitstatus = -1;
    return job;
}

static void free_strings (char **list)
{
    for (char **s = list; s && *s; s++)
        free (*s);
    free (list);
}

void job_destroy (struct job *job)
{
    int saved_errno = errno;

    if (!job)
        return;
    text_unref (job->spec);
    text_unref (job->R);
    text_unref (job->annotations);
    text_unref (job->end_event);
    if (job->exception) {
        free (job->exception->type);
        free (job->exception->note);
        free (job->exception);
    }
    free_strings (job->deps);
    free_strings (job->deps_done);
    free_strings (job->posted_other);
    free (job);
    errno = saved_errno;
}

static bool has_string (char **list, const char *s)
{
    for (; list && *list; list++) {
        if (!strcmp (*list, s))
            return true;
    }
    return false;
}

bool job_has_dependency (const struct job *job, const char *description)
{
    return has_string (job->deps, description);
}

bool job_had_dependency (const struct job *job, const char *description)
{
    return has_string (job->deps_done, description);
}

bool job_event_posted (const struct job *job, const char *name)
{
    enum event_kind kind = event_kind_parse (name);

    if (kind != EVENT_OTHER)
        return job->posted & (1U << kind);
    return has_string (job->posted_other, name);
}

int job_result (const struct job *job)
{
    if (!(job->state & (FLUX_JOB_STATE_CLEANUP | FLUX_JOB_STATE_INACTIVE)))
        return 0;
    if (job->finished && job->waitstatus == 0)
        return FLUX_JOB_RESULT_COMPLETED;
    if (job->exception && job->exception->severity == 0) {
        if (!strcmp (job->exception->type, "cancel"))
            return FLUX_JOB_RESULT_CANCELED;
        if (!strcmp (job->exception->type, "timeout"))
            return FLUX_JOB_RESULT_TIMEOUT;
    }
    return FLUX_JOB_RESULT_FAILED;
}

int job_flag_parse (const char *name)
{
    for (size_t i = 0; i < sizeof (job_flags) / sizeof (job_flags[0]); i++) {
        if (!strcmp (name, job_flags[i].name))
            return job_flags[i].flag;
    }
    errno = EINVAL;
    return -1;
}

const char *job_flag_name (int flag)
{
    for (size_t i = 0; i < sizeof (job_flags) / sizeof (job_flags[0]); i++) {
        if (job_flags[i].flag == flag)
            return job_flags[i].name;
    }
    return NULL;
}
