/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Exceptions in each state, time limits, urgency, held and rejected jobs. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "harness.h"
#include "tap.h"

static struct answer *rpc_id (struct inst *t,
                              const char *topic,
                              uint64_t id,
                              const char *rest)
{
    char json[256];

    snprintf (json, sizeof (json), "{\"id\":%ju%s}", (uintmax_t)id, rest);
    return inst_rpc (t, topic, json);
}

static struct answer *cancel (struct inst *t, uint64_t id)
{
    return rpc_id (t,
                   "job-manager.raise",
                   id,
                   ",\"severity\":0,\"type\":\"cancel\",\"note\":\"\"");
}

/* A dependency from inside job.state.depend holds the job. */
static void add_dependency (struct inst *t,
                            struct job *job,
                            const struct event *ev)
{
    if (ev->kind == EVENT_VALIDATE)
        ok (manager_post_named (t->m,
                                job,
                                "dependency-add",
                                "{\"description\":\"held\"}",
                                NULL)
                == 0,
            "a dependency is added from inside the callback");
}

static void test_depend (void)
{
    struct inst *t = inst_create (NULL);
    char *spec = make_jobspec (1., 0., NULL);
    uint64_t id;

    t->hook = add_dependency;
    id = inst_submit (t, spec, 16, 0);
    inst_settle (t);
    is_int (manager_job (t->m, id)->state,
            FLUX_JOB_STATE_DEPEND,
            "a dependency holds the job in DEPEND");
    is_int (cancel (t, id)->errnum, 0, "it can be canceled there");
    inst_run (t);
    is_str (inst_events (t, id),
            "submit validate dependency-add exception clean",
            "and goes from exception to clean");

    id = inst_submit (t, spec, 16, 0);
    inst_settle (t);
    is_int (manager_post_named (t->m,
                                manager_job (t->m, id),
                                "dependency-remove",
                                "{\"description\":\"other\"}",
                                NULL),
            -1,
            "a dependency that is not there cannot be removed");
    ok (errno == ENOENT, "... ENOENT");
    is_int (manager_post_named (t->m,
                                manager_job (t->m, id),
                                "dependency-remove",
                                "{\"description\":\"held\"}",
                                NULL),
            0,
            "the one that is there can");
    inst_run (t);
    ok (strstr (inst_events (t, id), "dependency-remove depend priority alloc"),
        "and lets the job go on");
    free (spec);
    inst_destroy (t);
}

static void test_pending (void)
{
    struct inst *t = inst_create (&(struct inst_opt){ .silent = true });
    char *spec = make_jobspec (1., 0., NULL);
    uint64_t id = inst_submit (t, spec, 16, 0);

    inst_settle (t);
    is_int (manager_job (t->m, id)->state,
            FLUX_JOB_STATE_PRIORITY,
            "without a priority a job stays in PRIORITY");
    cancel (t, id);
    inst_run (t);
    is_str (inst_events (t, id),
            "submit validate depend exception clean",
            "canceled in PRIORITY");
    t->silent = false;

    id = inst_submit (t, spec, 0, 0);
    inst_settle (t);
    is_int (manager_job (t->m, id)->state,
            FLUX_JOB_STATE_SCHED,
            "urgency 0 holds a job in SCHED");
    is_int (manager_job (t->m, id)->priority, 0, "with priority 0");
    cancel (t, id);
    inst_run (t);
    is_str (inst_events (t, id),
            "submit validate depend priority exception clean",
            "canceled in SCHED");
    is_int (cancel (t, id)->errnum, ENOENT, "an ended job is not canceled");
    is_str (cancel (t, id)->text, "job is inactive", "... and it says why");
    is_str (cancel (t, 12345)->text, "unknown job id", "nor an unknown one");
    free (spec);
    inst_destroy (t);
}

static void test_urgency (void)
{
    struct inst *t = inst_create (NULL);
    char *spec = make_jobspec (1., 0., NULL);
    uint64_t id = inst_submit (t, spec, 0, 0);
    struct answer *a;

    inst_settle (t);
    a = rpc_id (t, "job-manager.urgency", id, ",\"urgency\":31");
    is_str (a ? a->text : NULL, "{\"old_urgency\":0}", "urgency is changed");
    inst_run (t);
    is_str (inst_events (t, id),
            "submit validate depend priority urgency priority alloc start "
            "finish release free clean",
            "which releases the job");
    a = rpc_id (t, "job-manager.urgency", 99, ",\"urgency\":1");
    is_int (a->errnum, EINVAL, "unknown job: EINVAL");
    is_str (a->text, "unknown job", "... and says so");
    id = inst_submit (t, spec, 16, 0);
    inst_until (t, id, FLUX_JOB_STATE_RUN);
    a = rpc_id (t, "job-manager.urgency", id, ",\"urgency\":1");
    is_str (a->text,
            "urgency cannot be changed once resources are allocated",
            "not once it runs");
    a = rpc_id (t, "job-manager.urgency", id, ",\"urgency\":32");
    is_str (a->text, "urgency value is out of range", "nor out of range");
    free (spec);
    inst_destroy (t);
}

static void test_running (void)
{
    struct inst *t = inst_create (NULL);
    char *spec = make_jobspec (100., 0., NULL);
    uint64_t id = inst_submit (t, spec, 16, 0);
    struct answer *a;

    inst_until (t, id, FLUX_JOB_STATE_RUN);
    while (!manager_job (t->m, id)->started)
        loop_turn (t->loop, true);
    cancel (t, id);
    inst_run (t);
    is_str (inst_events (t, id),
            "submit validate depend priority alloc start exception finish "
            "release free clean",
            "canceled while it runs");
    ok (t->clock.t < 1700000050., "its processes were ended");

    id = inst_submit (t, spec, 16, 0);
    inst_until (t, id, FLUX_JOB_STATE_RUN);
    while (!manager_job (t->m, id)->started)
        loop_turn (t->loop, true);
    a = rpc_id (t, "job-manager.kill", id, ",\"signum\":10000");
    is_str (a->text, "Invalid signal number", "kill checks the signal");
    a = rpc_id (t, "job-manager.kill", id, ",\"signum\":9");
    is_int (a->errnum, 0, "kill sends it");
    inst_run (t);
    ok (strstr (inst_events (t, id), "start finish release free clean"),
        "the job ends of it");
    a = rpc_id (t, "job-manager.kill", 77, ",\"signum\":9");
    is_int (a->errnum, EINVAL, "kill of an unknown job: EINVAL");
    free (spec);
    inst_destroy (t);
}

static void test_time_limit (void)
{
    struct inst *t = inst_create (NULL);
    char *spec = make_jobspec (100., 10., NULL);
    uint64_t id;

    t->keep_journal = true;
    id = inst_submit (t, spec, 16, 0);
    inst_until (t, id, FLUX_JOB_STATE_CLEANUP);
    is_str (manager_job (t->m, id)->exception->type,
            "timeout",
            "a job that is over its time gets an exception");
    is_str (manager_job (t->m, id)->exception->note,
            "resource allocation expired",
            "... with a note");
    inst_run (t);
    ok (t->clock.t < 1700000020., "and is ended");
    ok (strstr (inst_events (t, id), "start exception finish"),
        "in the right order");
    free (spec);
    inst_destroy (t);
}

static void test_nonfatal (void)
{
    struct inst *t = inst_create (NULL);
    char *spec = make_jobspec (5., 0., NULL);
    uint64_t id = inst_submit (t, spec, 16, 0);
    struct answer *a;

    a = rpc_id (t, "job-manager.raise", id, ",\"severity\":3,\"type\":\"x\"");
    is_int (a->errnum, 0, "an exception of severity 3 is raised");
    a = rpc_id (t, "job-manager.raise", id, ",\"severity\":8,\"type\":\"x\"");
    is_int (a->errnum, EPROTO, "severity 8 is refused");
    is_str (a->text, "invalid exception severity", "... with a sentence");
    a = rpc_id (t, "job-manager.raise", id, ",\"severity\":1,\"type\":\"a b\"");
    is_str (a->text, "invalid exception type", "so is a type with a space");
    a = rpc_id (t, "job-manager.raise", id, "");
    is_int (a->errnum, EPROTO, "and a payload without the keys");
    inst_run (t);
    ok (strstr (inst_events (t, id), "finish release free clean"),
        "the job ran to its end");
    free (spec);
    inst_destroy (t);
}

/* Each state callback cancels, for each state in turn. */
static void cancel_in_state (struct inst *t,
                             struct job *job,
                             const struct event *ev)
{
    if (job->state == t->hold_state) {
        t->hold_state = 0;
        is_int (manager_raise (t->m, job, "cancel", 0, 0, "", NULL),
                0,
                "cancel is queued in a callback");
        ok (!job->exception, "and not applied before the callback returns");
    }
}

static void test_in_callbacks (void)
{
    static const int states[] = {
        FLUX_JOB_STATE_DEPEND, FLUX_JOB_STATE_PRIORITY, FLUX_JOB_STATE_SCHED,
        FLUX_JOB_STATE_RUN,    FLUX_JOB_STATE_CLEANUP,
    };
    struct inst *t = inst_create (NULL);
    char *spec = make_jobspec (5., 0., NULL);

    t->hook = cancel_in_state;
    for (size_t i = 0; i < sizeof (states) / sizeof (states[0]); i++) {
        uint64_t id;
        const char *s;

        t->hold_state = states[i];
        id = inst_submit (t, spec, 16, 0);
        inst_run (t);
        s = inst_events (t, id);
        ok (!manager_job (t->m, id) && strstr (s, "exception")
                && !strcmp (s + strlen (s) - 6, " clean"),
            "it ends cleanly: %s",
            s);
    }
    free (spec);
    inst_destroy (t);
}

static void test_reject (void)
{
    struct inst *t = inst_create (&(struct inst_opt){ .record = true });
    char *spec = make_jobspec (5., 0., NULL);
    uint64_t id;

    t->keep_journal = true;
    t->reject = "no more jobs today";
    id = inst_submit (t, spec, 16, 0);
    is_int (id, 0, "a plugin rejects the job");
    is_str (t->answers->text, "no more jobs today", "in its own words");
    is_int (t->answers->errnum, EINVAL, "EINVAL");
    inst_settle (t);
    is_str (t->calls, "create validate destroy ", "it is destroyed");
    is_str (t->journal, "submit invalidate ", "the journal tells");
    is_int (manager_active_count (t->m), 0, "nothing is left of it");
    t->reject = NULL;
    ok (inst_submit (t, spec, 99, 0) == 0, "urgency 99 is refused");
    is_str (t->answers->text, "urgency range is [0:31]", "with the range");
    ok (inst_submit (t, spec, 16, 1) == 0, "unknown flags are refused");
    is_str (t->answers->text, "invalid job flags", "with a sentence");
    ok (inst_submit (t, "{}", 16, 0) == 0, "an empty jobspec is refused");
    is_int (t->answers->errnum, EINVAL, "EINVAL");
    inst_rpc (t,
              "job-ingest.submit",
              "{\"J\":\"foo\",\"urgency\":16,\"flags\":0}");
    is_str (t->answers->text,
            "could not unwrap jobspec: Invalid argument",
            "a bad signature is refused");
    inst_rpc (t, "job-ingest.submit", "{\"J\":1}");
    is_int (t->answers->errnum, EPROTO, "a malformed payload: EPROTO");
    free (spec);
    inst_destroy (t);
}

static void prolog (struct inst *t, struct job *job, const struct event *ev)
{
    if (ev->kind == EVENT_ALLOC)
        manager_post_named (t->m,
                            job,
                            "prolog-start",
                            "{\"description\":\"p\"}",
                            NULL);
    if (ev->kind == EVENT_FINISH)
        manager_post_named (t->m,
                            job,
                            "epilog-start",
                            "{\"description\":\"e\"}",
                            NULL);
}

static void test_perilog (void)
{
    struct inst *t = inst_create (NULL);
    char *spec = make_jobspec (5., 0., NULL);
    uint64_t id;

    t->hook = prolog;
    id = inst_submit (t, spec, 16, 0);
    inst_run (t);
    is_str (inst_events (t, id),
            "submit validate depend priority alloc prolog-start",
            "a prolog holds the start back");
    manager_post_named (t->m,
                        manager_job (t->m, id),
                        "prolog-finish",
                        "{\"description\":\"p\",\"status\":0}",
                        NULL);
    inst_run (t);
    ok (strstr (inst_events (t, id), "start finish epilog-start release")
            && !strstr (inst_events (t, id), "free"),
        "an epilog holds the free back: %s",
        inst_events (t, id));
    manager_post_named (t->m,
                        manager_job (t->m, id),
                        "epilog-finish",
                        "{\"description\":\"e\",\"status\":0}",
                        NULL);
    inst_run (t);
    ok (strstr (inst_events (t, id), "epilog-finish free clean"),
        "until it is over");
    free (spec);
    inst_destroy (t);
}

/* Each exception takes long, so that raiseall goes on in slices. */
static void slow_exception (struct inst *t,
                            struct job *job,
                            const struct event *ev)
{
    if (ev->kind == EVENT_EXCEPTION)
        clock_advance (&t->clock, t->clock.t + 1.);
}

static void test_raiseall_slices (void)
{
    struct inst *t = inst_create (NULL);
    char *spec = make_jobspec (1., 0., NULL);
    uint64_t first = 0, last = 0, later;
    struct answer *a;
    uint32_t tag;

    for (int i = 0; i < 300; i++) {
        last = inst_submit (t, spec, 0, 0);
        first = first ? first : last;
    }
    inst_settle (t);
    t->hook = slow_exception;
    tag = inst_send (t,
                     t->owner,
                     "job-manager.raiseall",
                     "{\"dry_run\":false,\"userid\":-1,\"states\":62,"
                     "\"severity\":0,\"type\":\"cancel\"}");
    loop_turn (t->loop, false);
    ok (!inst_answer (t, tag) && manager_job (t->m, last)->exception == NULL,
        "raiseall of many jobs gives way to others");
    later = inst_submit (t, spec, 0, 0);
    cancel (t, last);
    while (!(a = inst_answer (t, tag)) && loop_turn (t->loop, false))
        ;
    is_str (a ? a->text : "", "{\"count\":299,\"errors\":0}", "and ends");
    inst_settle (t);
    ok (!manager_job (t->m, first) && manager_job (t->m, later)
            && manager_active_count (t->m) == 1,
        "a job that came later is not meant");
    free (spec);
    inst_destroy (t);
}

/* Tasks that only SIGKILL ends. */
static char signals[64];

static int stubborn_kill (struct exec *x, uint64_t id, int signum)
{
    size_t n = strlen (signals);

    snprintf (signals + n, sizeof (signals) - n, "%d ", signum);
    return signum == SIGKILL ? exec_mock.kill (x, id, signum) : 0;
}

/* What does not end when it is asked to is killed some seconds later. */
static void test_stubborn (void)
{
    struct exec_ops ops = exec_mock;
    struct inst *t;
    char *spec = make_jobspec (1000., 10., NULL);
    char want[32];
    uint64_t id;
    double begin;

    ops.kill = stubborn_kill;
    t = inst_create (&(struct inst_opt){ .exec = &ops });
    id = inst_submit (t, spec, 16, 0);
    while (!manager_job (t->m, id)->started)
        loop_turn (t->loop, true);
    cancel (t, id);
    inst_settle (t);
    snprintf (want, sizeof (want), "%d ", SIGTERM);
    is_str (signals, want, "canceled: SIGTERM");
    begin = t->clock.t;
    inst_until (t, id, FLUX_JOB_STATE_INACTIVE);
    snprintf (want, sizeof (want), "%d %d ", SIGTERM, SIGKILL);
    is_str (signals, want, "and SIGKILL, once");
    ok (t->clock.t >= begin + 5. && t->clock.t < begin + 6.,
        "five seconds later");
    signals[0] = '\0';
    manager_config_apply (t->m, "{\"exec\":{\"kill-timeout\":\"20s\"}}");
    id = inst_submit (t, spec, 16, 0);
    while (!signals[0] && loop_turn (t->loop, true))
        ;
    snprintf (want, sizeof (want), "%d ", SIGALRM);
    is_str (signals, want, "its time is up: SIGALRM");
    begin = t->clock.t;
    inst_until (t, id, FLUX_JOB_STATE_INACTIVE);
    ok (t->clock.t >= begin + 20. && t->clock.t < begin + 21.,
        "as many as are configured");
    free (spec);
    inst_destroy (t);
}

int main (void)
{
    test_depend ();
    test_pending ();
    test_urgency ();
    test_running ();
    test_time_limit ();
    test_nonfatal ();
    test_in_callbacks ();
    test_reject ();
    test_perilog ();
    test_raiseall_slices ();
    test_stubborn ();
    return done_testing ();
}
