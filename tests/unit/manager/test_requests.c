/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The request families: payloads, answers, errors. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "tap.h"

#define IS_ERROR(a, num, words, what)                         \
    do {                                                      \
        const struct answer *e_ = (a);                        \
        is_int (e_ ? e_->errnum : -1, num, what);             \
        is_str (e_ && e_->text ? e_->text : "", words, what); \
    } while (0)

static struct answer *rpc (struct inst *t,
                           const char *topic,
                           const char *fmt,
                           uint64_t id)
{
    char json[512];

    snprintf (json, sizeof (json), fmt, (uintmax_t)id);
    return inst_rpc (t, topic, json);
}

static void test_wait (void)
{
    struct inst *t = inst_create (NULL);
    char *spec = make_jobspec (2., 0., NULL);
    char want[128];
    struct answer *a;
    uint64_t id;
    uint32_t tag, tag2;

    IS_ERROR (rpc (t, "job-manager.wait", "{\"id\":%ju}", 5),
              ECHILD,
              "invalid job id, or job may be inactive and not waitable",
              "wait for an unknown job");
    IS_ERROR (inst_rpc (t, "job-manager.wait", "{\"id\":-1}"),
              ECHILD,
              "there are no more waitable jobs",
              "wait for any with none");
    id = inst_submit (t, spec, 16, 0);
    IS_ERROR (rpc (t, "job-manager.wait", "{\"id\":%ju}", id),
              ECHILD,
              "job was not submitted with FLUX_JOB_WAITABLE",
              "wait for one that is not waitable");
    id = inst_submit (t, spec, 16, FLUX_JOB_WAITABLE);
    snprintf (want, sizeof (want), "{\"id\":%ju}", (uintmax_t)id);
    tag = inst_send (t, t->owner, "job-manager.wait", want);
    inst_settle (t);
    ok (!inst_answer (t, tag), "wait waits");
    IS_ERROR (inst_rpc (t, "job-manager.wait", want),
              ECHILD,
              "job id already has a waiter",
              "a second waiter for one job");
    inst_run (t);
    snprintf (want,
              sizeof (want),
              "{\"id\":%ju,\"success\":true,\"errstr\":\"\"}",
              (uintmax_t)id);
    a = inst_answer (t, tag);
    is_str (a ? a->text : NULL, want, "and is answered when the job ends");

    id = inst_submit (t, spec, 0, FLUX_JOB_WAITABLE);
    manager_raise (t->m, manager_job (t->m, id), "cancel", 0, 0, "", NULL);
    inst_run (t);
    a = inst_rpc (t, "job-manager.wait", "{\"id\":-1}");
    ok (a && a->errnum == 0 && strstr (a->text, "\"success\":false")
            && strstr (a->text, "type=cancel"),
        "a job that ended before is waited for: %s",
        a ? a->text : "");
    IS_ERROR (rpc (t, "job-manager.wait", "{\"id\":%ju}", id),
              ECHILD,
              "invalid job id, or job may be inactive and not waitable",
              "but only once");

    id = inst_submit (t, spec, 16, FLUX_JOB_WAITABLE);
    tag = inst_send (t, t->owner, "job-manager.wait", "{\"id\":-1}");
    tag2 = inst_send (t, t->owner, "job-manager.wait", "{\"id\":-1}");
    inst_run (t);
    ok (inst_answer (t, tag) && inst_answer (t, tag)->errnum == 0,
        "any: the first waiter gets the job");
    ok (inst_answer (t, tag2) && inst_answer (t, tag2)->errnum == ECHILD,
        "the second learns that there are no more");
    free (spec);
    inst_destroy (t);
}

static void test_disconnect (void)
{
    struct inst *t = inst_create (NULL);
    char *spec = make_jobspec (2., 0., NULL);
    char json[64];
    uint64_t id = inst_submit (t, spec, 0, FLUX_JOB_WAITABLE);

    snprintf (json, sizeof (json), "{\"id\":%ju}", (uintmax_t)id);
    inst_send (t, t->owner, "job-manager.wait", json);
    inst_send (t, t->owner, "job-manager.drain", NULL);
    router_client_remove (t->owner);
    t->owner = inst_client (t, true);
    inst_settle (t);
    manager_raise (t->m, manager_job (t->m, id), "cancel", 0, 0, "", NULL);
    inst_run (t);
    ok (rpc (t, "job-manager.wait", "{\"id\":%ju}", id)->errnum == 0,
        "a waiter that vanished did not take the result with it");
    free (spec);
    inst_destroy (t);
}

static void test_drain (void)
{
    struct inst *t = inst_create (NULL);
    char *spec = make_jobspec (2., 0., NULL);
    uint64_t held;
    uint32_t drain, idle;
    struct answer *a;

    is_int (inst_rpc (t, "job-manager.drain", NULL)->errnum,
            0,
            "drain is answered at once when there are no jobs");
    inst_submit (t, spec, 16, 0);
    held = inst_submit (t, spec, 0, 0);
    is_int (inst_rpc (t,
                      "job-manager.queue-start",
                      "{\"start\":false,\"all\":false,\"reason\":\"pause\"}")
                ->errnum,
            0,
            "the queue is stopped");
    drain = inst_send (t, t->owner, "job-manager.drain", NULL);
    idle = inst_send (t, t->owner, "job-manager.idle", NULL);
    inst_settle (t);
    ok (!inst_answer (t, drain), "drain waits for all jobs");
    ok (!inst_answer (t, idle), "idle waits for the running one");
    while (!(a = inst_answer (t, idle)) && loop_turn (t->loop, true))
        ;
    is_str (a ? a->text : NULL, "{\"pending\":1}", "idle: one job pends");
    ok (!inst_answer (t, drain), "drain still waits");
    manager_raise (t->m, manager_job (t->m, held), "cancel", 0, 0, "", NULL);
    inst_run (t);
    ok (inst_answer (t, drain), "until the last job is gone");
    free (spec);
    inst_destroy (t);
}

static void test_queue (void)
{
    struct inst *t = inst_create (NULL);
    char *spec = make_jobspec (2., 0., NULL);
    struct answer *a;
    uint64_t id;

    is_str (inst_rpc (t, "job-manager.queue-list", NULL)->text,
            "{\"queues\":[]}",
            "there is the anonymous queue only");
    is_str (inst_rpc (t, "job-manager.queue-status", "{}")->text,
            "{\"enable\":true,\"start\":true}",
            "it is enabled and started");
    IS_ERROR (inst_rpc (t, "job-manager.queue-status", "{\"name\":\"x\"}"),
              EINVAL,
              "'x' is not a valid queue",
              "status of another queue");
    IS_ERROR (inst_rpc (t,
                        "job-manager.queue-enable",
                        "{\"enable\":false,\"all\":false}"),
              EINVAL,
              "reason is required for disable",
              "disable without a reason");
    inst_rpc (t,
              "job-manager.queue-enable",
              "{\"enable\":false,\"all\":false,\"reason\":\"closed\"}");
    ok (inst_submit (t, spec, 16, 0) == 0, "a disabled queue takes no job");
    is_str (t->answers->text,
            "job submission is disabled: closed",
            "and says why");
    is_str (inst_rpc (t, "job-manager.queue-status", "{}")->text,
            "{\"enable\":false,\"start\":true,\"disable_reason\":\"closed\"}",
            "its status does, too");
    inst_rpc (t, "job-manager.queue-enable", "{\"enable\":true,\"all\":false}");
    inst_rpc (t, "job-manager.queue-start", "{\"start\":false,\"all\":false}");
    id = inst_submit (t, spec, 16, 0);
    inst_run (t);
    is_int (manager_job (t->m, id)->state,
            FLUX_JOB_STATE_SCHED,
            "a stopped queue starts no job");
    is_str (inst_rpc (t, "job-manager.alloc-query", NULL)->text,
            "{\"queue_length\":1,\"alloc_pending\":0,\"running\":0}",
            "alloc-query counts it");
    inst_rpc (t, "job-manager.queue-start", "{\"start\":true,\"all\":false}");
    inst_run (t);
    ok (!manager_job (t->m, id), "a started one does");
    a = inst_rpc_as (t,
                     t->guest,
                     "job-manager.queue-enable",
                     "{\"enable\":true,\"all\":false}");
    is_int (a->errnum, EPERM, "guests may not control queues");
    free (spec);
    inst_destroy (t);
}

static void test_guest (void)
{
    struct inst *t = inst_create (NULL);
    char *spec = make_jobspec (2., 0., NULL);
    uint64_t id = inst_submit (t, spec, 0, 0);
    char json[256];

    snprintf (json,
              sizeof (json),
              "{\"id\":%ju,\"severity\":0,\"type\":\"cancel\"}",
              (uintmax_t)id);
    IS_ERROR (inst_rpc_as (t, t->guest, "job-manager.raise", json),
              EPERM,
              "guests can only raise exceptions on their own jobs",
              "raise");
    snprintf (json, sizeof (json), "{\"id\":%ju,\"urgency\":1}", (uintmax_t)id);
    IS_ERROR (inst_rpc_as (t, t->guest, "job-manager.urgency", json),
              EPERM,
              "guests can only reprioritize their own jobs",
              "urgency");
    snprintf (json, sizeof (json), "{\"id\":%ju,\"signum\":9}", (uintmax_t)id);
    IS_ERROR (inst_rpc_as (t, t->guest, "job-manager.kill", json),
              EPERM,
              "guests may only send signals to their own jobs",
              "kill");
    snprintf (json,
              sizeof (json),
              "{\"id\":%ju,\"updates\":{\"attributes.x\":1}}",
              (uintmax_t)id);
    IS_ERROR (inst_rpc_as (t, t->guest, "job-manager.update", json),
              EPERM,
              "guests may only update their own jobs",
              "update");
    IS_ERROR (inst_rpc_as (t,
                           t->guest,
                           "job-manager.raiseall",
                           "{\"dry_run\":false,\"userid\":-1,\"states\":62,"
                           "\"severity\":0,\"type\":\"cancel\"}"),
              EPERM,
              "guests can only raise exceptions on their own jobs",
              "raiseall");
    free (spec);
    inst_destroy (t);
}

static void test_change (void)
{
    struct inst *t = inst_create (NULL);
    char *spec = make_jobspec (2., 10., NULL);
    uint64_t id = inst_submit (t, spec, 0, 0);
    struct answer *a;

    a = rpc (t,
             "job-manager.memo",
             "{\"id\":%ju,\"memo\":{\"uri\":\"x\"}}",
             id);
    is_int (a->errnum, 0, "a memo is set");
    is_str (manager_job (t->m, id)->annotations->s,
            "{\"user\":{\"uri\":\"x\"}}",
            "and seen in the annotations");
    a = rpc (t,
             "job-manager.memo",
             "{\"id\":%ju,\"volatile\":true,\"memo\":{\"uri\":null}}",
             id);
    ok (a->errnum == 0 && !manager_job (t->m, id)->annotations,
        "a volatile one of null removes it");
    IS_ERROR (rpc (t, "job-manager.memo", "{\"id\":%ju,\"memo\":{}}", 9),
              ENOENT,
              "unknown job id",
              "memo of an unknown job");
    a = rpc (t,
             "job-manager.update",
             "{\"id\":%ju,\"updates\":{\"attributes.system.duration\":77}}",
             id);
    is_int (a->errnum, 0, "a jobspec is updated");
    ok (strstr (text_str (manager_job (t->m, id)->spec), "77"),
        "the new value is in");
    is_str (inst_events (t, id),
            "submit validate depend priority memo jobspec-update priority",
            "events tell both");
    a = rpc (t, "job-manager.getattr", "{\"id\":%ju,\"attrs\":[\"R\"]}", id);
    is_int (a->errnum, ENOENT, "getattr: no R yet");
    a = rpc (t,
             "job-manager.getattr",
             "{\"id\":%ju,\"attrs\":[\"jobspec\",\"eventlog\"]}",
             id);
    ok (a->errnum == 0 && strstr (a->text, "\"eventlog\":\"{"),
        "getattr gives jobspec and eventlog");
    a = inst_rpc (t, "job-manager.list", "{\"max_entries\":10}");
    ok (strstr (a->text, "\"priority\":0,\"state\":8"), "list: %s", a->text);
    a = inst_rpc (t, "job-manager.stats-get", NULL);
    ok (strstr (a->text, "\"active_jobs\":1"), "stats-get: %s", a->text);
    a = inst_rpc (t,
                  "job-manager.raiseall",
                  "{\"dry_run\":true,\"userid\":4294967295,\"states\":62,"
                  "\"severity\":0,\"type\":\"cancel\"}");
    is_str (a->text, "{\"count\":1,\"errors\":0}", "raiseall, pretended");
    a = inst_rpc (t,
                  "job-manager.raiseall",
                  "{\"dry_run\":false,\"userid\":-1,\"states\":62,"
                  "\"severity\":0,\"type\":\"cancel\"}");
    is_str (a->text, "{\"count\":1,\"errors\":0}", "raiseall");
    inst_run (t);
    is_int (manager_active_count (t->m), 0, "canceled them all");
    a = rpc (t, "job-manager.purge-id", "{\"id\":%ju,\"force\":1}", 12345);
    is_str (a->text, "id not found", "purge-id of an unknown job");
    a = inst_rpc (t,
                  "job-manager.purge",
                  "{\"age_limit\":-1.0,\"num_limit\":-1,\"batch\":50,"
                  "\"force\":false}");
    is_str (a->text, "{\"count\":0}", "purge without a limit: nothing");
    a = inst_rpc (t,
                  "job-manager.purge",
                  "{\"age_limit\":-1.0,\"num_limit\":0,\"batch\":50,"
                  "\"force\":false}");
    is_str (a->text, "{\"count\":1}", "purge counts");
    a = rpc (t, "job-manager.purge-id", "{\"id\":%ju,\"force\":1}", id);
    is_str (a->text, "{\"count\":1}", "purge-id removes");
    is_str (inst_events (t, id), "", "nothing is left");
    free (spec);
    inst_destroy (t);
}

static void test_resource (void)
{
    struct inst *t = inst_create (&(struct inst_opt){ .cores = 2 });
    char *spec = make_jobspec (2., 10., NULL);
    struct answer *a;
    uint64_t id;
    uint32_t tag, tag2;

    a = inst_rpc (t, "resource.status", NULL);
    is_str (a->text,
            "{\"R\":{\"version\":1,\"execution\":{\"R_lite\":[{\"rank\":\"0\","
            "\"children\":{\"core\":\"0-1\"}}],\"nodelist\":[\"node0\"],"
            "\"starttime\":0.0,\"expiration\":0.0}},\"drain\":{},"
            "\"online\":\"0\",\"offline\":\"\",\"exclude\":\"\","
            "\"torpid\":\"\"}",
            "resource.status");
    IS_ERROR (inst_rpc (t, "resource.drain", "{\"targets\":\"9\"}"),
              EINVAL,
              "idset is out of range",
              "drain of a rank that is not there");
    IS_ERROR (inst_rpc (t, "resource.drain", "{\"targets\":\"nohost\"}"),
              EINVAL,
              "invalid targets: invalid hosts: nohost",
              "drain of a host that is not there");
    IS_ERROR (inst_rpc (t, "resource.undrain", "{\"targets\":\"0\"}"),
              EEXIST,
              "rank 0 not drained",
              "undrain of a rank that is not drained");
    a = inst_rpc (t,
                  "resource.drain",
                  "{\"targets\":\"node0\",\"reason\":\"broken\"}");
    is_int (a->errnum, 0, "drain by host");
    IS_ERROR (inst_rpc (t, "resource.drain", "{\"targets\":\"0\"}"),
              EEXIST,
              "rank 0 already drained",
              "drain twice");
    a = inst_rpc (t, "resource.status", NULL);
    ok (strstr (a->text, "\"drain\":{\"0\":{\"timestamp\":")
            && strstr (a->text, "\"reason\":\"broken\"}}"),
        "status tells: %s",
        a->text);
    a = inst_rpc (t, "resource.sched-status", NULL);
    ok (strstr (a->text,
                "\"down\":{\"version\":1,\"execution\":{\"R_lite\":[{"),
        "the scheduler sees it down");
    id = inst_submit (t, spec, 16, 0);
    inst_run (t);
    is_int (manager_job (t->m, id)->state,
            FLUX_JOB_STATE_SCHED,
            "no job starts on a drained rank");
    inst_rpc (t, "resource.undrain", "{\"targets\":\"0\"}");
    inst_until (t, id, FLUX_JOB_STATE_RUN);
    a = inst_rpc (t, "resource.sched-status", NULL);
    ok (strstr (a->text,
                "\"allocated\":{\"version\":1,\"execution\":{\"R_lite\":["
                "{\"rank\":\"0\",\"children\":{\"core\":\"0\"}}]"),
        "undrained, it does: %s",
        a->text);
    inst_run (t);
    a = inst_rpc (t,
                  "feasibility.check",
                  "{\"jobspec\":{\"resources\":[{\"type\":\"slot\",\"count\":"
                  "1000,\"label\":\"task\",\"with\":[{\"type\":\"core\","
                  "\"count\":1}]}],\"tasks\":[{\"command\":[\"a\"],\"slot\":"
                  "\"task\",\"count\":{\"per_slot\":1}}],\"attributes\":{"
                  "\"system\":{\"duration\":0}},\"version\":1}}");
    is_int (a->errnum, EOVERFLOW, "a request that is too big is infeasible");
    ok (strstr (a->text, "unsatisfiable request"), "... %s", a->text);
    is_int (inst_rpc (t, "resource.acquire", NULL)->errnum,
            EPROTO,
            "resources are acquired by a stream");
    tag = inst_stream (t, "resource.acquire", NULL);
    inst_settle (t);
    a = inst_answer (t, tag);
    ok (a && a->errnum == 0 && strstr (a->text, "\"up\":\"0\"}"),
        "... that begins with all: %s",
        a ? a->text : "");
    inst_rpc (t, "resource.drain", "{\"targets\":\"0\"}");
    is_str (inst_answer (t, tag)->text,
            "{\"down\":\"0\"}",
            "and tells of what is drained");
    tag2 = inst_stream (t, "resource.acquire", NULL);
    inst_settle (t);
    is_int (inst_answer (t, tag2)->errnum, EBUSY, "to one client at a time");
    free (spec);
    inst_destroy (t);
}

static unsigned int count_answers (struct inst *t,
                                   uint32_t tag,
                                   const char *text)
{
    unsigned int n = 0;

    for (struct answer *a = t->answers; a; a = a->next)
        n += a->matchtag == tag && a->text && strstr (a->text, text);
    return n;
}

static void test_journal (void)
{
    struct inst *t = inst_create (NULL);
    char *spec = make_jobspec (2., 10., NULL);
    uint64_t id = inst_submit (t, spec, 0, 0);
    char json[64];
    uint32_t tag, filtered, resource;

    IS_ERROR (inst_rpc (t, "job-manager.events-journal", "{}"),
              EPROTO,
              "job-manager.events requires streaming RPC flag",
              "the journal is a stream");
    tag = inst_stream (t, "job-manager.events-journal", "{}");
    filtered = inst_stream (t,
                            "job-manager.events-journal",
                            "{\"allow\":{\"alloc\":1,\"clean\":1}}");
    resource = inst_stream (t, "resource.journal", NULL);
    inst_settle (t);
    is_int (count_answers (t, tag, "\"name\":\"submit\""),
            1,
            "the backlog has the job");
    is_int (count_answers (t, tag, "\"jobspec\":{"), 1, "with its jobspec");
    is_int (count_answers (t, tag, "{\"id\":-1,\"events\":[]}"),
            1,
            "a sentinel ends it");
    snprintf (json,
              sizeof (json),
              "{\"id\":%ju,\"urgency\":16}",
              (uintmax_t)id);
    inst_rpc (t, "job-manager.urgency", json);
    inst_submit (t, spec, 16, 0);
    inst_run (t);
    is_int (count_answers (t, tag, "\"name\":\"submit\""),
            2,
            "new jobs are told");
    is_int (count_answers (t, tag, "\"name\":\"clean\""), 2, "to the end");
    is_int (count_answers (t, tag, "\"R\":{"), 2, "alloc comes with R");
    is_int (count_answers (t, filtered, "\"name\":"),
            4,
            "a filter lets two events of each job pass");
    is_int (count_answers (t, resource, "\"name\":\"resource-define\""),
            1,
            "the resource journal begins with what there is");
    snprintf (json, sizeof (json), "{\"matchtag\":%u}", tag);
    inst_send (t, t->owner, "job-manager.events-journal-cancel", json);
    inst_settle (t);
    is_int (inst_answer (t, tag)->errnum, ENODATA, "cancel ends the stream");
    free (spec);
    inst_destroy (t);
}

static void test_stats_clear (void)
{
    struct inst *t = inst_create (&(struct inst_opt){ .real = true });
    struct loop_longest longest;

    inst_rpc (t, "resource.drain", "{\"targets\":\"0\"}");
    loop_longest (t->loop, &longest);
    ok (longest.turns > 0, "turns of the loop are counted");
    inst_send (t, t->owner, "job-manager.stats-clear", NULL);
    loop_longest (t->loop, &longest);
    ok (longest.turns == 0 && longest.seconds == 0.,
        "stats-clear forgets the longest");
    inst_destroy (t);
}

static void test_config (void)
{
    struct inst *t = inst_create (NULL);
    char *spec = make_jobspec (2., 0., NULL);
    flux_error_t error;
    uint64_t id;

    ok (manager_config_check (t->m, "{\"exec\":{\"kill-timeout\":5.5}}", &error)
            == 0,
        "a good configuration is taken");
    ok (manager_config_check (t->m,
                              "{\"exec\":{\"kill-timeout\":\"later\"}}",
                              &error)
            < 0,
        "a bad one is refused");
    is_str (error.text,
            "exec.kill-timeout: expected a duration like \"1h\", got \"later\"",
            "with a sentence");
    ok (manager_config_check (t->m,
                              "{\"resource\":{\"exclude\":\"7\"}}",
                              &error)
            < 0,
        "excluding a rank that is not there is refused");
    manager_config_apply (
        t->m,
        "{\"policy\":{\"jobspec\":{\"defaults\":{\"system\":{\"duration\":"
        "\"1h\"}}}},\"job-manager\":{\"inactive-num-limit\":0}}");
    id = inst_submit (t, spec, 0, 0);
    ok (strstr (text_str (manager_job (t->m, id)->spec), "\"duration\":3600"),
        "the default duration is put in");
    free (spec);
    inst_destroy (t);
}

int main (void)
{
    test_wait ();
    test_disconnect ();
    test_drain ();
    test_queue ();
    test_guest ();
    test_change ();
    test_resource ();
    test_journal ();
    test_stats_clear ();
    test_config ();
    return done_testing ();
}
