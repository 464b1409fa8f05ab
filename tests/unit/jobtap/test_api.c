/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What plugins call, and the errors they get. */

#include "host.h"

#define FAILS(call, err, ...)                             \
    do {                                                  \
        errno = 0;                                        \
        ok ((call) < 0 && errno == (err), ##__VA_ARGS__); \
    } while (0)
#define FAILS_NULL(call, err, ...)                     \
    do {                                               \
        errno = 0;                                     \
        ok (!(call) && errno == (err), ##__VA_ARGS__); \
    } while (0)

/* ---- calls that have to fail ---- */

static void handler (flux_t *h,
                     flux_msg_handler_t *mh,
                     const flux_msg_t *msg,
                     void *arg)
{
}

static void test_null (void)
{
    struct host o = { 0 };
    flux_plugin_arg_t *args = flux_plugin_arg_create ();
    flux_plugin_t *other = flux_plugin_create ();
    flux_job_result_t result;
    flux_plugin_t *bad[2] = { NULL, other };

    host_start (&o);
    for (int i = 0; i < 2; i++) {
        flux_plugin_t *p = bad[i];
        const char *what = i ? "no jobtap plugin" : "NULL";

        FAILS_NULL (flux_jobtap_get_flux (p), EINVAL, "get_flux: %s", what);
        FAILS (flux_jobtap_service_register (p, "x", handler, NULL),
               EINVAL,
               "service_register: %s",
               what);
        FAILS (flux_jobtap_set_load_sort_order (p, "state"),
               EINVAL,
               "set_load_sort_order: %s",
               what);
        FAILS (flux_jobtap_reprioritize_all (p),
               EINVAL,
               "reprioritize_all: %s",
               what);
        FAILS (flux_jobtap_reprioritize_job (p, 1, 1),
               EINVAL,
               "reprioritize_job: %s",
               what);
        FAILS (flux_jobtap_dependency_add (p, 1, "x"),
               EINVAL,
               "dependency_add: %s",
               what);
        FAILS (flux_jobtap_dependency_remove (p, 1, "x"),
               EINVAL,
               "dependency_remove: %s",
               what);
        FAILS (flux_jobtap_job_aux_set (p, 1, "x", "y", NULL),
               EINVAL,
               "aux_set: %s",
               what);
        FAILS_NULL (flux_jobtap_job_aux_get (p, 1, "x"),
                    EINVAL,
                    "aux_get: %s",
                    what);
        FAILS (flux_jobtap_job_aux_delete_value (p, 1, "x"),
               EINVAL,
               "aux_delete_value: %s",
               what);
        FAILS (flux_jobtap_job_set_flag (p, 1, "debug"),
               EINVAL,
               "set_flag: %s",
               what);
        FAILS (flux_jobtap_raise_exception (p, 1, "x", 0, "y"),
               EINVAL,
               "raise_exception: %s",
               what);
        FAILS (flux_jobtap_event_post_pack (p, 1, "x", NULL),
               EINVAL,
               "event_post_pack: %s",
               what);
        FAILS (flux_jobtap_jobspec_update_pack (p, "{}"),
               EINVAL,
               "jobspec_update_pack: %s",
               what);
        FAILS (flux_jobtap_jobspec_update_id_pack (p, 1, "{}"),
               EINVAL,
               "jobspec_update_id_pack: %s",
               what);
        FAILS_NULL (flux_jobtap_job_lookup (p, 1), EINVAL, "lookup: %s", what);
        FAILS (flux_jobtap_get_job_result (p, 1, &result),
               EINVAL,
               "get_job_result: %s",
               what);
        FAILS (flux_jobtap_job_event_posted (p, 1, "x"),
               EINVAL,
               "event_posted: %s",
               what);
        FAILS (flux_jobtap_job_subscribe (p, 1), EINVAL, "subscribe: %s", what);
        flux_jobtap_job_unsubscribe (p, 1);
        FAILS (flux_jobtap_prolog_start (p, "x"),
               EINVAL,
               "prolog_start: %s",
               what);
        FAILS (flux_jobtap_prolog_finish (p, 1, "x", 0),
               EINVAL,
               "prolog_finish: %s",
               what);
        FAILS (flux_jobtap_epilog_start (p, "x"),
               EINVAL,
               "epilog_start: %s",
               what);
        FAILS (flux_jobtap_epilog_finish (p, 1, "x", 0),
               EINVAL,
               "epilog_finish: %s",
               what);
        FAILS (flux_jobtap_call (p, 1, "x", args), EINVAL, "call: %s", what);
    }
    FAILS (flux_jobtap_priority_unavail (NULL, args), EINVAL, "unavail: NULL");
    FAILS (flux_jobtap_priority_unavail (o.p, NULL), EINVAL, "unavail: NULL");
    is_int (flux_jobtap_reject_job (o.p, args, NULL), -1, "reject_job: -1");
    is_int (flux_jobtap_error (o.p, args, "x"), -1, "error: -1");
    host_stop (&o);
    flux_plugin_destroy (other);
    flux_plugin_arg_destroy (args);
}

static void test_unknown (void)
{
    static const flux_jobid_t ids[] = { 0, 1, 1234, FLUX_JOBTAP_CURRENT_JOB };
    struct host o = { 0 };
    flux_plugin_arg_t *args = flux_plugin_arg_create ();
    flux_job_result_t result;

    host_start (&o);
    for (size_t i = 0; i < sizeof (ids) / sizeof (ids[0]); i++) {
        flux_jobid_t id = ids[i];
        flux_plugin_t *p = o.p;

        FAILS (flux_jobtap_reprioritize_job (p, id, 1),
               ENOENT,
               "no job %jd: reprioritize_job",
               (intmax_t)id);
        FAILS (flux_jobtap_dependency_add (p, id, "x"),
               ENOENT,
               "dependency_add");
        FAILS (flux_jobtap_dependency_remove (p, id, "x"),
               ENOENT,
               "dependency_remove");
        FAILS (flux_jobtap_job_aux_set (p, id, "x", "y", NULL),
               ENOENT,
               "aux_set");
        FAILS_NULL (flux_jobtap_job_aux_get (p, id, "x"), ENOENT, "aux_get");
        FAILS (flux_jobtap_job_aux_delete_value (p, id, "x"),
               ENOENT,
               "aux_delete_value");
        FAILS (flux_jobtap_job_set_flag (p, id, "debug"), ENOENT, "set_flag");
        FAILS (flux_jobtap_raise_exception (p, id, "x", 0, "y"),
               ENOENT,
               "raise_exception");
        FAILS (flux_jobtap_event_post_pack (p, id, "x", NULL),
               ENOENT,
               "event_post_pack");
        FAILS (flux_jobtap_jobspec_update_id_pack (p, id, "{}"),
               ENOENT,
               "jobspec_update_id_pack");
        FAILS_NULL (flux_jobtap_job_lookup (p, id), ENOENT, "lookup");
        FAILS (flux_jobtap_get_job_result (p, id, &result),
               ENOENT,
               "get_job_result");
        FAILS (flux_jobtap_job_event_posted (p, id, "x"),
               ENOENT,
               "event_posted");
        FAILS (flux_jobtap_job_subscribe (p, id), ENOENT, "subscribe");
        FAILS (flux_jobtap_prolog_finish (p, id, "x", 0),
               ENOENT,
               "prolog_finish");
        FAILS (flux_jobtap_epilog_finish (p, id, "x", 0),
               ENOENT,
               "epilog_finish");
        FAILS (flux_jobtap_call (p, id, "x", args), ENOENT, "call");
    }
    FAILS (flux_jobtap_prolog_start (o.p, "x"),
           EINVAL,
           "prolog_start outside of callbacks");
    FAILS (flux_jobtap_epilog_start (o.p, "x"),
           EINVAL,
           "epilog_start outside of callbacks");
    FAILS (flux_jobtap_jobspec_update_pack (o.p, "{}"),
           EINVAL,
           "jobspec_update_pack outside of callbacks");
    FAILS (flux_jobtap_set_load_sort_order (o.p, "upside-down"),
           EINVAL,
           "an unknown sort order");
    host_stop (&o);
    flux_plugin_arg_destroy (args);
}

static void test_bad_args (void)
{
    struct host o = { .cb = NULL };
    flux_plugin_arg_t *args = flux_plugin_arg_create ();
    flux_job_result_t result;
    flux_jobid_t id;
    flux_plugin_t *p;

    host_start (&o);
    p = o.p;
    id = host_submit (&o, ",\"bank\":\"x\"");
    FAILS (flux_jobtap_dependency_add (p, id, NULL), EINVAL, "no description");
    FAILS (flux_jobtap_dependency_add (p, id, "x"), EINVAL, "past DEPEND");
    FAILS (flux_jobtap_dependency_remove (p, id, NULL), EINVAL, "no text");
    FAILS (flux_jobtap_job_aux_set (p, id, NULL, NULL, NULL), EINVAL, "no aux");
    FAILS (flux_jobtap_job_aux_set (p, id, "x", NULL, free),
           EINVAL,
           "no value");
    FAILS (flux_jobtap_job_aux_set (p, id, NULL, "x", NULL),
           EINVAL,
           "neither name nor destructor");
    FAILS_NULL (flux_jobtap_job_aux_get (p, id, NULL), EINVAL, "no name");
    FAILS_NULL (flux_jobtap_job_aux_get (p, id, "no"), ENOENT, "no such aux");
    FAILS (flux_jobtap_job_set_flag (p, id, NULL), EINVAL, "no flag");
    FAILS (flux_jobtap_job_set_flag (p, id, "waitable"), EINVAL, "waitable");
    FAILS (flux_jobtap_raise_exception (p, id, NULL, 0, "x"), EINVAL, "type");
    FAILS (flux_jobtap_raise_exception (p, id, "a b", 0, "x"), EINVAL, "space");
    FAILS (flux_jobtap_raise_exception (p, id, "x", 8, "x"),
           EINVAL,
           "severity");
    FAILS (flux_jobtap_event_post_pack (p, id, NULL, NULL), EINVAL, "no name");
    FAILS (flux_jobtap_event_post_pack (p,
                                        id,
                                        "urgency",
                                        "{s:s}",
                                        "urgency",
                                        "high"),
           EINVAL,
           "a context of the wrong kind");
    FAILS (flux_jobtap_get_job_result (p, id, &result), EINVAL, "not ended");
    FAILS (flux_jobtap_get_job_result (p, id, NULL), EINVAL, "no result");
    FAILS (flux_jobtap_job_event_posted (p, id, NULL), EINVAL, "no name");
    FAILS (flux_jobtap_call (p, id, "job.foo", args), EINVAL, "job. is taken");
    FAILS (flux_jobtap_call (p, id, "foo", NULL), EINVAL, "no args");
    FAILS (flux_jobtap_epilog_finish (p, id, "x", 0), EINVAL, "no CLEANUP");
    FAILS (flux_jobtap_jobspec_update_id_pack (p, id, "{s:i}", "foo", 1),
           EINVAL,
           "a key that may not be updated");
    host_stop (&o);
    flux_plugin_arg_destroy (args);
}

/* ---- aux ---- */

static char gone[64];

static void note (void *val)
{
    strcat (gone, val);
}

static void test_aux (void)
{
    struct host o = { 0 };
    flux_jobid_t id;
    flux_plugin_t *p;

    host_start (&o);
    p = o.p;
    id = host_submit (&o, NULL);
    gone[0] = '\0';
    flux_jobtap_job_aux_set (p, id, "a", "a", note);
    flux_jobtap_job_aux_set (p, id, NULL, "1", note);
    flux_jobtap_job_aux_set (p, id, "b", "b", note);
    flux_jobtap_job_aux_set (p, id, NULL, "2", note);
    flux_jobtap_job_aux_set (p, id, "c", "c", note);
    is_str (flux_jobtap_job_aux_get (p, id, "a"), "a", "a value is found");
    is_int (flux_jobtap_job_aux_set (p, id, "a", "A", note), 0, "replaced");
    is_str (gone, "a", "the old one is destroyed");
    is_int (flux_jobtap_job_aux_set (p, id, "b", NULL, NULL), 0, "deleted");
    is_str (gone, "ab", "destroyed, too");
    FAILS_NULL (flux_jobtap_job_aux_get (p, id, "b"), ENOENT, "and not found");
    is_int (flux_jobtap_job_aux_delete_value (p, id, "nix"),
            0,
            "no such value");
    flux_jobtap_job_aux_set (p, id, "d", "d", note);
    gone[0] = '\0';
    inst_run (o.t);
    is_str (gone, "dAc12", "at the end: named newest first, then the others");
    id = host_submit (&o, NULL);
    flux_jobtap_job_aux_set (p, id, "x", "x", note);
    gone[0] = '\0';
    jobtap_remove (o.jt, ".test", NULL);
    is_str (gone, "x", "removing the plugin destroys its values");
    FAILS_NULL (flux_jobtap_get_flux (p), EINVAL, "and its handle is no more");
    host_stop (&o);
}

/* ---- the current job ---- */

static flux_jobid_t other;

static int current_cb (flux_plugin_t *p,
                       const char *topic,
                       flux_plugin_arg_t *args,
                       void *arg)
{
    struct host *o = arg;
    flux_jobid_t id = 0;

    if (!strcmp (topic, "custom.inner")) {
        o->done++;
        flux_jobtap_job_aux_set (p,
                                 FLUX_JOBTAP_CURRENT_JOB,
                                 "mark",
                                 "in",
                                 NULL);
        return 0;
    }
    if (strcmp (topic, "job.state.sched") || !other)
        return 0;
    flux_plugin_arg_unpack (args, FLUX_PLUGIN_ARG_IN, "{s:I}", "id", &id);
    if (id == other)
        return 0;
    is_int (flux_jobtap_call (p, other, "custom.inner", args), 1, "call");
    is_str (flux_jobtap_job_aux_get (p, other, "mark"),
            "in",
            "the current job is the one of the innermost callback");
    ok (!flux_jobtap_job_aux_get (p, FLUX_JOBTAP_CURRENT_JOB, "mark"),
        "and then the outer one again");
    is_int (flux_jobtap_call (p, other, "nobody.*", args), 1, "globs match");
    return 0;
}

static void test_current (void)
{
    struct host o = { .cb = current_cb };

    host_start (&o);
    other = 0;
    other = host_submit (&o, NULL);
    host_submit (&o, NULL);
    is_int (o.done, 1, "flux_jobtap_call called the plugin");
    host_stop (&o);
}

/* ---- events, lookups, results ---- */

static void test_events (void)
{
    struct host o = { 0 };
    flux_job_result_t result = 0;
    flux_plugin_arg_t *args;
    flux_jobid_t id;
    int state = 0;
    json_t *end = NULL, *R = NULL;

    host_start_config (&o, 1, NULL);
    inst_until (o.t, host_submit (&o, NULL), FLUX_JOB_STATE_RUN);
    id = host_submit (&o, NULL);
    is_int (flux_jobtap_job_subscribe (o.p, id), 0, "subscribe");
    o.calls[0] = '\0';
    is_int (flux_jobtap_event_post_pack (o.p, id, "debug.x", "{s:i}", "a", 1),
            0,
            "any event can be posted");
    is_str (o.calls, "job.event.debug.x ", "subscribers hear of it");
    is_int (flux_jobtap_job_event_posted (o.p, id, "debug.x"), 1, "posted: 1");
    is_int (flux_jobtap_job_event_posted (o.p, id, "submit"), 1, "submit: 1");
    is_int (flux_jobtap_job_event_posted (o.p, id, "alloc"), 0, "alloc: 0");
    o.calls[0] = '\0';
    is_int (flux_jobtap_event_post_pack (o.p,
                                         id,
                                         "urgency",
                                         "{s:i s:i}",
                                         "userid",
                                         (int)getuid (),
                                         "urgency",
                                         20),
            0,
            "an event that drives the job");
    is_str (o.calls,
            "job.event.urgency job.state.priority job.event.priority "
            "job.state.sched ",
            "drives it, event callbacks before state callbacks");
    is_int (manager_job (o.t->m, id)->priority, 20, "its priority followed");
    flux_jobtap_job_unsubscribe (o.p, id);
    o.calls[0] = '\0';
    flux_jobtap_event_post_pack (o.p, id, "debug.y", NULL);
    is_str (o.calls, "", "no longer subscribed");
    is_int (flux_jobtap_job_set_flag (o.p, id, "debug"), 0, "set_flag");
    ok (manager_job (o.t->m, id)->flags & FLUX_JOB_DEBUG, "set the flag");
    is_int (flux_jobtap_raise_exception (o.p, id, "cancel", 0, "no %s", "way"),
            0,
            "raise_exception");
    inst_run (o.t);
    ok (!manager_job (o.t->m, id), "ended the job");
    is_int (flux_jobtap_get_job_result (o.p, id, &result), 0, "its result");
    is_int (result, FLUX_JOB_RESULT_CANCELED, "is CANCELED");
    ok ((args = flux_jobtap_job_lookup (o.p, id)) != NULL, "lookup finds it");
    is_int (flux_plugin_arg_unpack (args,
                                    FLUX_PLUGIN_ARG_IN,
                                    "{s:i s:{s:o} s?o s?o}",
                                    "state",
                                    &state,
                                    "jobspec",
                                    "tasks",
                                    &end,
                                    "end_event",
                                    &end,
                                    "R",
                                    &R),
            0,
            "with its arguments");
    ok (state == FLUX_JOB_STATE_INACTIVE && end && !R, "as they were");
    flux_plugin_arg_destroy (args);
    host_stop (&o);
}

/* ---- updates by plugins ---- */

static int update_cb (flux_plugin_t *p,
                      const char *topic,
                      flux_plugin_arg_t *args,
                      void *arg)
{
    struct host *o = arg;
    double duration = 0.;

    if (!strcmp (topic, "job.create")) {
        is_int (flux_jobtap_jobspec_update_pack (p,
                                                 "{s:f}",
                                                 "attributes.system.duration",
                                                 5.),
                0,
                "update in job.create");
        is_int (flux_jobtap_jobspec_update_pack (p,
                                                 "{s:s}",
                                                 "attributes.system.bank",
                                                 "b"),
                0,
                "another one");
        FAILS (flux_jobtap_jobspec_update_id_pack (p,
                                                   FLUX_JOBTAP_CURRENT_JOB,
                                                   "{s:i}",
                                                   "attributes.x",
                                                   1),
               EINVAL,
               "by id, but it is the current job");
    }
    else if (!strcmp (topic, "job.update")) {
        const char *bank = "";

        is_int (flux_plugin_arg_unpack (args,
                                        FLUX_PLUGIN_ARG_IN,
                                        "{s:{s:f s:s}}",
                                        "updates",
                                        "attributes.system.duration",
                                        &duration,
                                        "attributes.system.bank",
                                        &bank),
                0,
                "both are one job.update");
        o->done++;
    }
    else if (!strcmp (topic, "job.validate")) {
        flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:{s:{s:{s:f}}}}",
                                "jobspec",
                                "attributes",
                                "system",
                                "duration",
                                &duration);
        ok (duration == 5., "job.validate sees the updated jobspec");
    }
    return 0;
}

static void test_update (void)
{
    struct host o = { .cb = update_cb };
    flux_jobid_t id;

    host_start_config (&o, 1, NULL);
    id = host_submit (&o, NULL);
    is_int (o.done, 1, "one event for all updates of a callback");
    inst_run (o.t);
    ok (!strncmp (inst_events (o.t, id), "submit jobspec-update validate", 30),
        "it precedes validate");
    host_stop (&o);
}

/* ---- updates by users ---- */

static int allow_cb (flux_plugin_t *p,
                     const char *topic,
                     flux_plugin_arg_t *args,
                     void *arg)
{
    struct host *o = arg;
    const char *key = "";
    double value = 0.;
    int userid = -1, rolemask = -1;

    if (!strcmp (topic, "job.validate")) {
        o->done++;
        return 0;
    }
    if (strcmp (topic, "job.update.attributes.system.duration"))
        return strncmp (topic, "job.update.", 11) ? 0 : -1;
    is_int (flux_plugin_arg_unpack (args,
                                    FLUX_PLUGIN_ARG_IN,
                                    "{s:s s:F s:{s:i s:i} s:{s:F}}",
                                    "key",
                                    &key,
                                    "value",
                                    &value,
                                    "cred",
                                    "userid",
                                    &userid,
                                    "rolemask",
                                    &rolemask,
                                    "updates",
                                    "attributes.system.duration",
                                    &value),
            0,
            "job.update.KEY has key, value, cred, updates");
    ok (!strcmp (key, "attributes.system.duration") && userid == (int)getuid ()
            && (rolemask & FLUX_ROLE_OWNER),
        "and they are right");
    if (value > 1000.)
        return flux_jobtap_error (p, args, "%g is too long", value);
    if (value == 100.)
        flux_plugin_arg_pack (args,
                              FLUX_PLUGIN_ARG_OUT,
                              "{s:i s:{s:s}}",
                              "validated",
                              1,
                              "updates",
                              "attributes.system.bank",
                              "b");
    return 0;
}

static const char *ask (struct host *o, flux_jobid_t id, const char *updates)
{
    struct answer *a;
    char json[256];

    snprintf (json,
              sizeof (json),
              "{\"id\":%ju,\"updates\":%s}",
              (uintmax_t)id,
              updates);
    a = inst_rpc (o->t, "job-manager.update", json);
    if (!a)
        return "no answer";
    return a->errnum ? (a->text ? a->text : "?") : "";
}

static void test_user_update (void)
{
    struct host o = { .cb = allow_cb };
    flux_jobid_t id;
    struct job *job;

    host_start_config (&o, 1, NULL);
    inst_until (o.t, host_submit (&o, NULL), FLUX_JOB_STATE_RUN);
    id = host_submit (&o, NULL);
    job = manager_job (o.t->m, id);
    o.done = 0;
    is_str (ask (&o, id, "{\"attributes.system.duration\":30}"),
            "",
            "an update that a plugin allows");
    is_int (o.done, 1, "goes through job.validate");
    ok (strstr (text_str (job->spec), "\"duration\":30"), "and is applied");
    is_str (ask (&o, id, "{\"attributes.system.duration\":100}"),
            "",
            "one that the plugin validated");
    is_int (o.done, 1, "does not");
    ok (strstr (text_str (job->spec), "\"bank\":\"b\""), "it may add keys");
    is_str (ask (&o, id, "{\"attributes.system.duration\":5000}"),
            "5000 is too long",
            "the plugin can refuse");
    is_str (ask (&o, id, "{\"attributes.system.foo\":1}"),
            "update of attributes.system.foo rejected",
            "without words, too");
    flux_plugin_remove_handler (o.p, "*");
    is_str (ask (&o, id, "{\"attributes.system.foo\":1}"),
            "update of attributes.system.foo not supported",
            "what nobody handles cannot be updated");
    host_stop (&o);
}

/* ---- prolog and epilog ---- */

static int perilog_cb (flux_plugin_t *p,
                       const char *topic,
                       flux_plugin_arg_t *args,
                       void *arg)
{
    if (!strcmp (topic, "job.state.run")) {
        is_int (flux_jobtap_prolog_start (p, "pro"), 0, "prolog_start");
        FAILS (flux_jobtap_epilog_start (p, "epi"), EINVAL, "no epilog yet");
    }
    if (!strcmp (topic, "job.state.cleanup")) {
        is_int (flux_jobtap_epilog_start (p, "epi"), 0, "epilog_start");
        FAILS (flux_jobtap_prolog_start (p, "pro"), EINVAL, "no prolog more");
    }
    return 0;
}

static void test_perilog (void)
{
    struct host o = { .cb = perilog_cb };
    flux_jobid_t id;

    host_start (&o);
    id = host_submit (&o, NULL);
    inst_until (o.t, id, FLUX_JOB_STATE_RUN);
    inst_settle (o.t);
    ok (!manager_job (o.t->m, id)->started,
        "the prolog keeps it from starting");
    is_int (flux_jobtap_prolog_finish (o.p, id, "pro", 0), 0, "prolog_finish");
    inst_until (o.t, id, FLUX_JOB_STATE_CLEANUP);
    inst_settle (o.t);
    ok (manager_job (o.t->m, id) && manager_job (o.t->m, id)->has_resources,
        "the epilog keeps its resources");
    FAILS (flux_jobtap_prolog_finish (o.p, id, NULL, 0), EINVAL, "no text");
    is_int (flux_jobtap_epilog_finish (o.p, id, "epi", 0), 0, "epilog_finish");
    inst_run (o.t);
    is_str (inst_events (o.t, id),
            "submit validate depend priority alloc prolog-start prolog-finish "
            "start finish epilog-start release epilog-finish free clean",
            "the events are in order");
    host_stop (&o);
}

int main (void)
{
    test_null ();
    test_unknown ();
    test_bad_args ();
    test_aux ();
    test_current ();
    test_events ();
    test_update ();
    test_user_update ();
    test_perilog ();
    return done_testing ();
}
