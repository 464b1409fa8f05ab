/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A plugin that does everything wrong harms nobody. */

#include "base/log.h"
#include "host.h"

static void quiet (int severity, const char *part, const char *text, void *arg)
{
}

static int load (struct host *o, const char *name)
{
    flux_error_t error;

    return jobtap_load (o->jt, name, NULL, &error);
}

static uint64_t submit_named (struct host *o, const char *name)
{
    char extra[160];

    snprintf (extra, sizeof (extra), ",\"job\":{\"name\":\"%s\"}", name);
    return host_submit (o, extra);
}

/* Whatever became of the jobs before, one that behaves runs to its end and
 * the cores are free.
 */
static void check_healthy (struct host *o, const char *what)
{
    struct job *job, *tmp;
    char *log;
    uint64_t id;

    jobtap_remove (o->jt, "misuse.so", NULL);
    JOB_FOREACH_SAFE (manager_jobs (o->t->m), job, tmp)
    {
        manager_raise (o->t->m, job, "cancel", 0, 0, "", NULL);
    }
    inst_run (o->t);
    is_int (manager_active_count (o->t->m), 0, "%s: no job is stuck", what);
    id = host_submit (o, NULL);
    inst_run (o->t);
    log = strdup (inst_events (o->t, id));
    is_str (log,
            "submit validate depend priority alloc start finish release free "
            "clean",
            "%s: the next job runs",
            what);
    free (log);
    is_int (load (o, "misuse.so"), 0, "%s: and the plugin loads again", what);
}

static void test_calls (void)
{
    struct host o = { 0 };
    struct answer *a;
    int calls = 0, succeeded = -1;

    host_start (&o);
    is_int (load (&o, "misuse.so"), 0, "the plugin loads");
    host_submit (&o, NULL);
    inst_run (o.t);
    inst_rpc (o.t,
              "job-manager.purge",
              "{\"age_limit\":-1.0,\"num_limit\":0,"
              "\"batch\":50,\"force\":true}");
    inst_rpc (o.t, "job-manager.jobtap-query", "{\"name\":\"misuse.so\"}");
    a = inst_rpc (o.t, "job-manager.misuse.get", NULL);
    ok (sscanf (a->text, "{\"calls\":%d,\"succeeded\":%d", &calls, &succeeded)
                == 2
            && calls > 1000,
        "it does much wrong");
    if (!ok (succeeded == 0, "and all of it fails"))
        diag ("%s", a->text);
    check_healthy (&o, "bad calls");
    host_stop (&o);
}

static const char *const topics[] = {
    "job.create",       "job.validate",       "job.new",
    "job.state.depend", "job.state.priority", "job.state.sched",
    "job.state.run",    "job.state.cleanup",  "job.state.inactive",
    "job.inactive-add", "job.destroy",
};
static const char *const events[] = {
    "submit",         "validate",
    "invalidate",     "depend",
    "priority",       "alloc",
    "start",          "finish",
    "release",        "free",
    "clean",          "flux-restart",
    "urgency",        "exception",
    "set-flags",      "annotations",
    "jobspec-update", "resource-update",
    "dependency-add", "dependency-remove",
    "prolog-start",   "prolog-finish",
    "epilog-start",   "epilog-finish",
    "memo",           "debug.x",
    "a b=c",
};

/* Each event in each callback. */
static void test_events (void)
{
    for (size_t i = 0; i < sizeof (topics) / sizeof (topics[0]); i++) {
        struct host o = { 0 };

        host_start (&o);
        load (&o, "misuse.so");
        for (size_t j = 0; j < sizeof (events) / sizeof (events[0]); j++) {
            char name[128];

            snprintf (name, sizeof (name), "post:%s:%s", topics[i], events[j]);
            submit_named (&o, name);
            inst_run (o.t);
        }
        check_healthy (&o, topics[i]);
        host_stop (&o);
    }
}

static void test_reentry (void)
{
    for (size_t i = 0; i < sizeof (topics) / sizeof (topics[0]); i++) {
        struct host o = { 0 };
        char name[128];

        host_start (&o);
        load (&o, "misuse.so");
        snprintf (name, sizeof (name), "handlers:%s", topics[i]);
        submit_named (&o, name);
        snprintf (name, sizeof (name), "load:%s", topics[i]);
        submit_named (&o, name);
        inst_run (o.t);
        is_int (jobtap_remove (o.jt, "noinit.so", NULL),
                0,
                "%s: another was loaded",
                topics[i]);
        snprintf (name, sizeof (name), "remove:%s", topics[i]);
        submit_named (&o, name);
        inst_run (o.t);
        is_int (jobtap_remove (o.jt, "misuse.so", NULL),
                -1,
                "%s: it removed itself",
                topics[i]);
        check_healthy (&o, topics[i]);
        host_stop (&o);
    }
}

/* Under a leak checker this says that nothing is left. */
static void test_thousand (void)
{
    struct host o = { 0 };
    int good = 0;

    host_start (&o);
    for (int i = 0; i < 1000; i++)
        good += load (&o, "conf.so") == 0
                && jobtap_remove (o.jt, "conf.so", NULL) == 0;
    is_int (good, 1000, "a plugin comes and goes a thousand times");
    host_stop (&o);
}

int main (void)
{
    log_set_sink (quiet, NULL);
    test_calls ();
    test_events ();
    test_reentry ();
    test_thousand ();
    return done_testing ();
}
