/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The daemon as a process: start, exit status, signals, what it leaves
 * behind, and its first words on the socket.  argv[1] is the program.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

struct fixture {
    const char *broker;
    char dir[64]; /* TMPDIR of the broker */
};

/* Start the broker with args (NULL-terminated, without argv[0]), standard
 * input from /dev/null, standard output to *out if not NULL.
 */
static pid_t start (struct fixture *f, const char *const args[], int *out)
{
    const char *argv[32] = { f->broker };
    int fds[2];
    pid_t pid;

    for (int i = 0; args[i]; i++)
        argv[i + 1] = args[i];
    if (pipe (fds) < 0)
        bail_out ("pipe");
    if ((pid = fork ()) == 0) {
        int null = open ("/dev/null", O_RDONLY);

        dup2 (null, STDIN_FILENO);
        dup2 (fds[1], STDOUT_FILENO);
        close (fds[0]);
        close (fds[1]);
        setenv ("TMPDIR", f->dir, 1);
        setenv ("SHELL", "/bin/sh", 1);
        setenv ("FLUX_KVS_NAMESPACE", "lie", 1);
        setenv ("PMI_RANK", "7", 1);
        execv (f->broker, (char **)argv);
        _exit (99);
    }
    close (fds[1]);
    if (out)
        *out = fds[0];
    else
        close (fds[0]);
    return pid;
}

static int finish (pid_t pid)
{
    int status;

    if (waitpid (pid, &status, 0) != pid)
        bail_out ("waitpid");
    return WIFEXITED (status) ? WEXITSTATUS (status) : -WTERMSIG (status);
}

static const char *read_all (int fd)
{
    static char buf[65536];
    size_t used = 0;
    ssize_t n;

    while ((n = read (fd, buf + used, sizeof (buf) - 1 - used)) > 0)
        used += n;
    buf[used] = '\0';
    close (fd);
    return buf;
}

/* Run to the end: exit status, and output if wanted. */
static int run (struct fixture *f, const char *const args[], const char **out)
{
    int fd;
    pid_t pid = start (f, args, &fd);
    const char *s = read_all (fd);

    if (out)
        *out = s;
    return finish (pid);
}

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static bool is_empty (const char *dir)
{
    return rmdir (dir) == 0 && mkdir (dir, 0700) == 0;
}

static void test_status (struct fixture *f)
{
    const char *out;

    is_int (run (f, ARGS ("true"), NULL), 0, "the program succeeds");
    is_int (run (f, ARGS ("exit 3"), NULL), 3, "its status is the broker's");
    is_int (run (f, ARGS ("kill -9 $$"), NULL), 137, "128 + signal");
    is_int (run (f, ARGS ("sh", "-c", "exit $1", "x", "4"), NULL),
            4,
            "several arguments are executed directly");
    is_int (run (f, ARGS ("/nonexistent", "x"), NULL), 127, "no such program");
    is_int (run (f, ARGS ("--nosuch"), NULL), 1, "a bad option");
    is_int (run (f, ARGS ("-S", "rank=4", "true"), NULL), 1, "a fixed attr");
    is_int (run (f, ARGS ("-S", "local-uri=tcp://x", "true"), NULL),
            1,
            "a bad local-uri");
    is_int (run (f, ARGS ("--help"), &out), 0, "--help");
    ok (strstr (out, "--setattr") != NULL, "lists the options");
    ok (is_empty (f->dir), "nothing is left in TMPDIR");
}

static void test_environment (struct fixture *f)
{
    const char *out;

    is_int (run (f, ARGS ("env"), &out), 0, "env");
    ok (strstr (out, "FLUX_URI=local://") != NULL, "FLUX_URI is set");
    ok (strstr (out, "FLUX_EXEC_PATH=") != NULL, "FLUX_EXEC_PATH is set");
    ok (!strstr (out, "FLUX_KVS_NAMESPACE") && !strstr (out, "PMI_RANK"),
        "what would lie is not");
    run (f, ARGS ("stat -c %a $(dirname ${FLUX_URI#local://})"), &out);
    is_str (out, "700\n", "rundir is private");
    run (f, ARGS ("stat -c %a ${FLUX_URI#local://}"), &out);
    is_str (out, "777\n", "the socket is not");
}

static void test_rc (struct fixture *f)
{
    const char *out;

    is_int (run (f,
                 ARGS ("-S",
                       "broker.rc1_path=echo one",
                       "-S",
                       "broker.rc3_path=echo three",
                       "echo two; exit 5"),
                 &out),
            5,
            "rc1, program, rc3");
    is_str (out, "one\ntwo\nthree\n", "in this order");
    is_int (run (f,
                 ARGS ("-S",
                       "broker.rc1_path=exit 6",
                       "-S",
                       "broker.rc3_path=echo three",
                       "echo two"),
                 &out),
            6,
            "a failing rc1 is the end");
    is_str (out, "three\n", "without the program");
    is_int (run (f, ARGS ("-S", "broker.rc3_path=exit 7", "true"), NULL),
            7,
            "a failing rc3 shows");
    is_int (run (f, ARGS ("-S", "broker.rc1_path=", "true"), NULL),
            0,
            "an empty path is none");
}

static void test_dirs (struct fixture *f)
{
    char run_attr[128], state_attr[128], dir[96], state[96], cleanup[160];
    struct stat st;

    snprintf (dir, sizeof (dir), "%s/r", f->dir);
    snprintf (state, sizeof (state), "%s/s", f->dir);
    snprintf (run_attr, sizeof (run_attr), "rundir=%s", dir);
    snprintf (state_attr, sizeof (state_attr), "statedir=%s", state);
    mkdir (dir, 0700);
    run (f, ARGS ("-S", run_attr, "-S", state_attr, "true"), NULL);
    ok (stat (dir, &st) == 0, "a rundir that was there stays");
    ok (stat (state, &st) == 0, "state that was asked for stays");
    snprintf (cleanup, sizeof (cleanup), "%s/local-0", dir);
    ok (stat (cleanup, &st) < 0, "the socket does not");
    run (f,
         ARGS ("-S",
               run_attr,
               "-S",
               state_attr,
               "-S",
               "rundir-cleanup=1",
               "-S",
               "statedir-cleanup=1",
               "true"),
         NULL);
    ok (stat (dir, &st) < 0 && stat (state, &st) < 0, "unless told otherwise");
    run (f,
         ARGS ("-S", run_attr, "test -d $(dirname ${FLUX_URI#local://})"),
         NULL);
    ok (stat (dir, &st) < 0, "a rundir that was made goes");
    run (f, ARGS ("-S", run_attr, "-S", "rundir-cleanup=0", "true"), NULL);
    ok (stat (dir, &st) == 0, "unless told otherwise");
    snprintf (cleanup, sizeof (cleanup), "%s/state", dir);
    rmdir (cleanup);
    rmdir (dir);
    ok (is_empty (f->dir), "nothing else is left");
}

/* Until the socket is there.  The broker either makes it or exits. */
static int connect_wait (const char *path, pid_t pid)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket (AF_UNIX, SOCK_STREAM, 0);

    snprintf (addr.sun_path, sizeof (addr.sun_path), "%s", path);
    while (connect (fd, (struct sockaddr *)&addr, sizeof (addr)) < 0) {
        if (waitpid (pid, NULL, WNOHANG) != 0)
            bail_out ("the broker went away");
        poll (NULL, 0, 2);
    }
    return fd;
}

static void read_exactly (int fd, unsigned char *buf, size_t len)
{
    while (len > 0) {
        ssize_t n = read (fd, buf, len);

        if (n <= 0)
            bail_out ("the connection ended");
        buf += n;
        len -= n;
    }
}

/* One exchange, byte by byte, as any client of this protocol makes it. */
static void test_bytes (int fd)
{
    static const char request[] =
        "\x12\x00\xee\xff\x00\x00\x00\x31"
        "\x00"
        "\x08"
        "attr.get"
        "\x11"
        "{\"name\": \"rank\"}\0"
        "\x14\x8e\x01\x01\x0b\xff\xff\xff\xff\x00\x00\x00\x00"
        "\xff\xff\xff\xff\x00\x00\x00\x01";
    unsigned char want[] = "\x12\x00\xee\xff\x00\x00\x00\x38"
                           "\x00"
                           "\x08"
                           "attr.get"
                           "\x18"
                           "{\"value\":\"0\",\"flags\":1}\0"
                           "\x14\x8e\x01\x02\x0b....\x00\x00\x00\x05"
                           "\x00\x00\x00\x00\x00\x00\x00\x01";
    unsigned char got[sizeof (want) - 1];
    unsigned char hello;
    unsigned int uid = getuid ();
    size_t at = sizeof (want) - 1 - 16;

    for (int i = 0; i < 4; i++)
        want[at + i] = uid >> (24 - 8 * i);
    read_exactly (fd, &hello, 1);
    is_int (hello, 0, "one byte of welcome");
    if (write (fd, request, sizeof (request) - 1)
        != (ssize_t)sizeof (request) - 1)
        bail_out ("write");
    read_exactly (fd, got, sizeof (got));
    ok (memcmp (got, want, sizeof (got)) == 0, "the answer to the last byte");
}

static void test_service (struct fixture *f, int signum)
{
    char uri[128], path[96], state[128];
    struct stat st;
    pid_t pid;
    int fd;

    snprintf (path, sizeof (path), "%s/sock", f->dir);
    snprintf (uri, sizeof (uri), "local-uri=local://%s", path);
    snprintf (state, sizeof (state), "statedir=%s/state", f->dir);
    pid = start (f,
                 ARGS ("-S", uri, "-S", state, "-S", "statedir-cleanup=1"),
                 NULL);
    fd = connect_wait (path, pid);
    test_bytes (fd);
    kill (pid, SIGHUP);
    kill (pid, signum);
    is_int (finish (pid), 0, "a service ends well by signal %d", signum);
    is_int (read (fd, state, 1), 0, "its clients see the end");
    close (fd);
    ok (stat (path, &st) < 0, "the socket is gone");
    ok (is_empty (f->dir), "and so is the rest");
}

/* Until the file has the text. */
static void wait_for_line (const char *path, const char *text)
{
    for (;;) {
        int fd = open (path, O_RDONLY);

        if (fd >= 0 && strstr (read_all (fd), text))
            return;
        poll (NULL, 0, 2);
    }
}

/* A broker that dies, one that continues, and one that may not. */
static void test_successor (struct fixture *f)
{
    char state[128], script[1024], before[4096], want[4096], link[160];
    const char *out;
    int fd;
    pid_t pid;

    snprintf (state, sizeof (state), "statedir=%s/state", f->dir);
    snprintf (link, sizeof (link), "%s/state/rundir", f->dir);
    /* The program tries a second broker, then kills the first. */
    snprintf (script,
              sizeof (script),
              "%s -S %s true; echo $?; echo $FLUX_URI; kill -9 $PPID",
              f->broker,
              state);
    pid = start (f, ARGS ("-S", state, script), &fd);
    is_int (finish (pid), -SIGKILL, "a broker dies");
    snprintf (before, sizeof (before), "%s", read_all (fd));
    ok (access (link, F_OK) == 0, "its rundir is remembered");
    is_int (run (f, ARGS ("-S", state, "echo 1; echo $FLUX_URI"), &out),
            0,
            "another takes over");
    snprintf (want, sizeof (want), "%s", out);
    is_str (before,
            want,
            "in the same rundir; while the first lived, none could");
    ok (access (link, F_OK) < 0, "rundir goes with the last");
    run (f, ARGS ("-S", state, "-S", "statedir-cleanup=1", "true"), NULL);
    ok (is_empty (f->dir), "nothing is left");
}

static void test_signal (struct fixture *f)
{
    char c;
    char log[96], attr[128];
    int out;
    pid_t pid = start (f, ARGS ("echo x; exec sleep 600"), &out);

    if (read (out, &c, 1) != 1)
        bail_out ("read");
    kill (pid, SIGTERM);
    is_int (finish (pid), 129, "SIGTERM ends the program by SIGHUP");
    close (out);

    snprintf (log, sizeof (log), "%s/log", f->dir);
    snprintf (attr, sizeof (attr), "log-filename=%s", log);
    pid = start (f, ARGS ("-S", attr, "trap '' HUP; echo x; sleep 600"), &out);
    if (read (out, &c, 1) != 1)
        bail_out ("read");
    kill (pid, SIGTERM);
    wait_for_line (log, "shutting down: SIGTERM");
    kill (pid, SIGTERM);
    is_int (finish (pid), 137, "a second one kills what does not listen");
    close (out);
    unlink (log);
    ok (is_empty (f->dir), "nothing is left");
}

/* The byte a peer with this uid is greeted with. */
static int greeting_of (const char *path, uid_t uid)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    unsigned char byte;
    int status;
    pid_t pid;

    snprintf (addr.sun_path, sizeof (addr.sun_path), "%s", path);
    if ((pid = fork ()) == 0) {
        int fd = socket (AF_UNIX, SOCK_STREAM, 0);

        if (setuid (uid) < 0
            || connect (fd, (struct sockaddr *)&addr, sizeof (addr)) < 0
            || read (fd, &byte, 1) != 1)
            _exit (99);
        _exit (byte);
    }
    if (waitpid (pid, &status, 0) != pid || !WIFEXITED (status))
        bail_out ("waitpid");
    return WEXITSTATUS (status);
}

static void test_guest (struct fixture *f, const char *conf, int want)
{
    char uri[128], path[96];
    pid_t pid;

    if (getuid () != 0) {
        pass ("only root can be several users # SKIP");
        return;
    }
    chmod (f->dir, 0755);
    snprintf (path, sizeof (path), "%s/sock", f->dir);
    snprintf (uri, sizeof (uri), "local-uri=local://%s", path);
    pid = start (f, ARGS ("-S", uri, "--conf", conf), NULL);
    close (connect_wait (path, pid));
    is_int (greeting_of (path, 12345), want, "a guest, with %s", conf);
    is_int (greeting_of (path, 0), 0, "the owner");
    kill (pid, SIGTERM);
    is_int (finish (pid), 0, "and the end");
}

int main (int argc, char **argv)
{
    struct fixture f = { .dir = "/tmp/test-broker-XXXXXX" };

    if (argc < 2)
        bail_out ("usage: test_broker PROGRAM");
    f.broker = argv[1];
    if (!mkdtemp (f.dir))
        bail_out ("mkdtemp");
    test_status (&f);
    test_environment (&f);
    test_rc (&f);
    test_dirs (&f);
    test_service (&f, SIGTERM);
    test_service (&f, SIGINT);
    test_signal (&f);
    test_successor (&f);
    test_guest (&f, "{}", EPERM);
    test_guest (&f, "{\"access\":{\"allow-guest-user\":true}}", 0);
    test_guest (&f, "{\"access\":{\"allow-guest-user\":false}}", EPERM);
    is_int (run (&f,
                 ARGS ("--conf",
                       "{\"access\":{\"allow-guest-user\":\"y\"}}",
                       "true"),
                 NULL),
            1,
            "a wrong type in [access] is refused");
    rmdir (f.dir);
    return done_testing ();
}
