/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* When a report leaves the agent, under a clock that is moved. */

#include <syslog.h>

#include "pair.h"

static struct agent_job *job_add (struct pair *p, unsigned int nnodes)
{
    struct agent_job *job = calloc (1, sizeof (*job));

    job->agent = &p->a;
    job->id = HASH_COUNT (p->a.jobs) + 1;
    job->layout.nnodes = nnodes;
    HASH_ADD (hh, p->a.jobs, id, sizeof (job->id), job);
    return job;
}

/* What was told by now. */
static const char *told (struct pair *p)
{
    settle (p);
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
