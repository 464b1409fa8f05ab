/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the log says when a plugin fails: who, in which topic, for which job,
 * and why.
 */

#include "base/log.h"
#include "host.h"
#include "jobtap/private.h"

static char logged[16384];

static void sink (int severity, const char *part, const char *text, void *arg)
{
    size_t n = strlen (logged);

    snprintf (logged + n,
              sizeof (logged) - n,
              "<%d> %s: %s\n",
              severity,
              part,
              text);
}

static void check_log (const char *text, const char *what)
{
    if (!ok (strstr (logged, text) != NULL, "%s", what))
        diag ("no \"%s\" in: %s", text, logged);
}

struct failing {
    const char *topic;
    const char *key; /* packed into OUT as text, or NULL */
    const char *out;
    int rc;
    const char *log;
};

static const struct failing *now;

static int failing_cb (flux_plugin_t *p,
                       const char *topic,
                       flux_plugin_arg_t *args,
                       void *arg)
{
    if (!strcmp (topic, "job.new"))
        flux_jobtap_job_subscribe (p, FLUX_JOBTAP_CURRENT_JOB);
    if (strcmp (topic, now->topic))
        return 0;
    if (now->out)
        flux_plugin_arg_set (args, FLUX_PLUGIN_ARG_OUT, now->out);
    return now->rc;
}

static const struct failing rows[] = {
    { "job.new", .rc = -1, .log = "job.new: job f2: callback returned" },
    { "job.create",
      .out = "{\"errmsg\":\"not today\"}",
      .rc = -1,
      .log = "job.create: job f2: not today" },
    { "job.validate", .rc = -1, .log = "job.validate: job f2: callback" },
    { "job.state.run",
      .out = "{\"errmsg\":\"because\"}",
      .rc = -1,
      .log = "job.state.run: job f2: because" },
    { "job.event.start", .rc = -1, .log = "job.event.start: job f2: callback" },
    { "job.inactive-add", .rc = -1, .log = "job.inactive-add: job f2: call" },
    { "job.destroy", .rc = -1, .log = "job.destroy: job f2: callback" },
    { "job.state.priority",
      .out = "{\"priority\":\"high\"}",
      .log = "job.state.priority: job f2: priority is a string, not an" },
    { "job.state.priority",
      .out = "{\"priority\":1.5}",
      .log = "job.state.priority: job f2: priority is a real number, not an" },
    { "job.state.depend",
      .out = "{\"annotations\":[1]}",
      .log = "job.state.depend: job f2: annotations is an array, not an" },
    { "job.state.sched",
      .out = "{\"R\":{\"version\":7}}",
      .log = "job.state.sched: job f2: R is malformed" },
    { "job.state.sched",
      .out = "{\"R\":\"x\"}",
      .log = "job.state.sched: job f2: R is malformed" },
};

static void test_blame (void)
{
    char want[256];

    for (size_t i = 0; i < sizeof (rows) / sizeof (rows[0]); i++) {
        struct host o = { .cb = failing_cb };

        now = &rows[i];
        host_start (&o);
        logged[0] = '\0';
        host_submit (&o, NULL);
        inst_run (o.t);
        snprintf (want, sizeof (want), "jobtap: .test: %s", rows[i].log);
        check_log (want, rows[i].log);
        host_stop (&o);
    }
}

/* The exception of a wrong priority tells the same. */
static void test_exception (void)
{
    static const struct failing row = { "job.state.priority",
                                        .out = "{\"priority\":null}" };
    struct host o = { .cb = failing_cb };
    struct job *job;

    now = &row;
    host_start (&o);
    job = manager_job (o.t->m, host_submit (&o, NULL));
    ok (job && job->exception
            && strstr (job->exception->note,
                       "jobtap plugin .test: priority is null, not an integer"),
        "an exception says what was wrong with the priority");
    is_int (job->exception ? job->exception->severity : 0,
            4,
            "not a fatal one");
    host_stop (&o);
}

/* A long note is cut, and it is the owner who raises. */
static void test_note (void)
{
    struct host o = { 0 };
    char note[2000];
    struct job *job;

    memset (note, 'n', sizeof (note) - 1);
    note[sizeof (note) - 1] = '\0';
    host_start_config (&o, 1, NULL);
    job = manager_job (o.t->m, host_submit (&o, NULL));
    is_int (flux_jobtap_raise_exception (o.p, job->id, "long", 5, "%s", note),
            0,
            "an exception with a long note");
    ok (job->exception && strlen (job->exception->note) == 1023
            && job->exception->note[1022] == '+',
        "is cut");
    is_int (job->exception ? job->exception->userid : 0,
            router_owner (o.t->router),
            "in the name of the owner");
    host_stop (&o);
}

static int unavail_cb (flux_plugin_t *p,
                       const char *topic,
                       flux_plugin_arg_t *args,
                       void *arg)
{
    return !strcmp (topic, "job.priority.get")
               ? flux_jobtap_priority_unavail (p, args)
               : 0;
}

static void test_unavail (void)
{
    struct host o = { .cb = unavail_cb };

    host_start_config (&o, 1, NULL);
    inst_until (o.t, host_submit (&o, NULL), FLUX_JOB_STATE_RUN);
    host_submit (&o, NULL);
    inst_settle (o.t);
    logged[0] = '\0';
    flux_jobtap_reprioritize_all (o.p);
    inst_settle (o.t);
    check_log ("jobtap: .test: job.priority.get: job f3: BUG",
               "no priority for a job in SCHED: the plugin that said so");
    host_stop (&o);
}

/* ---- handlers that are never called ---- */

static void test_topics (void)
{
    static const char *const real[] = {
        "*",
        "job.*",
        "job.state.*",
        "job.state.sched",
        "job.new",
        "job.event.start",
        "job.event.*",
        "job.ev*",
        "conf.update",
        "plugin.query",
        "site.anything",
        "j*",
        "job.dependency.afterok",
        "job.update",
        "job.update.*",
        "job.update.attributes.system.duration",
        "job.[a-z]*",
        "job.inactive-remove",
    };
    static const char *const none[] = {
        "job.state.new", "job.state.running", "job.event.", "job.dependency",
        "job.created",   "job.state*x",       "conf.*x",    "plugin.Query",
        "job.",          "job.updates.x",
    };

    for (size_t i = 0; i < sizeof (real) / sizeof (real[0]); i++)
        ok (tap_topic_exists (real[i]), "there is %s", real[i]);
    for (size_t i = 0; i < sizeof (none) / sizeof (none[0]); i++)
        ok (!tap_topic_exists (none[i]), "there is no %s", none[i]);
}

static void test_warning (void)
{
    struct host o = { 0 };

    host_start (&o);
    logged[0] = '\0';
    is_int (jobtap_load (o.jt, "typo.so", NULL, NULL), 0, "it is loaded");
    is_str (logged,
            "<4> job-manager: jobtap: typo.so: a handler for job.state.sceduled"
            " is never called: there is no such topic\n",
            "with a warning");
    host_stop (&o);
}

int main (void)
{
    log_set_sink (sink, NULL);
    test_blame ();
    test_exception ();
    test_note ();
    test_unavail ();
    test_topics ();
    test_warning ();
    return done_testing ();
}
