/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <flux/subprocess.h>

#include "daemon/runner.h"

#define AUX "run"

extern char **environ;

struct member {
    struct run *run;
    unsigned int rank;
    flux_subprocess_t *p;
    bool over;
    int signum; /* that came before it ran */
};

struct run {
    struct run_report report;
    struct member *members;
    size_t count;
};

static struct member *member_of (flux_subprocess_t *p)
{
    return flux_subprocess_aux_get (p, AUX);
}

static void over (struct member *m, int status, const char *why)
{
    if (m->over)
        return;
    m->over = true;
    m->run->report.over (m->run->report.arg, m->rank, status, why);
}

static void output_cb (flux_subprocess_t *p, const char *stream)
{
    struct member *m = member_of (p);
    bool err = !strcmp (stream, "stderr");
    const char *line;
    int n;

    while ((n = flux_subprocess_read_line (p, stream, &line)) > 0) {
        char *copy = strndup (line, line[n - 1] == '\n' ? n - 1 : n);

        if (copy)
            m->run->report.line (m->run->report.arg, m->rank, err, copy);
        free (copy);
    }
}

static void send_signal (struct member *m, int signum)
{
    flux_future_t *f = flux_subprocess_kill (m->p, signum);

    flux_future_destroy (f); /* it may just have ended */
}

static void state_cb (flux_subprocess_t *p, flux_subprocess_state_t state)
{
    struct member *m = member_of (p);

    if (state == FLUX_SUBPROCESS_RUNNING && m->signum)
        send_signal (m, m->signum);
    else if (state == FLUX_SUBPROCESS_FAILED)
        over (m, 0, flux_subprocess_fail_error (p));
}

static void completion_cb (flux_subprocess_t *p)
{
    over (member_of (p), flux_subprocess_status (p), NULL);
}

static const flux_subprocess_ops_t subprocess_ops = {
    .on_completion = completion_cb,
    .on_state_change = state_cb,
    .on_stdout = output_cb,
    .on_stderr = output_cb,
};

static void run_destroy (struct run *run)
{
    int saved_errno = errno;

    for (size_t i = 0; run->members && i < run->count; i++) {
        struct member *m = &run->members[i];

        if (m->p && !m->over)
            send_signal (m, SIGKILL);
        flux_subprocess_destroy (m->p);
    }
    free (run->members);
    free (run);
    errno = saved_errno;
}

static void run_signal (struct run *run, const struct idset *ranks, int signum)
{
    for (size_t i = 0; i < run->count; i++) {
        struct member *m = &run->members[i];

        if (m->over || (ranks && !idset_test (ranks, m->rank)))
            continue;
        if (flux_subprocess_state (m->p) == FLUX_SUBPROCESS_RUNNING)
            send_signal (m, signum);
        else
            m->signum = signum;
    }
}

static flux_cmd_t *make_command (const struct run_command *c)
{
    flux_cmd_t *cmd;
    int argc = 0;
    int rc = 0;

    while (c->argv[argc])
        argc++;
    cmd = flux_cmd_create (argc, (char **)c->argv, c->plain ? NULL : environ);
    for (int i = 0; cmd && rc == 0 && c->env && c->env[i]; i++) {
        const char *eq = strchr (c->env[i], '=');
        char *name = eq ? strndup (c->env[i], eq - c->env[i]) : NULL;

        rc = name ? flux_cmd_setenvf (cmd, 1, name, "%s", eq + 1) : -1;
        free (name);
    }
    if (cmd && rc == 0 && c->cwd)
        rc = flux_cmd_setcwd (cmd, c->cwd);
    if (cmd && rc < 0) {
        flux_cmd_destroy (cmd);
        cmd = NULL;
    }
    return cmd;
}

static int launch (struct run *run,
                   flux_t *h,
                   const struct idset *ranks,
                   const flux_cmd_t *cmd)
{
    unsigned int rank = idset_first (ranks);
    size_t n = idset_count (ranks);

    if (!(run->members = calloc (n + 1, sizeof (*run->members))))
        return -1;
    for (size_t i = 0; i < n; i++) {
        struct member *m = &run->members[i];

        m->run = run;
        m->rank = rank;
        run->count = i + 1;
        if (!(m->p = flux_rexec (h, rank, 0, cmd, &subprocess_ops))
            || flux_subprocess_aux_set (m->p, AUX, m, NULL) < 0
            || flux_subprocess_close (m->p, "stdin") < 0)
            return -1;
        rank = idset_next (ranks, rank);
    }
    return 0;
}

static struct run *run_start (void *arg, const struct run_command *c)
{
    struct run *run = calloc (1, sizeof (*run));
    flux_cmd_t *cmd = make_command (c);

    if (run)
        run->report = *c->report;
    if (run && (!cmd || launch (run, arg, c->ranks, cmd) < 0)) {
        run_destroy (run);
        run = NULL;
    }
    flux_cmd_destroy (cmd);
    return run;
}

struct runner_ops runner_make (flux_t *h)
{
    struct runner_ops ops = { run_start, run_signal, run_destroy, h };

    return ops;
}

int runner_pid (struct run *run)
{
    pid_t pid = run->count > 0 ? flux_subprocess_pid (run->members[0].p) : -1;

    return pid > 0 ? (int)pid : 0;
}
