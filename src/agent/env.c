/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What flux-environment(7) promises to the tasks of a job. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/spawn.h"

enum {
    NJOB = 12, /* at most so many are set for the job */
    NTASK = 6, /* and for each task */
};

static const char *const ours[] = {
    "FLUX_JOB_ID",
    "FLUX_JOB_ID_PATH",
    "FLUX_JOB_SIZE",
    "FLUX_JOB_NNODES",
    "FLUX_JOB_TMPDIR",
    "FLUX_TASK_RANK",
    "FLUX_TASK_LOCAL_ID",
    "FLUX_URI",
    "FLUX_KVS_NAMESPACE",
    "FLUX_PROXY_REMOTE",
    "FLUX_ENCLOSING_ID",
    "FLUX_TERMINUS_SESSION",
    "PMI_FD",
    "PMI_RANK",
    "PMI_SIZE",
    "PMI_SPAWNED",
};

static bool is_named (const char *entry, const char *const *names, size_t n)
{
    size_t len = strcspn (entry, "=");

    for (size_t i = 0; i < n; i++) {
        if (strlen (names[i]) == len && !strncmp (names[i], entry, len))
            return true;
    }
    return false;
}

#define IS_NAMED(entry, names) \
    is_named (entry, names, sizeof (names) / sizeof (names[0]))

/* What is set here does not come from the submitter. */
static bool is_ours (const struct agent_job *job, const char *entry)
{
    static const char *const gpu[] = { "CUDA_VISIBLE_DEVICES",
                                       "CUDA_DEVICE_ORDER" };
    static const char *const hwloc[] = { "HWLOC_XMLFILE", "HWLOC_COMPONENTS" };
    const struct shell_options *o = &job->run->shell;

    switch (*entry) {
    case 'F':
    case 'P':
        return IS_NAMED (entry, ours);
    case 'C':
        return o->gpu != AFFINITY_OFF && IS_NAMED (entry, gpu);
    case 'H':
        return o->hwloc_xml && IS_NAMED (entry, hwloc);
    }
    return false;
}

static int set (char **slot, const char *fmt, const char *value)
{
    if (asprintf (slot, fmt, value) < 0) {
        *slot = NULL;
        return -1;
    }
    return 0;
}

static int set_n (char **slot, const char *fmt, uint64_t value)
{
    if (asprintf (slot, fmt, value) < 0) {
        *slot = NULL;
        return -1;
    }
    return 0;
}

static int set_job (struct agent_job *job)
{
    char **e = &job->env[job->nenv];
    const char *enclosing = getenv ("FLUX_ENCLOSING_ID");
    char *xml = topology_path (job);
    int rc = 0;
    size_t n = 0;

    if (set (&e[n++], "FLUX_JOB_ID=%s", job->f58) < 0
        || set (&e[n++], "FLUX_JOB_ID_PATH=/%s", job->f58) < 0
        || set_n (&e[n++], "FLUX_JOB_SIZE=%" PRIu64, job->layout.ntasks) < 0
        || set_n (&e[n++], "FLUX_JOB_NNODES=%" PRIu64, job->layout.nnodes) < 0
        || set_n (&e[n++], "FLUX_KVS_NAMESPACE=job-%" PRIu64, job->id) < 0
        || (job->agent->opt.uri
            && set (&e[n++], "FLUX_URI=%s", job->agent->opt.uri) < 0)
        || (!job->run->shell.pmi_off
            && (set_n (&e[n++], "PMI_FD=%" PRIu64, SPAWN_PMI_FD) < 0
                || set_n (&e[n++], "PMI_SIZE=%" PRIu64, job->layout.ntasks)
                       < 0))
        || (job->tmpdir && set (&e[n++], "FLUX_JOB_TMPDIR=%s", job->tmpdir) < 0)
        || (enclosing && set (&e[n++], "FLUX_ENCLOSING_ID=%s", enclosing) < 0))
        return -1;
    if (xml) {
        rc = set (&e[n++], "HWLOC_XMLFILE=%s", xml);
        free (xml);
    }
    job->nenv += n;
    return rc;
}

int env_make (struct agent_job *job)
{
    size_t n = 0;
    char **from = job->given;

    while (from[n])
        n++;
    if (!(job->env = calloc (n + NJOB + NTASK + 1, sizeof (*job->env))))
        return -1;
    for (size_t i = 0; i < n; i++) {
        char *s;

        if (is_ours (job, from[i]))
            continue;
        s = strstr (from[i], "{{") ? names_expand (job, NULL, from[i])
                                   : strdup (from[i]);
        if (!s)
            return -1;
        if (!strncmp (s, "PATH=", 5))
            job->path = s + 5;
        job->env[job->nenv++] = s;
    }
    return set_job (job);
}

int env_of_task (struct agent_job *job, const struct task *task)
{
    char **e = &job->env[job->nenv];
    char *gpus;
    int rc = 0;

    for (int i = 0; i < NTASK; i++) {
        free (e[i]);
        e[i] = NULL;
    }
    if (set_n (&e[0], "FLUX_TASK_RANK=%" PRIu64, task->rank) < 0
        || set_n (&e[1], "FLUX_TASK_LOCAL_ID=%" PRIu64, task->index) < 0)
        return -1;
    e += 2;
    if (!job->run->shell.pmi_off
        && set_n (e++, "PMI_RANK=%" PRIu64, task->rank) < 0)
        return -1;
    if (pty_wanted (job, task->rank)
        && set (e++, "FLUX_TERMINUS_SESSION=%s", "0") < 0)
        return -1;
    if ((gpus = affinity_gpus (task))) {
        rc = set (e, "CUDA_VISIBLE_DEVICES=%s", gpus);
        free (gpus);
        if (rc == 0)
            rc = set (e + 1, "CUDA_DEVICE_ORDER=%s", "PCI_BUS_ID");
    }
    return rc;
}

void env_clear (struct agent_job *job)
{
    for (size_t i = 0; job->env && i < job->nenv + NTASK; i++)
        free (job->env[i]);
    free (job->env);
    free (job->given);
    job->env = job->given = NULL;
}
