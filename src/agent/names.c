/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"

static bool number (char *buf, size_t size, unsigned long n)
{
    snprintf (buf, size, "%lu", n);
    return true;
}

static bool text (char *buf, size_t size, const char *s)
{
    return s && snprintf (buf, size, "%s", s) < (int)size;
}

static bool id_tag (const struct agent_job *job,
                    const char *form,
                    char *buf,
                    size_t size)
{
    enum jobid_form f = JOBID_F58;

    if (*form == '.' && jobid_form_parse (form + 1, &f) < 0)
        return false;
    return jobid_encode (job->id, f, buf, size) == 0;
}

static bool ids_tag (const struct idset *ids, char *buf, size_t size)
{
    char *s = ids ? idset_encode (ids, IDSET_FLAG_RANGE) : strdup ("");
    bool ok = text (buf, size, s);

    free (s);
    return ok;
}

static bool node_tag (const struct agent_job *job,
                      const char *tag,
                      char *buf,
                      size_t size)
{
    if (!strcmp (tag, "id"))
        return number (buf, size, job->layout.index);
    if (!strcmp (tag, "name"))
        return text (buf,
                     size,
                     job->node->host ? job->node->host : job->agent->hostname);
    if (!strcmp (tag, "broker_rank"))
        return number (buf, size, job->node->rank);
    if (!strcmp (tag, "cores"))
        return ids_tag (job->node->cores, buf, size);
    if (!strcmp (tag, "gpus"))
        return ids_tag (job->node->gpus, buf, size);
    if (!strcmp (tag, "ncores"))
        return number (buf, size, idset_count (job->node->cores));
    return false;
}

static bool task_tag (const struct task *task,
                      const char *tag,
                      char *buf,
                      size_t size)
{
    if (!task)
        return false;
    if (!strcmp (tag, "id") || !strcmp (tag, "rank"))
        return number (buf, size, task->rank);
    if (!strcmp (tag, "index") || !strcmp (tag, "localid"))
        return number (buf, size, task->index);
    return false;
}

static bool name_tag (const struct agent_job *job, char *buf, size_t size)
{
    const char *name = job->run->shell.name;
    const char *slash;

    if (!name) {
        name = job->run->argv[0] ? job->run->argv[0] : "";
        if ((slash = strrchr (name, '/')))
            name = slash + 1;
    }
    return text (buf, size, name);
}

static bool expand (const struct agent_job *job,
                    const struct task *task,
                    const char *tag,
                    char *buf,
                    size_t size)
{
    if (!strcmp (tag, "id") || !strncmp (tag, "id.", 3))
        return id_tag (job, tag + 2, buf, size);
    if (!strcmp (tag, "jobid") || !strncmp (tag, "jobid.", 6))
        return id_tag (job, tag + 5, buf, size);
    if (!strcmp (tag, "name"))
        return name_tag (job, buf, size);
    if (!strcmp (tag, "nnodes"))
        return number (buf, size, job->layout.nnodes);
    if (!strcmp (tag, "size") || !strcmp (tag, "ntasks"))
        return number (buf, size, job->layout.ntasks);
    if (!strcmp (tag, "tmpdir"))
        return text (buf, size, job->tmpdir);
    if (!strcmp (tag, "taskid"))
        return task_tag (task, "id", buf, size);
    if (!strncmp (tag, "task.", 5))
        return task_tag (task, tag + 5, buf, size);
    if (!strncmp (tag, "node.", 5))
        return node_tag (job, tag + 5, buf, size);
    return false;
}

char *names_expand (const struct agent_job *job,
                    const struct task *task,
                    const char *s)
{
    struct jbuf out = { 0 };
    const char *open, *close;
    char tag[64];
    char value[4096];

    while ((open = strstr (s, "{{")) && (close = strstr (open, "}}"))) {
        size_t n = close - open - 2;

        jbuf_raw (&out, s, open - s);
        s = close + 2;
        snprintf (tag, sizeof (tag), "%.*s", (int)n, open + 2);
        if (n < sizeof (tag) && expand (job, task, tag, value, sizeof (value)))
            jbuf_lit (&out, value);
        else
            jbuf_raw (&out, open, s - open);
    }
    jbuf_lit (&out, s);
    return jbuf_take (&out, NULL);
}

bool names_per_task (const char *s)
{
    return strstr (s, "{{task") != NULL;
}
