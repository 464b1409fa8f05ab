/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/attrs.h"
#include "daemon/program.h"

struct program {
    struct broker *b;
    pid_t pid;
    bool group; /* leads a process group of its own */
    struct loop_source *sigchld;
    program_f done;
    void *arg;
};

/* Left over from an enclosing instance or another resource manager: in the
 * program they would lie.  A '*' stands for any ending.
 */
static const char *const removed[] = {
    "FLUX_JOB_ID",
    "FLUX_JOB_SIZE",
    "FLUX_JOB_NNODES",
    "FLUX_JOB_TMPDIR",
    "FLUX_TASK_RANK",
    "FLUX_TASK_LOCAL_ID",
    "FLUX_TERMINUS_SESSION",
    "FLUX_KVS_NAMESPACE",
    "FLUX_PROXY_REMOTE",
    "FLUX_START_URI",
    "FLUX_PMI_LIBRARY_PATH",
    "FLUX_URI",
    "I_MPI_MPIRUN",
    "NOTIFY_SOCKET",
    "PMI_*",
    "PMIX_*",
    "SLURM_*",
    NULL,
};

static bool is_removed (const char *var)
{
    for (int i = 0; removed[i]; i++) {
        size_t n = strlen (removed[i]);

        if (removed[i][n - 1] == '*') {
            if (strncmp (var, removed[i], n - 1) == 0)
                return true;
        }
        else if (strncmp (var, removed[i], n) == 0 && var[n] == '=')
            return true;
    }
    return false;
}

static void env_free (char **env)
{
    for (int i = 0; env && env[i]; i++)
        free (env[i]);
    free (env);
}

static char **env_create (struct broker *b)
{
    size_t n = 0;
    size_t out = 0;
    char **env;

    while (environ[n])
        n++;
    if (!(env = calloc (n + 3, sizeof (*env))))
        return NULL;
    for (size_t i = 0; i < n; i++) {
        if (is_removed (environ[i]))
            continue;
        if (!(env[out++] = strdup (environ[i])))
            goto error;
    }
    if (asprintf (&env[out], "FLUX_URI=%s", b->local_uri) < 0)
        goto error;
    out++;
    if (!getenv ("FLUX_EXEC_PATH")
        && asprintf (&env[out], "FLUX_EXEC_PATH=%s", b->libexecdir) < 0)
        goto error;
    return env;
error:
    env[out] = NULL;
    env_free (env);
    errno = ENOMEM;
    return NULL;
}

static void reap_cb (struct loop_source *src, int revents, void *arg)
{
    struct program *p = arg;
    int status;

    if (waitpid (p->pid, &status, WNOHANG) != p->pid)
        return;
    loop_source_destroy (p->sigchld);
    p->sigchld = NULL;
    p->done (p->b,
             WIFSIGNALED (status) ? 128 + WTERMSIG (status)
                                  : WEXITSTATUS (status),
             p->arg);
    free (p);
}

/* Beside the broker where a terminal's ^C should reach both, else apart. */
static bool own_group (struct broker *b)
{
    return attrs_get (b, "broker.rc2_pgrp") || getpgrp () != getpid ();
}

static int spawn (struct program *p, char **argv, char **env)
{
    posix_spawnattr_t attr;
    sigset_t def;
    sigset_t none;
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    int rc;

    sigemptyset (&none);
    sigemptyset (&def);
    sigaddset (&def, SIGPIPE);
    sigaddset (&def, SIGHUP);
    posix_spawnattr_init (&attr);
    posix_spawnattr_setsigdefault (&attr, &def);
    posix_spawnattr_setsigmask (&attr, &none);
    p->group = own_group (p->b) && !isatty (STDIN_FILENO);
    if (p->group) {
        flags |= POSIX_SPAWN_SETPGROUP;
        posix_spawnattr_setpgroup (&attr, 0);
    }
    posix_spawnattr_setflags (&attr, flags);
    rc = posix_spawnp (&p->pid, argv[0], NULL, &attr, argv, env);
    posix_spawnattr_destroy (&attr);
    errno = rc;
    return rc == 0 ? 0 : -1;
}

struct program *program_start (struct broker *b,
                               int argc,
                               char **argv,
                               program_f done,
                               void *arg,
                               flux_error_t *error)
{
    char *shell = getenv ("SHELL");
    char *interactive[] = { NULL, NULL };
    char *command[] = { NULL, "-c", argc > 0 ? argv[0] : NULL, NULL };
    char **env = env_create (b);
    struct program *p = calloc (1, sizeof (*p));

    if (!shell || *shell == '\0')
        shell = "/bin/bash";
    interactive[0] = command[0] = shell;
    if (!env || !p) {
        err_set (error, ENOMEM, "out of memory");
        goto error;
    }
    if (argc <= 1)
        argv = argc == 0 ? interactive : command;
    p->b = b;
    p->done = done;
    p->arg = arg;
    p->sigchld = loop_signal_create (b->loop, LOOP_ALWAYS, SIGCHLD, reap_cb, p);
    if (!p->sigchld || spawn (p, argv, env) < 0) {
        err_set (error, errno, "%s: %s", argv[0], strerror (errno));
        goto error;
    }
    env_free (env);
    return p;
error : {
    int saved_errno = errno;

    env_free (env);
    if (p)
        loop_source_destroy (p->sigchld);
    free (p);
    errno = saved_errno;
    return NULL;
}
}

void program_kill (struct program *p, int signum)
{
    kill (p->group ? -p->pid : p->pid, signum);
}

void program_abandon (struct program *p)
{
    if (p) {
        program_kill (p, SIGKILL);
        (void)waitpid (p->pid, NULL, 0);
        loop_source_destroy (p->sigchld);
        free (p);
    }
}
