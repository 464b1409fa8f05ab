/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* An agent without processes under a clock that is moved, and the broker's end
 * of its connection.
 */

#ifndef SLUICE_TESTS_AGENT_PAIR_H
#define SLUICE_TESTS_AGENT_PAIR_H

#include <sys/socket.h>

#include "agent/agent.h"
#include "tap.h"

struct pair {
    struct clock clock;
    struct agent a;
    struct net_conn *broker;
    char told[64];  /* a word a report, a letter for each part of it */
    uint64_t first; /* numbers of the reports that came, if each was */
    uint64_t last;  /* one more than that before; else last is 0 */
};

static void message_cb (struct net_conn *conn, flux_msg_t *msg, void *arg)
{
    struct pair *p = arg;
    struct agent_report r;
    flux_error_t error;

    if (agent_report_decode (msg, &r, &error) < 0)
        bail_out ("%s", error.text);
    if (p->first == 0)
        p->first = r.seq;
    p->last = r.seq == p->first || r.seq == p->last + 1 ? r.seq : 0;
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

static void pair_connect (struct pair *p)
{
    flux_error_t error;
    int fd[2];

    if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) < 0
        || !(p->a.conn = net_conn_create (p->a.loop, fd[0], &error))
        || !(p->broker = net_conn_create (p->a.loop, fd[1], &error)))
        bail_out ("no sockets");
    net_conn_start (p->a.conn, &net_limits_default, &ops, p);
    net_conn_start (p->broker, &net_limits_default, &ops, p);
}

static struct pair *pair_create (void)
{
    struct pair *p = calloc (1, sizeof (*p));

    p->clock = (struct clock){ .is_virtual = true, .t = 1000. };
    TAILQ_INIT (&p->a.dirty);
    backlog_init (&p->a.backlog);
    p->a.loop = loop_create (&p->clock);
    p->a.flush =
        loop_work_create (p->a.loop, LOOP_ALWAYS, report_flush_cb, &p->a);
    p->a.rexec = rexec_create (&p->a);
    if (!p->a.rexec)
        bail_out ("out of memory");
    pair_connect (p);
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
    loop_source_destroy (p->a.relief);
    loop_destroy (p->a.loop);
    free (p);
}

/* Turn until nothing is ready, without moving the clock. */
static void settle (struct pair *p)
{
    while (loop_turn (p->a.loop, false))
        ;
}

#endif
