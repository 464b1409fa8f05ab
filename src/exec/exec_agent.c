/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Jobs run by flux-agents, one for each rank of this machine.  Jobs that only
 * pretend (attributes.system.exec.test) go to exec_mock.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/exec_agent.h"
#include "exec/rexec.h"
#include "wire/exec_test.h"
#include "wire/jobspec.h"
#include "wire/rjson.h"

int exec_queue (struct exec *x,
                struct node *node,
                const flux_msg_t *msg,
                uint64_t id)
{
    struct item *item = calloc (1, sizeof (*item));

    if (!item)
        return -1;
    item->node = node;
    item->msg = msg ? flux_msg_incref (msg) : NULL;
    item->id = id;
    STAILQ_INSERT_TAIL (&x->items, item, link);
    loop_kick (x->work);
    return 0;
}

/* ---- starting ---- */

static void send_start (struct exec_job_state *job)
{
    bool waiting = false;

    for (unsigned int i = 0; job->start && i < job->nparts; i++) {
        struct part *part = &job->parts[i];

        if (part->sent || part->over)
            continue;
        if (node_send (part->node, job->start) == 0)
            part->sent = true;
        else
            waiting = true;
    }
    if (!waiting) {
        flux_msg_decref (job->start);
        job->start = NULL;
    }
}

static bool listed (const char *jobs, uint64_t id)
{
    char *end;

    for (; *jobs; jobs = end) {
        if (strtoull (jobs, &end, 10) == id && end > jobs)
            return true;
        if (end == jobs)
            break;
        end += *end == ' ';
    }
    return false;
}

struct part *exec_part_of (struct exec_job_state *job, struct node *node)
{
    for (unsigned int i = 0; i < job->nparts; i++) {
        if (job->parts[i].node == node)
            return &job->parts[i];
    }
    return NULL;
}

static void send_signal (struct exec_job_state *job,
                         struct part *part,
                         int signum)
{
    struct agent_kill req = { .id = job->id, .signum = signum };
    flux_msg_t *msg = agent_kill_encode (&req);

    part->signum = msg && node_send (part->node, msg) == 0 ? 0 : signum;
    flux_msg_destroy (msg);
}

/* What an agent has to say of a job that it does not list it has said, but
 * for jobs that are lost, and starts that did not reach it.
 */
static void compare (struct exec_job_state *job,
                     struct part *part,
                     const char *jobs)
{
    if (part->over)
        return;
    if (listed (jobs, job->id)) {
        part->sent = true;
        if (part->signum > 0)
            send_signal (job, part, part->signum);
    }
    else if (part->sent && (part->started || !job->start)) {
        exec_part_over (job, part, SIGKILL);
        job->lost = true;
        exec_queue (job->x, NULL, NULL, job->id);
    }
    else
        part->sent = false;
}

/* Jobs that nobody here waits for: they ended, for this broker's
 * predecessor, before it heard that they had started.
 */
static void end_unknown (struct node *node, const char *jobs)
{
    struct agent_kill req = { .signum = SIGKILL };
    flux_msg_t *msg;
    char *end;

    for (; *jobs; jobs = end) {
        req.id = strtoull (jobs, &end, 10);
        if (end == jobs)
            break;
        end += *end == ' ';
        if (exec_job_find (node->x, req.id)
            || !(msg = agent_kill_encode (&req)))
            continue;
        node_send (node, msg);
        flux_msg_destroy (msg);
    }
}

void exec_node_ready (struct node *node, const char *jobs)
{
    struct exec_job_state *job, *next;
    struct part *part;

    HASH_ITER (hh, node->x->jobs, job, next)
    {
        if ((part = exec_part_of (job, node)))
            compare (job, part, jobs);
        send_start (job);
        pty_again (job);
    }
    end_unknown (node, jobs);
    rexec_node_ready (node);
}

static int set_parts (struct exec_job_state *job,
                      const struct rset *R,
                      flux_error_t *error)
{
    struct exec *x = job->x;

    if (R->count == 0)
        return err_set (error, EINVAL, "exec: R is empty");
    if (!(job->parts = calloc (R->count, sizeof (*job->parts))))
        return err_set (error, ENOMEM, "exec: out of memory");
    for (size_t i = 0; i < R->count; i++) {
        unsigned int rank = R->nodes[i].rank;

        if (rank >= x->nnodes)
            return err_set (error, ENOENT, "exec: no agent for rank %u", rank);
        job->parts[job->nparts++].node = &x->nodes[rank];
        node_want (&x->nodes[rank]);
    }
    return 0;
}

static flux_msg_t *start_message (const struct exec_job *given)
{
    struct agent_start start = {
        .id = given->id,
        .userid = given->userid,
        .jobspec = given->jobspec,
        .R = given->R_text,
    };
    char *R = NULL;
    flux_msg_t *msg;

    if (!start.R)
        start.R = R =
            rjson_encode (given->R,
                          given->R->nslots > 0 ? given->R->nslots : 0);
    msg = start.R ? agent_start_encode (&start) : NULL;
    free (R);
    return msg;
}

/* It ran before this broker started: agents that have it will say so, and so
 * will those that do not.
 */
static void find_again (struct exec_job_state *job)
{
    job->started = true;
    job->tell_again = true;
    job->nstarted = job->nparts;
    for (unsigned int i = 0; i < job->nparts; i++) {
        struct part *part = &job->parts[i];

        part->sent = part->started = true;
        exec_mark_read (job, part);
    }
    exec_queue (job->x, NULL, NULL, job->id);
}

static int begin (struct exec_job_state *job,
                  const struct exec_job *given,
                  flux_error_t *error)
{
    if (set_parts (job, given->R, error) < 0)
        return -1;
    job->infile = jobspec_input_path (given->jobspec);
    if (service_register (job, given->jobspec) < 0)
        return err_set (error, errno, "exec: cannot start the job");
    if (given->reattach) {
        find_again (job);
        return 0;
    }
    if (!(job->start = start_message (given)))
        return err_set (error, errno, "exec: cannot start the job");
    send_start (job);
    return 0;
}

static int agent_start (struct exec *x,
                        const struct exec_job *given,
                        flux_error_t *error)
{
    struct exec_job_state *job;
    struct exec_test test;

    if (exec_test_parse (given->jobspec, &test, error) < 0)
        return -1;
    if (test.present)
        return exec_mock.start (x->mock, given, error);
    if (exec_job_find (x, given->id))
        return err_set (error, EEXIST, "exec: the job is under way already");
    if (!(job = calloc (1, sizeof (*job))))
        return err_set (error, ENOMEM, "exec: out of memory");
    job->x = x;
    job->id = given->id;
    job->userid = given->userid;
    job->t_start = loop_now (x->env.loop);
    HASH_ADD (hh, x->jobs, id, sizeof (job->id), job);
    if (begin (job, given, error) < 0) {
        int saved = errno;

        exec_job_destroy (job);
        errno = saved;
        return -1;
    }
    return 0;
}

/* ---- signals ---- */

int exec_send_kill (struct exec_job_state *job, int signum)
{
    bool deadly = signum == SIGKILL || signum == SIGTERM;

    for (unsigned int i = 0; i < job->nparts; i++) {
        struct part *part = &job->parts[i];

        if (part->over)
            continue;
        if (part->sent)
            send_signal (job, part, signum);
        else if (deadly)
            exec_part_over (job, part, 0);
    }
    return exec_queue (job->x, NULL, NULL, job->id);
}

static int agent_kill (struct exec *x, uint64_t id, int signum)
{
    struct exec_job_state *job = exec_job_find (x, id);

    if (!job)
        return exec_mock.kill (x->mock, id, signum);
    return exec_send_kill (job, signum);
}

/* ---- life ---- */

static void agent_destroy (struct exec *x, bool leave)
{
    struct exec_job_state *job, *next;
    struct item *item;

    if (!x)
        return;
    rexec_destroy (x);
    nodes_destroy (x, leave);
    HASH_ITER (hh, x->jobs, job, next)
    exec_job_destroy (job);
    while ((item = STAILQ_FIRST (&x->items))) {
        STAILQ_REMOVE_HEAD (&x->items, link);
        flux_msg_decref (item->msg);
        free (item);
    }
    exec_mock.destroy (x->mock, leave);
    loop_source_destroy (x->work);
    free (x);
}

static struct exec *agent_create (const struct exec_env *env,
                                  flux_error_t *error)
{
    struct exec *x = calloc (1, sizeof (*x));

    if (!x)
        return err_null (error, ENOMEM, "exec: out of memory");
    x->env = *env;
    STAILQ_INIT (&x->items);
    LIST_INIT (&x->peers);
    x->work = loop_work_create (env->loop, LOOP_HOLDABLE, exec_work_cb, x);
    if (!x->work)
        err_set (error, errno, "exec: cannot watch for work");
    if (!x->work || !(x->mock = exec_mock.create (env, error))
        || nodes_create (x, error) < 0 || rexec_create (x) < 0) {
        int saved = errno;

        agent_destroy (x, false);
        errno = saved;
        return NULL;
    }
    return x;
}

const struct exec_ops exec_agent = {
    .name = "agent",
    .create = agent_create,
    .destroy = agent_destroy,
    .start = agent_start,
    .kill = agent_kill,
    .durable = exec_durable,
};
