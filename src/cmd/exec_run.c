/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Processes on many ranks: output, signals, and what came of them. */

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cmd/exec.h"
#include "cmd/util.h"

#define AUX "target"

enum {
    NOT_EXECUTABLE = 126,
    NOT_FOUND = 127,
    NO_HOST = 68,
};

/* Seconds between two interrupts that end flux-exec itself. */
static const double twice = 1.;

/* A line about what goes on, if asked for. */
static void say (struct exec_run *run, const char *fmt, ...)
{
    va_list ap;

    if (!run->verbose)
        return;
    fprintf (stderr, "%fms: ", (flux_reactor_time () - run->t0) * 1000.);
    va_start (ap, fmt);
    vfprintf (stderr, fmt, ap);
    va_end (ap);
    fputc ('\n', stderr);
}

/* What a target that could not be run counts as. */
static int fail_code (int errnum)
{
    switch (errnum) {
    case ENOENT:
        return NOT_FOUND;
    case EPERM:
    case EACCES:
    case ENOEXEC:
        return NOT_EXECUTABLE;
    case EHOSTUNREACH:
        return NO_HOST;
    default:
        return 1;
    }
}

static void tell_failure (struct exec_run *run,
                          unsigned int rank,
                          const char *text)
{
    fprintf (stderr,
             "flux-exec: Error: rank %u: %s: %s\n",
             rank,
             run->name,
             text);
}

static struct exec_target *target_of (flux_subprocess_t *p)
{
    return flux_subprocess_aux_get (p, AUX);
}

static void over (struct exec_target *t)
{
    struct exec_run *run = t->run;

    if (t->over)
        return;
    t->over = true;
    run->nover++;
    exec_input_check (run);
    if (run->nover == run->ntargets)
        flux_reactor_stop (flux_get_reactor (run->h));
}

/* ---- output ---- */

static void put (struct exec_target *t, bool err, const char *data, size_t len)
{
    FILE *f = err ? stderr : stdout;

    if (t->run->label_io && !t->midline[err])
        fprintf (f, "%u: ", t->rank);
    t->midline[err] = data[len - 1] != '\n';
    if (fwrite (data, 1, len, f) < len)
        die ("write: %s", strerror (errno));
}

static void output_cb (flux_subprocess_t *p, const char *stream)
{
    struct exec_target *t = target_of (p);
    bool err = !strcmp (stream, "stderr");
    const char *data;
    int n;

    if (t->run->label_io) {
        while ((n = flux_subprocess_read_line (p, stream, &data)) > 0)
            put (t, err, data, n);
    }
    else if ((n = flux_subprocess_read (p, stream, &data)) > 0)
        put (t, err, data, n);
    fflush (err ? stderr : stdout);
}

static void credit_cb (flux_subprocess_t *p, const char *stream, int bytes)
{
    struct exec_target *t = target_of (p);

    if (strcmp (stream, "stdin"))
        return;
    t->credit += bytes;
    exec_input_check (t->run);
}

/* ---- ends ---- */

static void completion_cb (flux_subprocess_t *p)
{
    struct exec_target *t = target_of (p);

    t->status = flux_subprocess_status (p);
    t->code = WIFSIGNALED (t->status) ? 128 + WTERMSIG (t->status)
                                      : WEXITSTATUS (t->status);
    over (t);
}

static void state_cb (flux_subprocess_t *p, flux_subprocess_state_t state)
{
    struct exec_target *t = target_of (p);

    if (state != FLUX_SUBPROCESS_FAILED)
        return;
    t->code = fail_code (flux_subprocess_fail_errno (p));
    tell_failure (t->run, t->rank, flux_subprocess_fail_error (p));
    over (t);
}

static const flux_subprocess_ops_t ops = {
    .on_completion = completion_cb,
    .on_state_change = state_cb,
    .on_stdout = output_cb,
    .on_stderr = output_cb,
    .on_credit = credit_cb,
};

/* Ranks with one status in one line, unless it is 0. */
static void tell_statuses (struct exec_run *run)
{
    for (size_t i = 0; i < run->ntargets; i++) {
        int status = run->targets[i].status;
        struct idset *ranks;
        char *s;

        if (status == 0)
            continue;
        ranks = idset_create (0, IDSET_FLAG_AUTOGROW);
        for (size_t j = i; ranks && j < run->ntargets; j++) {
            if (run->targets[j].status == status) {
                idset_set (ranks, run->targets[j].rank);
                run->targets[j].status = 0;
            }
        }
        s = idset_encode (ranks, IDSET_FLAG_RANGE | IDSET_FLAG_BRACKETS);
        if (WIFSIGNALED (status))
            fprintf (stderr, "%s: %s\n", s, strsignal (WTERMSIG (status)));
        else
            fprintf (stderr, "%s: Exit %d\n", s, WEXITSTATUS (status));
        free (s);
        idset_destroy (ranks);
    }
}

/* ---- signals ---- */

static void kill_all (struct exec_run *run, int signum)
{
    for (size_t i = 0; i < run->ntargets; i++) {
        struct exec_target *t = &run->targets[i];
        flux_future_t *f = t->over ? NULL : flux_subprocess_kill (t->p, signum);

        /* it may just have ended */
        flux_future_destroy (f);
    }
}

static void signal_cb (flux_reactor_t *r,
                       flux_watcher_t *w,
                       int revents,
                       void *arg)
{
    struct exec_run *run = arg;
    int signum = flux_signal_watcher_get_signum (w);
    double now = flux_reactor_time ();

    if (signum == SIGINT && run->attach) {
        flux_reactor_stop (r);
        return;
    }
    if (signum == SIGINT) {
        if (now - run->last_sigint < twice)
            die ("Command still running at exit");
        run->last_sigint = now;
        fprintf (stderr,
                 "interrupt (Ctrl+C) one more time within %.2f sec to exit\n",
                 twice);
    }
    kill_all (run, signum);
}

static flux_watcher_t *watch_signal (struct exec_run *run, int signum)
{
    flux_watcher_t *w = flux_signal_watcher_create (flux_get_reactor (run->h),
                                                    signum,
                                                    signal_cb,
                                                    run);

    if (!w)
        die ("cannot watch signals: %s", strerror (errno));
    flux_watcher_start (w);
    return w;
}

/* ---- all ---- */

static flux_subprocess_t *launch (struct exec_run *run, unsigned int rank)
{
    if (run->attach) {
        char *end;
        long pid = strtol (run->name, &end, 10);
        bool is_pid = *run->name && !*end;

        return flux_rexec_attach (run->h,
                                  run->service,
                                  rank,
                                  0,
                                  is_pid ? pid : -1,
                                  is_pid ? NULL : run->name,
                                  &ops);
    }
    return flux_rexec_ex (run->h,
                          run->service,
                          rank,
                          0,
                          run->cmd,
                          &ops,
                          NULL,
                          NULL);
}

static void start_all (struct exec_run *run)
{
    unsigned int rank = idset_first (run->ranks);
    char *s = idset_encode (run->ranks, IDSET_FLAG_RANGE | IDSET_FLAG_BRACKETS);

    say (run, "Starting %s on %s", run->name, s);
    free (s);
    run->ntargets = idset_count (run->ranks);
    run->targets = xcalloc (run->ntargets, sizeof (*run->targets));
    for (size_t i = 0; i < run->ntargets; i++) {
        struct exec_target *t = &run->targets[i];

        t->run = run;
        t->rank = rank;
        if (!(t->p = launch (run, rank))
            || flux_subprocess_aux_set (t->p, AUX, t, NULL) < 0)
            die ("rank %u: %s: %s", rank, run->name, strerror (errno));
        rank = idset_next (run->ranks, rank);
    }
    say (run, "Sent all requests");
}

static int collect (struct exec_run *run)
{
    int code = 0;

    for (size_t i = 0; i < run->ntargets; i++) {
        if (run->targets[i].code > code)
            code = run->targets[i].code;
    }
    say (run, "%zu tasks complete with code %d", run->nover, code);
    if (!run->quiet)
        tell_statuses (run);
    return code;
}

int exec_all (struct exec_run *run)
{
    flux_watcher_t *sigint = watch_signal (run, SIGINT);
    flux_watcher_t *sigterm = watch_signal (run, SIGTERM);
    int code;

    start_all (run);
    exec_input_start (run);
    if (flux_reactor_run (flux_get_reactor (run->h), 0) < 0)
        die ("lost the instance: %s", strerror (errno));
    code = collect (run);
    for (size_t i = 0; i < run->ntargets; i++)
        flux_subprocess_destroy (run->targets[i].p);
    flux_watcher_destroy (sigint);
    flux_watcher_destroy (sigterm);
    flux_watcher_destroy (run->input);
    free (run->targets);
    return code;
}

/* ---- background ---- */

int exec_background (struct exec_run *run, int flags)
{
    size_t n = idset_count (run->ranks);
    flux_future_t **f = xcalloc (n, sizeof (*f));
    unsigned int rank = idset_first (run->ranks);
    int rc = 0;
    int pid;

    for (size_t i = 0; i < n; i++) {
        f[i] = flux_rexec_bg (run->h, run->service, rank, flags, run->cmd);
        if (!f[i])
            die ("rank %u: %s: %s", rank, run->name, strerror (errno));
        rank = idset_next (run->ranks, rank);
    }
    rank = idset_first (run->ranks);
    for (size_t i = 0; i < n; i++) {
        if (flux_rpc_get_unpack (f[i], "{s:i}", "pid", &pid) < 0) {
            tell_failure (run, rank, future_text (f[i]));
            rc = 1;
        }
        else
            printf ("%u: %d\n", rank, pid);
        flux_future_destroy (f[i]);
        rank = idset_next (run->ranks, rank);
    }
    free (f);
    return rc;
}
