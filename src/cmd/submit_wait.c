/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/jobspec_build.h"
#include "cmd/jobwatch.h"
#include "cmd/progress.h"
#include "cmd/submit_wait.h"
#include "cmd/util.h"

struct waited {
    flux_jobid_t id;
    FILE *out;
    FILE *err;
    struct jobwatch *watch;
    struct event_watch *event; /* with --wait-event=exec.NAME */
    bool running;
    bool seen;
    struct waiter *owner;
};

struct waiter {
    flux_t *h;
    const struct opts *o;
    bool watch;
    bool quiet;
    bool label;
    const char *wait_event; /* NULL: do not wait */
    struct waited *jobs;
    int count;
    int active;
    int status;
    struct progress progress;
    char *log_name[2]; /* the files open now */
    FILE *log[2];
};

struct waiter *waiter_create (flux_t *h, const struct opts *o, int total)
{
    struct waiter *w = xcalloc (1, sizeof (*w));

    w->h = h;
    w->o = o;
    w->watch = opt_count (o, "watch") > 0;
    w->quiet = opt_count (o, "quiet") > 0;
    w->label = opt_count (o, "label-io") > 0;
    w->wait_event = opt_str (o, "wait-event", NULL);
    if (!w->wait_event && (opt_count (o, "wait") || w->watch))
        w->wait_event = "clean";
    w->jobs = xcalloc (total, sizeof (*w->jobs));
    w->progress.on = opt_count (o, "progress") && isatty (STDOUT_FILENO);
    w->progress.jps = opt_count (o, "jps") > 0;
    w->progress.total = total;
    w->progress.pending = w->wait_event ? total : 0;
    w->progress.start = flux_reactor_time ();
    return w;
}

void waiter_watch (struct waiter *w)
{
    w->watch = true;
    w->quiet = true;
    w->wait_event = "clean";
    w->progress.pending = w->progress.total;
}

void waiter_destroy (struct waiter *w)
{
    for (int i = 0; i < w->count; i++) {
        jobwatch_destroy (w->jobs[i].watch);
        event_watch_destroy (w->jobs[i].event);
    }
    for (int i = 0; i < 2; i++) {
        if (w->log[i])
            fclose (w->log[i]);
        free (w->log_name[i]);
    }
    free (w->jobs);
    free (w);
}

/* The file for job copy cc by option name; the same name is opened once. */
static FILE *log_file (struct waiter *w, int i, const char *option, long cc)
{
    const char *template = opt_str (w->o, option, NULL);
    char *name;

    if (!template)
        return NULL;
    name = replace_cc (template, cc);
    if (w->log[i] && !strcmp (name, w->log_name[i])) {
        free (name);
        return w->log[i];
    }
    /* A file that jobs still write to must stay open; without waiting there
     * is nothing more to come.
     */
    if (w->log[i] && !w->wait_event)
        fclose (w->log[i]);
    free (w->log_name[i]);
    w->log_name[i] = name;
    if (!(w->log[i] = fopen (name, "w")))
        die ("--%s: %s: %s", option, name, strerror (errno));
    setlinebuf (w->log[i]);
    return w->log[i];
}

void waiter_submitted (struct waiter *w, flux_jobid_t id, long cc)
{
    struct waited *j = &w->jobs[w->count++];
    FILE *log = log_file (w, 0, "log", cc);
    FILE *log_err = log_file (w, 1, "log-stderr", cc);

    j->id = id;
    j->owner = w;
    j->out = log ? log : stdout;
    j->err = log_err ? log_err : log ? log : stderr;
    if (!w->wait_event)
        w->progress.completed++;
    if (!w->quiet) {
        progress_clear (&w->progress);
        fprintf (j->out, "%s\n", id_str (id));
        /* ids are read as they come, unless there are many */
        if (w->count == 1)
            fflush (j->out);
    }
    progress_draw (&w->progress, false);
}

void waiter_refused (struct waiter *w)
{
    progress_clear (&w->progress);
    w->progress.failed++;
    if (w->progress.pending > 0)
        w->progress.pending--;
}

static void job_over (struct waited *j, int code)
{
    struct waiter *w = j->owner;

    if (code > w->status)
        w->status = code;
    if (j->running)
        w->progress.running--;
    else
        w->progress.pending--;
    if (code == 0)
        w->progress.completed++;
    else
        w->progress.failed++;
    progress_draw (&w->progress, false);
    if (--w->active == 0)
        flux_reactor_stop (flux_get_reactor (w->h));
}

static void event_cb (struct jobwatch *jw,
                      const struct entry *ent,
                      json_t *o,
                      bool is_exec,
                      void *arg)
{
    struct waited *j = arg;
    struct waiter *w = j->owner;

    if (is_exec)
        return;
    if (!strcmp (ent->name, w->wait_event))
        j->seen = true;
    if (!strcmp (ent->name, "start") && !j->running) {
        j->running = true;
        w->progress.pending--;
        w->progress.running++;
        progress_draw (&w->progress, false);
    }
    else if (!strcmp (ent->name, "exception")) {
        progress_clear (&w->progress);
        print_exception (jw, ent, true);
    }
}

static void output_cb (struct jobwatch *jw,
                       const char *stream,
                       const char *rank,
                       const char *data,
                       size_t len,
                       bool eof,
                       void *arg)
{
    struct waited *j = arg;
    FILE *f = !strcmp (stream, "stderr") ? j->err : j->out;
    char prefix[64];

    if (!data)
        return;
    snprintf (prefix, sizeof (prefix), "%s: ", id_str (j->id));
    progress_clear (&j->owner->progress);
    write_output (f, prefix, rank, data, len, j->owner->label);
    fflush (f);
    progress_draw (&j->owner->progress, true);
}

static void note_cb (struct jobwatch *jw, double t, const char *text, void *arg)
{
    struct waited *j = arg;

    if (j->owner->label)
        fprintf (j->err, "%s: ", id_str (j->id));
    fprintf (j->err, "%s\n", text);
}

static void done_cb (struct jobwatch *jw, void *arg)
{
    struct waited *j = arg;
    int code = jw->exit_code;

    if (!jw->stop_seen && !jw->errnum) {
        warn_msg ("%s: event '%s' never received",
                  id_str (j->id),
                  j->owner->wait_event);
        code = 1;
    }
    job_over (j, code);
}

static const struct jobwatch_ops ops = {
    .event = event_cb,
    .output = output_cb,
    .note = note_cb,
    .done = done_cb,
};

/* --wait-event=exec.NAME */
static void exec_event_cb (struct event_watch *ew,
                           const struct entry *ent,
                           json_t *o,
                           int errnum,
                           const char *text,
                           void *arg)
{
    struct waited *j = arg;
    const char *name = j->owner->wait_event + 5;

    if (ent && !j->seen && !strcmp (ent->name, name)) {
        j->seen = true;
        event_watch_cancel (ew);
    }
    else if (!ent) {
        if (!j->seen)
            warn_msg ("%s: event '%s' never received", id_str (j->id), name);
        event_watch_destroy (j->event);
        j->event = NULL;
        job_over (j, j->seen ? 0 : 1);
    }
}

static void follow (struct waiter *w, struct waited *j)
{
    if (!strncmp (w->wait_event, "exec.", 5) && !w->watch)
        j->event = event_watch_start (w->h,
                                      j->id,
                                      "guest.exec.eventlog",
                                      FLUX_JOB_EVENT_WATCH_WAITCREATE,
                                      exec_event_cb,
                                      j);
    else
        j->watch = jobwatch_start (w->h,
                                   j->id,
                                   w->watch ? JOBWATCH_OUTPUT : 0,
                                   w->watch ? "clean" : w->wait_event,
                                   &ops,
                                   j);
    if (!j->watch && !j->event)
        die ("%s: %s", id_str (j->id), strerror (errno));
    w->active++;
}

int waiter_run (struct waiter *w)
{
    fflush (stdout);
    if (w->wait_event && w->count > 0) {
        for (int i = 0; i < w->count; i++)
            follow (w, &w->jobs[i]);
        if (flux_reactor_run (flux_get_reactor (w->h), 0) < 0 && w->active > 0)
            die ("lost connection to the instance: %s", strerror (errno));
    }
    if (w->progress.on) {
        progress_draw (&w->progress, true);
        printf ("\n");
    }
    return w->status;
}

int waiter_status (struct waiter *w)
{
    return w->status;
}
