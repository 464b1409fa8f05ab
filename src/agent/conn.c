/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The connection to the broker. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/log.h"

static void start_cb (struct agent *a, const flux_msg_t *msg)
{
    struct agent_start start;
    flux_error_t error;

    if (agent_start_decode (msg, &start, &error) < 0)
        log_msg (LOG_ERR, "flux-agent", "%s", error.text);
    else if (!a->leaving)
        job_start (a, &start);
}

static void kill_cb (struct agent *a, const flux_msg_t *msg)
{
    struct agent_kill kill;
    struct agent_job *job;
    flux_error_t error;

    if (agent_kill_decode (msg, &kill, &error) < 0)
        log_msg (LOG_ERR, "flux-agent", "%s", error.text);
    else if ((job = job_find (a, kill.id)))
        job_signal (job, kill.signum);
}

static void stdin_cb (struct agent *a, const flux_msg_t *msg)
{
    struct agent_stdin in;
    struct agent_job *job;
    flux_error_t error;

    if (agent_stdin_decode (msg, &in, &error) < 0)
        log_msg (LOG_ERR, "flux-agent", "%s", error.text);
    else if ((job = job_find (a, in.id)))
        input_give (job, &in);
}

static void ack_cb (struct agent *a, const flux_msg_t *msg)
{
    struct agent_ack ack;
    flux_error_t error;

    if (agent_ack_decode (msg, &ack, &error) < 0) {
        log_msg (LOG_ERR, "flux-agent", "%s", error.text);
        return;
    }
    backlog_ack (a, ack.seq);
    backlog_send (a);
}

static void flow_cb (struct agent *a, const flux_msg_t *msg)
{
    struct agent_flow flow;
    flux_error_t error;

    if (agent_flow_decode (msg, &flow, &error) < 0)
        log_msg (LOG_ERR, "flux-agent", "%s", error.text);
    else
        rexec_flow (a->rexec, &flow);
}

static void pids_talk (struct agent *a, const struct agent_talk *talk)
{
    struct agent_talk answer = *talk;
    struct agent_job *job = job_find (a, talk->id);
    struct jbuf b = { 0 };

    if (job && job->node) {
        const char *exe = job->run->argv[0] ? job->run->argv[0] : "";

        jbuf_lit (&b, job->node->host ? job->node->host : a->hostname);
        jbuf_lit (&b, "\n");
        jbuf_raw (&b, exe, strcspn (exe, "\n"));
        jbuf_lit (&b, "\n");
    }
    for (unsigned int i = 0; job && i < job->ntasks; i++) {
        if (!job->tasks[i].running)
            continue;
        jbuf_int (&b, job->tasks[i].rank);
        jbuf_lit (&b, " ");
        jbuf_int (&b, job->tasks[i].pid);
        jbuf_lit (&b, "\n");
    }
    answer.text = b.s;
    answer.len = b.failed ? 0 : b.len;
    agent_say (a, &answer);
    free (b.s);
}

static void talk_cb (struct agent *a, const flux_msg_t *msg)
{
    static void (*const handlers[TALK_KINDS]) (struct agent *,
                                               const struct agent_talk *) = {
        [TALK_PTY_ATTACH] = pty_talk, [TALK_PTY_LEAVE] = pty_talk,
        [TALK_PTY_RESIZE] = pty_talk, [TALK_PTY_DATA] = pty_talk,
        [TALK_PTY_CREDIT] = pty_talk, [TALK_PMI] = pmi_talk,
        [TALK_PIDS] = pids_talk,
    };
    struct agent_talk talk;
    flux_error_t error;

    if (agent_talk_decode (msg, &talk, &error) < 0)
        log_msg (LOG_ERR, "flux-agent", "%s", error.text);
    else if (handlers[talk.kind])
        handlers[talk.kind](a, &talk);
}

void agent_say (struct agent *a, const struct agent_talk *talk)
{
    flux_msg_t *msg = a->conn ? agent_talk_encode (talk) : NULL;

    if (msg)
        net_conn_send (a->conn, msg);
    flux_msg_destroy (msg);
}

static void exit_cb (struct agent *a, const flux_msg_t *msg)
{
    agent_leave (a);
}

static void message_cb (struct net_conn *conn, flux_msg_t *msg, void *arg)
{
    static void (*const handlers[AGENT_UNKNOWN]) (struct agent *,
                                                  const flux_msg_t *) = {
        [AGENT_START] = start_cb, [AGENT_KILL] = kill_cb,
        [AGENT_STDIN] = stdin_cb, [AGENT_EXIT] = exit_cb,
        [AGENT_ACK] = ack_cb,     [AGENT_FLOW] = flow_cb,
        [AGENT_TALK] = talk_cb,
    };
    enum agent_topic topic = agent_topic_of (msg);
    struct agent *a = arg;

    if (topic < AGENT_UNKNOWN && handlers[topic])
        handlers[topic](a, msg);
    else if (topic == AGENT_UNKNOWN)
        rexec_request (a->rexec, msg);
}

static void closed_cb (struct net_conn *conn, const char *reason, void *arg)
{
    agent_lost (arg, reason);
}

static const struct net_conn_ops ops = {
    .message = message_cb,
    .closed = closed_cb,
};

static int say_hello (struct agent *a)
{
    struct agent_hello hello = { .rank = a->opt.rank, .pid = getpid () };
    struct agent_job *job, *next;
    struct jbuf ids = { 0 };
    flux_msg_t *msg = NULL;
    int rc = -1;

    jbuf_lit (&ids, "");
    HASH_ITER (hh, a->jobs, job, next)
    {
        jbuf_int (&ids, job->id);
        jbuf_lit (&ids, " ");
    }
    backlog_ids (a, &ids);
    jbuf_raw (&ids, "", 1);
    hello.jobs = ids.s;
    if (!ids.failed && (msg = agent_hello_encode (&hello)))
        rc = net_conn_send (a->conn, msg);
    flux_msg_destroy (msg);
    free (ids.s);
    return rc;
}

int agent_connect (struct agent *a)
{
    flux_error_t error;

    if (!(a->conn = net_connect (a->loop, a->opt.socket, &error)))
        return -1;
    net_conn_start (a->conn, &net_limits_default, &ops, a);
    if (say_hello (a) < 0) {
        net_conn_destroy (a->conn);
        a->conn = NULL;
        return -1;
    }
    backlog_rewind (a);
    pmi_again (a);
    loop_kick (a->flush);
    return 0;
}

/* Is there anything to wait for?  Nobody comes back to a directory that is
 * gone, and a broker can start an agent that has nothing to tell itself.
 */
static bool worth_waiting (struct agent *a)
{
    if (access (a->rundir, F_OK) < 0)
        return false;
    if (!a->jobs && STAILQ_EMPTY (&a->backlog.list) && !a->opt.stay)
        return false;
    return loop_now (a->loop) - a->lost < a->opt.grace;
}

/* Jobs go on for a while: the broker may be on its way back. */
static void retry_cb (struct loop_source *src, int revents, void *arg)
{
    struct agent *a = arg;

    if (agent_connect (a) == 0) {
        log_msg (LOG_INFO, "flux-agent", "the broker is back");
        return;
    }
    if (worth_waiting (a))
        loop_timer_set (a->retry, 0.25, 0.);
    else
        agent_leave (a);
}

void agent_lost (struct agent *a, const char *reason)
{
    if (reason)
        log_msg (LOG_ERR, "flux-agent", "%s", reason);
    net_conn_destroy (a->conn);
    a->conn = NULL;
    rexec_lost (a->rexec);
    pty_lost (a);
    if (a->leaving) {
        agent_check_leave (a);
        return;
    }
    a->lost = loop_now (a->loop);
    if (!a->retry)
        a->retry =
            loop_timer_create (a->loop, LOOP_ALWAYS, 0.05, 0., retry_cb, a);
    else
        loop_timer_set (a->retry, 0.05, 0.);
    if (!a->retry || !worth_waiting (a))
        agent_leave (a);
}
