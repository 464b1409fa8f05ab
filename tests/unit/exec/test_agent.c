/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A real flux-agent, run by exec_agent, reporting to a table of the test. */

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "exec/exec.h"
#include "reports.h"
#include "tap.h"
#include "base/jobid.h"
#include "wire/base64.h"

static struct exec *x;
static struct loop *loop;
static struct router *router;
static struct reports reports;
static struct exec_reports table;
static char dir[] = "/tmp/sluice-exec-XXXXXX";
static uint64_t last_id = 100;

struct ask {
    const char *command; /* JSON array */
    const char *system;  /* more of attributes.system: ",\"cwd\":..." */
    const char *cwd;
    unsigned int ntasks;
    unsigned int nranks;
};

static uint64_t start (const struct ask *ask)
{
    struct rset *R = rset_create ();
    unsigned int ntasks = ask->ntasks ? ask->ntasks : 1;
    unsigned int nranks = ask->nranks ? ask->nranks : 1;
    struct exec_job job = { .id = ++last_id, .userid = geteuid (), .R = R };
    flux_error_t error;
    char *spec;

    if (asprintf (&spec,
                  "{\"version\":1,\"resources\":[{\"type\":\"slot\","
                  "\"label\":\"task\",\"count\":%u,\"with\":[{\"type\":"
                  "\"core\",\"count\":1}]}],\"tasks\":[{\"command\":%s,"
                  "\"slot\":\"task\",\"count\":{\"per_slot\":1}}],"
                  "\"attributes\":{\"system\":{\"duration\":0,\"cwd\":\"%s\","
                  "\"environment\":{\"PATH\":\"/usr/bin:/bin\",\"WHO\":"
                  "\"me\",\"FLUX_JOB_ID\":\"bad\"}%s}}}",
                  ntasks,
                  ask->command,
                  ask->cwd ? ask->cwd : dir,
                  ask->system ? ask->system : "")
        < 0)
        bail_out ("out of memory");
    for (unsigned int i = 0; i < ntasks; i++)
        rset_add_core (R, i % nranks, i / nranks);
    R->nslots = ntasks;
    job.jobspec = spec;
    if (exec_agent.start (x, &job, &error) < 0)
        diag ("start: %s", error.text);
    free (spec);
    rset_destroy (R);
    return job.id;
}

static void sigalrm_cb (int signum)
{
    static const char text[] = "Bail out! timed out\n";

    if (write (1, text, sizeof (text) - 1) < 0)
        _exit (2);
    _exit (1);
}

static struct report *await (uint64_t id)
{
    struct report *r = report_of (&reports, id);

    while (!r->released)
        loop_turn (loop, true);
    return r;
}

static struct report *run (const struct ask *ask)
{
    return await (start (ask));
}

static struct report *sh (const char *script)
{
    char command[1024];

    snprintf (command, sizeof (command), "[\"sh\",\"-c\",\"%s\"]", script);
    return run (&(struct ask){ .command = command });
}

static bool said (const struct report *r, const char *stream, const char *data)
{
    char want[1024];

    snprintf (want,
              sizeof (want),
              "\"stream\":\"%s\",\"rank\":\"0\",\"data\":\"%s\"",
              stream,
              data);
    if (strstr (r->output, want))
        return true;
    diag ("output: %s", r->output);
    return false;
}

static int count (const char *s, const char *what)
{
    int n = 0;

    for (; (s = strstr (s, what)); s += strlen (what))
        n++;
    return n;
}

static void test_hello (void)
{
    struct report *r = run (&(struct ask){ .command = "[\"echo\",\"hello\"]" });
    const char *order[] = { "\"init\"",
                            "\"starting\"",
                            "\"shell.init\"",
                            "\"shell.start\"",
                            "\"shell.task-exit\"",
                            "\"shell-exit\"",
                            "\"complete\"",
                            "\"done\"" };
    const char *p = r->exec_log;

    is_int (r->status, 0, "hello: status");
    ok (r->order[0] == 'S' && strstr (r->order, "FR"),
        "hello: order of reports");
    ok (said (r, "stdout", "hello\\n"), "hello: output");
    ok (strncmp (r->output, "{\"timestamp\":", 13) == 0
            && strstr (r->output, "\"name\":\"header\"")
                   < strstr (r->output, "\"name\":\"data\""),
        "hello: the header comes first");
    is_int (count (r->output, "\"eof\":true"), 2, "hello: both streams end");
    for (size_t i = 0; p && i < sizeof (order) / sizeof (order[0]); i++)
        p = strstr (p, order[i]);
    ok (p != NULL, "hello: the eventlog has all events in order");
    ok (strstr (r->exec_log, "[[0,1,1,1]]"), "hello: task map");
    ok (strstr (r->exec_log, "-shell-f"), "hello: service");
}

static void test_status (void)
{
    struct report *r;

    is_int (sh ("exit 3")->status, 3 << 8, "exit code");
    is_int (sh ("kill -9 $$")->status, 137 << 8, "signal");
    r = run (&(struct ask){ .command = "[\"/no/such/thing\"]" });
    is_int (r->status, 127 << 8, "missing command");
    is_str (r->type, "exec", "missing command: exception");
    ok (strstr (r->note, "No such file or directory"),
        "missing command: note says so");
    ok (strstr (r->output, "\"log\""), "missing command: the log says so");
    r = run (&(struct ask){ .command = "[\"nosuchcommand\"]" });
    is_int (r->status, 127 << 8, "missing command, searched for");
    r = run (&(struct ask){ .command = "[\"/etc/passwd\"]" });
    is_int (r->status, 126 << 8, "not executable");
    r = run (&(struct ask){ .command = "[\"pwd\"]", .cwd = "/no/such/dir" });
    ok (said (r, "stdout", "/tmp\\n"), "missing directory: /tmp instead");
    ok (strstr (r->output, "/no/such/dir"), "missing directory: a warning");
    r = run (&(struct ask){ .command = "[\"pwd\"]", .cwd = "/usr" });
    ok (said (r, "stdout", "/usr\\n"), "directory");
}

static void test_environment (void)
{
    struct report *r = sh ("echo $WHO $FLUX_TASK_RANK $FLUX_TASK_LOCAL_ID "
                           "$FLUX_JOB_SIZE $FLUX_JOB_NNODES $FLUX_URI");
    char want[128];

    ok (said (r, "stdout", "me 0 0 1 1 local:///x/y\\n"), "environment");
    r = sh ("echo $FLUX_KVS_NAMESPACE; test -d $FLUX_JOB_TMPDIR && echo yes; "
            "case $FLUX_JOB_ID in f*) echo f58;; esac");
    snprintf (want,
              sizeof (want),
              "job-%llu\\nyes\\nf58\\n",
              (unsigned long long)last_id);
    ok (said (r, "stdout", want), "namespace, tmpdir and id");
    r = sh ("ls /proc/self/fd | wc -l");
    ok (said (r, "stdout", "4\\n"), "no descriptor leaks into tasks");
    /* The C library ignores two signals of its own in what it spawns. */
    r = sh ("grep -E '^Sig(Blk|Ign)' /proc/self/status | sed "
            "s/180000000/000000000/ | tr -d '\\n\\t'");
    ok (said (r, "stdout", "SigBlk:0000000000000000SigIgn:0000000000000000"),
        "no signal is blocked or ignored");
    r = run (&(struct ask){ .command = "[\"sh\",\"-c\",\"ulimit -n; cat "
                                       "$FLUX_JOB_TMPDIR/f\"]",
                            .system = ",\"shell\":{\"options\":{\"rlimit\":{"
                                      "\"nofile\":77}}},\"files\":{\"f\":{"
                                      "\"mode\":384,\"data\":\"text\"}}" });
    ok (strstr (r->output, "77\\n"), "resource limits");
    ok (strstr (r->output, "text"), "files of the jobspec");
}

static void test_tasks (void)
{
    struct report *r =
        run (&(struct ask){ .command = "[\"sh\",\"-c\",\"echo $FLUX_TASK_RANK; "
                                       "exit $FLUX_TASK_RANK\"]",
                            .ntasks = 4 });

    is_int (r->status, 3 << 8, "four tasks: the highest exit code");
    is_int (count (r->output, "\"eof\":true"), 8, "four tasks: eight streams");
    ok (strstr (r->output, "\"rank\":\"3\",\"data\":\"3\\n\""),
        "four tasks: each knows its rank");
    is_int (count (r->exec_log, "shell.task-exit"), 4, "four tasks: four ends");
    r = run (&(struct ask){ .command = "[\"sh\",\"-c\",\"echo "
                                       "$FLUX_TASK_RANK:$FLUX_TASK_LOCAL_ID:"
                                       "$FLUX_JOB_NNODES\"]",
                            .ntasks = 4,
                            .nranks = 2 });
    ok (strstr (r->output, "0:0:2\\n") && strstr (r->output, "3:1:2\\n"),
        "two nodes: ranks in blocks");
    ok (strstr (r->exec_log, "[[0,2,2,1]]"), "two nodes: task map");
    is_int (count (r->output, "\"header\""), 1, "two nodes: one header");
    ok (strstr (r->output, "\"header\"") < strstr (r->output, "\"data\""),
        "two nodes: which comes first");
    r = run (&(struct ask){ .command = "[\"true\"]",
                            .ntasks = 4,
                            .nranks = 2,
                            .system =
                                ",\"shell\":{\"options\":{"
                                "\"per-resource\":{\"type\":\"node\"}}}" });
    is_int (count (r->exec_log, "shell.task-exit"), 2, "one task a node");
}

static void test_kill (void)
{
    struct report *r;
    uint64_t id;

    id = start (&(struct ask){
        .command = "[\"sh\",\"-c\",\"echo up; sleep 100 & wait\"]" });
    r = report_of (&reports, id);
    while (!strstr (r->output, "up"))
        loop_turn (loop, true);
    ok (exec_agent.kill (x, id, SIGTERM) == 0, "kill a job");
    await (id);
    is_int (r->status, 143 << 8, "kill: its status; descendants died too");
    errno = 0;
    ok (exec_agent.kill (x, id, SIGTERM) < 0 && errno == ENOENT,
        "kill: it is gone");
    id = start (&(struct ask){ .command = "[\"sleep\",\"100\"]" });
    exec_agent.kill (x, id, SIGKILL);
    r = await (id);
    ok (r->released == 1 && r->finished == r->started,
        "kill: right after the start");
    r = run (&(struct ask){
        .command = "[\"sh\",\"-c\",\"test $FLUX_TASK_RANK = 1 || "
                   "exec sleep 100\"]",
        .ntasks = 2,
        .system = ",\"shell\":{\"options\":{\"exit-timeout\":0.01}}" });
    is_str (r->type, "exec", "exit-timeout raises an exception");
    is_int (r->status, 143 << 8, "exit-timeout ends the other tasks");
    r = run (&(struct ask){
        .command = "[\"sh\",\"-c\",\"test $FLUX_TASK_RANK = 0 && exec sleep "
                   "100; exit 1\"]",
        .ntasks = 2,
        .system = ",\"shell\":{\"options\":{\"exit-on-error\":1}}" });
    is_str (r->type, "exec", "exit-on-error raises an exception");
}

static void test_output (void)
{
    struct report *r;
    size_t total = 0;
    char *p, *s, *end;

    r = sh ("head -c 10000000 /dev/zero | tr '\\\\0' x");
    for (p = r->output; (p = strstr (p, "\"data\":\"")); p = end) {
        p += 8;
        end = strchr (p, '"');
        total += end - p;
    }
    is_int (total, 10000000, "ten million bytes arrive");
    r = sh ("printf 'a\\\\000b\\\\377'");
    p = strstr (r->output, "\"encoding\":\"base64\",\"data\":\"");
    ok (p != NULL, "bytes that are no text are encoded");
    if (p) {
        size_t n;

        p += strlen ("\"encoding\":\"base64\",\"data\":\"");
        s = base64_decode (p, strcspn (p, "\""), &n);
        ok (s && n == 4 && !memcmp (s, "a\0b\377", 4), "and come back");
        free (s);
    }
    r = sh ("printf '\\\\303'; sleep 0.05; printf '\\\\244'");
    ok (said (r, "stdout", "\303\244"), "a character is not cut in two");
    r = sh ("printf '\\\\303' >&2; sleep 0.05; printf '\\\\244' >&2");
    ok (said (r, "stderr", "\303\244"), "not on stderr either");
    r = sh ("printf a; sleep 0.05; echo b; printf c");
    ok (said (r, "stdout", "ab\\n") && said (r, "stdout", "c"),
        "stdout comes in lines");
    r = sh ("echo out; echo err >&2");
    ok (said (r, "stdout", "out\\n") && said (r, "stderr", "err\\n"),
        "streams are told apart");
}

static char *slurp (const char *name)
{
    char path[256];
    char *s = calloc (1, 4096);
    FILE *f;

    snprintf (path, sizeof (path), "%s/%s", dir, name);
    if ((f = fopen (path, "r"))) {
        if (fread (s, 1, 4095, f) == 0)
            s[0] = '\0';
        fclose (f);
    }
    unlink (path);
    return s;
}

#define OPT(x) ",\"shell\":{\"options\":{" x "}}"

static void test_files (void)
{
    struct report *r;
    char name[64];
    char *s;

    r = run (&(struct ask){
        .command = "[\"sh\",\"-c\",\"echo out; echo err >&2\"]",
        .system = OPT ("\"output\":{\"stdout\":{\"type\":\"file\",\"path\":"
                       "\"o-{{id.dec}}\"}}") });
    snprintf (name, sizeof (name), "o-%llu", (unsigned long long)r->id);
    s = slurp (name);
    is_str (s, "out\nerr\n", "output to a file named after the job");
    free (s);
    ok (strstr (r->output, "\"redirect\""), "the log says where it went");
    r = run (&(struct ask){
        .command = "[\"sh\",\"-c\",\"echo $FLUX_TASK_RANK\"]",
        .ntasks = 2,
        .system = OPT ("\"output\":{\"stdout\":{\"type\":\"file\",\"path\":"
                       "\"t{{taskid}}\"}}") });
    s = slurp ("t1");
    is_str (s, "1\n", "a file for each task");
    free (s);
    free (slurp ("t0"));
    r = run (&(struct ask){
        .command = "[\"sh\",\"-c\",\"echo a\"]",
        .ntasks = 2,
        .system = OPT ("\"output\":{\"stdout\":{\"type\":\"file\",\"path\":"
                       "\"lab\",\"label\":true}}") });
    s = slurp ("lab");
    ok (strstr (s, "0: a\n") && strstr (s, "1: a\n"), "labelled lines");
    free (s);
    r = run (&(struct ask){
        .command = "[\"cat\"]",
        .system = OPT ("\"input\":{\"stdin\":{\"type\":\"file\",\"path\":"
                       "\"/etc/hostname\"}}") });
    is_int (count (r->output, "\"data\":"), 1, "input from a file");
    r = run (&(struct ask){
        .command = "[\"cat\"]",
        .system = OPT ("\"input\":{\"stdin\":{\"type\":\"file\",\"path\":"
                       "\"/no/such\"}}") });
    ok (strstr (r->note, "/no/such"), "input from a file that is not there");
}

/* A client of the router, to write input. */
static int answer = -1;

static int deliver_cb (const flux_msg_t *msg, void *arg)
{
    flux_msg_get_errnum (msg, &answer);
    return 0;
}

static int send_input (struct router_client *c, uint64_t id, const char *json)
{
    flux_msg_t *msg = flux_msg_create (FLUX_MSGTYPE_REQUEST);
    char f58[JOBID_TEXT_MAX];
    char topic[128];

    jobid_encode (id, JOBID_F58PLAIN, f58, sizeof (f58));
    snprintf (topic, sizeof (topic), "%u-shell-%s.stdin", geteuid (), f58);
    flux_msg_set_topic (msg, topic);
    flux_msg_set_matchtag (msg, 1);
    flux_msg_route_enable (msg);
    flux_msg_set_string (msg, json);
    answer = -1;
    router_client_recv (c, msg);
    while (answer < 0)
        loop_turn (loop, true);
    flux_msg_destroy (msg);
    return answer;
}

static void test_stdin (void)
{
    struct router_client *c = router_client_add (router,
                                                 geteuid (),
                                                 FLUX_ROLE_OWNER,
                                                 deliver_cb,
                                                 NULL);
    struct router_client *guest = router_client_add (router,
                                                     geteuid () + 1,
                                                     FLUX_ROLE_USER,
                                                     deliver_cb,
                                                     NULL);
    uint64_t id = start (&(struct ask){ .command = "[\"cat\"]" });
    struct report *r = report_of (&reports, id);

    while (!r->started)
        loop_turn (loop, true);
    is_int (send_input (guest, id, "{\"stream\":\"stdin\",\"eof\":true}"),
            EPERM,
            "others may not write");
    is_int (send_input (c,
                        id,
                        "{\"stream\":\"stdin\",\"rank\":\"all\",\"data\":"
                        "\"in\\n\"}"),
            0,
            "input is taken");
    is_int (send_input (c,
                        id,
                        "{\"stream\":\"stdin\",\"rank\":\"0\",\"data\":"
                        "\"Ynl0ZXM=\",\"encoding\":\"base64\"}"),
            0,
            "also encoded");
    is_int (send_input (c, id, "{\"stream\":\"x\"}"), EPROTO, "but not this");
    is_int (send_input (c,
                        id,
                        "{\"stream\":\"stdin\",\"rank\":\"all\",\"eof\":true}"),
            0,
            "and its end");
    if (!r->released)
        is_int (send_input (c,
                            id,
                            "{\"stream\":\"stdin\",\"rank\":\"all\",\"data\":"
                            "\"late\"}"),
                EPIPE,
                "after which nothing is");
    else
        pass ("(already over)");
    await (id);
    ok (said (r, "stdout", "in\\n") && said (r, "stdout", "bytes"),
        "the task has read it");
    is_int (send_input (c, id, "{\"stream\":\"stdin\",\"eof\":true}"),
            ENOSYS,
            "no service is left behind");
    router_client_remove (c);
    router_client_remove (guest);
}

static void test_mock (void)
{
    struct report *r = run (&(struct ask){
        .command = "[\"false\"]",
        .system = ",\"exec\":{\"test\":{\"run_duration\":\"1ms\"}}" });

    is_int (r->status, 0, "a pretended job runs nothing");
}

static double now (void)
{
    struct timespec ts;

    clock_gettime (CLOCK_MONOTONIC, &ts);
    return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void bare_loop (int n)
{
    char *argv[] = { (char *)"true", NULL };
    pid_t pid;

    for (int i = 0; i < n; i++) {
        if (posix_spawn (&pid, "/usr/bin/true", NULL, NULL, argv, argv + 1))
            bail_out ("posix_spawn");
        waitpid (pid, NULL, 0);
    }
}

static void test_many (void)
{
    struct ask ask = { .command = "[\"/usr/bin/true\"]" };
    int n = 1000;
    int good = 0;
    double t0, t1, t2;
    uint64_t first = last_id + 1;

    bare_loop (50);
    t0 = now ();
    bare_loop (n);
    t1 = now ();
    reports.nreleased = 0;
    for (int i = 0; i < n; i++) {
        start (&ask);
        while (i - reports.nreleased > 4)
            loop_turn (loop, true);
    }
    while (reports.nreleased < n)
        loop_turn (loop, true);
    t2 = now ();
    for (int i = 0; i < n; i++) {
        struct report *r = report_of (&reports, first + i);

        good += r->started == 1 && r->finished == 1 && r->status == 0
                && count (r->output, "\"eof\":true") == 2;
    }
    is_int (good, n, "a thousand quick jobs");
    diag ("%.0f jobs/s, bare posix_spawn+wait %.0f/s, ratio %.2f",
          n / (t2 - t1),
          n / (t1 - t0),
          (t1 - t0) / (t2 - t1));
}

/* Children of this process other than agents are none; its agents' children
 * are tasks.
 */
static pid_t find_agent (void)
{
    char cmd[64];
    FILE *f;
    int pid = 0;

    snprintf (cmd, sizeof (cmd), "/proc/self/task/%d/children", getpid ());
    if ((f = fopen (cmd, "r"))) {
        if (fscanf (f, "%d", &pid) != 1)
            pid = 0;
        fclose (f);
    }
    return pid;
}

static int children_of (pid_t pid)
{
    char path[64];
    FILE *f;
    int child;
    int n = 0;

    snprintf (path, sizeof (path), "/proc/%d/task/%d/children", pid, pid);
    if ((f = fopen (path, "r"))) {
        while (fscanf (f, "%d", &child) == 1)
            n++;
        fclose (f);
    }
    return n;
}

static int fds_of (pid_t pid)
{
    char path[64];
    DIR *d;
    int n = 0;

    snprintf (path, sizeof (path), "/proc/%d/fd", pid);
    if ((d = opendir (path))) {
        while (readdir (d))
            n++;
        closedir (d);
    }
    return n;
}

static void test_leaks (void)
{
    pid_t pid = find_agent ();
    struct report *r;
    int fds;

    is_int (children_of (pid), 0, "no zombie is left with the agent");
    sh ("true");
    fds = fds_of (pid);
    for (int i = 0; i < 20; i++)
        sh ("echo a");
    run (&(struct ask){ .command = "[\"nosuch\"]", .ntasks = 2 });
    r = sh ("true");
    is_int (r->status, 0, "it still runs jobs");
    is_int (fds_of (pid), fds, "and no descriptor is left open");
}

static void test_death (void)
{
    uint64_t id = start (&(struct ask){ .command = "[\"sleep\",\"100\"]" });
    struct report *r = report_of (&reports, id);

    while (!r->started)
        loop_turn (loop, true);
    kill (find_agent (), SIGKILL);
    await (id);
    is_str (r->note, "flux-agent on rank 0 died", "the agent dies: exception");
    is_int (r->status, SIGKILL, "the agent dies: status");
    r = run (&(struct ask){ .command = "[\"echo\",\"again\"]" });
    ok (said (r, "stdout", "again\\n"), "another takes its place");
}

int main (void)
{
    struct exec_env env = { 0 };
    flux_error_t error;
    char *stats;

    if (!mkdtemp (dir) || !(loop = loop_create (NULL)))
        bail_out ("cannot begin");
    signal (SIGALRM, sigalrm_cb);
    signal (SIGPIPE, SIG_IGN);
    alarm (120);
    setenv ("LC_ALL", "C", 1);
    table = reports_table (&reports);
    router = router_create (loop, geteuid (), 0, 2);
    env.loop = loop;
    env.router = router;
    env.reports = &table;
    env.rundir = dir;
    env.local_uri = "local:///x/y";
    env.agent_path = AGENT_PATH;
    env.nranks = 2;
    if (!(x = exec_agent.create (&env, &error)))
        bail_out ("create: %s", error.text);
    test_hello ();
    test_status ();
    test_environment ();
    test_tasks ();
    test_kill ();
    test_output ();
    test_files ();
    test_stdin ();
    test_mock ();
    test_many ();
    test_leaks ();
    test_death ();
    stats = exec_agent.stats (x);
    ok (stats && strstr (stats, "\"running\":0"), "stats");
    free (stats);
    start (&(struct ask){ .command = "[\"sleep\",\"1000\"]" });
    for (int i = 0; i < 3; i++)
        loop_turn (loop, true);
    exec_agent.destroy (x, false);
    is_int (find_agent (), 0, "no agent outlives destroy");
    ok (rmdir (dir) == 0, "and nothing is left in its directory");
    router_destroy (router);
    loop_destroy (loop);
    reports_clear (&reports);
    return done_testing ();
}
