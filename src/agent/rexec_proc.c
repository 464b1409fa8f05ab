/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A process of a client: what it does becomes responses to its request, or
 * lines in our log if it runs in the background.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <utlist.h>

#include "agent/rexec.h"
#include "base/log.h"

#define AUX "rexec"

static struct rexec_proc *proc_of (flux_subprocess_t *p)
{
    return flux_subprocess_aux_get (p, AUX);
}

void rexec_proc_destroy (struct rexec_proc *proc)
{
    struct agent *a = proc->rx->agent;

    DL_DELETE (proc->rx->procs, proc);
    flux_subprocess_destroy (proc->p);
    flux_msg_decref (proc->client.req);
    flux_msglist_destroy (proc->waiters);
    rexec_tail_clear (&proc->tail);
    free (proc);
    if (a->leaving)
        loop_kick (a->flush);
}

/* ---- streams ---- */

static int flag_of (const char *stream)
{
    if (!strcmp (stream, "stdout"))
        return REXEC_STDOUT;
    return strcmp (stream, "stderr") ? REXEC_CHANNEL : REXEC_STDERR;
}

/* Call f for each stream that the process writes. */
static void each_output (struct rexec_proc *proc,
                         void (*f) (struct rexec_proc *, const char *))
{
    struct strings *channels = &flux_subprocess_get_cmd (proc->p)->channels;

    f (proc, "stdout");
    f (proc, "stderr");
    for (int i = 0; i < channels->n; i++)
        f (proc, channels->v[i]);
}

static void stop_stream (struct rexec_proc *proc, const char *stream)
{
    flux_subprocess_stream_stop (proc->p, stream);
}

static void start_stream (struct rexec_proc *proc, const char *stream)
{
    flux_subprocess_stream_start (proc->p, stream);
}

static void set_stopped (struct rexec_proc *proc, bool stopped)
{
    if (proc->client.stopped == stopped)
        return;
    proc->client.stopped = stopped;
    each_output (proc, stopped ? stop_stream : start_stream);
}

void rexec_proc_flow (struct rexec_proc *proc, size_t bytes)
{
    struct rexec_client *c = &proc->client;

    c->unacked -= bytes < c->unacked ? bytes : c->unacked;
    if (c->unacked < AGENT_FLOW_WINDOW / 2)
        set_stopped (proc, false);
}

static void send_output (struct rexec_proc *proc,
                         const char *stream,
                         const char *data,
                         size_t len,
                         bool eof)
{
    struct rexec_client *c = &proc->client;
    char *s;

    if (!c->req || !(c->flags & flag_of (stream)))
        return;
    s = rexec_output_encode (flux_subprocess_pid (proc->p),
                             stream,
                             proc->rx->agent->opt.rank,
                             data,
                             len,
                             eof);
    c->unacked += s ? strlen (s) : 0;
    rexec_respond (proc->rx, c->req, s);
    if (c->unacked > AGENT_FLOW_WINDOW)
        set_stopped (proc, true);
}

/* What a process in the background says goes to the log, line by line. */
static void log_output (struct rexec_proc *proc,
                        const char *stream,
                        const char *data,
                        int len)
{
    if (flag_of (stream) == REXEC_CHANNEL)
        return;
    while (len > 0) {
        const char *eol = memchr (data, '\n', len);
        int n = eol ? eol - data : len;

        log_msg (strcmp (stream, "stderr") ? LOG_INFO : LOG_ERR,
                 "rexec",
                 "%s[%d]: %s: %.*s",
                 flux_cmd_arg (flux_subprocess_get_cmd (proc->p), 0),
                 (int)flux_subprocess_pid (proc->p),
                 stream,
                 n,
                 data);
        data += n + (eol != NULL);
        len -= n + (eol != NULL);
    }
}

static void say (struct rexec_proc *proc,
                 const char *stream,
                 const char *data,
                 int len)
{
    send_output (proc, stream, data, len, false);
    if (proc->background)
        log_output (proc, stream, data, len);
    if (proc->waitable)
        rexec_tail_add (&proc->tail,
                        stream,
                        proc->rx->agent->opt.rank,
                        data,
                        len);
}

static bool by_line (struct rexec_proc *proc, const char *stream)
{
    char name[256];
    const char *opt;

    if (snprintf (name, sizeof (name), "%s_LINE_BUFFER", stream)
        >= (int)sizeof (name))
        return true;
    opt = flux_cmd_getopt (flux_subprocess_get_cmd (proc->p), name);
    return !opt || strcasecmp (opt, "false");
}

/* A line a message: clients that label lines rely on it. */
static bool say_lines (struct rexec_proc *proc, const char *stream)
{
    const char *data;
    bool any = false;
    int n;

    while ((n = flux_subprocess_read_line (proc->p, stream, &data)) > 0) {
        say (proc, stream, data, n);
        any = true;
    }
    return any;
}

/* Called once more when all is read and nothing will come: that is the end. */
static void output_cb (flux_subprocess_t *p, const char *stream)
{
    struct rexec_proc *proc = proc_of (p);
    const char *data;
    bool any;
    int n;

    if (by_line (proc, stream))
        any = say_lines (proc, stream);
    else {
        n = flux_subprocess_read (p, stream, &data);
        if ((any = n > 0))
            say (proc, stream, data, n);
    }
    if (!any && flux_subprocess_read_stream_closed (p, stream))
        send_output (proc, stream, NULL, 0, true);
}

static void credit_cb (flux_subprocess_t *p, const char *stream, int bytes)
{
    struct rexec_proc *proc = proc_of (p);

    if (proc->client.req && (proc->client.flags & REXEC_WRITE_CREDIT))
        rexec_respond (proc->rx,
                       proc->client.req,
                       rexec_credit_encode (stream, bytes));
}

/* ---- the end ---- */

static void send_finished (struct rexec_proc *proc)
{
    if (proc->client.req)
        rexec_respond (
            proc->rx,
            proc->client.req,
            rexec_finished_encode (flux_subprocess_status (proc->p)));
}

static void end_stream (struct rexec_proc *proc)
{
    if (proc->client.req)
        rexec_respond_error (proc->rx, proc->client.req, ENODATA, NULL);
    flux_msg_decref (proc->client.req);
    proc->client.req = NULL;
}

static void log_exit (struct rexec_proc *proc)
{
    int status = flux_subprocess_status (proc->p);

    log_msg (LOG_INFO,
             "rexec",
             WIFSIGNALED (status) ? "%s[%d]: killed by signal %d"
                                  : "%s[%d]: exited with code %d",
             flux_cmd_arg (flux_subprocess_get_cmd (proc->p), 0),
             (int)flux_subprocess_pid (proc->p),
             WIFSIGNALED (status) ? WTERMSIG (status) : WEXITSTATUS (status));
}

void rexec_proc_reap (struct rexec_proc *proc)
{
    int status = flux_subprocess_status (proc->p);
    const flux_msg_t *msg;

    while ((msg = flux_msglist_pop (proc->waiters))) {
        rexec_respond (proc->rx, msg, rexec_wait_encode (status, &proc->tail));
        flux_msg_decref (msg);
    }
    rexec_proc_destroy (proc);
}

static void completion_cb (flux_subprocess_t *p)
{
    struct rexec_proc *proc = proc_of (p);
    bool told = proc->client.req != NULL;

    end_stream (proc);
    proc->zombie = proc->waitable && !told;
    if (!proc->zombie || flux_msglist_count (proc->waiters) > 0)
        rexec_proc_reap (proc);
}

static void state_cb (flux_subprocess_t *p, flux_subprocess_state_t state)
{
    struct rexec_proc *proc = proc_of (p);

    if (state == FLUX_SUBPROCESS_STOPPED && proc->client.req)
        rexec_respond (proc->rx, proc->client.req, rexec_stopped_encode ());
    if (state != FLUX_SUBPROCESS_EXITED)
        return;
    proc->finished = true;
    send_finished (proc);
    if (proc->background)
        log_exit (proc);
    /* what holds its streams open is nobody's any more */
    if (proc->doomed)
        rexec_proc_destroy (proc);
}

/* ---- clients ---- */

static void send_eof_again (struct rexec_proc *proc, const char *stream)
{
    if (flux_subprocess_read_stream_closed (proc->p, stream))
        send_output (proc, stream, NULL, 0, true);
}

void rexec_proc_attach (struct rexec_proc *proc,
                        const flux_msg_t *msg,
                        int flags)
{
    proc->client = (struct rexec_client){
        .req = flux_msg_incref (msg),
        .flags = flags & (REXEC_STDOUT | REXEC_STDERR | REXEC_CHANNEL),
    };
    rexec_respond (proc->rx,
                   msg,
                   rexec_attached_encode (flux_subprocess_pid (proc->p),
                                          flux_subprocess_get_cmd (proc->p)));
    each_output (proc, send_eof_again);
    if (proc->finished)
        send_finished (proc);
    if (proc->zombie) {
        end_stream (proc);
        rexec_proc_reap (proc);
    }
}

void rexec_proc_leave (struct rexec_proc *proc)
{
    flux_msg_decref (proc->client.req);
    proc->client.req = NULL;
    proc->client.unacked = 0;
    set_stopped (proc, false);
    if (proc->background)
        return;
    proc->doomed = true;
    if (proc->finished)
        rexec_proc_destroy (proc);
    else
        (void)rexec_proc_kill (proc, SIGKILL);
}

int rexec_proc_kill (struct rexec_proc *proc, int signum)
{
    flux_future_t *f = flux_subprocess_kill (proc->p, signum);
    int rc = f ? flux_future_get (f, NULL) : -1;
    int saved = errno;

    flux_future_destroy (f);
    errno = saved;
    return rc;
}

/* ---- starting ---- */

static int local_flags (int flags)
{
    return (flags & REXEC_FALLTHROUGH ? FLUX_SUBPROCESS_FLAGS_STDIO_FALLTHROUGH
                                      : 0)
           | (flags & REXEC_NO_SETPGRP ? FLUX_SUBPROCESS_FLAGS_NO_SETPGRP : 0);
}

/* Nobody will ever write to a process in the background. */
static void close_input (struct rexec_proc *proc)
{
    struct strings *channels = &flux_subprocess_get_cmd (proc->p)->channels;

    flux_subprocess_close (proc->p, "stdin");
    for (int i = 0; i < channels->n; i++)
        flux_subprocess_close (proc->p, channels->v[i]);
}

static int spawn (struct rexec_proc *proc, struct rexec_exec *req)
{
    bool bg = proc->background;
    flux_subprocess_ops_t ops = {
        .on_completion = completion_cb,
        .on_state_change = state_cb,
        .on_stdout = bg || (req->flags & REXEC_STDOUT) ? output_cb : NULL,
        .on_stderr = bg || (req->flags & REXEC_STDERR) ? output_cb : NULL,
        .on_channel_out = bg || (req->flags & REXEC_CHANNEL) ? output_cb : NULL,
        .on_credit = credit_cb,
    };
    flux_subprocess_hooks_t hooks = {
        .pre_exec = rexec_user_pre_exec,
        .pre_exec_arg = proc,
    };

    if (rexec_user_env (proc->rx, req->cmd) < 0)
        return -1;
    proc->p = flux_local_exec_ex (proc->rx->reactor,
                                  local_flags (req->local_flags),
                                  req->cmd,
                                  &ops,
                                  &hooks,
                                  NULL,
                                  NULL);
    if (!proc->p)
        return -1;
    return flux_subprocess_aux_set (proc->p, AUX, proc, NULL);
}

int rexec_proc_start (struct rexec *rx,
                      struct agent_job *job,
                      struct rexec_exec *req,
                      const flux_msg_t *msg,
                      flux_error_t *error)
{
    struct rexec_proc *proc = calloc (1, sizeof (*proc));

    if (!proc || !(proc->waiters = flux_msglist_create ())) {
        free (proc);
        return err_set (error, ENOMEM, "out of memory");
    }
    proc->rx = rx;
    proc->job = job;
    proc->of_job = job != NULL;
    proc->background = !flux_msg_is_streaming (msg);
    proc->waitable = proc->background && (req->flags & REXEC_WAITABLE);
    DL_APPEND (rx->procs, proc);
    if (spawn (proc, req) < 0) {
        int saved = errno;

        rexec_proc_destroy (proc);
        return err_set (error,
                        saved,
                        "error launching process: %s",
                        strerror (saved));
    }
    rexec_respond (rx,
                   msg,
                   rexec_started_encode (flux_subprocess_pid (proc->p)));
    if (proc->background)
        close_input (proc);
    else {
        proc->client.req = flux_msg_incref (msg);
        proc->client.flags = req->flags;
    }
    return 0;
}
