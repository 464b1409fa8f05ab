/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <signal.h>

#include "exec/exec.h"
#include "reports.h"
#include "tap.h"
#include "wire/exec_test.h"

#define TEST_SPEC(x) \
    "{\"attributes\":{\"system\":{\"exec\":{\"test\":{" x "}}}}}"

static struct clock vclock = { .is_virtual = true, .t = 1000. };

static struct exec *x;
static struct loop *loop;
static struct reports reports;

static int start (uint64_t id, const char *spec, double duration)
{
    struct rset *R = rset_create ();
    struct exec_job job = { .id = id,
                            .userid = 7,
                            .may_test = true,
                            .jobspec = spec,
                            .R = R };
    flux_error_t error;
    int rc;

    rset_add_core (R, 0, 0);
    R->starttime = loop_now (loop);
    R->expiration = duration > 0. ? R->starttime + duration : 0.;
    rc = exec_mock.start (x, &job, &error);
    if (rc < 0)
        diag ("%s", error.text);
    rset_destroy (R);
    return rc;
}

static void test_plain (void)
{
    double t0 = loop_now (loop);
    struct report *r;

    ok (start (1, "{}", 0.) == 0, "a job without a duration starts");
    r = report_of (&reports, 1);
    is_int (r->started, 0, "nothing is said inside the verb");
    errno = 0;
    ok (start (1, "{}", 0.) < 0 && errno == EEXIST, "not twice");
    loop_run (loop);
    is_str (r->order, "LSLFR", "log, started, log, finish, release");
    is_int (r->status, 0, "status 0");
    ok (loop_now (loop) == t0, "it took no time");
    ok (strstr (r->exec_log, "\"init\"") && strstr (r->exec_log, "\"done\""),
        "the eventlog is complete");
    start (2, "{}", 30.);
    loop_run (loop);
    ok (loop_now (loop) == t0 + 30., "R's duration is how long it takes");
    errno = 0;
    ok (exec_mock.kill (x, 2, SIGTERM) < 0 && errno == ENOENT,
        "what is over cannot be killed");
}

static void test_options (void)
{
    double t0 = loop_now (loop);

    start (10, TEST_SPEC ("\"run_duration\":\"2m\",\"wait_status\":256"), 1.);
    loop_run (loop);
    ok (loop_now (loop) == t0 + 120., "run_duration is obeyed");
    is_int (report_of (&reports, 10)->status, 256, "and wait_status");
    start (11, TEST_SPEC ("\"mock_exception\":\"init\""), 0.);
    loop_run (loop);
    is_str (report_of (&reports, 11)->order, "ER", "never starts");
    is_str (report_of (&reports, 11)->type, "exec", "type of the exception");
    start (12, TEST_SPEC ("\"mock_exception\":\"run\""), 0.);
    loop_run (loop);
    is_str (report_of (&reports, 12)->order, "LSELFR", "fails while it runs");
    t0 = loop_now (loop);
    start (14, TEST_SPEC ("\"wait_status\":0"), 30.);
    loop_run (loop);
    ok (loop_now (loop) > t0 + 29.9 && loop_now (loop) < t0 + 30.,
        "one with the time limit for duration ends just before it");
    errno = 0;
    ok (start (13, TEST_SPEC ("\"run_duration\":\"x\""), 0.) < 0
            && errno == EINVAL,
        "a bad duration is refused");
    ok (start (13, TEST_SPEC ("\"mock_exception\":\"x\""), 0.) < 0
            && errno == EINVAL,
        "and a bad exception");
}

static void test_kill (void)
{
    double t0 = loop_now (loop);

    start (20, "{}", 100.);
    start (21, "{}", 100.);
    ok (exec_mock.kill (x, 21, SIGKILL) == 0, "killed before it starts");
    while (!report_of (&reports, 20)->started)
        loop_turn (loop, true);
    ok (exec_mock.kill (x, 20, SIGWINCH) == 0, "a harmless signal");
    loop_turn (loop, false);
    is_int (report_of (&reports, 20)->finished, 0, "does no harm");
    ok (exec_mock.kill (x, 20, SIGTERM) == 0, "a deadly one");
    loop_run (loop);
    is_str (report_of (&reports, 20)->order, "LSLFR", "ends it");
    is_int (report_of (&reports, 20)->status, SIGTERM, "with its number");
    is_str (report_of (&reports, 21)->order, "R", "abandoned: only released");
    ok (loop_now (loop) < t0 + 100., "early");
}

static void test_reattach (void)
{
    struct rset *R = rset_create ();
    struct exec_job job = { .id = 30,
                            .jobspec = "{}",
                            .reattach = true,
                            .R = R };
    double t0 = loop_now (loop);

    R->starttime = t0 - 60.;
    R->expiration = t0 + 40.;
    exec_mock.start (x, &job, NULL);
    loop_run (loop);
    ok (loop_now (loop) == t0 + 40., "a job found again lasts what is left");
    job.id = 31;
    job.jobspec = TEST_SPEC ("\"reattach_finish\":1,\"run_duration\":\"1h\"");
    exec_mock.start (x, &job, NULL);
    loop_run (loop);
    ok (loop_now (loop) == t0 + 40., "or is over with reattach_finish");
    rset_destroy (R);
}

static void test_override (void)
{
    struct exec_override req;
    flux_error_t error;

    start (40, TEST_SPEC ("\"override\":1"), 0.);
    loop_run (loop);
    is_str (report_of (&reports, 40)->order, "", "waits to be told");
    exec_mock.kill (x, 40, SIGKILL);
    loop_run (loop);
    is_str (report_of (&reports, 40)->order, "R", "or killed");
    ok (exec_override_parse ("{\"jobid\":5,\"event\":\"finish\",\"status\":9}",
                             &req,
                             &error)
                == 0
            && req.id == 5 && req.finish && req.status == 9,
        "a request is read");
    ok (exec_override_parse ("{\"jobid\":5,\"event\":\"x\"}", &req, &error) < 0
            && errno == EINVAL,
        "a bad event is refused");
    ok (exec_override_parse ("{\"jobid\":5}", &req, &error) < 0
            && errno == EPROTO,
        "and none");
}

static void test_many (void)
{
    int released = 0;

    for (int i = 0; i < 10000; i++)
        start (1000 + i, "{}", 1 + i % 100);
    loop_run (loop);
    for (int i = 0; i < 10000; i++)
        released += !strcmp (report_of (&reports, 1000 + i)->order, "LSLFR");
    is_int (released, 10000, "ten thousand jobs run");
    errno = 0;
    ok (exec_mock.kill (x, 1000, SIGKILL) < 0 && errno == ENOENT,
        "none is left");
}

int main (void)
{
    struct exec_env env = { 0 };
    struct exec_reports table;

    loop = loop_create (&vclock);
    table = reports_table (&reports);
    env.loop = loop;
    env.reports = &table;
    if (!loop || !(x = exec_mock.create (&env, NULL)))
        bail_out ("cannot begin");
    test_plain ();
    test_options ();
    test_kill ();
    test_reattach ();
    test_override ();
    test_many ();
    start (99, "{}", 10.);
    loop_turn (loop, false);
    exec_mock.destroy (x, false);
    loop_destroy (loop);
    reports_clear (&reports);
    return done_testing ();
}
