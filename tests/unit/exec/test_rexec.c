/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The service "rexec" and that of a job's shell, with real flux-agents and
 * real processes (RFC 42).
 */

#include <dirent.h>
#include <flux/msglist.h>
#include <flux/request.h>
#include <flux/response.h>

#include "agent_run.h"
#include "base/jobid.h"

struct client {
    struct router_client *c;
    uint32_t tag;
    char text[65536]; /* payloads of responses, each with its errnum */
    int responses;
    int errnum; /* of the last error response, 0: none yet */
    size_t bytes;
    size_t queued; /* what it says that it has not read */
};

static int deliver_cb (const flux_msg_t *msg, void *arg)
{
    struct client *c = arg;
    const char *s = "";
    int errnum = 0;
    size_t len = strlen (c->text);

    flux_msg_get_errnum (msg, &errnum);
    if (flux_msg_has_payload (msg))
        flux_msg_get_string (msg, &s);
    c->responses++;
    c->bytes += strlen (s);
    if (errnum)
        c->errnum = errnum;
    snprintf (c->text + len, sizeof (c->text) - len, "%d %s\n", errnum, s);
    return 0;
}

static size_t queued_cb (void *arg)
{
    struct client *c = arg;

    return c->queued;
}

static void join (struct client *c, uint32_t userid, uint32_t role)
{
    memset (c, 0, sizeof (*c));
    c->c = router_client_add (router,
                              userid,
                              role | FLUX_ROLE_LOCAL,
                              deliver_cb,
                              c);
    router_client_set_queued (c->c, queued_cb);
}

static void say (struct client *c,
                 const char *topic,
                 uint32_t nodeid,
                 int flags,
                 const char *json)
{
    flux_msg_t *msg = flux_request_encode (topic, json);

    c->text[0] = '\0';
    c->responses = c->errnum = 0;
    if (flags & FLUX_MSGFLAG_NORESPONSE)
        flux_msg_set_noresponse (msg);
    else
        flux_msg_set_matchtag (msg, ++c->tag);
    if (flags & FLUX_MSGFLAG_STREAMING)
        flux_msg_set_streaming (msg);
    flux_msg_set_nodeid (msg, nodeid);
    router_client_recv (c->c, msg);
    flux_msg_decref (msg);
}

/* One answer. */
static const char *ask (struct client *c,
                        const char *topic,
                        uint32_t nodeid,
                        const char *json)
{
    say (c, topic, nodeid, 0, json);
    while (c->responses == 0)
        loop_turn (loop, true);
    return c->text;
}

/* Until the error that ends the stream. */
static const char *stream (struct client *c)
{
    while (c->errnum == 0)
        loop_turn (loop, true);
    return c->text;
}

static void wait_for (struct client *c, const char *text)
{
    while (!strstr (c->text, text) && c->errnum == 0)
        loop_turn (loop, true);
}

static const char *cmd (const char *script, const char *more, int flags)
{
    static char buf[2048];

    snprintf (buf,
              sizeof (buf),
              "{\"cmd\":{\"cmdline\":[\"sh\",\"-c\",\"%s\"],\"env\":{\"PATH\":"
              "\"/usr/bin:/bin\"},\"opts\":{},\"channels\":[]%s},\"flags\":%d}",
              script,
              more,
              flags);
    return buf;
}

static void exec_on (struct client *c, int rank, const char *script, int flags)
{
    say (c,
         "rexec.exec",
         rank,
         FLUX_MSGFLAG_STREAMING,
         cmd (script, "", flags));
}

static int pid_in (const char *text)
{
    const char *s = strstr (text, "\"pid\":");

    return s ? atoi (s + 6) : -1;
}

static void has (struct client *c, const char *text, const char *what)
{
    if (!ok (strstr (c->text, text) != NULL, "%s", what))
        diag ("no %s in\n%s", text, c->text);
}

static void test_exec (struct client *c)
{
    char want[256];
    int pid;

    exec_on (c, 0, "echo hi", 3);
    stream (c);
    pid = pid_in (c->text);
    snprintf (want,
              sizeof (want),
              "0 {\"type\":\"started\",\"pid\":%d}\n",
              pid);
    ok (!strncmp (c->text, want, strlen (want)), "started is first");
    snprintf (want,
              sizeof (want),
              "0 {\"type\":\"output\",\"pid\":%d,\"io\":{\"stream\":\"stdout\","
              "\"rank\":\"0\",\"data\":\"hi\\n\"}}\n",
              pid);
    has (c, want, "output");
    has (c, "\"stream\":\"stdout\",\"rank\":\"0\",\"eof\":true", "its end");
    has (c,
         "\"stream\":\"stderr\",\"rank\":\"0\",\"eof\":true",
         "and of stderr");
    has (c, "0 {\"type\":\"finished\",\"status\":0}\n", "finished");
    ok (strstr (c->text, "61 \n") && count (c->text, "\n") == 6,
        "then ENODATA, and nothing else");

    exec_on (c, 1, "echo $FLUX_URI; exit 3", 1);
    stream (c);
    has (c, "\"rank\":\"1\",\"data\":\"local:///x/y\\n\"", "on another rank");
    has (c, "\"status\":768", "with its status");
    ok (!strstr (c->text, "stderr"), "stderr was not asked for");

    say (c,
         "rexec.exec",
         0,
         FLUX_MSGFLAG_STREAMING,
         "{\"cmd\":{\"cmdline\":[\"/nosuch\"],\"env\":{},\"opts\":{},"
         "\"channels\":[]},\"flags\":3}");
    is_str (stream (c),
            "2 error launching process: No such file or directory\n",
            "no command: an error and no start");
    say (c, "rexec.exec", 0, FLUX_MSGFLAG_STREAMING, "{\"flags\":3}");
    is_str (stream (c), "71 request: malformed exec\n", "no command object");
    say (c, "rexec.exec", 7, FLUX_MSGFLAG_STREAMING, cmd ("true", "", 3));
    is_int ((stream (c), c->errnum), EHOSTUNREACH, "no such rank");
    exec_on (c, 0, "printf 'a\\\\nb\\\\nc'", 1);
    stream (c);
    is_int (count (c->text, "\"data\""), 3, "a line a message");
}

static void test_io (struct client *c)
{
    char buf[256];

    exec_on (c, 0, "cat", 11);
    wait_for (c, "add-credit");
    has (c,
         "0 {\"type\":\"add-credit\",\"channels\":{\"stdin\":4194304}}\n",
         "credit");
    snprintf (buf,
              sizeof (buf),
              "{\"matchtag\":%u,\"io\":{\"stream\":\"stdin\",\"rank\":\"0\","
              "\"data\":\"in\\n\",\"eof\":true}}",
              c->tag);
    say (c, "rexec.write", 0, FLUX_MSGFLAG_NORESPONSE, buf);
    stream (c);
    has (c, "\"data\":\"in\\n\"", "input comes back");
    has (c, "\"channels\":{\"stdin\":3}", "and its credit");
    exec_on (c, 0, "(sleep 0.1; kill -CONT $$)& kill -STOP $$", 0);
    stream (c);
    has (c, "0 {\"type\":\"stopped\"}\n", "stopped");
}

/* More than there is credit for. */
static void test_overrun (struct client *c)
{
    const size_t size = 4194304 + 100000;
    char *data = malloc (size + 1);
    char *json;

    memset (data, 'x', size);
    data[size] = '\0';
    exec_on (c, 0, "exec sleep 1000", 11);
    wait_for (c, "add-credit");
    if (asprintf (&json,
                  "{\"matchtag\":%u,\"io\":{\"stream\":\"stdin\",\"rank\":"
                  "\"0\",\"data\":\"%s\"}}",
                  c->tag,
                  data)
        < 0)
        bail_out ("out of memory");
    say (c, "rexec.write", 0, FLUX_MSGFLAG_NORESPONSE, json);
    stream (c);
    is_int (c->errnum, ENOSPC, "who writes more than he may is told");
    has (c, "stdin: more input than there is room for", "with a sentence");
    while (strstr (ask (c, "rexec.list", 0, NULL), "sleep"))
        ;
    pass ("the process is ended");
    free (json);
    free (data);
}

static void test_background (struct client *c)
{
    int pid = pid_in (ask (c,
                           "rexec.exec",
                           0,
                           cmd ("echo x; exit 2", ",\"label\":\"L\"", 16)));
    char buf[256];

    ok (pid > 0, "started");
    is_str (ask (c, "rexec.exec", 0, cmd ("true", ",\"label\":\"L\"", 0)),
            "22 command label is not unique\n",
            "a label is taken once");
    is_str (ask (c, "rexec.wait", 0, "{\"pid\":-1,\"label\":\"L\"}"),
            "0 {\"status\":512,\"output\":[{\"stream\":\"stdout\",\"rank\":"
            "\"0\",\"data\":\"x\\n\"}]}\n",
            "wait by label");
    is_str (ask (c, "rexec.wait", 0, "{\"pid\":-1,\"label\":\"L\"}"),
            "3 label L does not belong to any subprocess\n",
            "once");
    is_str (ask (c, "rexec.exec", 0, cmd ("true", "", 8)),
            "22 write-credit flag is not allowed in background mode\n",
            "nobody to credit");
    pid = pid_in (ask (c,
                       "rexec.exec",
                       1,
                       cmd ("exec sleep 1000", ",\"label\":\"S\"", 0)));
    snprintf (buf,
              sizeof (buf),
              "0 {\"rank\":1,\"procs\":[{\"pid\":%d,\"cmd\":\"sh\",\"label\":"
              "\"S\",\"state\":\"R\"}]}\n",
              pid);
    is_str (ask (c, "rexec.list", 1, NULL), buf, "list");
    is_str (ask (c, "rexec.list", 0, NULL),
            "0 {\"rank\":0,\"procs\":[]}\n",
            "of another rank");
    is_str (ask (c, "rexec.wait", 1, "{\"pid\":-1,\"label\":\"S\"}"),
            "22 process is not waitable\n",
            "not waitable");
    is_str (ask (c, "rexec.kill", 1, "{\"pid\":1,\"signum\":15}"),
            "3 pid 1 does not belong to any subprocess\n",
            "only ours are killed");
    is_str (ask (c, "rexec.kill", 1, "{\"pid\":-1,\"label\":\"S\"}"),
            "71 request: expected signum\n",
            "with a signal");
    is_str (ask (c, "rexec.attach", 1, "{\"pid\":1,\"flags\":3}"),
            "71 attach request is missing STREAMING flag\n",
            "attach streams");
    say (c,
         "rexec.attach",
         1,
         FLUX_MSGFLAG_STREAMING,
         "{\"pid\":-1,\"label\":\"S\",\"flags\":3}");
    wait_for (c, "attached");
    snprintf (buf, sizeof (buf), "{\"pid\":%d,\"signum\":15}", pid);
    say (c, "rexec.kill", 1, 0, buf);
    stream (c);
    has (c, "\"type\":\"finished\",\"status\":15", "attached to its end");
    has (c, "61 \n", "and no error");
}

/* The child of a shell is found by its argument in /proc. */
static bool runs (const char *arg)
{
    DIR *d = opendir ("/proc");
    struct dirent *e;
    bool found = false;
    char path[512], buf[512];

    while (!found && (e = readdir (d))) {
        FILE *f;
        size_t n;

        snprintf (path, sizeof (path), "/proc/%s/cmdline", e->d_name);
        if (!(f = fopen (path, "r")))
            continue;
        n = fread (buf, 1, sizeof (buf) - 1, f);
        buf[n] = '\0';
        fclose (f);
        found = n > 0 && memmem (buf, n, arg, strlen (arg)) != NULL;
    }
    closedir (d);
    return found;
}

static void test_gone (void)
{
    struct client c;
    char arg[32], script[64];

    snprintf (arg, sizeof (arg), "86%d", getpid ());
    snprintf (script, sizeof (script), "echo on; sleep %s; true", arg);
    join (&c, geteuid (), FLUX_ROLE_OWNER);
    exec_on (&c, 0, script, 1);
    wait_for (&c, "on\\n");
    ok (runs (arg), "a process of a client");
    router_client_remove (c.c);
    while (runs (arg))
        loop_turn (loop, false);
    pass ("ends with it");
}

static void test_slow (struct client *c)
{
    size_t held;

    c->bytes = 0;
    c->queued = 1000000000; /* it reads nothing */
    exec_on (c, 0, "yes", 1);
    wait_for (c, "started");
    for (held = 0; c->bytes == 0 || c->bytes > held;) {
        struct loop_source *t;

        held = c->bytes;
        t = loop_timer_create (loop, LOOP_ALWAYS, 0.2, 0., NULL, NULL);
        for (int i = 0; i < 20; i++)
            loop_turn (loop, true);
        loop_source_destroy (t);
    }
    ok (held < 4 * 1024 * 1024, "what is not read is bounded: %zu", held);
    c->queued = 0;
    while (c->bytes < held + 1000000)
        loop_turn (loop, true);
    pass ("and goes on when it is");
}

static void test_roles (struct client *owner)
{
    struct client guest;
    uint64_t id = start (&(struct ask){ .command = "[\"sleep\",\"1000\"]" });
    char f58[JOBID_TEXT_MAX], topic[128];

    join (&guest, geteuid () + 1, FLUX_ROLE_USER);
    is_str (ask (&guest, "rexec.list", 0, NULL),
            "1 Request requires owner credentials\n",
            "rexec is the owner's");
    while (!report_of (&reports, id)->started)
        loop_turn (loop, true);
    jobid_encode (id, JOBID_F58PLAIN, f58, sizeof (f58));
    snprintf (topic, sizeof (topic), "%u-shell-%s.rexec.exec", geteuid (), f58);
    is_str (ask (&guest, topic, 0, cmd ("true", "", 0)),
            "1 Request requires owner credentials\n",
            "a job's is its user's");
    say (owner, topic, 0, FLUX_MSGFLAG_STREAMING, cmd ("echo in", "", 1));
    stream (owner);
    has (owner, "\"data\":\"in\\n\"", "who runs there");
    say (owner, topic, 1, FLUX_MSGFLAG_STREAMING, cmd ("true", "", 1));
    is_int ((stream (owner), owner->errnum), ENOSYS, "where the job does");
    say (owner, topic, 0, FLUX_MSGFLAG_STREAMING, cmd ("sleep 1000", "", 1));
    wait_for (owner, "started");
    exec_agent.kill (x, id, SIGTERM);
    stream (owner);
    has (owner, "\"status\":9", "and ends with the job");
    await (id);
    say (owner, topic, 0, FLUX_MSGFLAG_STREAMING, cmd ("true", "", 1));
    is_int ((stream (owner), owner->errnum),
            ENOSYS,
            "after which none is left");
    router_client_remove (guest.c);
}

static void test_agent_dies (struct client *c)
{
    exec_on (c, 0, "sleep 1000", 1);
    wait_for (c, "started");
    kill (find_agent (), SIGKILL);
    is_int ((stream (c), c->errnum),
            EHOSTDOWN,
            "an agent that dies is told of");
    exec_on (c, 0, "echo again", 1);
    stream (c);
    has (c, "again", "and another one is there");
}

int main (void)
{
    struct client c;

    begin ();
    join (&c, geteuid (), FLUX_ROLE_OWNER);
    test_exec (&c);
    test_io (&c);
    test_overrun (&c);
    test_background (&c);
    test_gone ();
    test_roles (&c);
    test_slow (&c);
    router_client_remove (c.c);
    join (&c, geteuid (), FLUX_ROLE_OWNER);
    test_agent_dies (&c);
    router_client_remove (c.c);
    end ();
    return done_testing ();
}
