/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux job eventlog, wait-event */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/eventlog.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def show_options[] = {
    { 'f', "format", "FORMAT", "Print entries as text or json." },
    { 'T', "time-format", "FORMAT", "Print times raw, iso, offset or human." },
    { 'H', "human", NULL, "The same as -T human -f text." },
    { 'L', "color", "[WHEN]", "Color: always, never or auto." },
    { 'p', "path", "PATH", "Read another log: exec, output, input, guest.X." },
    { 0 },
};

static const struct option_def follow_options[] = {
    { 'F', "follow", NULL, "Wait for more entries until the log ends." },
    { 0 },
};

static const struct option_def wait_options[] = {
    { 't', "timeout", "FSD", "Give up after this long." },
    { 'm', "match-context", "KEY=VAL", "Only an event with this context." },
    { 'c', "count", "N", "Wait for the N-th such event." },
    { 'q', "quiet", NULL, "Do not print the event." },
    { 'v', "verbose", NULL, "Print all events before it too." },
    { 'W', "waitcreate", NULL, "Wait for the log to be made." },
    { 0 },
};

static void printer_init (struct entry_printer *p, const struct opts *o)
{
    const char *form = opt_str (o, "format", "text");
    const char *time = opt_str (o, "time-format", "raw");

    memset (p, 0, sizeof (*p));
    if (entry_form_parse (form, &p->form) < 0)
        die ("--format: '%s' is not text or json", form);
    if (opt_count (o, "human"))
        time = "human";
    if (time_form_parse (time, &p->time) < 0)
        die ("--time-format: '%s' is not raw, iso, offset or human", time);
    p->color = want_color (o);
}

static void print_log (struct entry_printer *p, const char *log)
{
    char *copy = xstrdup (log);
    char *save = NULL;

    for (char *line = strtok_r (copy, "\n", &save); line;
         line = strtok_r (NULL, "\n", &save)) {
        json_t *o = json_loads (line, 0, NULL);
        struct entry ent;
        if (!o || entry_unpack (o, &ent) < 0)
            die ("bad entry in the log: %s", line);
        entry_print (p, stdout, o, NULL);
        json_decref (o);
    }
    free (copy);
}

struct wait {
    const struct opts *o;
    flux_reactor_t *r;
    struct entry_printer p;
    const char *name; /* NULL: print all */
    long count;
    int status;
    const char *id;
    const char *path; /* of the log */
};

static bool same_value (json_t *val, const char *want)
{
    json_t *w = json_or_string (want);
    bool same;

    if (json_is_number (val) && json_is_number (w))
        same = fabs (json_number_value (val) - json_number_value (w)) < 1E-5;
    else if (json_is_string (val))
        same = !strcmp (json_string_value (val), want) || json_equal (val, w);
    else
        same = json_equal (val, w);
    json_decref (w);
    return same;
}

static bool matches (const struct wait *wt, const struct entry *ent)
{
    const char *kv;

    if (strcmp (ent->name, wt->name) != 0)
        return false;
    for (int i = 0; (kv = opt_nth (wt->o, "match-context", i)); i++) {
        char *key = xasprintf ("%.*s", (int)strcspn (kv, "="), kv);
        const char *eq = strchr (kv, '=');
        json_t *val = json_object_get (ent->context, key);
        bool good = val && same_value (val, eq ? eq + 1 : "");
        free (key);
        if (!good)
            return false;
    }
    return true;
}

static void entry_cb (struct event_watch *w,
                      const struct entry *ent,
                      json_t *o,
                      int errnum,
                      const char *text,
                      void *arg)
{
    struct wait *wt = arg;
    bool hit;

    if (!ent) {
        if (errnum == ENODATA && wt->name)
            warn_msg ("event '%s' never received", wt->name);
        else if (errnum == ENOENT && !strcmp (wt->path, "eventlog"))
            warn_msg ("job %s not found", wt->id);
        else if (errnum == ENOENT)
            warn_msg ("job %s: eventlog path %s not found", wt->id, wt->path);
        else if (errnum != ENODATA)
            warn_msg ("%s", text);
        wt->status = errnum == ENODATA && !wt->name ? 0 : 1;
        flux_reactor_stop (wt->r);
        return;
    }
    if (!wt->name) {
        entry_print (&wt->p, stdout, o, NULL);
        fflush (stdout);
        return;
    }
    if (wt->p.t0 == 0)
        wt->p.t0 = ent->timestamp;
    hit = matches (wt, ent) && --wt->count <= 0;
    if (hit ? !opt_count (wt->o, "quiet") : opt_count (wt->o, "verbose") > 0)
        entry_print (&wt->p, stdout, o, NULL);
    if (hit) {
        wt->status = 0;
        flux_reactor_stop (wt->r);
    }
}

static void timeout_cb (flux_reactor_t *r,
                        flux_watcher_t *w,
                        int revents,
                        void *arg)
{
    struct wait *wt = arg;

    warn_msg ("wait-event timeout on event '%s'", wt->name);
    wt->status = 1;
    flux_reactor_stop (r);
}

static int follow (struct wait *wt, flux_jobid_t id, int flags)
{
    flux_t *h = cmd_open ();
    const char *path = eventlog_path (opt_str (wt->o, "path", "eventlog"));
    double timeout = opt_fsd (wt->o, "timeout", -1.);
    flux_watcher_t *timer = NULL;
    struct event_watch *w;

    wt->path = path;
    wt->id = wt->o->argv[0];
    wt->r = flux_get_reactor (h);
    wt->status = 1;
    if (timeout > 0 && isfinite (timeout)) {
        timer = flux_timer_watcher_create (wt->r, timeout, 0., timeout_cb, wt);
        flux_watcher_start (timer);
    }
    if (!(w = event_watch_start (h, id, path, flags, entry_cb, wt)))
        die ("%s", strerror (errno));
    if (flux_reactor_run (wt->r, 0) < 0 && errno)
        die ("lost connection to the instance: %s", strerror (errno));
    event_watch_destroy (w);
    flux_watcher_destroy (timer);
    flux_close (h);
    return wt->status;
}

static int run_eventlog (struct opts *o)
{
    struct wait wt = { .o = o };
    const char *path = eventlog_path (opt_str (o, "path", "eventlog"));
    flux_jobid_t id;
    json_t *r;
    flux_t *h;

    if (o->argc != 1)
        die ("one job id is required");
    id = parse_id (o->argv[0]);
    printer_init (&wt.p, o);
    if (opt_count (o, "follow"))
        return follow (&wt, id, FLUX_JOB_EVENT_WATCH_WAITCREATE);
    h = cmd_open ();
    r = lookup_job (h, id, path, 0);
    const char *log = json_string_value (json_object_get (r, path));
    print_log (&wt.p, log ? log : "");
    json_decref (r);
    flux_close (h);
    return 0;
}

static int run_wait_event (struct opts *o)
{
    struct wait wt = { .o = o };
    int flags = 0;

    if (o->argc != 2)
        die ("a job id and an event are required");
    wt.name = o->argv[1];
    wt.count = opt_int (o, "count", 1, 1, 1L << 30);
    printer_init (&wt.p, o);
    /* logs of the execution come later than the job */
    if (opt_count (o, "waitcreate")
        || strcmp (opt_str (o, "path", "eventlog"), "eventlog") != 0)
        flags = FLUX_JOB_EVENT_WATCH_WAITCREATE;
    return follow (&wt, parse_id (o->argv[0]), flags);
}

const struct command cmd_job_eventlog = {
    .name = "eventlog",
    .summary = "print the eventlog of a job",
    .usage = "[OPTIONS] JOBID",
    .options = { show_options, follow_options },
    .run = run_eventlog,
};

const struct command cmd_job_wait_event = {
    .name = "wait-event",
    .summary = "wait for an event of a job",
    .usage = "[OPTIONS] JOBID EVENT",
    .options = { show_options, wait_options },
    .run = run_wait_event,
};
