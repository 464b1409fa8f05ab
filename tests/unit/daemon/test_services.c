/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the daemon's parts answer, asked by clients that are no sockets. */

#include <fcntl.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "../router/fake.h"
#include "base/log.h"
#include "daemon/attrs.h"
#include "daemon/config.h"
#include "daemon/dirs.h"
#include "daemon/options.h"
#include "daemon/parts.h"
#include "daemon/state_machine.h"

/* The parts of main.c, and one of the test's own. */

struct worker {
    void (*done) (void *arg);
    void *arg;
    int stopped;
};

static struct worker worker;

static int worker_start (struct broker *b, void **data, flux_error_t *error)
{
    *data = &worker;
    return 0;
}

static void worker_finish (struct broker *b,
                           void *data,
                           void (*done) (void *arg),
                           void *arg)
{
    worker.done = done;
    worker.arg = arg;
}

static void worker_stop (struct broker *b, void *data)
{
    worker.stopped++;
}

static const struct part parts[] = {
    { "attrs", attrs_start, NULL, attrs_stop },
    { "log", logring_start, NULL, logring_stop },
    { "config", config_start, NULL, config_stop },
    { "services", services_start, NULL, services_stop },
    { "topology", topology_start, NULL, topology_stop },
    { "heartbeat", heartbeat_start, NULL, heartbeat_stop },
    { "worker", worker_start, worker_finish, worker_stop },
    { "modules", modules_start, NULL, modules_stop },
    { "state-machine", state_machine_start, NULL, state_machine_stop },
    { "local-connector", local_connector_start, NULL, local_connector_stop },
    { NULL },
};

struct fixture {
    struct clock clock;
    struct options opt;
    struct broker b;
    struct fake owner;
    struct fake guest;
    char dir[64];
};

static void fixture_init (struct fixture *f, int argc, char **argv)
{
    flux_error_t error;

    memset (f, 0, sizeof (*f));
    memset (&worker, 0, sizeof (worker));
    strcpy (f->dir, "/tmp/test-services-XXXXXX");
    if (!mkdtemp (f->dir))
        bail_out ("mkdtemp");
    setenv ("TMPDIR", f->dir, 1);
    f->clock.is_virtual = true;
    f->clock.t = 1000.;
    if (options_parse (&f->opt, argc, argv) < 0)
        bail_out ("options");
    f->b.opt = &f->opt;
    f->b.parts = parts;
    f->b.owner = OWNER;
    f->b.size = 1;
    f->b.libexecdir = "/";
    strcpy (f->b.hostname, "thishost");
    f->b.loop = loop_create (&f->clock);
    f->b.router = router_create (f->b.loop, OWNER, 0, 1);
    f->b.starttime = loop_now (f->b.loop);
    if (dirs_create (&f->b, &error) < 0 || parts_start (&f->b, &error) < 0)
        bail_out ("%s", error.text);
    fake_join (&f->owner, f->b.router, OWNER, FLUX_ROLE_OWNER);
    fake_join (&f->guest, f->b.router, GUEST, FLUX_ROLE_USER);
}

static void fixture_clear (struct fixture *f)
{
    fake_leave (&f->owner);
    fake_leave (&f->guest);
    parts_stop (&f->b);
    dirs_destroy (&f->b);
    router_destroy (f->b.router);
    loop_destroy (f->b.loop);
    options_clear (&f->opt);
    ok (rmdir (f->dir) == 0, "no file is left");
}

static void test_attrs (struct fixture *f)
{
    struct fake *o = &f->owner;
    const char *s;

    is_int (fake_ask (&f->guest, "attr.get", "{\"name\":\"size\"}", &s),
            0,
            "attr.get, by anyone");
    is_str (s, "{\"value\":\"1\",\"flags\":1}", "an immutable one");
    fake_ask (o, "attr.get", "{\"name\":\"unknown.to.us\"}", &s);
    is_str (s, "{\"value\":\"v\",\"flags\":0}", "one only the user knows");
    fake_ask (o, "attr.get", "{\"name\":\"hostlist\"}", &s);
    is_str (s, "{\"value\":\"thishost\",\"flags\":1}", "hostlist");
    is_int (fake_ask (o, "attr.get", "{\"name\":\"parent-uri\"}", NULL),
            ENOENT,
            "one without a value");
    fake_ask (o, "attr.list", NULL, &s);
    ok (strstr (s, "\"parent-uri\""), "is listed");
    is_int (fake_ask (&f->guest,
                      "attr.set",
                      "{\"name\":\"a\",\"value\":\"b\"}",
                      NULL),
            EPERM,
            "guests set nothing");
    is_int (fake_ask (o, "attr.set", "{\"name\":\"a\",\"value\":\"b\"}", &s),
            ENOENT,
            "setting what is not there");
    is_str (s, "unknown attribute", "its text");
    is_int (fake_ask (o,
                      "attr.set",
                      "{\"name\":\"unknown.to.us\",\"value\":\"b\"}",
                      &s),
            EINVAL,
            "setting what is not made for it");
    is_str (s, "attribute may not be updated", "its text");
    is_int (fake_ask (o,
                      "attr.set",
                      "{\"name\":\"unknown.to.us\",\"value\":\"b\","
                      "\"force\":true}",
                      &s),
            0,
            "by force");
    is_str (attrs_get (&f->b, "unknown.to.us"), "b", "it is set");
    is_int (fake_ask (o,
                      "attr.set",
                      "{\"name\":\"rank\",\"value\":\"9\",\"force\":true}",
                      &s),
            EPERM,
            "force does not move the immutable");
    is_int (fake_ask (o, "attr.rm", "{\"name\":\"rank\"}", &s), EPERM, "rm");
    is_int (fake_ask (o, "attr.rm", "{\"name\":\"unknown.to.us\"}", &s),
            0,
            "rm of another");
    is_int (fake_ask (o, "attr.get", "{\"name\":\"unknown.to.us\"}", &s),
            ENOENT,
            "and it is gone");
    is_int (fake_ask (o, "attr.get", "{\"name\":1}", &s), EPROTO, "bad type");
}

static void append (struct fake *f, const char *record)
{
    flux_msg_t *msg =
        flux_request_encode_raw ("log.append", record, strlen (record));

    router_client_recv (f->c, msg);
    flux_msg_decref (msg);
}

static void test_log (struct fixture *f)
{
    struct fake *o = &f->owner;
    struct fake other;
    const char *s;
    int n = 0;
    int rc;

    fake_ask (o, "log.clear", NULL, NULL);
    append (o, "<48>1 - 0 me - - - hello");
    is_int (fake_answer (o, NULL), -1, "log.append is not answered");
    append (o, "garbage");
    append (&f->guest, "<48>1 - 0 me - - - not allowed");
    log_msg (LOG_INFO, "part", "from inside");
    fake_say (o, "log.dmesg", "{\"follow\":false}", FLUX_MSGFLAG_STREAMING);
    fake_answer (o, &s);
    is_str (s, "<48>1 - 0 me - - - hello", "a record, as it came");
    fake_answer (o, &s);
    ok (strstr (s, " 0 part ") && strstr (s, "from inside"), "the broker's");
    is_int (fake_answer (o, NULL), ENODATA, "and the end");

    fake_join (&other, f->b.router, OWNER, FLUX_ROLE_OWNER);
    fake_say (&other,
              "log.dmesg",
              "{\"follow\":true,\"nobacklog\":true}",
              FLUX_MSGFLAG_STREAMING);
    is_int (fake_answer (&other, NULL), -1, "nobacklog: nothing yet");
    log_msg (LOG_INFO, "part", "live");
    is_int (fake_answer (&other, &s), 0, "follow: what comes");
    ok (strstr (s, "live") != NULL, "is heard");
    fake_say (&other,
              "log.cancel",
              "{\"matchtag\":1}",
              FLUX_MSGFLAG_NORESPONSE);
    is_int (fake_answer (&other, NULL), ENODATA, "until cancelled");
    fake_say (&other, "log.dmesg", "{\"follow\":true}", FLUX_MSGFLAG_STREAMING);
    fake_leave (&other);
    log_msg (LOG_INFO, "part", "to nobody");

    attrs_set (&f->b, "log-ring-size", "5", 0);
    for (int i = 0; i < 20; i++)
        log_msg (LOG_INFO, "part", "line %d", i);
    fake_say (o, "log.dmesg", "{\"follow\":false}", FLUX_MSGFLAG_STREAMING);
    while ((rc = fake_answer (o, &s)) == 0)
        n++;
    is_int (n, 5, "the ring has its size");
    attrs_set (&f->b, "log-level", "3", 0);
    fake_ask (o, "log.clear", NULL, NULL);
    log_msg (LOG_INFO, "part", "too quiet");
    fake_say (o, "log.dmesg", "{\"follow\":false}", FLUX_MSGFLAG_STREAMING);
    is_int (fake_answer (o, NULL), ENODATA, "log-level keeps others out");
    fake_ask (o, "log.stats-get", NULL, &s);
    ok (strstr (s, "\"ring-used\":0") != NULL, "stats: %s", s);
    attrs_set (&f->b, "log-level", "7", 0);
}

struct listener {
    int checks;
    int applies;
    bool refuse;
    char last[256];
};

static int on_check (void *arg, const char *json, flux_error_t *error)
{
    struct listener *l = arg;

    l->checks++;
    snprintf (l->last, sizeof (l->last), "%s", json);
    if (l->refuse && strstr (json, "bad"))
        return err_set (error, EINVAL, "this is bad");
    return 0;
}

static void on_apply (void *arg, const char *json)
{
    struct listener *l = arg;

    l->applies++;
}

static void test_config (struct fixture *f)
{
    struct fake *o = &f->owner;
    struct listener a = { 0 }, b = { .refuse = true };
    struct config_listener la = { on_check, on_apply, &a };
    struct config_listener lb = { on_check, on_apply, &b };
    const char *s;
    flux_error_t error;

    is_int (fake_ask (&f->guest, "config.get", NULL, &s), 0, "config.get");
    is_str (s, "{\"given\":1}", "what the command line said");
    ok (config_listen (&f->b, &la, &error) == 0
            && config_listen (&f->b, &lb, &error) == 0,
        "two listen");
    is_int (a.checks, 1, "and see the present one at once");
    is_int (fake_ask (&f->guest, "config.load", "{}", NULL), EPERM, "a guest");
    is_int (fake_ask (o, "config.load", "{\"x\":1}", NULL), 0, "config.load");
    ok (a.applies == 1 && b.applies == 1, "is told to all");
    fake_ask (o, "config.get", NULL, &s);
    is_str (s, "{\"x\":1}", "and replaces all");
    is_int (fake_ask (o, "config.load", "{\"bad\":1}", &s), EINVAL, "refused");
    is_str (s, "this is bad", "with the words of who refused");
    is_str (a.last, "{\"x\":1}", "who had agreed hears the old one again");
    ok (a.applies == 1 && b.applies == 1, "nobody applies it");
    fake_ask (o, "config.get", NULL, &s);
    is_str (s, "{\"x\":1}", "nothing changed");
    is_int (fake_ask (o,
                      "config.load",
                      "{\"access\":{\"allow-guest-user\":1}}",
                      &s),
            EINVAL,
            "[access] is checked: %s",
            s);
    is_int (fake_ask (o, "config.reload", NULL, NULL), 0, "no path: no-op");
    fake_ask (o, "config.get", NULL, &s);
    is_str (s, "{\"x\":1}", "really");
    fake_say (o, "config.get", NULL, FLUX_MSGFLAG_STREAMING);
    is_int (fake_answer (o, NULL), 0, "watching");
    fake_say (o, "config.load", "{\"y\":2}", 0);
    fake_answer (o, &s);
    is_str (s, "{\"y\":2}", "shows the change");
    is_int (fake_answer (o, NULL), 0, "which is answered");
    config_unlisten (&f->b, &a);
    config_unlisten (&f->b, &b);
    fake_ask (o, "config.load", "{\"z\":2}", NULL);
    is_int (a.applies, 2, "who stopped listening hears no more");
    while (fake_answer (o, NULL) >= 0)
        ;
}

static void test_others (struct fixture *f)
{
    struct fake *o = &f->owner;
    const char *s;

    fake_ask (o, "groups.get", "{\"name\":\"broker.online\"}", &s);
    is_str (s, "{\"members\":\"0\"}", "groups.get");
    fake_ask (o, "groups.get", "{\"name\":\"x\"}", &s);
    is_str (s, "{\"members\":\"\"}", "an unknown group is empty");
    fake_ask (o, "overlay.topology", "{\"rank\":0}", &s);
    is_str (s, "{\"rank\":0,\"size\":1,\"children\":[]}", "topology");
    fake_ask (o, "overlay.health", NULL, &s);
    is_str (s,
            "{\"rank\":0,\"status\":\"full\",\"duration\":0.0,"
            "\"children\":[]}",
            "health");
    fake_ask (o, "module.list", NULL, &s);
    ok (strstr (s, "\"name\":\"job-manager\"") && strstr (s, "connector-local"),
        "module.list");
    is_int (fake_ask (o, "module.remove", "{\"name\":\"kvs\"}", &s),
            0,
            "module.remove");
    is_int (fake_ask (o, "kvs.ping", "{}", &s), ENOSYS, "it is gone");
    is_str (s, "No service matching kvs.ping is registered", "says so");
    is_int (fake_ask (o, "kvs-watch.ping", "{}", NULL), 0, "another is there");
    is_int (fake_ask (o, "module.load", "{\"path\":\"kvs\"}", &s),
            0,
            "module.load");
    is_int (fake_ask (o, "kvs.ping", "{}", &s), 0, "it is back");
    is_int (fake_ask (&f->guest, "module.remove", "{\"name\":\"kvs\"}", NULL),
            EPERM,
            "a guest removes nothing");
    is_int (fake_ask (o, "module.remove", "{\"name\":\"x\"}", &s),
            ENOENT,
            "of none");
    is_int (fake_ask (o, "module.load", "{\"path\":\"x.so\"}", &s),
            ENOENT,
            "module.load");
    is_str (s, "module not found in search path", "its text");
    is_int (fake_ask (o, "sched-simple.ping", "{}", NULL), 0, "ping a module");
    fake_say (o, "module.list", NULL, FLUX_MSGFLAG_NORESPONSE);
    is_int (fake_answer (o, NULL), -1, "an answer that nobody wants");
    setenv ("TEST_SERVICES", "yes", 1);
    fake_ask (o,
              "broker.getenv",
              "{\"names\":[\"TEST_SERVICES\",\"NO_X\"]}",
              &s);
    is_str (s, "{\"env\":{\"TEST_SERVICES\":\"yes\"}}", "getenv");
    is_int (fake_ask (o,
                      "broker.setenv",
                      "{\"env\":{\"TEST_SERVICES\":null,\"TEST_S2\":\"a\"}}",
                      &s),
            0,
            "setenv");
    ok (!getenv ("TEST_SERVICES") && getenv ("TEST_S2"), "sets and unsets");
    is_int (fake_ask (o,
                      "broker.setenv",
                      "{\"env\":{\"TEST_S2\":\"b\",\"TEST_S3\":1}}",
                      &s),
            EPROTO,
            "a bad value");
    is_str (getenv ("TEST_S2"), "a", "changes nothing");
}

static void test_heartbeat (struct fixture *f)
{
    const flux_msg_t *msg;
    const char *topic = "";

    fake_ask (&f->guest, "event.subscribe", "{\"topic\":\"heartbeat\"}", NULL);
    for (int i = 0; i < 10 && f->clock.t < 1002.; i++)
        loop_turn (f->b.loop, true);
    msg = fake_hear (&f->guest);
    ok (msg && flux_msg_get_topic (msg, &topic) == 0, "a heart beats");
    is_str (topic, "heartbeat.pulse", "and says so");
    flux_msg_decref (msg);
    fake_ask (&f->guest,
              "event.unsubscribe",
              "{\"topic\":\"heartbeat\"}",
              NULL);
}

static void test_end (struct fixture *f)
{
    struct fake *o = &f->owner;
    const char *s;
    int rc;
    int n = 0;

    fake_say (o, "state-machine.wait", NULL, 0);
    is_int (fake_answer (o, NULL), -1, "wait waits for RUN");
    fake_say (o,
              "state-machine.monitor",
              "{\"final\":5}",
              FLUX_MSGFLAG_STREAMING);
    fake_answer (o, &s);
    is_str (s, "{\"state\":0}", "monitor tells the present state");
    is_int (fake_ask (o, "shutdown.start", "{\"loglevel\":6}", &s),
            EINVAL,
            "too early: %s",
            s);
    state_machine_begin (&f->b);
    while ((rc = fake_answer (o, &s)) == 0 && n < 20)
        n++;
    is_int (n, 5, "and five more");
    is_int (rc, ENODATA, "up to its final one");
    is_int (fake_answer (o, NULL), 0, "who waited for RUN is answered");
    while (fake_answer (o, NULL) >= 0)
        ;
    fake_ask (o, "state-machine.get", NULL, &s);
    ok (strstr (s, "{\"state\":\"run\",\"duration\":0.0") == s, "RUN: %s", s);
    is_int (fake_ask (o, "state-machine.wait", NULL, NULL), 0, "wait in RUN");
    is_int (fake_ask (&f->guest, "shutdown.start", "{\"loglevel\":6}", NULL),
            EPERM,
            "guests end nothing");
    fake_say (o, "shutdown.start", "{\"loglevel\":6}", FLUX_MSGFLAG_STREAMING);
    is_int (fake_answer (o, &s), 0, "shutdown.start");
    ok (strncmp (s, "{\"log\":\"", 8) == 0, "shows the log: %s", s);
    is_int (state_machine_state (&f->b), STATE_CLEANUP, "parts finish");
    ok (worker.done != NULL, "the one with work was asked");
    is_int (fake_ask (&f->guest, "state-machine.wait", NULL, &s),
            ENOENT,
            "too late");
    is_str (s, "broker has surpassed RUN state", "its text");
    worker.done (worker.arg);
    is_int (state_machine_state (&f->b), STATE_EXIT, "then comes the end");
    while ((rc = fake_answer (o, &s)) == 0)
        ;
    is_int (rc, ENODATA, "and who asked for it knows");
    worker.done (worker.arg);
    is_int (state_machine_state (&f->b), STATE_EXIT, "once");
}

int main (void)
{
    char *argv[] = { "x",
                     "-S",
                     "unknown.to.us=v",
                     "-S",
                     "broker.rc2_none=1",
                     "--conf={\"given\":1}",
                     NULL };
    struct fixture f;

    unsetenv ("FLUX_CONF_DIR");
    unsetenv ("FLUX_URI");
    fixture_init (&f, 6, argv);
    test_attrs (&f);
    test_log (&f);
    test_config (&f);
    test_others (&f);
    test_heartbeat (&f);
    test_end (&f);
    fixture_clear (&f);
    is_int (worker.stopped, 1, "every part was stopped");
    return done_testing ();
}
