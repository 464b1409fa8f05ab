/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Reports that are not acknowledged: none is lost, and they do not grow
 * without bound.
 */

#include <unistd.h>

#include "pair.h"

#define MIB (1024 * 1024)

/* A report of about a MiB. */
static void add (struct pair *p, uint64_t id)
{
    static char data[MIB];
    struct agent_report r = { .seq = p->a.backlog.seq + 1,
                              .id = id,
                              .output = data,
                              .output_len = sizeof (data) };
    flux_msg_t *msg;

    memset (data, 'x', sizeof (data));
    if (!(msg = agent_report_encode (&r)) || backlog_add (&p->a, id, msg) < 0)
        bail_out ("out of memory");
}

static void disconnect (struct pair *p)
{
    net_conn_destroy (p->a.conn);
    net_conn_destroy (p->broker);
    p->a.conn = p->broker = NULL;
    p->first = p->last = 0;
}

/* All that the broker takes; it acknowledges up to seq meanwhile. */
static void send_all (struct pair *p, uint64_t ack)
{
    do {
        backlog_send (&p->a);
        settle (p);
        if (ack > 0)
            backlog_ack (&p->a, p->last < ack ? p->last : ack);
    } while (backlog_unsent (&p->a));
}

/* Beyond some MiB they are in a file while there is no broker. */
static void test_spool (void)
{
    struct pair *p = pair_create ();
    char dir[] = "/tmp/sluice-backlog-XXXXXX";
    struct jbuf ids = { 0 };
    struct backlog *b = &p->a.backlog;
    char *s;

    if (!(p->a.rundir = mkdtemp (dir)))
        bail_out ("mkdtemp");
    disconnect (p);
    for (int i = 1; i <= 20; i++)
        add (p, 100 + i);
    ok (b->memory <= AGENT_QUEUE_MAX && b->nspooled > 10,
        "what memory does not hold goes into a file");
    ok (!backlog_full (&p->a), "tasks may go on");
    ok (rmdir (dir) == 0, "the file has no name");
    backlog_ids (&p->a, &ids);
    s = jbuf_take (&ids, NULL);
    ok (!strncmp (s, "101 102 ", 8) && strstr (s, " 120 "),
        "the jobs in it are known");
    free (s);

    pair_connect (p);
    backlog_rewind (&p->a);
    send_all (p, 0);
    ok (p->first == 1 && p->last == 20, "a broker gets all of them, in order");
    backlog_ack (&p->a, 5);
    disconnect (p);
    pair_connect (p);
    backlog_rewind (&p->a);
    send_all (p, 20);
    ok (p->first == 6 && p->last == 20,
        "the next one gets what was not acknowledged");
    is_int (b->nspooled, 0, "acknowledged: gone from the file");
    is_int (b->memory, 0, "and from memory");
    p->a.rundir = NULL;
    pair_destroy (p);
}

/* No file can be had. */
static void test_no_spool (void)
{
    struct pair *p = pair_create ();

    p->a.rundir = (char *)"/nonexistent";
    disconnect (p);
    for (int i = 0; i < 10; i++)
        add (p, 7);
    ok (backlog_full (&p->a), "without a file tasks have to wait");
    pair_connect (p);
    backlog_rewind (&p->a);
    send_all (p, 10);
    ok (p->first == 1 && p->last == 10, "nothing is lost");
    ok (!backlog_full (&p->a) && backlog_relieved (&p->a), "they go on");
    p->a.rundir = NULL;
    pair_destroy (p);
}

/* A broker that does not acknowledge. */
static void test_relief (void)
{
    struct pair *p = pair_create ();

    for (int i = 0; i < 9; i++)
        add (p, 7);
    ok (backlog_full (&p->a), "output comes faster than it is stored");
    stream_throttle (&p->a, true);
    send_all (p, 0);
    loop_turn (p->a.loop, true);
    ok (p->a.throttled && p->last == 9, "all sent, none durable: tasks wait");
    backlog_ack (&p->a, 3);
    loop_turn (p->a.loop, true);
    ok (p->a.throttled, "more than half of it is left: they wait on");
    backlog_ack (&p->a, 6);
    loop_turn (p->a.loop, true);
    ok (!p->a.throttled, "less: they go on");
    pair_destroy (p);
}

int main (void)
{
    test_spool ();
    test_no_spool ();
    test_relief ();
    return done_testing ();
}
