/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* From a command to a process: fork(2), because the user's hooks run in the
 * child.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/subprocess_private.h"

extern char **environ;

struct child {
    struct sub_spawn *s;
    int report; /* errno is written here; closed by exec */
    sigset_t mask;
};

static void __attribute__ ((noreturn)) give_up (struct child *c)
{
    int errnum = errno ? errno : EINVAL;

    while (write (c->report, &errnum, sizeof (errnum)) < 0 && errno == EINTR)
        ;
    _exit (127);
}

static void set_fds (struct child *c)
{
    struct sub_spawn *s = c->s;

    for (int i = 0; i < 3; i++) {
        if (s->fds[i] >= 0 && dup2 (s->fds[i], i) < 0)
            give_up (c);
    }
    if (close_range (3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
        give_up (c);
    for (int i = 0; i < s->nextra; i++)
        fcntl (s->extra[i], F_SETFD, 0);
}

/* All as for a program started by hand. */
static void reset_signals (void)
{
    struct sigaction dfl = { .sa_handler = SIG_DFL };
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        sigaction (i, &dfl, NULL);
    sigemptyset (&none);
    sigprocmask (SIG_SETMASK, &none, NULL);
}

/* As the shell of a job does; said on what is the process's own stderr. */
static void enter (struct child *c, const char *cwd)
{
    if (!cwd || chdir (cwd) == 0)
        return;
    dprintf (STDERR_FILENO,
             "Could not change dir to %s: %s. Going to /tmp instead\n",
             cwd,
             strerror (errno));
    if (chdir ("/tmp") < 0)
        give_up (c);
}

static void __attribute__ ((noreturn)) child_main (struct child *c)
{
    flux_subprocess_t *p = c->s->p;
    const flux_subprocess_hooks_t *hooks = c->s->hooks;

    if (!(p->flags & FLUX_SUBPROCESS_FLAGS_NO_SETPGRP))
        setpgid (0, 0);
    set_fds (c);
    reset_signals ();
    if (hooks && hooks->pre_exec)
        hooks->pre_exec (p, hooks->pre_exec_arg);
    enter (c, p->cmd->cwd);
    environ = c->s->env; /* its PATH is searched */
    execvp (p->cmd->argv.v[0], p->cmd->argv.v);
    give_up (c);
}

/* An argument vector ends in NULL; lists of strings do not. */
static int end_argv (struct strings *argv)
{
    char **v = realloc (argv->v, (argv->n + 1) * sizeof (*v));

    if (!v)
        return -1;
    argv->v = v;
    v[argv->n] = NULL;
    return 0;
}

/* What the child has to say, if it could not be made. */
static int hear (int fd, pid_t pid)
{
    int errnum = 0;
    ssize_t n;

    while ((n = read (fd, &errnum, sizeof (errnum))) < 0 && errno == EINTR)
        ;
    if (n != sizeof (errnum))
        return 0;
    while (waitpid (pid, NULL, 0) < 0 && errno == EINTR)
        ;
    errno = errnum;
    return -1;
}

int sub_spawn (struct sub_spawn *s)
{
    struct child c = { .s = s };
    sigset_t all;
    int fds[2];
    int saved;
    pid_t pid;
    int rc;

    if (end_argv (&s->p->cmd->argv) < 0 || pipe2 (fds, O_CLOEXEC) < 0)
        return -1;
    c.report = fds[1];
    /* no handler of this program runs in the child */
    sigfillset (&all);
    pthread_sigmask (SIG_BLOCK, &all, &c.mask);
    pid = fork ();
    saved = errno;
    if (pid == 0)
        child_main (&c);
    pthread_sigmask (SIG_SETMASK, &c.mask, NULL);
    close (fds[1]);
    errno = saved;
    if (pid > 0 && s->hooks && s->hooks->post_fork) {
        s->p->pid = pid;
        s->hooks->post_fork (s->p, s->hooks->post_fork_arg);
    }
    rc = pid < 0 ? -1 : hear (fds[0], pid);
    saved = errno;
    close (fds[0]);
    errno = saved;
    s->p->pid = rc < 0 ? -1 : pid;
    return rc;
}
