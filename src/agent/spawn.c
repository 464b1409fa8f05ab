/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The child shares the agent's memory until it executes its program, so it
 * reports what failed by writing to the struct spawn, and must change nothing
 * else.  All signals are blocked meanwhile, and given back their default
 * before they are let in again: no handler of the agent ever runs in it.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/spawn.h"

enum {
    MAX_SCRIPT_ARGS = 10000,
};

struct child {
    struct spawn *s;
    volatile int errnum;
    sigset_t none;
};

static void fail (struct child *c, const char *where)
{
    c->errnum = errno ? errno : EINVAL;
    c->s->where = where;
    _exit (127);
}

/* Handlers and ignored signals go back to their default. */
static void reset_signals (struct child *c)
{
    static const int used[] = { SIGPIPE, SIGCHLD, SIGTERM, SIGINT,
                                SIGHUP,  SIGQUIT, SIGUSR1, SIGUSR2 };
    struct sigaction dfl = { .sa_handler = SIG_DFL };

    for (size_t i = 0; i < sizeof (used) / sizeof (used[0]); i++)
        sigaction (used[i], &dfl, NULL);
    sigprocmask (SIG_SETMASK, &c->none, NULL);
}

static void set_limit (int which, rlim_t soft)
{
    struct rlimit r;

    if (getrlimit (which, &r) < 0)
        return;
    r.rlim_cur = soft > r.rlim_max ? r.rlim_max : soft;
    setrlimit (which, &r);
}

static void set_limits (struct spawn *s)
{
    set_limit (RLIMIT_NOFILE, s->nofile);
    for (unsigned int i = 0; i < s->nrlimits; i++)
        set_limit (s->rlimits[i].resource, s->rlimits[i].soft);
}

static void execute (struct spawn *s, const char *file)
{
    size_t n = 0;

    execve (file, s->argv, s->env);
    if (errno != ENOEXEC)
        return;
    while (s->argv[n])
        n++;
    if (n < MAX_SCRIPT_ARGS) {
        /* A script without #!, which execvp(3) gives to the shell. */
        char *argv[n + 2];

        argv[0] = (char *)"/bin/sh";
        argv[1] = (char *)file;
        memcpy (&argv[2], &s->argv[1], n * sizeof (*argv));
        execve (argv[0], argv, s->env);
    }
    errno = ENOEXEC;
}

/* execve in each directory of the path, with the rules of execvp(3). */
static void search (struct spawn *s)
{
    const char *name = s->argv[0];
    const char *dir = s->path ? s->path : "/usr/local/bin:/usr/bin:/bin";
    size_t len = strlen (name);
    char file[PATH_MAX];
    bool denied = false;

    for (;; dir++) {
        size_t n = strcspn (dir, ":");

        if (n + 1 + len < sizeof (file)) {
            memcpy (file, n ? dir : ".", n ? n : 1);
            file[n ? n : 1] = '/';
            memcpy (file + (n ? n : 1) + 1, name, len + 1);
            execute (s, file);
            if (errno == EACCES)
                denied = true;
            else if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
                return;
        }
        dir += n;
        if (*dir == '\0')
            break;
    }
    errno = denied ? EACCES : ENOENT;
}

/* The C library's functions of these names look for other threads of the
 * process, and would find the agent's.
 */
static void become (struct child *c)
{
    const struct spawn *s = c->s;

    if (syscall (SYS_setgroups, s->ngroups, s->groups) < 0
        || syscall (SYS_setgid, s->gid) < 0 || syscall (SYS_setuid, s->uid) < 0)
        fail (c, "setuid");
}

static void adjust_oom (struct child *c)
{
    char text[16];
    int n = snprintf (text, sizeof (text), "%d", c->s->oom_score);
    int fd = open ("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write (fd, text, n) != n)
        fail (c, "oom.adjust");
    close (fd);
}

static void enter (struct child *c)
{
    struct spawn *s = c->s;

    if (!s->cwd || chdir (s->cwd) == 0)
        return;
    s->lost_cwd = errno;
    if (chdir ("/tmp") < 0 && chdir ("/") < 0)
        fail (c, "chdir");
}

static void __attribute__ ((noreturn)) child_main (struct child *c)
{
    struct spawn *s = c->s;

    setsid ();
    for (int fd = 0; fd < 3; fd++) {
        if (dup2 (s->fds[fd], fd) < 0)
            fail (c, "dup2");
    }
    if (s->pmi_fd >= 0
        && (dup2 (s->pmi_fd, SPAWN_PMI_FD) < 0
            || fcntl (SPAWN_PMI_FD, F_SETFD, 0) < 0))
        fail (c, "dup2");
    if (s->tty && ioctl (STDOUT_FILENO, TIOCSCTTY, 0) < 0)
        fail (c, "terminal");
    set_limits (s);
    if (s->cpus)
        sched_setaffinity (0, sizeof (*s->cpus), s->cpus);
    if (s->become)
        become (c);
    /* Nobody could report or end what outlives the agent. */
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    if (s->adjust_oom)
        adjust_oom (c);
    enter (c);
    reset_signals (c);
    if (s->stop && ptrace (PTRACE_TRACEME, 0, NULL, NULL) < 0)
        fail (c, "ptrace");
    if (strchr (s->argv[0], '/'))
        execute (s, s->argv[0]);
    else
        search (s);
    fail (c, "exec");
    _exit (127);
}

/* The stop at its first instruction becomes one that a debugger finds. */
static void stop (pid_t pid)
{
    int status;

    while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFSTOPPED (status))
        ptrace (PTRACE_DETACH, pid, NULL, SIGSTOP);
}

pid_t spawn_process (struct spawn *s)
{
    struct child c = { .s = s };
    sigset_t all, old;
    pid_t pid;

    s->where = NULL;
    sigemptyset (&c.none);
    sigfillset (&all);
    sigprocmask (SIG_BLOCK, &all, &old);
    pid = vfork ();
    if (pid == 0)
        child_main (&c);
    sigprocmask (SIG_SETMASK, &old, NULL);
    if (pid < 0) {
        s->where = "fork";
        return -1;
    }
    if (c.errnum) {
        while (waitpid (pid, NULL, 0) < 0 && errno == EINTR)
            ;
        errno = c.errnum;
        return -1;
    }
    if (s->stop)
        stop (pid);
    return pid;
}
