/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Named queues (RFC 33) by requests. */

#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "tap.h"

static const char *const config =
    "{\"queues\":{\"a\":{},\"b\":{\"policy\":{\"jobspec\":{\"defaults\":{"
    "\"system\":{\"duration\":\"1m\"}}}}},\"v\":{\"parent\":\"b\"}},"
    "\"policy\":{\"jobspec\":{\"defaults\":{\"system\":{\"duration\":\"1h\","
    "\"queue\":\"a\"}}}}}";

static void set (struct inst *t, const char *verb, const char *json)
{
    char topic[64];

    snprintf (topic, sizeof (topic), "job-manager.queue-%s", verb);
    if (inst_rpc (t, topic, json)->errnum != 0)
        bail_out ("%s %s", topic, json);
}

static const char *status (struct inst *t, const char *json)
{
    return inst_rpc (t, "job-manager.queue-status", json)->text;
}

static uint64_t submit (struct inst *t, const char *extra)
{
    char *spec = make_jobspec (1., 0., extra);
    uint64_t id = inst_submit (t, spec, 16, 0);

    free (spec);
    return id;
}

static const char *queue_of (struct inst *t, uint64_t id)
{
    return strstr (text_str (manager_job (t->m, id)->spec), "\"queue\":\"");
}

static void test_requests (void)
{
    struct inst *t = inst_create (NULL);

    manager_config_apply (t->m, config);
    is_str (inst_rpc (t, "job-manager.queue-list", NULL)->text,
            "{\"queues\":[\"a\",\"b\",\"v\"]}",
            "queues are listed");
    is_str (status (t, "{}"), "a named queue is required", "status of none");
    is_str (status (t, "{\"name\":\"x\"}"),
            "'x' is not a valid queue",
            "status of an unknown one");
    is_str (status (t, "{\"name\":\"a\"}"),
            "{\"enable\":true,\"start\":false}",
            "queues with names are stopped at first");
    is_str (inst_rpc (t,
                      "job-manager.queue-start",
                      "{\"start\":true,\"all\":false}")
                ->text,
            "Use --all to apply this command to all queues",
            "one name, or all");
    set (t, "start", "{\"name\":\"v\",\"start\":true,\"all\":false}");
    is_str (status (t, "{\"name\":\"v\"}"),
            "{\"enable\":true,\"start\":false,\"parent\":\"b\",\"blocked\":"
            "\"parent\",\"stop_reason\":\"parent queue 'b' is stopped\"}",
            "a virtual queue is blocked by its parent");
    set (t, "start", "{\"start\":true,\"all\":true}");
    is_str (status (t, "{\"name\":\"v\"}"),
            "{\"enable\":true,\"start\":true,\"parent\":\"b\"}",
            "and started with it");
    inst_destroy (t);
}

static void test_submit (void)
{
    struct inst *t = inst_create (NULL);
    uint64_t id;

    manager_config_apply (t->m, config);
    id = submit (t, "");
    ok (id && queue_of (t, id) && !strncmp (queue_of (t, id) + 9, "a\"", 2),
        "a job gets the default queue");
    ok (strstr (text_str (manager_job (t->m, id)->spec), "\"duration\":3600.0")
            != NULL,
        "and the default duration");
    id = submit (t, ",\"queue\":\"v\"");
    ok (id
            && strstr (text_str (manager_job (t->m, id)->spec),
                       "\"duration\":60.0")
                   != NULL,
        "a virtual queue has its parent's");
    ok (!submit (t, ",\"queue\":\"x\""), "an unknown queue is refused");
    is_str (t->answers->text, "'x' is not a valid queue", "with a sentence");
    set (t,
         "enable",
         "{\"name\":\"b\",\"enable\":false,\"reason\":\"r\",\"all\":false}");
    ok (!submit (t, ",\"queue\":\"b\""), "so is a disabled one");
    is_str (t->answers->text,
            "job submission to b is disabled: r",
            "with the reason");
    ok (submit (t, ",\"queue\":\"v\"") != 0, "others take jobs");
    manager_config_apply (t->m, "{\"queues\":{\"a\":{}}}");
    ok (!submit (t, ""), "without a default a job has to name a queue");
    is_str (t->answers->text, "a named queue is required", "says the error");
    inst_destroy (t);
}

static void test_stop (void)
{
    struct inst *t = inst_create (NULL);
    uint64_t a, v;

    manager_config_apply (t->m, config);
    set (t, "start", "{\"name\":\"v\",\"start\":true,\"all\":false}");
    a = submit (t, "");
    v = submit (t, ",\"queue\":\"v\"");
    inst_run (t);
    ok (manager_job (t->m, a) && manager_job (t->m, v),
        "jobs wait in stopped queues");
    set (t, "start", "{\"name\":\"a\",\"start\":true,\"all\":false}");
    inst_run (t);
    ok (!manager_job (t->m, a), "one queue is started");
    ok (manager_job (t->m, v) != NULL, "the other is not");
    is_str (inst_rpc (t, "job-manager.alloc-query", NULL)->text,
            "{\"queue_length\":1,\"alloc_pending\":0,\"running\":0}",
            "its job is not with the scheduler");
    manager_config_apply (t->m, "{\"queues\":{\"a\":{},\"b\":{}}}");
    set (t, "start", "{\"start\":true,\"all\":true}");
    inst_run (t);
    ok (manager_job (t->m, v) != NULL, "a job of a removed queue waits");
    manager_config_apply (t->m, config);
    inst_run (t);
    ok (manager_job (t->m, v) != NULL, "a queue that comes back is stopped");
    set (t, "start", "{\"name\":\"v\",\"start\":true,\"all\":false}");
    inst_run (t);
    ok (!manager_job (t->m, v), "until it is started");
    inst_destroy (t);
}

static void print_sched (const char *queue,
                         const unsigned int in_state[],
                         void *arg)
{
    size_t len = strlen (arg);

    snprintf ((char *)arg + len,
              64 - len,
              "%s:%u ",
              queue,
              in_state[__builtin_ctz (FLUX_JOB_STATE_SCHED)]);
}

static void sched_counts (struct inst *t, const char *expect, const char *what)
{
    char buf[64] = "";

    manager_each_queue (t->m, print_sched, buf);
    is_str (buf, expect, "%s", what);
}

static void test_counts (void)
{
    struct inst *t = inst_create (NULL);
    uint64_t a, v;

    manager_config_apply (t->m, config);
    a = submit (t, "");
    v = submit (t, ",\"queue\":\"v\"");
    submit (t, ",\"queue\":\"v\"");
    sched_counts (t, "a:1 v:2 ", "jobs are counted by queue and state");
    manager_post_named (t->m,
                        manager_job (t->m, v),
                        "jobspec-update",
                        "{\"attributes.system.queue\":\"a\"}",
                        NULL);
    sched_counts (t, "a:2 v:1 ", "one that moves moves its count");
    manager_raise (t->m, manager_job (t->m, a), "x", 0, 0, NULL, NULL);
    inst_run (t);
    sched_counts (t, "a:1 v:1 ", "one that ends counts no more");
    inst_destroy (t);
}

int main (void)
{
    test_counts ();
    test_requests ();
    test_submit ();
    test_stop ();
    done_testing ();
}
