/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Which topics are called, in which order, with which arguments, and what
 * their answers do.
 */

#include "host.h"

/* ---- order ---- */

static void test_order (void)
{
    struct host o = { 0 };
    uint64_t id;

    host_start (&o);
    id = host_submit (&o, NULL);
    ok (id != 0, "a job is submitted");
    inst_run (o.t);
    is_str (o.calls,
            "job.create job.validate job.new job.state.depend "
            "job.state.priority job.state.sched job.state.run "
            "job.state.cleanup job.state.inactive job.inactive-add "
            "job.destroy ",
            "every topic of a job's life is called once, in order");
    is_str (inst_events (o.t, id),
            "submit validate depend priority alloc start finish release free "
            "clean",
            "priority-default moved it on");
    host_stop (&o);
}

static int subscribe_cb (flux_plugin_t *p,
                         const char *topic,
                         flux_plugin_arg_t *args,
                         void *arg)
{
    if (!strcmp (topic, "job.new"))
        return flux_jobtap_job_subscribe (p, FLUX_JOBTAP_CURRENT_JOB);
    return 0;
}

static void test_subscribed (void)
{
    struct host o = { .cb = subscribe_cb };

    host_start (&o);
    host_submit (&o, NULL);
    inst_run (o.t);
    is_str (o.calls,
            "job.create job.validate job.new job.event.validate "
            "job.state.depend job.event.depend job.state.priority "
            "job.event.priority job.state.sched job.event.annotations "
            "job.event.alloc job.state.run job.event.start job.event.finish "
            "job.state.cleanup job.event.release job.event.free "
            "job.event.clean job.state.inactive job.inactive-add job.destroy ",
            "a subscriber hears of each event before its state");
    host_stop (&o);
}

/* ---- arguments ---- */

static int args_cb (flux_plugin_t *p,
                    const char *topic,
                    flux_plugin_arg_t *args,
                    void *arg)
{
    struct host *o = arg;
    flux_jobid_t id = 0;
    int userid = -1, urgency = -1, state = -1, prev = -1;
    json_int_t priority = -7;
    double t_submit = 0.;
    json_t *resources = NULL, *R = NULL, *end = NULL, *entry = NULL;
    const char *name = "none";

    if (strncmp (topic, "job.", 4))
        return 0;
    is_int (flux_plugin_arg_unpack (args,
                                    FLUX_PLUGIN_ARG_IN,
                                    "{s:I s:i s:i s:i s:I s:f s:{s:o} s?o s?o "
                                    "s?{s:s} s?o s?i}",
                                    "id",
                                    &id,
                                    "userid",
                                    &userid,
                                    "urgency",
                                    &urgency,
                                    "state",
                                    &state,
                                    "priority",
                                    &priority,
                                    "t_submit",
                                    &t_submit,
                                    "jobspec",
                                    "resources",
                                    &resources,
                                    "R",
                                    &R,
                                    "end_event",
                                    &end,
                                    "entry",
                                    "name",
                                    &name,
                                    "entry",
                                    &entry,
                                    "prev_state",
                                    &prev),
            0,
            "%s: arguments unpack",
            topic);
    ok (id != 0 && userid == (int)getuid () && urgency == 16 && t_submit > 1e9
            && json_is_array (resources),
        "%s: the basic ones are right",
        topic);
    if (!strcmp (topic, "job.state.depend"))
        ok (state == 2 && prev == 1 && !strcmp (name, "validate")
                && priority == -1 && !R && !end,
            "%s: entry, prev_state, no priority yet",
            topic);
    else if (!strcmp (topic, "job.state.run"))
        ok (state == 16 && prev == 8 && !strcmp (name, "alloc")
                && priority == 16 && json_is_object (R)
                && json_is_object (json_object_get (entry, "context")),
            "%s: R is there",
            topic);
    else if (!strcmp (topic, "job.state.cleanup"))
        ok (state == 32 && prev == 16 && end
                && !strcmp (json_string_value (json_object_get (end, "name")),
                            "finish"),
            "%s: end_event is there",
            topic);
    else if (!strncmp (topic, "job.state.", 10))
        ok (entry && prev > 0, "%s: entry and prev_state", topic);
    else
        ok (!entry && prev == -1, "%s: no entry, no prev_state", topic);
    o->done++;
    return 0;
}

static void test_args (void)
{
    struct host o = { .cb = args_cb };

    host_start (&o);
    host_submit (&o, NULL);
    inst_run (o.t);
    is_int (o.done, 11, "all callbacks looked at their arguments");
    host_stop (&o);
}

/* ---- refusal ---- */

static const char *refuse_topic = "";
static bool refuse_says;

static int refuse_cb (flux_plugin_t *p,
                      const char *topic,
                      flux_plugin_arg_t *args,
                      void *arg)
{
    if (strcmp (topic, refuse_topic))
        return 0;
    if (refuse_says)
        return flux_jobtap_reject_job (p, args, "limit is %d", 7);
    return flux_jobtap_reject_job (p, args, NULL);
}

static void check_refused (struct host *o,
                           const char *topic,
                           const char *extra,
                           const char *want)
{
    refuse_topic = topic;
    o->calls[0] = '\0';
    is_int (host_submit (o, extra), 0, "%s can refuse a job", topic);
    is_str (o->t->answers->text, want, "and the submitter is told why");
    ok (strstr (o->calls, "job.destroy ") && !strstr (o->calls, "job.new"),
        "it gets job.destroy, but no job.new");
    is_int (manager_active_count (o->t->m), 0, "nothing is left of it");
}

#define DEPEND(scheme) \
    ",\"dependencies\":[{\"scheme\":\"" scheme "\",\"value\":\"1\"}]"

static void test_refuse (void)
{
    struct host o = { .cb = refuse_cb };

    host_start (&o);
    refuse_says = true;
    check_refused (&o, "job.create", NULL, "limit is 7");
    check_refused (&o, "job.validate", NULL, "limit is 7");
    check_refused (&o, "job.dependency.foo", DEPEND ("foo"), "limit is 7");
    refuse_says = false;
    check_refused (&o, "job.validate", NULL, "rejected by job-manager plugin");
    check_refused (&o,
                   "job.dependency.foo",
                   DEPEND ("foo"),
                   "rejected by job-manager dependency plugin");
    host_stop (&o);

    o = (struct host){ 0 };
    host_start (&o);
    flux_plugin_remove_handler (o.p, "*");
    is_int (host_submit (&o, DEPEND ("foo")), 0, "a scheme nobody handles");
    is_str (o.t->answers->text,
            "dependency scheme \"foo\" not supported",
            "is refused");
    host_stop (&o);
}

/* ---- dependencies ---- */

static int depend_cb (flux_plugin_t *p,
                      const char *topic,
                      flux_plugin_arg_t *args,
                      void *arg)
{
    struct host *o = arg;
    const char *scheme, *value;
    flux_jobid_t id;

    if (strcmp (topic, "job.dependency.foo"))
        return 0;
    is_int (flux_plugin_arg_unpack (args,
                                    FLUX_PLUGIN_ARG_IN,
                                    "{s:I s:{s:s s:s}}",
                                    "id",
                                    &id,
                                    "dependency",
                                    "scheme",
                                    &scheme,
                                    "value",
                                    &value),
            0,
            "job.dependency.SCHEME gets the dependency");
    ok (!strcmp (scheme, "foo") && !strcmp (value, "1"), "as in the jobspec");
    is_int (flux_jobtap_dependency_add (p, id, "foo=1"), 0, "one is added");
    is_int (flux_jobtap_dependency_add (p, id, "foo=1"), 0, "again: no error");
    errno = 0;
    ok (flux_jobtap_dependency_add (p, FLUX_JOBTAP_CURRENT_JOB, "x") < 0
            && errno == ENOENT,
        "it takes the real id");
    o->done++;
    return 0;
}

static void test_depend (void)
{
    struct host o = { .cb = depend_cb };
    uint64_t id;

    host_start (&o);
    id = host_submit (&o, DEPEND ("foo"));
    is_int (o.done, 1, "the scheme's callback ran");
    inst_settle (o.t);
    is_int (host_state (&o, id), FLUX_JOB_STATE_DEPEND, "the job waits");
    errno = 0;
    ok (flux_jobtap_dependency_remove (o.p, id, "bar") < 0 && errno == ENOENT,
        "removing what is not there: ENOENT");
    o.calls[0] = '\0';
    is_int (flux_jobtap_dependency_remove (o.p, id, "foo=1"), 0, "released");
    is_str (o.calls,
            "job.state.priority job.state.sched ",
            "all up to SCHED happened inside the call");
    errno = 0;
    ok (flux_jobtap_dependency_add (o.p, id, "late") < 0 && errno == EINVAL,
        "too late for another: EINVAL");
    inst_run (o.t);
    is_str (inst_events (o.t, id),
            "submit dependency-add validate dependency-remove depend priority "
            "alloc start finish release free clean",
            "and the job ran");
    host_stop (&o);
}

/* ---- priority ---- */

enum answer_kind { UNAVAIL, NUMBER, STRING, FAIL, NOTHING };
static enum answer_kind prio_kind;
static int prio_value;

static int prio_cb (flux_plugin_t *p,
                    const char *topic,
                    flux_plugin_arg_t *args,
                    void *arg)
{
    if (strcmp (topic, "job.state.priority")
        && strcmp (topic, "job.priority.get"))
        return 0;
    switch (prio_kind) {
    case UNAVAIL:
        return flux_jobtap_priority_unavail (p, args);
    case NUMBER:
        return flux_plugin_arg_pack (args,
                                     FLUX_PLUGIN_ARG_OUT,
                                     "{s:i}",
                                     "priority",
                                     prio_value);
    case STRING:
        return flux_plugin_arg_pack (args,
                                     FLUX_PLUGIN_ARG_OUT,
                                     "{s:s}",
                                     "priority",
                                     "high");
    case FAIL:
        return -1;
    default:
        return 0;
    }
}

static int64_t priority_of (struct host *o, uint64_t id)
{
    return manager_job (o->t->m, id)->priority;
}

static void test_priority (void)
{
    struct host o = { .cb = prio_cb };
    uint64_t blocker, a, b;

    host_start_config (&o, 1, NULL);
    prio_kind = NOTHING;
    blocker = host_submit (&o, NULL);
    ok (inst_until (o.t, blocker, FLUX_JOB_STATE_RUN),
        "no answer: the default plugin's holds");

    prio_kind = UNAVAIL;
    a = host_submit (&o, NULL);
    b = host_submit (&o, NULL);
    is_int (host_state (&o, a),
            FLUX_JOB_STATE_PRIORITY,
            "unavailable: the job stays in PRIORITY");
    is_int (flux_jobtap_reprioritize_job (o.p, a, 42), 0, "reprioritize_job");
    is_int (host_state (&o, a), FLUX_JOB_STATE_SCHED, "moves it to SCHED");
    is_int (priority_of (&o, a), 42, "with that priority");
    is_int (host_state (&o, b), FLUX_JOB_STATE_PRIORITY, "others stay");
    is_int (flux_jobtap_reprioritize_job (o.p, a, 42), 0, "the same again");
    errno = 0;
    ok (flux_jobtap_reprioritize_job (o.p, 1234, 1) < 0 && errno == ENOENT,
        "an unknown job: ENOENT");
    is_int (flux_jobtap_reprioritize_job (o.p, blocker, 1),
            0,
            "a running job: nothing happens");
    o.calls[0] = '\0';
    is_int (flux_jobtap_reprioritize_all (o.p), 0, "reprioritize_all");
    inst_settle (o.t);
    is_str (o.calls,
            "job.priority.get job.priority.get ",
            "asks for both pending jobs");
    is_int (priority_of (&o, a), 42, "unavailable in SCHED changes nothing");
    is_int (host_state (&o, b), FLUX_JOB_STATE_PRIORITY, "b still waits");
    prio_kind = FAIL;
    flux_jobtap_reprioritize_all (o.p);
    inst_settle (o.t);
    is_int (priority_of (&o, a), 42, "a failed callback changes nothing");
    prio_kind = STRING;
    flux_jobtap_reprioritize_all (o.p);
    inst_settle (o.t);
    is_int (host_state (&o, b),
            FLUX_JOB_STATE_PRIORITY,
            "a priority that is no integer is no priority");
    ok (manager_job (o.t->m, b)->exception
            && manager_job (o.t->m, b)->exception->severity == 4
            && !strcmp (manager_job (o.t->m, b)->exception->type,
                        "job.priority.get"),
        "an exception says so");
    prio_kind = NUMBER;
    prio_value = 100;
    flux_jobtap_reprioritize_all (o.p);
    inst_settle (o.t);
    ok (priority_of (&o, a) == 100 && priority_of (&o, b) == 100,
        "at last both get what the plugin says");
    is_int (host_state (&o, b), FLUX_JOB_STATE_SCHED, "and b goes on");
    o.calls[0] = '\0';
    inst_run (o.t);
    is_int (manager_active_count (o.t->m), 0, "all jobs ran");
    host_stop (&o);
}

/* ---- annotations ---- */

static int annotate_cb (flux_plugin_t *p,
                        const char *topic,
                        flux_plugin_arg_t *args,
                        void *arg)
{
    struct host *o = arg;

    if (!strcmp (topic, "job.new"))
        flux_jobtap_job_subscribe (p, FLUX_JOBTAP_CURRENT_JOB);
    if (!strcmp (topic, "job.event.annotations"))
        o->done++;
    if (strcmp (topic, "job.state.depend"))
        return 0;
    return flux_plugin_arg_pack (args,
                                 FLUX_PLUGIN_ARG_OUT,
                                 "{s:{s:s}}",
                                 "annotations",
                                 "test",
                                 "yes");
}

static void test_annotations (void)
{
    struct host o = { .cb = annotate_cb };
    uint64_t id;
    struct job *job;

    host_start (&o);
    id = host_submit (&o, NULL);
    job = manager_job (o.t->m, id);
    ok (job->annotations && strstr (job->annotations->s, "\"test\":\"yes\""),
        "annotations in OUT become the job's");
    is_int (o.done, 2, "subscribers hear of it, and of the scheduler's");
    inst_run (o.t);
    ok (!strstr (inst_events (o.t, id), "annotations"), "the log does not");
    host_stop (&o);
}

/* ---- purge ---- */

static flux_jobid_t purged;

static int purge_cb (flux_plugin_t *p,
                     const char *topic,
                     flux_plugin_arg_t *args,
                     void *arg)
{
    struct host *o = arg;
    flux_jobid_t id = 0, looked_up = 0;
    flux_job_result_t result = 0;
    flux_plugin_arg_t *copy;
    json_t *R = NULL;
    int state = 0;

    if (!strcmp (topic, "site.hello"))
        return ++o->done ? 0 : -1;
    if (strcmp (topic, "job.inactive-remove"))
        return 0;
    is_int (flux_plugin_arg_unpack (args,
                                    FLUX_PLUGIN_ARG_IN,
                                    "{s:I s:i s:o s:{s:o}}",
                                    "id",
                                    &id,
                                    "state",
                                    &state,
                                    "R",
                                    &R,
                                    "jobspec",
                                    "resources",
                                    &R),
            0,
            "what is known of the job can be unpacked");
    ok (id == purged && state == FLUX_JOB_STATE_INACTIVE, "for the last time");
    is_int (flux_jobtap_get_job_result (p, FLUX_JOBTAP_CURRENT_JOB, &result),
            0,
            "its result is there");
    is_int (result, FLUX_JOB_RESULT_COMPLETED, "as it was");
    is_int (flux_jobtap_job_event_posted (p, id, "start"), 1, "so is its log");
    copy = flux_jobtap_job_lookup (p, FLUX_JOBTAP_CURRENT_JOB);
    ok (copy
            && flux_plugin_arg_unpack (copy,
                                       FLUX_PLUGIN_ARG_IN,
                                       "{s:I}",
                                       "id",
                                       &looked_up)
                   == 0
            && looked_up == id,
        "it is the current job");
    flux_plugin_arg_destroy (copy);
    errno = 0;
    ok (flux_jobtap_event_post_pack (p, id, "memo", "{s:i}", "a", 1) < 0
            && errno == ENOENT
            && flux_jobtap_raise_exception (p,
                                            FLUX_JOBTAP_CURRENT_JOB,
                                            "x",
                                            0,
                                            "y")
                   < 0
            && errno == ENOENT,
        "nothing can be done to it any more");
    ok (flux_jobtap_job_aux_set (p, id, "a", o, NULL) < 0 && errno == ENOENT,
        "nor hung on it");
    ok (flux_jobtap_prolog_start (p, "x") < 0 && errno == EINVAL,
        "a prolog has no job");
    ok (flux_jobtap_jobspec_update_pack (p, "{s:i}", "attributes.x", 1) < 0
            && errno == EINVAL,
        "nor has an update");
    is_int (flux_jobtap_call (p, id, "site.hello", args),
            1,
            "flux_jobtap_call takes it");
    return 0;
}

static void test_purge (void)
{
    struct host o = { 0 };
    uint64_t other;
    char json[64];

    host_start (&o);
    purged = host_submit (&o, NULL);
    inst_run (o.t);
    other = host_submit (&o, NULL);
    inst_run (o.t);
    o.calls[0] = '\0';
    inst_rpc (o.t,
              "job-manager.purge",
              "{\"age_limit\":-1.0,\"num_limit\":1,"
              "\"batch\":50,\"force\":false}");
    is_str (o.calls, "", "counting what could be purged calls nobody");
    o.cb = purge_cb;
    inst_rpc (o.t,
              "job-manager.purge",
              "{\"age_limit\":-1.0,\"num_limit\":1,"
              "\"batch\":50,\"force\":true}");
    is_str (o.calls,
            "job.inactive-remove site.hello ",
            "job.inactive-remove at a purge");
    is_int (o.done, 1, "and the call from within it");
    o.calls[0] = '\0';
    purged = other;
    snprintf (json,
              sizeof (json),
              "{\"id\":%ju,\"force\":1}",
              (uintmax_t)other);
    is_int (inst_rpc (o.t, "job-manager.purge-id", json)->errnum, 0, "by id");
    is_str (o.calls, "job.inactive-remove site.hello ", "it is called too");
    ok (!flux_jobtap_job_lookup (o.p, other) && errno == ENOENT,
        "then the job is gone");
    host_stop (&o);
}

/* ---- what is counted ---- */

static int stats_cb (flux_plugin_t *p,
                     const char *topic,
                     flux_plugin_arg_t *args,
                     void *arg)
{
    struct host *o = arg;

    /* The clock is virtual, so a wait takes exactly as long as it says. */
    if (!strcmp (topic, "job.new"))
        clock_advance (&o->t->clock, clock_now (&o->t->clock) + 0.001);
    return strcmp (topic, "job.state.run") ? 0 : -1;
}

static void test_stats (void)
{
    struct host o = { .cb = stats_cb };
    json_t *r, *row;
    json_int_t calls = 0, failures = 0;
    double total = 0., max = 0., p50 = 0., p99 = 0.;

    host_start (&o);
    for (int i = 0; i < 3; i++)
        host_submit (&o, NULL);
    inst_run (o.t);
    r = json_loads (
        inst_rpc (o.t, "job-manager.jobtap-stats", "{\"name\":\".test\"}")
            ->text,
        0,
        NULL);
    ok (r != NULL, "statistics of a plugin");
    row = json_object_get (json_array_get (json_object_get (r, "plugins"), 0),
                           "topics");
    is_int (json_unpack (row,
                         "{s:{s:I s:I s:F s:F s:F s:F}}",
                         "job.new",
                         "calls",
                         &calls,
                         "failures",
                         &failures,
                         "total",
                         &total,
                         "max",
                         &max,
                         "p50",
                         &p50,
                         "p99",
                         &p99),
            0,
            "have each topic");
    ok (calls == 3 && failures == 0, "calls are counted");
    ok (total > 0.0029 && total < 0.0031 && max > 0.0009 && max < 0.0011,
        "and their time");
    ok (p50 > 0.0009 && p50 < 0.00126 && p99 > 0.0009 && p99 < 0.00126,
        "of which there are quantiles");
    is_int (json_unpack (row,
                         "{s:{s:I s:I}}",
                         "job.state.run",
                         "calls",
                         &calls,
                         "failures",
                         &failures),
            0,
            "another topic");
    ok (calls == 3 && failures == 3, "failures are counted");
    ok (!json_object_get (row, "job.inactive-remove"),
        "what never was called is not there");
    json_decref (r);
    r = json_loads (inst_rpc (o.t, "job-manager.jobtap-stats", "{}")->text,
                    0,
                    NULL);
    is_int (json_array_size (json_object_get (r, "plugins")), 2, "of all");
    json_decref (r);
    is_int (
        inst_rpc (o.t, "job-manager.jobtap-stats", "{\"name\":\"x\"}")->errnum,
        ENOENT,
        "of a plugin that is not there");
    is_int (
        inst_rpc_as (o.t, o.t->guest, "job-manager.jobtap-stats", "{}")->errnum,
        EPERM,
        "not for guests");
    host_stop (&o);
}

int main (void)
{
    test_stats ();
    test_purge ();
    test_subscribed ();
    test_order ();
    test_args ();
    test_refuse ();
    test_depend ();
    test_priority ();
    test_annotations ();
    return done_testing ();
}
