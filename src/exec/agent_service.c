/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What a running job offers to its owner's programs: the methods of the
 * service "<uid>-shell-<id>", and what its agents say for them.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/exec_agent.h"
#include "wire/jobspec.h"

static const struct {
    const char *name;
    request_f cb;
    enum {
        OF_ALL,
        OF_LISTENERS, /* jobs that do not read a file */
        OF_TERMINALS, /* jobs with a terminal to attach to */
    } whose;
} methods[] = {
    { "stdin", stdin_cb, OF_LISTENERS },
    { "proctable", proctable_cb, OF_ALL },
    { "terminus.0", pty_cb, OF_TERMINALS },
    { "terminus.disconnect", pty_disconnect_cb, OF_TERMINALS },
};

enum {
    NMETHODS = sizeof (methods) / sizeof (methods[0]),
    TOPIC_MAX = JOBID_TEXT_MAX + 64,
};

static void topic_of (const struct exec_job_state *job,
                      int i,
                      char buf[TOPIC_MAX])
{
    char id[JOBID_TEXT_MAX];

    jobid_encode (job->id, JOBID_F58PLAIN, id, sizeof (id));
    snprintf (buf,
              TOPIC_MAX,
              "%u-shell-%s.%s",
              job->userid,
              id,
              methods[i].name);
}

static bool offers (const struct exec_job_state *job, int i)
{
    switch (methods[i].whose) {
    case OF_LISTENERS:
        return !job->infile;
    case OF_TERMINALS:
        return job->pty != NULL;
    default:
        return true;
    }
}

int service_register (struct exec_job_state *job, const char *jobspec)
{
    struct router *r = job->x->env.router;
    char topic[TOPIC_MAX];

    if (!r)
        return 0;
    if (jobspec_pty_interactive (jobspec) && pty_create (job) < 0)
        return -1;
    for (int i = 0; i < NMETHODS; i++) {
        if (!offers (job, i))
            continue;
        topic_of (job, i, topic);
        if (router_method_add (r,
                               topic,
                               FLUX_ROLE_OWNER | FLUX_ROLE_USER,
                               0,
                               methods[i].cb,
                               job)
            < 0)
            return -1;
        job->nmethods = i + 1;
    }
    return 0;
}

void service_unregister (struct exec_job_state *job)
{
    char topic[TOPIC_MAX];

    for (int i = 0; i < job->nmethods; i++) {
        if (!offers (job, i))
            continue;
        topic_of (job, i, topic);
        router_method_remove (job->x->env.router, topic);
    }
    job->nmethods = 0;
    proctable_end (job);
    pty_end (job);
    pmi_end (job);
}

int service_may (struct exec_job_state *job,
                 const flux_msg_t *msg,
                 const char **payload,
                 flux_error_t *error)
{
    if (!router_may (msg, job->userid))
        return err_set (error, EPERM, "Request requires owner credentials");
    if (flux_msg_get_string (msg, payload) < 0 || !*payload)
        return err_set (error, EPROTO, "request: expected a payload");
    return 0;
}

/* ---- between here and the agents ---- */

static void (*const talkers[TALK_KINDS]) (struct exec_job_state *,
                                          struct part *,
                                          const struct agent_talk *) = {
    [TALK_PTY_ATTACHED] = pty_talk, [TALK_PTY_GONE] = pty_talk,
    [TALK_PTY_DATA] = pty_talk,     [TALK_PTY_EXIT] = pty_talk,
    [TALK_PMI] = pmi_talk,          [TALK_PIDS] = proctable_talk,
};

void service_talk (struct node *node, const flux_msg_t *msg)
{
    struct exec_job_state *job;
    struct agent_talk talk;
    struct part *part;

    if (agent_talk_decode (msg, &talk, NULL) < 0 || !talkers[talk.kind])
        return;
    if ((job = exec_job_find (node->x, talk.id))
        && (part = exec_part_of (job, node)))
        talkers[talk.kind](job, part, &talk);
}

bool service_say (struct exec_job_state *job,
                  struct part *part,
                  struct agent_talk *talk)
{
    flux_msg_t *msg;
    bool sent = false;

    talk->id = job->id;
    if (!(msg = agent_talk_encode (talk)))
        return false;
    for (unsigned int i = 0; i < job->nparts; i++) {
        struct part *p = &job->parts[i];

        if (p->sent && !p->over && (!part || p == part))
            sent |= node_send (p->node, msg) == 0;
    }
    flux_msg_destroy (msg);
    return sent;
}
