/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Plugins as files: search, load, replay, services, configuration, removal. */

#include <dirent.h>
#include <sys/stat.h>

#include "host.h"

static char copies[] = "/tmp/test-jobtap-XXXXXX";

static struct answer *rpc (struct host *o, const char *topic, const char *json)
{
    struct answer *a = inst_rpc (o->t, topic, json);

    if (!a)
        bail_out ("%s: no answer", topic);
    return a;
}

static void check_error (struct host *o,
                         const char *json,
                         int errnum,
                         const char *text)
{
    struct answer *a = rpc (o, "job-manager.jobtap", json);

    is_int (a->errnum, errnum, "%s: errno", json);
    is_str (a->text, text, "and the text");
}

static int load (struct host *o, const char *name)
{
    char json[256];

    snprintf (json, sizeof (json), "{\"load\":\"%s\"}", name);
    return rpc (o, "job-manager.jobtap", json)->errnum;
}

static const char *query (struct host *o, const char *name)
{
    char json[256];

    snprintf (json, sizeof (json), "{\"name\":\"%s\"}", name);
    return rpc (o, "job-manager.jobtap-query", json)->text;
}

static const char *list (struct host *o)
{
    return rpc (o, "job-manager.jobtap", "{\"query_only\":true}")->text;
}

static void test_errors (void)
{
    struct host o = { 0 };

    host_start (&o);
    check_error (&o,
                 "{\"load\":\"nope.so\"}",
                 ENOENT,
                 "nope.so: No such plugin found");
    check_error (&o,
                 "{\"remove\":\"nope\"}",
                 ENOENT,
                 "Failed to find plugin to remove");
    check_error (&o,
                 "{\"load\":\"badinit.so\"}",
                 EINVAL,
                 TEST_PLUGINS "/badinit.so: flux_plugin_init failed");
    check_error (&o,
                 "{\"load\":\"noinit.so\",\"remove\":\"nope\"}",
                 ENOENT,
                 "Failed to find plugin to remove");
    check_error (&o,
                 "{\"load\":\".nosuch\"}",
                 ENOENT,
                 ".nosuch: No such builtin plugin");
    check_error (&o,
                 "{\"load\":\"counter.so\",\"conf\":3}",
                 EPROTO,
                 "jobtap: conf is not an object");
    is_str (query (&o, "nope"), "nope: plugin not found", "query of no plugin");
    is_str (list (&o),
            "{\"plugins\":[\".priority-default\",\".test\"]}",
            "nothing was loaded");
    is_str (query (&o, ".test"),
            "{\"name\":\".test\",\"path\":\"builtin\"}",
            "query of a built-in plugin");
    is_int (load (&o, "noinit.so"), 0, "a plugin without an entry point");
    check_error (&o,
                 "{\"load\":\"noinit.so\"}",
                 EEXIST,
                 "noinit.so: already loaded");
    is_int (load (&o, TEST_PLUGINS "/cxx.so"), 0, "by path, in C++");
    is_str (list (&o),
            "{\"plugins\":[\".priority-default\",\".test\",\"noinit.so\","
            "\"cxx.so\"]}",
            "named by their files");
    is_int (rpc (&o, "job-manager.jobtap", "{\"remove\":\"all\"}")->errnum,
            0,
            "remove all");
    is_int (rpc (&o, "job-manager.jobtap", "{\"remove\":\"all\"}")->errnum,
            0,
            "remove all when there is none");
    is_str (list (&o),
            "{\"plugins\":[\".priority-default\",\".test\"]}",
            "leaves the built-in ones");
    check_error (&o,
                 "{\"remove\":\"*\"}",
                 ENOENT,
                 "Failed to find plugin to remove");
    is_int (rpc (&o, "job-manager.jobtap", "{\"remove\":\".prio*\"}")->errnum,
            0,
            "unless named by a glob with its dot");
    is_str (list (&o), "{\"plugins\":[\".test\"]}", "it is gone");
    is_int (load (&o, ".priority-default"), 0, "and can be loaded again");
    host_stop (&o);
}

static void test_guest (void)
{
    struct host o = { 0 };
    struct answer *a;

    host_start (&o);
    a = inst_rpc_as (o.t, o.t->guest, "job-manager.jobtap", "{}");
    ok (a && a->errnum == EPERM, "guests may not load plugins");
    a = inst_rpc_as (o.t, o.t->guest, "job-manager.jobtap-query", "{}");
    ok (a && a->errnum == EPERM, "nor query them");
    host_stop (&o);
}

static void test_service (void)
{
    struct host o = { 0 };
    struct answer *a;

    host_start (&o);
    is_int (load (&o, "counter.so"), 0, "a plugin with services");
    a = rpc (&o, "job-manager.counter.get", NULL);
    is_str (a->text, "{\"calls\":0}", "answers requests");
    is_int (rpc (&o, "job-manager.counter.no", NULL)->errnum, ENOSYS, "ENOSYS");
    is_str (rpc (&o, "job-manager.counter.no", NULL)->text,
            "Unknown service method 'job-manager.counter.no'",
            "for an unknown method");
    a = inst_rpc_as (o.t, o.t->guest, "job-manager.counter.get", NULL);
    ok (a && a->errnum == EPERM, "guests are refused");
    is_str (a->text, "Request requires owner credentials", "and told why");
    a = inst_rpc_as (o.t, o.t->guest, "job-manager.counter.open", NULL);
    ok (a && a->errnum == 0, "unless the rolemask lets them in");
    check_error (&o,
                 "{\"load\":\"counter.so\"}",
                 EEXIST,
                 "counter.so: already loaded");
    is_int (rpc (&o, "job-manager.counter.get", NULL)->errnum,
            0,
            "a second load leaves the services of the first");
    jobtap_remove (o.jt, "counter.so", NULL);
    is_int (rpc (&o, "job-manager.counter.get", NULL)->errnum,
            ENOSYS,
            "the service goes with the plugin");
    host_stop (&o);
}

/* ---- replay ---- */

static int hold_cb (flux_plugin_t *p,
                    const char *topic,
                    flux_plugin_arg_t *args,
                    void *arg)
{
    flux_jobid_t id;

    if (!strcmp (topic, "job.state.depend")
        && flux_plugin_arg_unpack (args, FLUX_PLUGIN_ARG_IN, "{s:I}", "id", &id)
               == 0)
        flux_jobtap_dependency_add (p, id, "held");
    return 0;
}

static void test_replay (void)
{
    struct host o = { 0 };

    host_start_config (&o, 1, NULL);
    inst_until (o.t, host_submit (&o, NULL), FLUX_JOB_STATE_RUN);
    host_submit (&o, NULL);
    o.cb = hold_cb;
    host_submit (&o, NULL);
    is_int (load (&o, "counter.so"), 0, "loaded while there are jobs");
    ok (strstr (query (&o, "counter.so"), "\"calls\":8"),
        "create and new of each, state.depend of one, priority.get of one");
    host_stop (&o);
}

/* ---- loading anew ---- */

static int maps_of (const char *name)
{
    FILE *f = fopen ("/proc/self/maps", "r");
    char line[512];
    int n = 0;

    while (f && fgets (line, sizeof (line), f))
        n += strstr (line, name) && strstr (line, " r-xp ");
    if (f)
        fclose (f);
    return n;
}

/* Files in the directory for copies. */
static int copies_of (const char *name)
{
    struct dirent *e;
    DIR *d = opendir (copies);
    int n = 0;

    while (d && (e = readdir (d)))
        n += !strncmp (e->d_name, name, strlen (name));
    if (d)
        closedir (d);
    return n;
}

static void test_again (void)
{
    struct host o = { 0 };
    int good = 0;

    host_start (&o);
    for (int i = 0; i < 100; i++) {
        good += load (&o, "counter.so") == 0
                && strstr (query (&o, "counter.so"), "\"loads\":1") != NULL
                && jobtap_remove (o.jt, "counter.so", NULL) == 0;
    }
    is_int (good, 100, "each of a hundred loads begins anew");
    is_int (load (&o, "counter.so"), 0, "once more");
    ok (strstr (query (&o, "counter.so"), TEST_PLUGINS "/counter.so"),
        "flux_plugin_get_path is the real one");
    good = 0;
    for (int i = 0; i < 20; i++) {
        uint64_t id;

        good += load (&o, "cxx.so") == 0;
        id = host_submit (&o, NULL);
        good += id && strstr (query (&o, "cxx.so"), "\"new\":1") != NULL;
        inst_run (o.t);
        good += jobtap_remove (o.jt, "cxx.so", NULL) == 0;
    }
    is_int (good, 60, "so in C++, with jobs");
    ok (maps_of ("/counter.so") > 100, "code stays mapped");
    is_int (copies_of ("counter.so."), 1, "copies of removed plugins go");
    host_stop (&o);
}

static void test_forgetful (void)
{
    struct host o = { 0 };

    host_start (&o);
    is_int (load (&o, "forgetful.so"), 0, "a plugin with timer and future");
    inst_settle (o.t);
    is_int (jobtap_remove (o.jt, "forgetful.so", NULL), 0, "is removed");
    for (int i = 0; i < 10; i++)
        loop_turn (o.t->loop, true);
    pass ("its timer fires, finds its handle invalid, and nobody is harmed");
    host_stop (&o);
}

/* ---- configuration ---- */

static void test_config (void)
{
    struct host o = { 0 };
    flux_error_t error;

    host_start_config (
        &o,
        4,
        "{\"site\":{\"limit\":3},\"job-manager\":{\"plugins\":["
        "{\"load\":\"counter.so\"},"
        "{\"load\":\"conf.so\",\"conf\":{\"own\":5,\"more\":true}},"
        "{\"remove\":\"counter.so\",\"load\":\"noinit.so\"}]}}");
    is_str (list (&o),
            "{\"plugins\":[\".priority-default\",\".test\",\"conf.so\","
            "\"noinit.so\"]}",
            "the configuration's directives are followed in order");
    ok (strstr (query (&o, "conf.so"), "\"own\":5"), "conf reaches the plugin");
    ok (strstr (query (&o, "conf.so"), "\"limit\":3"), "so does conf.update");
    jobtap_remove (o.jt, "conf.so", NULL);
    is_int (jobtap_load (o.jt, "conf.so", "{\"own\":5}", &error), 0, "by hand");
    is_int (jobtap_config_check (o.jt, "{\"site\":{\"limit\":4}}", &error),
            0,
            "a change is taken");
    jobtap_config_apply (o.jt, "{\"site\":{\"limit\":4}}");
    ok (strstr (query (&o, "conf.so"), "\"limit\":4"), "and known");
    o.calls[0] = '\0';
    is_int (jobtap_config_check (o.jt, "{\"site\":{\"limit\":-1}}", &error),
            -1,
            "a bad one is refused");
    is_str (error.text, "site.limit is -1", "with the plugin's words");
    is_str (o.calls, "conf.update conf.update ", "others hear the old again");
    ok (strstr (query (&o, "conf.so"), "\"limit\":4"), "which still holds");
    is_int (jobtap_config_check (o.jt, "{\"site\":{\"limit\":-2}}", &error),
            -1,
            "a refusal without words");
    is_str (error.text,
            "config rejected by conf.so jobtap plugin",
            "names the plugin");
    is_int (jobtap_config_check (o.jt, "[", &error), -1, "no JSON");
    jobtap_remove (o.jt, "conf.so", NULL);
    is_int (jobtap_load (o.jt, "conf.so", "{\"own\":\"x\"}", &error),
            -1,
            "conf of the wrong kind fails the plugin's init");
    is_int (jobtap_load (o.jt, "conf.so", NULL, &error), 0, "no conf is fine");
    ok (strstr (query (&o, "conf.so"), "\"own\":-1,\"limit\":4"),
        "it gets the present configuration");
    host_stop (&o);
}

/* ---- [job-manager.plugins], changed ---- */

static int reload (struct host *o,
                   const char *site,
                   const char *plugins,
                   flux_error_t *error)
{
    char json[1024];
    int rc;

    snprintf (json,
              sizeof (json),
              "{\"site\":{%s},\"job-manager\":{\"plugins\":[%s]}}",
              site,
              plugins);
    error->text[0] = '\0';
    if ((rc = jobtap_config_check (o->jt, json, error)) == 0)
        jobtap_config_apply (o->jt, json);
    return rc;
}

#define COUNTER "{\"load\":\"counter.so\"}"
#define CONF(own) "{\"load\":\"conf.so\",\"conf\":{\"own\":" own "}}"
#define BUILTIN "\".priority-default\",\".test\""

static void check_list (struct host *o, const char *names, const char *what)
{
    char want[256];

    snprintf (want, sizeof (want), "{\"plugins\":[%s]}", names);
    is_str (list (o), want, "%s", what);
}

static int get_count (struct host *o)
{
    struct answer *a = rpc (o, "job-manager.counter.get", NULL);
    int calls = -1;

    sscanf (a->text ? a->text : "", "{\"calls\":%d", &calls);
    return a->errnum ? -a->errnum : calls;
}

static void test_reload (void)
{
    struct host o = { 0 };
    flux_error_t error;
    int n;

    host_start_config (&o, 1, NULL);
    inst_until (o.t, host_submit (&o, NULL), FLUX_JOB_STATE_RUN);
    is_int (reload (&o, "", COUNTER "," CONF ("1"), &error), 0, "new ones");
    check_list (&o, BUILTIN ",\"counter.so\",\"conf.so\"", "are loaded");
    ok (get_count (&o) >= 2, "and hear of the jobs there are");
    n = get_count (&o);
    is_int (reload (&o, "", COUNTER "," CONF ("2"), &error), 0, "another conf");
    ok (strstr (query (&o, "conf.so"), "\"own\":2"), "reaches the plugin");
    ok (get_count (&o) >= n && strstr (query (&o, "counter.so"), "\"loads\":1"),
        "what is the same is left alone");

    is_int (reload (&o, "", CONF ("\"x\"") ",{\"load\":\"noinit.so\"}", &error),
            -1,
            "a set of which one does not start is refused");
    is_str (error.text,
            TEST_PLUGINS "/conf.so: flux_plugin_init failed",
            "with the reason");
    check_list (&o,
                BUILTIN ",\"counter.so\",\"conf.so\"",
                "the old set runs on");
    ok (strstr (query (&o, "conf.so"), "\"own\":2"), "as it was");
    ok (get_count (&o) >= n, "and answers");
    is_int (reload (&o, "", "{\"load\":\"nope.so\"}", &error), -1, "no file");
    is_str (error.text, "nope.so: No such plugin found", "is said");
    is_int (reload (&o, "", COUNTER "," COUNTER, &error), -1, "one twice");
    is_str (error.text, "counter.so: already loaded", "is said");
    is_int (reload (&o, "", "{\"remove\":\"x\"}", &error),
            -1,
            "remove of none");
    is_int (reload (&o, "", "{\"lod\":\"x\"}", &error), -1, "another key");

    is_int (reload (&o,
                    "\"limit\":-1",
                    "{\"load\":\"counter.so\",\"conf\":{\"a\":1}}",
                    &error),
            0,
            "who leaves is not asked");
    check_list (&o, BUILTIN ",\"counter.so\"", "and goes");
    is_int (get_count (&o),
            2,
            "one that is exchanged begins anew, and has its services");
    is_int (reload (&o, "\"limit\":-1", COUNTER "," CONF ("1"), &error),
            -1,
            "who comes is asked");
    is_str (error.text, "site.limit is -1", "and says no");
    is_int (get_count (&o), 2, "one that was to be exchanged answers again");

    is_int (load (&o, "noinit.so"), 0, "one loaded by hand");
    is_int (reload (&o, "", "{\"load\":\"noinit.so\"}", &error),
            -1,
            "and wanted, too");
    is_str (error.text,
            "noinit.so: already loaded by hand; remove it first",
            "is refused");
    is_int (reload (&o, "", "", &error), 0, "an empty set");
    check_list (&o, BUILTIN ",\"noinit.so\"", "leaves it alone");

    is_int (reload (&o, "", "{\"remove\":\".prio*\"}", &error),
            0,
            "a built-in one");
    check_list (&o, "\".test\",\"noinit.so\"", "is removed");
    is_int (reload (&o, "", "", &error), 0, "and when no longer said");
    check_list (&o, "\".test\",\"noinit.so\",\".priority-default\"", "is back");
    is_int (reload (&o, "", COUNTER, &error), 0, "a configured one");
    jobtap_remove (o.jt, "counter.so", NULL);
    is_int (load (&o, "counter.so"), 0, "loaded again by hand");
    is_int (reload (&o, "", "", &error), 0, "is no longer the configuration's");
    check_list (&o,
                "\".test\",\"noinit.so\",\".priority-default\","
                "\"counter.so\"",
                "and stays");
    host_stop (&o);
}

static void test_bad_config (void)
{
    static const struct {
        const char *config;
        const char *text;
    } bad[] = {
        { "{\"job-manager\":{\"plugins\":{}}}",
          "job-manager.plugins: not an array" },
        { "{\"job-manager\":{\"plugins\":[{\"load\":\"nope.so\"}]}}",
          "nope.so: No such plugin found" },
        { "{\"job-manager\":{\"plugins\":[{\"load\":\"conf.so\",\"conf\":1}]}}",
          "job-manager.plugins: conf.so: conf is not an object" },
        { "{", NULL },
    };
    struct inst *t = inst_create (NULL);
    flux_error_t error;

    for (size_t i = 0; i < sizeof (bad) / sizeof (bad[0]); i++) {
        struct jobtap_config cfg = {
            .loop = t->loop,
            .router = t->router,
            .manager = t->m,
            .searchpath = TEST_PLUGINS,
            .config = bad[i].config,
        };

        ok (!jobtap_create (&cfg, &error), "refused: %s", bad[i].config);
        if (bad[i].text)
            is_str (error.text, bad[i].text, "with the reason");
    }
    inst_destroy (t);
}

/* ---- the example ---- */

static void test_release (void)
{
    struct host o = { 0 };
    uint64_t a, b;
    char json[64];

    host_start_config (&o, 1, NULL);
    is_int (load (&o, "release.so"), 0, "the example loads");
    a = host_submit (&o, NULL);
    b = host_submit (&o, NULL);
    inst_settle (o.t);
    ok (host_state (&o, a) == FLUX_JOB_STATE_PRIORITY
            && host_state (&o, b) == FLUX_JOB_STATE_PRIORITY,
        "its jobs wait");
    snprintf (json, sizeof (json), "{\"id\":%ju}", (uintmax_t)b);
    is_int (rpc (&o, "job-manager.release.boost", json)->errnum, 0, "boost");
    ok (inst_until (o.t, b, FLUX_JOB_STATE_RUN), "lets one job run");
    is_int (host_state (&o, a), FLUX_JOB_STATE_PRIORITY, "the other waits");
    is_int (rpc (&o, "job-manager.release.boost", "{\"id\":123456789}")->errnum,
            ENOENT,
            "boost of no job");
    is_int (rpc (&o, "job-manager.release.boost", "{}")->errnum,
            EPROTO,
            "boost without an id");
    is_str (rpc (&o, "job-manager.release.release", "{}")->text,
            "{\"waited\":2}",
            "release");
    ok (inst_until (o.t, a, FLUX_JOB_STATE_RUN), "lets all run");
    jobtap_remove (o.jt, "release.so", NULL);
    inst_run (o.t);
    is_int (manager_active_count (o.t->m), 0, "to the end");
    host_stop (&o);
}

/* ---- restart ---- */

static int restored_cb (flux_plugin_t *p,
                        const char *topic,
                        flux_plugin_arg_t *args,
                        void *arg)
{
    flux_jobid_t id;

    if (!strcmp (topic, "job.dependency.foo")
        && flux_plugin_arg_unpack (args, FLUX_PLUGIN_ARG_IN, "{s:I}", "id", &id)
               == 0)
        return flux_jobtap_dependency_add (p, id, "foo");
    return 0;
}

static void test_restored (void)
{
    struct host o = { .cb = restored_cb };
    const struct plugin_ops *ops;
    struct job *job;
    uint64_t id;

    host_start (&o);
    ops = jobtap_ops (o.jt);
    id = host_submit (&o,
                      ",\"dependencies\":[{\"scheme\":\"foo\",\"value\":"
                      "\"1\"}]");
    job = manager_job (o.t->m, id);
    o.calls[0] = '\0';
    ops->job_restored (ops->arg, job);
    is_str (o.calls,
            "job.dependency.foo job.create job.new ",
            "after a restart dependencies come first");
    is_int (job->ndeps, 1, "what is held already is not added again");
    flux_plugin_remove_handler (o.p, "*");
    ops->job_restored (ops->arg, job);
    ok (job->exception && job->exception->severity == 4
            && !strcmp (job->exception->type, "dependency"),
        "a scheme nobody handles any more raises an exception");
    host_stop (&o);
}

int main (void)
{
    if (!mkdtemp (copies) || setenv ("TMPDIR", copies, 1) < 0)
        bail_out ("mkdtemp");
    test_errors ();
    test_guest ();
    test_service ();
    test_replay ();
    test_again ();
    test_forgetful ();
    test_config ();
    test_reload ();
    test_bad_config ();
    test_release ();
    test_restored ();
    ok (rmdir (copies) == 0, "no copy is left behind");
    return done_testing ();
}
