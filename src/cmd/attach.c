/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <flux/taskmap.h>

#include "cmd/attach.h"
#include "cmd/attach_input.h"
#include "cmd/attach_pty.h"
#include "cmd/jobwatch.h"
#include "cmd/tail.h"
#include "cmd/util.h"

const struct option_def attach_options[] = {
    { 'l', "label-io", NULL, "Put the task rank before each line." },
    { 'u', "unbuffered", NULL, "Do not buffer standard input." },
    { 'i', "stdin-ranks", "RANKS", "Send standard input to these tasks only." },
    { 0, "tail", "[NUM]", "Show only the last NUM lines so far (default 10)." },
    { 0, "read-only", NULL, "Neither read standard input nor take signals." },
    { 'v', "verbose", NULL, "Say more on stderr." },
    { 'w', "wait-event", "EVENT", "Leave the eventlog at EVENT (finish)." },
    { 'E', "show-events", NULL, "Show the job's events on stderr." },
    { 'X', "show-exec", NULL, "Show the events of its execution on stderr." },
    { 0, "show-status", NULL, "Show the status line at once." },
    { 0 },
};

enum {
    NR_SIGNALS = 8,
};

static const int signals[NR_SIGNALS] = { SIGINT,  SIGTSTP, SIGTERM, SIGHUP,
                                         SIGALRM, SIGUSR1, SIGUSR2, 0 };

struct attach {
    flux_t *h;
    flux_reactor_t *r;
    const struct attach_config *c;
    struct jobwatch *w;
    struct attach_input *input;
    struct attach_pty *pty;
    FILE *seen; /* output that the terminal shows, if it is ours; NULL: that
                   is decided */
    char *seen_text;
    size_t nseen;
    bool pty_shows;
    struct tail *tail;
    flux_watcher_t *signal_w[NR_SIGNALS];
    flux_watcher_t *status_w;
    double last_sigint;
    double start;
    bool status_shown;
    const char *waiting_for;
    int exit_code;
    int finish_status; /* wait(2) status of the finish event; 0 before */
};

void attach_config_init (struct attach_config *c, const struct opts *o)
{
    int verbose = opt_count (o, "verbose");

    memset (c, 0, sizeof (*c));
    c->label_io = opt_count (o, "label-io") > 0;
    c->unbuffered = opt_count (o, "unbuffered") > 0;
    c->read_only = opt_count (o, "read-only") > 0;
    c->show_events = opt_count (o, "show-events") || verbose > 1;
    c->show_exec = opt_count (o, "show-exec") || verbose > 2;
    c->show_status = opt_count (o, "show-status") > 0;
    c->tail = -1;
    if (opt_count (o, "tail"))
        c->tail = opt_int (o, "tail", 10, 0, 1000000);
    c->stdin_ranks = opt_str (o, "stdin-ranks", "all");
    c->wait_event = opt_str (o, "wait-event", "finish");
}

static void clear_status (struct attach *a)
{
    if (a->status_shown) {
        fprintf (stderr, "\r\033[K");
        a->status_shown = false;
    }
}

static void status_cb (flux_reactor_t *r,
                       flux_watcher_t *watcher,
                       int revents,
                       void *arg)
{
    struct attach *a = arg;
    int s = flux_reactor_time () - a->start;

    if (!a->waiting_for)
        return;
    fprintf (stderr,
             "\r\033[K%s: %s %-40s %02d:%02d:%02d\r",
             get_prefix (),
             id_str (a->w->id),
             a->waiting_for,
             s / 3600,
             s / 60 % 60,
             s % 60);
    a->status_shown = true;
}

static const struct {
    const char *event;
    const char *waiting_for; /* NULL: no more waiting */
} phases[] = {
    { "submit", "waiting for validation" },
    { "validate", "resolving dependencies" },
    { "depend", "waiting for priority assignment" },
    { "priority", "waiting for resources" },
    { "alloc", "starting" },
    { "prolog-start", "waiting for job prolog" },
    { "prolog-finish", "starting" },
    { "start", NULL },
    { "exception", NULL },
    { "clean", NULL },
};

static void follow_phase (struct attach *a, const char *name)
{
    for (size_t i = 0; i < sizeof (phases) / sizeof (phases[0]); i++) {
        if (!strcmp (name, phases[i].event)) {
            a->waiting_for = phases[i].waiting_for;
            if (!a->waiting_for) {
                clear_status (a);
                if (a->status_w)
                    flux_watcher_stop (a->status_w);
            }
        }
    }
}

/* ---- the job's terminal ---- */

static void pty_decided_cb (bool yes, void *arg)
{
    struct attach *a = arg;

    if (a->seen)
        fclose (a->seen);
    a->seen = NULL;
    a->pty_shows = yes && a->w->capture;
    if (!yes && a->seen_text) {
        fwrite (a->seen_text, 1, a->nseen, stdout);
        fflush (stdout);
    }
    free (a->seen_text);
    a->seen_text = NULL;
    clear_status (a);
}

static void pty_ended_cb (bool detached, void *arg)
{
    struct attach *a = arg;

    if (!detached)
        return;
    fprintf (stderr,
             "%s: detached from %s\n",
             get_prefix (),
             id_str (a->w->id));
    a->exit_code = 1;
    flux_reactor_stop (a->r);
}

static const struct attach_pty_ops pty_ops = {
    .decided = pty_decided_cb,
    .ended = pty_ended_cb,
};

/* By the map in a shell.start event; 0: it cannot be known. */
static unsigned int count_tasks (const struct entry *ent)
{
    json_t *o = json_object_get (ent->context, "taskmap");
    char *s = o ? json_dumps (o, JSON_COMPACT) : NULL;
    struct taskmap *map = s ? taskmap_decode (s, NULL) : NULL;
    int n = map ? taskmap_total_ntasks (map) : 0;

    taskmap_destroy (map);
    free (s);
    return n > 0 ? n : 0;
}

/* The terminal, or standard input. */
static void attach_streams (struct attach *a)
{
    struct jobwatch *w = a->w;

    if (w->pty) {
        if (w->capture
            && !(a->seen = open_memstream (&a->seen_text, &a->nseen)))
            die ("out of memory");
        a->pty = attach_pty_start (a->h,
                                   w->service,
                                   w->pty,
                                   w->leader_rank,
                                   a->c->read_only,
                                   &pty_ops,
                                   a);
    }
    else if (a->input)
        attach_input_start (a->input, w->service, w->leader_rank);
}

static void event_cb (struct jobwatch *w,
                      const struct entry *ent,
                      json_t *o,
                      bool is_exec,
                      void *arg)
{
    struct attach *a = arg;
    char *context;

    clear_status (a);
    if (!is_exec)
        follow_phase (a, ent->name);
    if (!is_exec && !strcmp (ent->name, "finish"))
        (void)json_unpack (ent->context, "{s:i}", "status", &a->finish_status);
    if (!is_exec && !strcmp (ent->name, "exception"))
        print_exception (w, ent, false);
    else if (is_exec ? a->c->show_exec : a->c->show_events) {
        context = ent->context ? json_dumps (ent->context, JSON_COMPACT) : NULL;
        fflush (stdout);
        fprintf (stderr,
                 "%.3fs: %s.%s%s%s\n",
                 ent->timestamp - w->t0,
                 is_exec ? "exec" : "job",
                 ent->name,
                 context ? " " : "",
                 context ? context : "");
        free (context);
    }
    if (is_exec && !strcmp (ent->name, "shell.init"))
        attach_streams (a);
    if (is_exec && !strcmp (ent->name, "shell.start") && a->input && !w->pty)
        attach_input_close_others (a->input, count_tasks (ent));
}

static void output_cb (struct jobwatch *w,
                       const char *stream,
                       const char *rank,
                       const char *data,
                       size_t len,
                       bool eof,
                       void *arg)
{
    struct attach *a = arg;
    bool is_err = !strcmp (stream, "stderr");
    FILE *f = is_err ? stderr : stdout;

    if (!data)
        return;
    clear_status (a);
    if (!is_err && !strcmp (rank, "0") && (a->seen || a->pty_shows)) {
        if (a->seen)
            write_output (a->seen, NULL, rank, data, len, a->c->label_io);
        return;
    }
    if (a->tail) {
        tail_add (a->tail, rank, data, len, is_err, a->c->label_io);
        return;
    }
    write_output (f, NULL, rank, data, len, a->c->label_io);
    fflush (f);
}

static void note_cb (struct jobwatch *w, double t, const char *text, void *arg)
{
    clear_status (arg);
    fflush (stdout);
    if (t > 0)
        fprintf (stderr, "%.3fs: ", t - w->t0);
    fprintf (stderr, "%s\n", text);
}

static void caught_up_cb (struct jobwatch *w, void *arg)
{
    struct attach *a = arg;

    if (a->tail) {
        tail_flush (a->tail);
        tail_destroy (a->tail);
        a->tail = NULL;
    }
}

/* What became of the tasks, if it was not success.  The highest status of all
 * has a signal as 128 and its number, like a shell's.
 */
static void print_finish (struct attach *a)
{
    int code = WIFSIGNALED (a->finish_status)
                   ? 128 + WTERMSIG (a->finish_status)
                   : WEXITSTATUS (a->finish_status);

    if (code == 0)
        return;
    fflush (stdout);
    if (code > 128 && code < 128 + NSIG)
        fprintf (stderr, "flux-job: task(s) %s\n", strsignal (code - 128));
    else
        fprintf (stderr, "flux-job: task(s) exited with exit code %d\n", code);
}

static void done_cb (struct jobwatch *w, void *arg)
{
    struct attach *a = arg;

    print_finish (a);
    /* Who leaves before the end does not know of success. */
    a->exit_code = w->finished || w->exit_code ? w->exit_code : 1;
    flux_reactor_stop (a->r);
}

static const struct jobwatch_ops ops = {
    .event = event_cb,
    .output = output_cb,
    .note = note_cb,
    .caught_up = caught_up_cb,
    .done = done_cb,
};

static void request_cb (flux_future_t *f, void *arg)
{
    if (flux_future_get (f, NULL) < 0)
        warn_msg ("%s: %s", (const char *)arg, future_text (f));
    flux_future_destroy (f);
}

static void cancel_job (struct attach *a)
{
    flux_future_t *f =
        flux_job_cancel (a->h, a->w->id, "interrupted by ctrl-C");

    if (!f || flux_future_then (f, -1., request_cb, "cancel") < 0)
        warn_msg ("cancel: %s", strerror (errno));
}

static void interrupted (struct attach *a)
{
    double now = flux_reactor_time ();

    clear_status (a);
    if (now - a->last_sigint <= 2.) {
        cancel_job (a);
        return;
    }
    a->last_sigint = now;
    fprintf (stderr,
             "%s: one more ctrl-C within 2s to cancel or ctrl-Z to detach\n",
             get_prefix ());
}

static void stopped (struct attach *a)
{
    clear_status (a);
    if (flux_reactor_time () - a->last_sigint <= 2.) {
        fprintf (stderr, "%s: detaching...\n", get_prefix ());
        a->exit_code = 1;
        flux_reactor_stop (a->r);
        return;
    }
    raise (SIGSTOP);
}

static void signal_cb (flux_reactor_t *r,
                       flux_watcher_t *watcher,
                       int revents,
                       void *arg)
{
    struct attach *a = arg;
    int signum = flux_signal_watcher_get_signum (watcher);
    flux_future_t *f;

    if (signum == SIGINT)
        interrupted (a);
    else if (signum == SIGTSTP)
        stopped (a);
    else if (!(f = flux_job_kill (a->h, a->w->id, signum))
             || flux_future_then (f, -1., request_cb, "kill") < 0)
        warn_msg ("kill: %s", strerror (errno));
}

static void start_signals (struct attach *a)
{
    for (int i = 0; signals[i]; i++) {
        a->signal_w[i] =
            flux_signal_watcher_create (a->r, signals[i], signal_cb, a);
        if (!a->signal_w[i])
            die ("cannot watch signals: %s", strerror (errno));
        flux_watcher_start (a->signal_w[i]);
    }
}

static void start_status (struct attach *a)
{
    bool tty = isatty (STDIN_FILENO) && isatty (STDOUT_FILENO)
               && isatty (STDERR_FILENO);

    if (getenv ("FLUX_ATTACH_NONINTERACTIVE") || a->c->show_events
        || (!tty && !a->c->show_status))
        return;
    a->status_w = flux_timer_watcher_create (a->r,
                                             a->c->show_status ? 0.01 : 2.,
                                             1.,
                                             status_cb,
                                             a);
    flux_watcher_start (a->status_w);
}

int attach_run (flux_t *h, flux_jobid_t id, const struct attach_config *c)
{
    struct attach a = { .h = h, .c = c, .r = flux_get_reactor (h) };
    int flags = JOBWATCH_OUTPUT | (c->tail >= 0 ? JOBWATCH_TAIL : 0);

    a.start = flux_reactor_time ();
    if (c->tail >= 0)
        a.tail = tail_create (c->tail);
    if (!c->read_only) {
        a.input = attach_input_create (h, c->stdin_ranks);
        start_signals (&a);
    }
    if (!(a.w = jobwatch_start (h, id, flags, c->wait_event, &ops, &a)))
        die ("%s: %s", id_str (id), strerror (errno));
    start_status (&a);
    if (flux_reactor_run (a.r, 0) < 0 && errno)
        die ("lost connection to the instance: %s", strerror (errno));
    clear_status (&a);
    caught_up_cb (a.w, &a);
    for (int i = 0; i < NR_SIGNALS; i++)
        flux_watcher_destroy (a.signal_w[i]);
    flux_watcher_destroy (a.status_w);
    attach_input_destroy (a.input);
    if (a.seen) /* the job was over before the answer came */
        pty_decided_cb (false, &a);
    attach_pty_destroy (a.pty);
    jobwatch_destroy (a.w);
    return a.exit_code;
}
