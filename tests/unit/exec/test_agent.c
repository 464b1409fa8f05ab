/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A real flux-agent, run by exec_agent, reporting to a table of the test. */

#include <dirent.h>
#include <errno.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent_run.h"
#include "base/jobid.h"

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
    struct rlimit lim;
    char want[128];

    ok (said (r, "stdout", "me 0 0 1 1 local:///x/y\\n"), "environment");
    r = sh ("echo $FLUX_KVS_NAMESPACE $(test -d $FLUX_JOB_TMPDIR && echo yes) "
            "$(echo $FLUX_JOB_ID | cut -c1)");
    snprintf (want,
              sizeof (want),
              "job-%llu yes f\\n",
              (unsigned long long)last_id);
    ok (said (r, "stdout", want), "namespace, tmpdir and id");
    getrlimit (RLIMIT_NOFILE, &lim);
    r = sh ("ulimit -n");
    snprintf (want, sizeof (want), "%lu\\n", (unsigned long)lim.rlim_cur);
    ok (said (r, "stdout", want), "the agent's own limit is not the tasks'");
    r = sh ("ls /proc/self/fd | wc -l");
    /* the three, that of PMI, and that of the directory */
    ok (said (r, "stdout", "5\\n"), "no descriptor leaks into tasks");
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

/* Whatever a job does to its directory, the next one has a new one. */
static void test_tmpdir (void)
{
    static const char *const uses[] = {
        "true",
        "touch $FLUX_JOB_TMPDIR/.x",
        "mkdir -p $FLUX_JOB_TMPDIR/d/d",
        "chmod 755 $FLUX_JOB_TMPDIR",
        "rmdir $FLUX_JOB_TMPDIR; ln -s / $FLUX_JOB_TMPDIR",
        "rmdir $FLUX_JOB_TMPDIR",
    };
    const char *look = "cd ${FLUX_JOB_TMPDIR%/*}; "
                       "echo $(stat -c '%a %F' $FLUX_JOB_TMPDIR) "
                       "$(ls -A $FLUX_JOB_TMPDIR) $(ls -d jobtmp-0-f*)";
    char plain[JOBID_TEXT_MAX];
    char want[128];

    for (size_t i = 0; i < sizeof (uses) / sizeof (uses[0]); i++) {
        struct report *r = sh (uses[i]);

        r = sh (look);
        jobid_encode (last_id, JOBID_F58PLAIN, plain, sizeof (plain));
        snprintf (want, sizeof (want), "700 directory jobtmp-0-%s\\n", plain);
        ok (said (r, "stdout", want), "a new directory after: %s", uses[i]);
    }
}

static void test_binding (void)
{
    const char *command = "[\"sh\",\"-c\",\"grep Cpus_allowed_list: "
                          "/proc/self/status; echo $CUDA_VISIBLE_DEVICES\"]";
    struct report *r = run (&(struct ask){
        .command = command,
        .system = ",\"shell\":{\"options\":{\"cpu-affinity\":\"map:0\"}}" });

    ok (strstr (r->output, "Cpus_allowed_list:\\t0\\n"), "bound as told");
    ok (strstr (r->output, "-1\\n"), "no GPU is visible");
    r = run (&(struct ask){
        .command = command,
        .system = ",\"shell\":{\"options\":{\"gpu-affinity\":\"off\"}}" });
    ok (!strstr (r->output, "-1\\n"), "gpu-affinity=off");
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
    is_int (r->status, 0, "what others are ended with is not their status");
    r = run (&(struct ask){
        .command = "[\"sh\",\"-c\",\"test $FLUX_TASK_RANK = 0 && exec sleep "
                   "100; exit 1\"]",
        .ntasks = 2,
        .system = ",\"shell\":{\"options\":{\"exit-on-error\":1}}" });
    is_str (r->type, "exec", "exit-on-error raises an exception");
    is_int (r->status, 1 << 8, "the status is that of the first");
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
    begin ();
    test_hello ();
    test_status ();
    test_environment ();
    test_tmpdir ();
    test_binding ();
    test_tasks ();
    test_kill ();
    test_mock ();
    test_many ();
    test_leaks ();
    test_death ();
    start (&(struct ask){ .command = "[\"sleep\",\"1000\"]" });
    for (int i = 0; i < 3; i++)
        loop_turn (loop, true);
    end ();
    return done_testing ();
}
