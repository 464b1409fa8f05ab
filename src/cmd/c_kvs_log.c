/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux kvs eventlog: logs of RFC 18 under any key. */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/eventlog.h"
#include "cmd/kvs.h"
#include "cmd/util.h"

static const struct option_def show_options[] = {
    { 'W', "waitcreate", NULL, "Wait for a key that does not exist." },
    { 'u', "unformatted", NULL, "Print entries as RFC 18 has them." },
    { 'H', "human", NULL, "Print times for people." },
    { 'L', "color", "[WHEN]", "Use colors: always, never or auto." },
    { 0 },
};

static const struct option_def get_options[] = {
    { 'w', "watch", NULL, "Print entries as they are appended." },
    { 'c', "count", "N", "With --watch: end after N entries." },
    { 'S', "stream", NULL, "Have a large log sent in pieces." },
    { 0 },
};

static const struct option_def wait_options[] = {
    { 't', "timeout", "FSD", "Give up after this time." },
    { 'q', "quiet", NULL, "Do not print the entry." },
    { 'v', "verbose", NULL, "Print all entries before it too." },
    { 0 },
};

static const struct option_def append_options[] = {
    { 't', "timestamp", "SEC", "The time of the event, not the present." },
    { 0 },
};

struct follow {
    const struct opts *o;
    flux_reactor_t *r;
    struct entry_printer p;
    const char *name; /* the event waited for; NULL: print all */
    long count;       /* entries to print; < 0: all */
    char *rest;       /* of a line that came in pieces */
    int status;
};

static void printer_init (struct entry_printer *p, const struct opts *o)
{
    memset (p, 0, sizeof (*p));
    p->form = opt_count (o, "unformatted") ? FORM_JSON : FORM_TEXT;
    p->time = opt_count (o, "human") ? TIME_HUMAN : TIME_RAW;
    p->color = want_color (o);
}

/* True if no more entries are wanted. */
static bool show (struct follow *w, const char *line)
{
    json_t *o = json_loads (line, 0, NULL);
    struct entry ent;
    bool hit;

    if (!o || entry_unpack (o, &ent) < 0)
        die ("bad entry in the log: %s", line);
    hit = !w->name || !strcmp (w->name, ent.name);
    if (hit ? !opt_count (w->o, "quiet") : opt_count (w->o, "verbose") > 0) {
        entry_print (&w->p, stdout, o, NULL);
        fflush (stdout);
    }
    json_decref (o);
    if (w->name)
        return hit;
    return w->count > 0 && --w->count == 0;
}

/* The lines of what came, with what was left before it. */
static bool show_lines (struct follow *w, const char *data)
{
    char *text = xasprintf ("%s%s", w->rest ? w->rest : "", data ? data : "");
    char *line = text, *end;
    bool done = false;

    while (!done && (end = strchr (line, '\n'))) {
        *end = '\0';
        done = show (w, line);
        line = end + 1;
    }
    free (w->rest);
    w->rest = xstrdup (line);
    free (text);
    return done;
}

static void log_cb (flux_future_t *f, void *arg)
{
    struct follow *w = arg;
    const char *data;

    if (flux_kvs_lookup_get (f, &data) < 0) {
        if (errno != ENODATA)
            die ("%s: %s", flux_kvs_lookup_get_key (f), future_text (f));
        w->status = w->name ? 1 : 0;
        flux_reactor_stop (w->r);
    }
    else if (show_lines (w, data)) {
        w->status = 0;
        flux_reactor_stop (w->r);
    }
    else
        flux_future_reset (f);
}

static void timeout_cb (flux_reactor_t *r,
                        flux_watcher_t *timer,
                        int revents,
                        void *arg)
{
    struct follow *w = arg;

    die ("wait-event timeout on event '%s'", w->name);
}

static int follow (struct follow *w, const char *key, int flags)
{
    double timeout = w->name ? opt_fsd (w->o, "timeout", -1.) : -1.;
    flux_t *h = cmd_open ();
    flux_watcher_t *timer = NULL;
    flux_future_t *f;

    w->r = flux_get_reactor (h);
    w->status = 1;
    printer_init (&w->p, w->o);
    if (opt_count (w->o, "waitcreate"))
        flags |= FLUX_KVS_WAITCREATE;
    if (timeout >= 0 && isfinite (timeout)) {
        timer = flux_timer_watcher_create (w->r, timeout, 0., timeout_cb, w);
        flux_watcher_start (timer);
    }
    f = kvs_look (h, w->o, flags, key);
    if (flux_future_then (f, -1., log_cb, w) < 0)
        die ("%s", strerror (errno));
    if (flux_reactor_run (w->r, 0) < 0)
        die ("lost connection to the instance: %s", strerror (errno));
    flux_future_destroy (f);
    flux_watcher_destroy (timer);
    free (w->rest);
    flux_close (h);
    return w->status;
}

static int run_get (struct opts *o)
{
    struct follow w = { .o = o };

    if (o->argc != 1)
        die ("one key is required");
    if (opt_count (o, "count") && !opt_count (o, "watch"))
        die ("--count goes with --watch");
    if (opt_count (o, "watch") && opt_count (o, "stream"))
        die ("--watch and --stream exclude each other");
    w.count = opt_int (o, "count", -1, 1, INT32_MAX);
    return follow (&w,
                   o->argv[0],
                   opt_count (o, "watch")
                       ? FLUX_KVS_WATCH | FLUX_KVS_WATCH_APPEND
                       : FLUX_KVS_STREAM);
}

static int run_wait_event (struct opts *o)
{
    struct follow w = { .o = o };

    if (o->argc != 2)
        die ("a key and an event are required");
    w.name = o->argv[1];
    return follow (&w, o->argv[0], FLUX_KVS_WATCH | FLUX_KVS_WATCH_APPEND);
}

static double get_timestamp (const struct opts *o)
{
    const char *s = opt_str (o, "timestamp", NULL);
    char *end;
    double t;

    if (!s)
        return flux_reactor_time ();
    errno = 0;
    t = strtod (s, &end);
    if (end == s || *end || errno || !isfinite (t) || t < 0)
        die ("--timestamp: '%s' is not a time in seconds", s);
    return t;
}

static char *make_entry (const struct opts *o)
{
    char *words = join_words (o->argc - 2, o->argv + 2);
    json_t *context = NULL, *ent;
    char *text, *line;

    if (*words && !json_is_object (context = json_loads (words, 0, NULL)))
        die ("context '%s' is not a JSON object", words);
    ent = json_pack ("{s:f s:s s:O*}",
                     "timestamp",
                     get_timestamp (o),
                     "name",
                     o->argv[1],
                     "context",
                     context);
    if (!*o->argv[1] || !ent || !(text = json_dumps (ent, JSON_COMPACT)))
        die ("'%s' is not the name of an event", o->argv[1]);
    line = xasprintf ("%s\n", text);
    free (text);
    json_decref (ent);
    json_decref (context);
    free (words);
    return line;
}

static int run_append (struct opts *o)
{
    flux_kvs_txn_t *txn = flux_kvs_txn_create ();
    char *line;
    flux_t *h;

    if (o->argc < 2)
        die ("a key and the name of an event are required");
    line = make_entry (o);
    if (!txn || flux_kvs_txn_put (txn, FLUX_KVS_APPEND, o->argv[0], line) < 0)
        die ("%s: %s", o->argv[0], strerror (errno));
    free (line);
    h = cmd_open ();
    kvs_commit_or_die (h, o, 0, txn);
    flux_close (h);
    return 0;
}

static const struct command get = {
    .name = "get",
    .summary = "print a log",
    .usage = "[OPTIONS] KEY",
    .options = { kvs_namespace_options, show_options, get_options },
    .run = run_get,
};

static const struct command append = {
    .name = "append",
    .summary = "append an event to a log",
    .usage = "[OPTIONS] KEY NAME [CONTEXT...]",
    .options = { kvs_namespace_options, append_options },
    .run = run_append,
};

static const struct command wait_event = {
    .name = "wait-event",
    .summary = "wait for an event in a log",
    .usage = "[OPTIONS] KEY EVENT",
    .options = { kvs_namespace_options, show_options, wait_options },
    .run = run_wait_event,
};

static const struct command *const subs[] = { &get,
                                              &append,
                                              &wait_event,
                                              NULL };

const struct command cmd_kvs_eventlog = {
    .name = "eventlog",
    .summary = "read and write eventlogs",
    .usage = "SUBCOMMAND ...",
    .subs = subs,
};
