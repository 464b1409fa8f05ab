/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Who may ask for what: every topic the broker serves has a row here, and
 * every role is tried on it (RFC 12).  Nor does any payload harm.  argv[1] is
 * the broker program: the agent lies beside it.
 */

#include <libgen.h>
#include <stdlib.h>
#include <unistd.h>

#include "../router/fake.h"
#include "daemon/dirs.h"
#include "daemon/options.h"
#include "daemon/parts.h"
#include "daemon/state_machine.h"

enum { O = FLUX_ROLE_OWNER, U = FLUX_ROLE_OWNER | FLUX_ROLE_USER };
#define A FLUX_ROLE_ALL

struct row {
    const char *topic;
    uint32_t rolemask;
};

/* Methods that each part has; a row of its own below goes first. */
static const struct row standard[] = {
    { "ping", U },       { "stats-get", A }, { "stats-clear", O },
    { "rusage", U },     { "debug", O },     { "config-reload", O },
    { "disconnect", A }, { NULL },
};

static const struct row rows[] = {
    { "*.rexec.attach", U },
    { "*.rexec.exec", U },
    { "*.rexec.kill", U },
    { "*.rexec.list", U },
    { "*.rexec.wait", U },
    { "*.rexec.write", U },
    { "attr.get", A },
    { "attr.list", A },
    { "attr.rm", O },
    { "attr.set", O },
    { "broker.conf-builtin", A },
    { "broker.getenv", O },
    { "broker.setenv", O },
    { "config.cancel", U },
    { "config.get", U },
    { "config.load", O },
    { "config.reload", O },
    { "content.checkpoint-get", O },
    { "content.checkpoint-put", O },
    { "content.dropcache", O },
    { "content.flush", O },
    { "content.load", O },
    { "content.store", O },
    { "content.validate", O },
    { "cron.create", O },
    { "cron.delete", O },
    { "cron.list", O },
    { "cron.start", O },
    { "cron.stop", O },
    { "cron.sync", O },
    { "event.publish", U },
    { "event.subscribe", U },
    { "event.unsubscribe", U },
    { "feasibility.check", O },
    { "groups.cancel", U },
    { "groups.get", U },
    { "job-exec.override", U },
    { "job-info.eventlog-watch", U },
    { "job-info.eventlog-watch-cancel", U },
    { "job-info.lookup", U },
    { "job-info.stats-get", O },
    { "job-info.update-lookup", U },
    { "job-info.update-watch", U },
    { "job-info.update-watch-cancel", U },
    { "job-ingest.getinfo", O },
    { "job-ingest.submit", U },
    { "job-ingest.disconnect", U },
    { "job-list.job-stats", U },
    { "job-list.job-stats-cancel", U },
    { "job-list.list", U },
    { "job-list.stats-get", U },
    { "job-list.list-attrs", U },
    { "job-list.list-id", U },
    { "job-manager.alloc-query", U },
    { "job-manager.drain", O },
    { "job-manager.events-journal", O },
    { "job-manager.events-journal-cancel", O },
    { "job-manager.getattr", U },
    { "job-manager.getinfo", U },
    { "job-manager.history.get", U },
    { "job-manager.housekeeping-kill", O },
    { "job-manager.idle", O },
    { "job-manager.jobtap", O },
    { "job-manager.jobtap-query", O },
    { "job-manager.jobtap-stats", O },
    { "job-manager.kill", U },
    { "job-manager.killall", U },
    { "job-manager.list", O },
    { "job-manager.memo", U },
    { "job-manager.post-event.post", O },
    { "job-manager.purge", O },
    { "job-manager.purge-id", O },
    { "job-manager.queue-enable", O },
    { "job-manager.queue-list", U },
    { "job-manager.queue-start", O },
    { "job-manager.queue-status", U },
    { "job-manager.raise", U },
    { "job-manager.stats-get", U },
    { "job-manager.raiseall", U },
    { "job-manager.set-batch-timeout", O },
    { "job-manager.update", U },
    { "job-manager.urgency", U },
    { "job-manager.wait", O },
    { "kvs-watch.cancel", U },
    { "kvs-watch.lookup", U },
    { "kvs.commit", U },
    { "kvs.dropcache", O },
    { "kvs.gc", O },
    { "kvs.getroot", U },
    { "kvs.lookup", U },
    { "kvs.namespace-create", O },
    { "kvs.namespace-list", O },
    { "kvs.namespace-remove", O },
    { "kvs.wait-version", U },
    { "log.append", O },
    { "log.cancel", O },
    { "log.clear", O },
    { "log.dmesg", O },
    { "log.stats-get", O },
    { "module.cancel", O },
    { "module.list", U },
    { "module.load", O },
    { "module.remove", O },
    { "module.trace", O },
    { "module.trace-cancel", O },
    { "overlay.health", U },
    { "overlay.topology", U },
    { "resource.acquire", O },
    { "resource.acquire-cancel", O },
    { "resource.acquire-mute", O },
    { "resource.drain", O },
    { "resource.expiration-update", O },
    { "resource.get", O },
    { "resource.journal", O },
    { "resource.journal-cancel", O },
    { "resource.reload", O },
    { "resource.sched-status", U },
    { "resource.status", U },
    { "resource.topo-get", U },
    { "resource.undrain", O },
    { "rexec.attach", O },
    { "rexec.exec", O },
    { "rexec.kill", O },
    { "rexec.list", O },
    { "rexec.wait", O },
    { "rexec.write", O },
    { "runat.push", O },
    { "sched.resource-status", O },
    { "service.add", U },
    { "service.remove", U },
    { "shutdown.start", O },
    { "state-machine.get", U },
    { "state-machine.monitor", O },
    { "state-machine.sd-notify", O },
    { "state-machine.wait", U },
    { NULL },
};

static const struct part parts[] = {
    { "attrs", attrs_start, NULL, attrs_stop },
    { "log", logring_start, NULL, logring_stop },
    { "config", config_start, NULL, config_stop },
    { "services", services_start, NULL, services_stop },
    { "topology", topology_start, NULL, topology_stop },
    { "heartbeat", heartbeat_start, NULL, heartbeat_stop },
    { "jobs", jobs_start, jobs_finish, jobs_stop },
    { "cron", cron_start, NULL, cron_stop },
    { "modules", modules_start, NULL, modules_stop },
    { "resource-reload", resource_reload_start, NULL, resource_reload_stop },
    { "state-machine", state_machine_start, NULL, state_machine_stop },
    { "local-connector", local_connector_start, NULL, local_connector_stop },
    { "runat", runat_start, NULL, runat_stop },
    { NULL },
};

struct fixture {
    struct options opt;
    struct broker b;
    char dir[64];
    char libexecdir[4096];
};

static void fixture_init (struct fixture *f, const char *broker)
{
    char *args[] = { "flux-broker", "true", NULL };
    flux_error_t error;

    memset (f, 0, sizeof (*f));
    strcpy (f->dir, "/tmp/test-roles-XXXXXX");
    if (!mkdtemp (f->dir))
        bail_out ("mkdtemp");
    setenv ("TMPDIR", f->dir, 1);
    snprintf (f->libexecdir, sizeof (f->libexecdir), "%s", broker);
    if (options_parse (&f->opt, 2, args) < 0)
        bail_out ("options");
    f->b.opt = &f->opt;
    f->b.parts = parts;
    f->b.statedir_lock = -1;
    f->b.owner = OWNER;
    f->b.size = 1;
    f->b.libexecdir = dirname (f->libexecdir);
    strcpy (f->b.hostname, "thishost");
    f->b.loop = loop_create (NULL);
    f->b.router = router_create (f->b.loop, OWNER, 0, 1);
    f->b.starttime = loop_now (f->b.loop);
    if (dirs_create (&f->b, &error) < 0 || parts_start (&f->b, &error) < 0)
        bail_out ("%s", error.text);
}

static void fixture_clear (struct fixture *f)
{
    parts_stop (&f->b);
    dirs_destroy (&f->b);
    router_destroy (f->b.router);
    loop_destroy (f->b.loop);
    options_clear (&f->opt);
    rmdir (f->dir);
}

static const struct row *find (const struct row *row, const char *topic)
{
    while (row->topic && strcmp (row->topic, topic) != 0)
        row++;
    return row->topic ? row : NULL;
}

static bool ends_with (const char *s, const char *end)
{
    size_t n = strlen (s), m = strlen (end);

    return n >= m && strcmp (s + n - m, end) == 0;
}

struct known {
    unsigned int count;
    unsigned int seen[sizeof (rows) / sizeof (rows[0])];
    char *topics[1024];
    uint32_t rolemasks[1024];
};

static void check_row (const char *topic,
                       uint32_t rolemask,
                       int flags,
                       void *arg)
{
    struct known *k = arg;
    const struct row *row = find (rows, topic);

    if (row)
        k->seen[row - rows]++;
    else
        row = find (standard, strrchr (topic, '.') + 1);
    /* That a client went is heard whoever it was. */
    if (ends_with (topic, ".disconnect") && (rolemask & U) == U)
        ;
    else if (!row || row->rolemask != rolemask)
        ok (false,
            "%s, for roles 0x%x: %s",
            topic,
            rolemask,
            row ? "not so in the table" : "no row in the table");
    if (k->count == 1024 || !(k->topics[k->count] = strdup (topic)))
        bail_out ("too many topics");
    k->rolemasks[k->count++] = rolemask;
}

static void test_table (struct fixture *f, struct known *k)
{
    router_methods_each (f->b.router, check_row, k);
    ok (k->count > 100, "there are %u topics", k->count);
    for (int i = 0; rows[i].topic; i++) {
        if (!k->seen[i])
            ok (false, "%s: nobody serves it", rows[i].topic);
    }
}

/* Ask for all that this role may not have. */
static void try_role (struct known *k, struct fake *c, uint32_t role)
{
    unsigned int refused = 0;

    for (unsigned int i = 0; i < k->count; i++) {
        const char *want = k->rolemasks[i] == O
                               ? "Request requires owner credentials"
                               : "Request rejected due to insufficient "
                                 "privilege";
        const char *text;
        int errnum;

        if (k->rolemasks[i] & role)
            continue;
        /* The role comes first: payload and flags are not looked at. */
        fake_say (c, k->topics[i], NULL, i % 2 ? FLUX_MSGFLAG_STREAMING : 0);
        errnum = fake_answer (c, &text);
        if (errnum != EPERM || strcmp (text, want) != 0)
            ok (false, "%s: %d %s", k->topics[i], errnum, text);
        refused++;
    }
    ok (refused > 50, "role 0x%x: %u topics are refused", role, refused);
}

static void test_roles (struct fixture *f, struct known *k)
{
    static const uint32_t roles[] = { FLUX_ROLE_USER,
                                      FLUX_ROLE_USER | FLUX_ROLE_ADMIN,
                                      FLUX_ROLE_NONE };

    for (int i = 0; i < 3; i++) {
        struct fake guest;

        fake_join (&guest, f->b.router, GUEST, roles[i]);
        try_role (k, &guest, roles[i] | FLUX_ROLE_LOCAL);
        fake_leave (&guest);
    }
}

/* ---- payloads that no client sends ---- */

struct payload {
    const char *what;
    const char *data;
    size_t len;
};

/* With the NUL, as clients send it. */
#define TEXT(what, s)       \
    {                       \
        what, s, sizeof (s) \
    }

static void say_raw (struct fake *c,
                     const char *topic,
                     const struct payload *p,
                     int flags)
{
    flux_msg_t *msg = p->len > 0
                          ? flux_request_encode_raw (topic, p->data, p->len)
                          : flux_request_encode (topic, NULL);

    if (!msg)
        bail_out ("cannot make a request");
    flux_msg_set_matchtag (msg, ++c->tag);
    if (flags)
        flux_msg_set_flag (msg, flags);
    router_client_recv (c->c, msg);
    flux_msg_decref (msg);
}

/* Each costs an answer, which is an error for all that look at it. */
static void try_payload (struct fixture *f,
                         struct known *k,
                         const struct payload *p)
{
    struct fake c;
    unsigned int answers = 0;

    fake_join (&c, f->b.router, OWNER, FLUX_ROLE_OWNER);
    for (unsigned int i = 0; i < k->count; i++) {
        /* The end of the instance is not looked for here. */
        if (!strcmp (k->topics[i], "shutdown.start"))
            continue;
        say_raw (&c, k->topics[i], p, 0);
        say_raw (&c, k->topics[i], p, FLUX_MSGFLAG_STREAMING);
        while (fake_answer (&c, NULL) != -1)
            answers++;
    }
    for (int i = 0; i < 20; i++)
        loop_turn (f->b.loop, false);
    while (fake_answer (&c, NULL) != -1)
        answers++;
    ok (answers > k->count, "%s: %u answers", p->what, answers);
    is_int (fake_ask (&c, "attr.get", "{\"name\":\"rank\"}", NULL),
            0,
            "and all goes on");
    fake_leave (&c);
}

static void test_payloads (struct fixture *f, struct known *k)
{
    static char deep[200000], many[200000];
    const struct payload payloads[] = {
        { "nothing", "", 0 },
        { "no NUL", "{}", 2 },
        TEXT ("NUL in the middle", "{}\0{}"),
        TEXT ("not JSON", "x"),
        TEXT ("not an object", "[1]"),
        TEXT ("nothing in it", "{}"),
        TEXT ("bytes that are no text", "{\"id\":\"\xff\xfe\"}"),
        TEXT ("surrogates", "{\"name\":\"\\ud800\"}"),
        TEXT ("a number too large", "{\"id\":1e999,\"x\":1}"),
        TEXT ("an integer too large",
              "{\"id\":99999999999999999999,\"name\":3}"),
        TEXT ("wrong types",
              "{\"id\":{},\"name\":[],\"key\":7,\"flags\":\"\",\"path\":null}"),
        { "very deep", deep, sizeof (deep) },
        { "very many", many, sizeof (many) },
    };
    size_t n = sizeof (payloads) / sizeof (payloads[0]);

    memset (deep, '[', sizeof (deep));
    memcpy (deep, "{\"id\":", 6);
    deep[sizeof (deep) - 1] = '\0';
    strcpy (many, "{\"attrs\":[0");
    for (size_t at = strlen (many); at + 4 < sizeof (many); at += 2)
        memcpy (many + at, ",0", 2);
    memcpy (many + sizeof (many) - 3, "]}", 3);
    for (size_t i = 0; i < n; i++)
        try_payload (f, k, &payloads[i]);
}

int main (int argc, char **argv)
{
    struct fixture f;
    struct known k = { 0 };

    fixture_init (&f, argv[1]);
    test_table (&f, &k);
    test_roles (&f, &k);
    test_payloads (&f, &k);
    fixture_clear (&f);
    while (k.count > 0)
        free (k.topics[--k.count]);
    return done_testing ();
}
