/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "wire/base64.h"
#include "cmd/jobwatch.h"
#include "cmd/util.h"

static int exit_code_of (int status)
{
    if (WIFSIGNALED (status))
        return 128 + WTERMSIG (status);
    return WEXITSTATUS (status);
}

static void check_done (struct jobwatch *w)
{
    if (w->exec || w->out)
        return;
    /* not earlier: of a job that is over, Flux takes back the other streams
     * of this client too
     */
    if (w->main && w->stop_seen && !w->canceled
        && strcmp (w->stop_event, "clean") != 0) {
        w->canceled = true;
        event_watch_cancel (w->main);
    }
    if (w->main)
        return;
    if (w->exit_code == 0 && w->excepted)
        w->exit_code = 1;
    if (w->ops->done)
        w->ops->done (w, w->arg);
}

static void tell_data (struct jobwatch *w, const struct entry *ent)
{
    const char *stream;
    const char *rank;
    const char *data = NULL;
    const char *encoding = NULL;
    size_t len = 0;
    int eof = 0;
    char *raw = NULL;

    if (json_unpack (ent->context,
                     "{s:s s:s s?s% s?s s?b}",
                     "stream",
                     &stream,
                     "rank",
                     &rank,
                     "data",
                     &data,
                     &len,
                     "encoding",
                     &encoding,
                     "eof",
                     &eof)
        < 0)
        return;
    if (data && encoding && !strcmp (encoding, "base64"))
        data = raw = base64_decode (data, len, &len);
    if (w->ops->output)
        w->ops->output (w, stream, rank, data, data ? len : 0, eof, w->arg);
    free (raw);
}

/* Severities of the shell's own log (RFC 24). */
static const char *level_name (int level)
{
    static const char *const names[] = { "FATAL", "FATAL", "FATAL", "ERROR",
                                         "WARN",  "",      "",      "DEBUG" };

    return level >= 0 && level < 8 ? names[level] : "TRACE";
}

/* Each malloced; NULL: there is nothing to say. */
static char *redirect_text (const struct entry *ent)
{
    const char *stream, *rank, *path = "";

    if (json_unpack (ent->context,
                     "{s:s s:s s?s}",
                     "stream",
                     &stream,
                     "rank",
                     &rank,
                     "path",
                     &path)
        < 0)
        return NULL;
    return xasprintf ("%s: %s redirected%s%s",
                      rank,
                      stream,
                      *path ? " to " : "",
                      path);
}

static char *log_text (const struct entry *ent)
{
    const char *message = "";
    const char *component = NULL;
    int shell_rank = -1;
    int level = 5;
    char prefix[64] = "flux-shell";

    json_unpack (ent->context,
                 "{s?i s?s s?s s?i}",
                 "level",
                 &level,
                 "message",
                 &message,
                 "component",
                 &component,
                 "rank",
                 &shell_rank);
    if (shell_rank >= 0)
        snprintf (prefix, sizeof (prefix), "flux-shell[%d]", shell_rank);
    return xasprintf ("%s: %s%s%s%s%s",
                      prefix,
                      level_name (level),
                      *level_name (level) ? ": " : "",
                      component ? component : "",
                      component ? ": " : "",
                      message);
}

static void tell_note (struct jobwatch *w, const struct entry *ent)
{
    bool redirect = !strcmp (ent->name, "redirect");
    double when = strcmp (ent->name, "log") ? 0. : ent->timestamp;
    char *text;

    if (!w->ops->note)
        return;
    if ((text = redirect ? redirect_text (ent) : log_text (ent)))
        w->ops->note (w, when, text, w->arg);
    free (text);
}

static void output_cb (struct event_watch *ew,
                       const struct entry *ent,
                       json_t *o,
                       int errnum,
                       const char *text,
                       void *arg)
{
    struct jobwatch *w = arg;

    if (!ent) {
        event_watch_destroy (w->out);
        w->out = NULL;
        if (w->ops->caught_up && w->want_tail)
            w->ops->caught_up (w, w->arg);
        check_done (w);
    }
    else if (!ent->name) {
        if (w->ops->caught_up)
            w->ops->caught_up (w, w->arg);
    }
    else if (!strcmp (ent->name, "data"))
        tell_data (w, ent);
    else if (!strcmp (ent->name, "redirect") || !strcmp (ent->name, "log"))
        tell_note (w, ent);
}

static void start_output (struct jobwatch *w)
{
    int flags = FLUX_JOB_EVENT_WATCH_WAITCREATE;

    if (w->want_tail)
        flags |= FLUX_JOB_EVENT_WATCH_INITIAL_SENTINEL;
    w->out =
        event_watch_start (w->h, w->id, "guest.output", flags, output_cb, w);
}

static void exec_cb (struct event_watch *ew,
                     const struct entry *ent,
                     json_t *o,
                     int errnum,
                     const char *text,
                     void *arg)
{
    struct jobwatch *w = arg;
    const char *service = NULL;
    const char *pty = NULL;
    int capture = 0;

    if (!ent) {
        event_watch_destroy (w->exec);
        w->exec = NULL;
        check_done (w);
        return;
    }
    if (!strcmp (ent->name, "shell.init") && !w->service) {
        json_unpack (ent->context,
                     "{s?s s?i s?s s?i}",
                     "service",
                     &service,
                     "leader-rank",
                     &w->leader_rank,
                     "pty",
                     &pty,
                     "capture",
                     &capture);
        w->pty = pty ? xstrdup (pty) : NULL;
        w->capture = capture;
        w->service = xstrdup (service ? service : "");
        start_output (w);
    }
    if (w->ops->event)
        w->ops->event (w, ent, o, true, w->arg);
}

static void note_event (struct jobwatch *w, const struct entry *ent)
{
    int severity = -1;
    int status;
    int code;

    if (w->t0 == 0)
        w->t0 = ent->timestamp;
    if (!strcmp (ent->name, "start"))
        w->started = true;
    else if (!strcmp (ent->name, "exception")) {
        json_unpack (ent->context, "{s:i}", "severity", &severity);
        if (severity == 0)
            w->excepted = true;
    }
    else if (!strcmp (ent->name, "finish")
             && json_unpack (ent->context, "{s:i}", "status", &status) == 0) {
        w->finished = true;
        code = exit_code_of (status);
        if (code > w->exit_code)
            w->exit_code = code;
    }
}

static void main_cb (struct event_watch *ew,
                     const struct entry *ent,
                     json_t *o,
                     int errnum,
                     const char *text,
                     void *arg)
{
    struct jobwatch *w = arg;

    if (!ent) {
        if (errnum != ENODATA) {
            w->errnum = errnum;
            w->exit_code = 1;
            warn_msg ("%s: %s",
                      id_str (w->id),
                      errnum == ENOENT ? "No such job" : text);
        }
        event_watch_destroy (w->main);
        w->main = NULL;
        check_done (w);
        return;
    }
    if (w->stop_seen) /* already asked for the end */
        return;
    note_event (w, ent);
    if (w->want_output && !strcmp (ent->name, "submit") && !w->exec)
        w->exec = event_watch_start (w->h,
                                     w->id,
                                     "guest.exec.eventlog",
                                     FLUX_JOB_EVENT_WATCH_WAITCREATE,
                                     exec_cb,
                                     w);
    if (w->ops->event)
        w->ops->event (w, ent, o, false, w->arg);
    if (!strcmp (ent->name, w->stop_event)) {
        w->stop_seen = true;
        check_done (w);
    }
}

struct jobwatch *jobwatch_start (flux_t *h,
                                 flux_jobid_t id,
                                 int flags,
                                 const char *stop_event,
                                 const struct jobwatch_ops *ops,
                                 void *arg)
{
    struct jobwatch *w = xcalloc (1, sizeof (*w));

    w->h = h;
    w->id = id;
    w->ops = ops;
    w->arg = arg;
    w->stop_event = stop_event;
    w->want_output = flags & JOBWATCH_OUTPUT;
    w->want_tail = flags & JOBWATCH_TAIL;
    if (!(w->main = event_watch_start (h, id, "eventlog", 0, main_cb, w))) {
        free (w);
        return NULL;
    }
    return w;
}

void jobwatch_destroy (struct jobwatch *w)
{
    if (!w)
        return;
    event_watch_destroy (w->main);
    event_watch_destroy (w->exec);
    event_watch_destroy (w->out);
    free (w->service);
    free (w->pty);
    free (w);
}

void write_output (FILE *f,
                   const char *prefix,
                   const char *rank,
                   const char *data,
                   size_t len,
                   bool label)
{
    if (!label) {
        fwrite (data, 1, len, f);
        return;
    }
    while (len > 0) {
        const char *nl = memchr (data, '\n', len);
        size_t n = nl ? (size_t)(nl - data) + 1 : len;

        fprintf (f, "%s%s: ", prefix ? prefix : "", rank);
        fwrite (data, 1, n, f);
        if (!nl)
            fputc ('\n', f);
        data += n;
        len -= n;
    }
}

void print_exception (struct jobwatch *w, const struct entry *ent, bool brief)
{
    const char *type = "";
    const char *note = "";
    int severity = -1;

    json_unpack (ent->context,
                 "{s?s s?i s?s}",
                 "type",
                 &type,
                 "severity",
                 &severity,
                 "note",
                 &note);
    fflush (stdout);
    if (brief)
        fprintf (stderr, "job.exception: ");
    else
        fprintf (stderr,
                 "%.3fs: job.exception %s ",
                 ent->timestamp - w->t0,
                 id_str (w->id));
    fprintf (stderr,
             "type=%s severity=%d%s%s\n",
             type,
             severity,
             *note ? " " : "",
             note);
}
