/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* When a report leaves the agent, under a clock that is moved. */

#include <sys/socket.h>
#include <syslog.h>

#include "agent/agent.h"
#include "tap.h"

/* An agent without processes, and the broker's end of its connection. */
struct pair {
    struct clock clock;
    struct agent a;
    struct net_conn *broker;
    char told[64]; /* a word a report, a letter for each part of it */
};

static void message_cb (struct net_conn *conn, flux_msg_t *msg, void *arg)
{
    struct pair *p = arg;
    struct agent_report r;
    flux_error_t error;

    if (agent_report_decode (msg, &r, &error) < 0)
        bail_out ("%s", error.text);
    snprintf (p->told + strlen (p->told),
              sizeof (p->told) - strlen (p->told),
              "%s%s%s%s%s",
              p->told[0] ? " " : "",
              r.started ? "S" : "",
              r.output ? "O" : "",
              r.type ? "E" : "",
              r.over ? "F" : "");
}

static void closed_cb (struct net_conn *conn, const char *reason, void *arg)
{
}

static const struct net_conn_ops ops = { message_cb, closed_cb };

static struct pair *pair_create (void)
{
    struct pair *p = calloc (1, sizeof (*p));
    flux_error_t error;
    int fd[2];

    p->clock = (struct clock){ .is_virtual = true, .t = 1000. };
    TAILQ_INIT (&p->a.dirty);
    backlog_init (&p->a.backlog);
    p->a.loop = loop_create (&p->clock);
    p->a.flush =
        loop_work_create (p->a.loop, LOOP_ALWAYS, report_flush_cb, &p->a);
    p->a.rexec = rexec_create (&p->a);
    if (!p->a.rexec
        || socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) < 0
        || !(p->a.conn = net_conn_create (p->a.loop, fd[0], &error))
        || !(p->broker = net_conn_create (p->a.loop, fd[1], &error)))
        bail_out ("no sockets");
    net_conn_start (p->a.conn, &net_limits_default, &ops, p);
    net_conn_start (p->broker, &net_limits_default, &ops, p);
    return p;
}

static void pair_destroy (struct pair *p)
{
    struct agent_job *job, *next;

    HASH_ITER (hh, p->a.jobs, job, next)
    job_destroy (job);
    rexec_destroy (p->a.rexec);
    backlog_clear (&p->a.backlog);
    net_conn_destroy (p->a.conn);
    net_conn_destroy (p->broker);
    loop_source_destroy (p->a.flush);
    loop_source_destroy (p->a.gathered);
    loop_destroy (p->a.loop);
    free (p);
}

static struct agent_job *job_add (struct pair *p, unsigned int nnodes)
{
    struct agent_job *job = calloc (1, sizeof (*job));

    job->agent = &p->a;
    job->id = HASH_COUNT (p->a.jobs) + 1;
    job->layout.nnodes = nnodes;
    HASH_ADD (hh, p->a.jobs, id, sizeof (job->id), job);
    return job;
}

/* What was told by now, without moving the clock. */
static const char *told (struct pair *p)
{
    while (loop_turn (p->a.loop, false))
        ;
    return p->told;
}

static void test_silent (void)
{
    struct pair *p = pair_create ();
    double begin = p->clock.t;
    struct agent_job *job = job_add (p, 1);

    report_started (job);
    is_str (told (p), "", "the start of a silent job is not told at once");
    loop_turn (p->a.loop, true);
    is_str (told (p), "S", "it is when nothing follows");
    ok (p->clock.t > begin && p->clock.t <= begin + 0.0051,
        "no more than five milliseconds late");
    job->over = true;
    report_touch (job);
    is_str (told (p), "S F", "the end is told when it comes");
    pair_destroy (p);
}

static void test_together (void)
{
    struct pair *p = pair_create ();
    double begin = p->clock.t;
    struct agent_job *ends = job_add (p, 1);
    struct agent_job *speaks = job_add (p, 1);
    struct agent_job *fails = job_add (p, 1);

    report_started (ends);
    report_started (speaks);
    report_started (fails);
    is_str (told (p), "", "three have started");
    ends->over = true;
    report_touch (ends);
    is_str (told (p), "SF", "start and end are one report");
    report_shell_log (speaks, LOG_INFO, "a word");
    is_str (told (p), "SF SO", "start and output");
    report_exception (fails, "no such file");
    is_str (told (p), "SF SO SE", "start and exception");
    ok (p->clock.t == begin, "no time has passed");
    pair_destroy (p);
}

static void test_at_once (void)
{
    struct pair *p = pair_create ();
    double begin = p->clock.t;

    report_started (job_add (p, 2));
    is_str (told (p), "S", "with parts elsewhere a start is told at once");
    report_started (job_add (p, 1));
    is_str (told (p), "S", "of one node it waits");
    p->a.leaving = true;
    loop_kick (p->a.flush);
    is_str (told (p), "S S", "but not when the agent leaves");
    ok (p->clock.t == begin, "no time has passed");
    pair_destroy (p);
}

int main (void)
{
    test_silent ();
    test_together ();
    test_at_once ();
    return done_testing ();
}
