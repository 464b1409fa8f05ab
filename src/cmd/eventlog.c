/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/eventlog.h"
#include "cmd/util.h"

int entry_unpack (json_t *o, struct entry *ent)
{
    memset (ent, 0, sizeof (*ent));
    if (json_unpack (o,
                     "{s:F s:s s?o}",
                     "timestamp",
                     &ent->timestamp,
                     "name",
                     &ent->name,
                     "context",
                     &ent->context)
        < 0) {
        errno = EPROTO;
        return -1;
    }
    return 0;
}

int entry_form_parse (const char *s, enum entry_form *form)
{
    if (!strcmp (s, "text"))
        *form = FORM_TEXT;
    else if (!strcmp (s, "json"))
        *form = FORM_JSON;
    else {
        errno = EINVAL;
        return -1;
    }
    return 0;
}

int time_form_parse (const char *s, enum time_form *form)
{
    static const char *const names[] = { "raw", "iso", "offset", "human" };

    for (int i = 0; i < 4; i++) {
        if (!strcmp (s, names[i])) {
            *form = i;
            return 0;
        }
    }
    errno = EINVAL;
    return -1;
}

static void print_iso (FILE *f, double t)
{
    time_t sec = t;
    struct tm tm;
    char buf[64];

    gmtime_r (&sec, &tm);
    strftime (buf, sizeof (buf), "%Y-%m-%dT%H:%M:%S", &tm);
    fprintf (f, "%s.%06dZ", buf, (int)((t - sec) * 1E6));
}

static void print_human (struct entry_printer *p, FILE *f, double t)
{
    time_t sec = t;
    struct tm tm;
    char buf[64];
    const char *on = p->color ? "\033[1m\033[32m" : "";
    const char *off = p->color ? "\033[0m" : "";

    if (p->last == 0 || t - p->last >= 60. || t < p->last) {
        localtime_r (&sec, &tm);
        strftime (buf, sizeof (buf), "%b%d %H:%M", &tm);
        fprintf (f, "%s[%s]%s", on, buf, off);
        p->last = t;
    }
    else
        fprintf (f, "[%+11.6f]", t - p->last);
}

static void print_time (struct entry_printer *p, FILE *f, double t)
{
    switch (p->time) {
    case TIME_RAW:
        fprintf (f, "%.6f", t);
        break;
    case TIME_ISO:
        print_iso (f, t);
        break;
    case TIME_OFFSET:
        fprintf (f, "%.6f", t - p->t0);
        break;
    case TIME_HUMAN:
        print_human (p, f, t);
        break;
    }
}

static void print_context (struct entry_printer *p, FILE *f, json_t *context)
{
    const char *on = p->color ? "\033[34m" : "";
    const char *off = p->color ? "\033[0m" : "";
    const char *key;
    json_t *val;

    json_object_foreach (context, key, val)
    {
        char *s = json_dumps (val, JSON_COMPACT | JSON_ENCODE_ANY);
        fprintf (f, " %s%s%s=%s", on, key, off, s ? s : "?");
        free (s);
    }
}

void entry_print (struct entry_printer *p,
                  FILE *f,
                  json_t *o,
                  const char *prefix)
{
    struct entry ent;
    bool is_exception;

    if (entry_unpack (o, &ent) < 0)
        return;
    if (p->t0 == 0)
        p->t0 = ent.timestamp;
    if (p->form == FORM_JSON) {
        json_dumpf (o, f, JSON_COMPACT);
        fputc ('\n', f);
        return;
    }
    print_time (p, f, ent.timestamp);
    is_exception = !strcmp (ent.name, "exception");
    fprintf (f,
             " %s%s%s%s",
             p->color ? (is_exception ? "\033[1m\033[31m" : "\033[33m") : "",
             prefix ? prefix : "",
             ent.name,
             p->color ? "\033[0m" : "");
    print_context (p, f, ent.context);
    fputc ('\n', f);
}

const char *eventlog_path (const char *s)
{
    if (!strcmp (s, "exec"))
        return "guest.exec.eventlog";
    if (!strcmp (s, "output"))
        return "guest.output";
    if (!strcmp (s, "input"))
        return "guest.input";
    return s;
}

struct event_watch {
    flux_future_t *f;
    event_watch_f cb;
    void *arg;
    bool *destroyed; /* set while the callback runs */
};

static void end_of_stream (struct event_watch *w, int errnum)
{
    const char *text;

    errno = errnum;
    text = future_text (w->f);
    w->cb (w, NULL, NULL, errnum, text, w->arg);
}

static void watch_continuation (flux_future_t *f, void *arg)
{
    struct event_watch *w = arg;
    const char *payload;
    const char *line;
    struct entry ent = { 0 };
    json_t *response = NULL;
    json_t *o = NULL;
    bool destroyed = false;

    if (flux_rpc_get (f, &payload) < 0) {
        end_of_stream (w, errno);
        return;
    }
    w->destroyed = &destroyed;
    if (!payload)
        w->cb (w, &ent, NULL, 0, NULL, w->arg);
    else if (!(response = json_loads (payload, 0, NULL))
             || json_unpack (response, "{s:s}", "event", &line) < 0
             || !(o = json_loads (line, 0, NULL))
             || entry_unpack (o, &ent) < 0) {
        w->cb (w, NULL, NULL, EPROTO, "bad event from the instance", w->arg);
        goto done;
    }
    else
        w->cb (w, &ent, o, 0, NULL, w->arg);
    if (!destroyed)
        flux_future_reset (f);
done:
    if (!destroyed)
        w->destroyed = NULL;
    json_decref (o);
    json_decref (response);
}

struct event_watch *event_watch_start (flux_t *h,
                                       flux_jobid_t id,
                                       const char *path,
                                       int flags,
                                       event_watch_f cb,
                                       void *arg)
{
    struct event_watch *w = xcalloc (1, sizeof (*w));

    w->cb = cb;
    w->arg = arg;
    w->f = flux_job_event_watch (h, id, path, flags);
    if (!w->f || flux_future_then (w->f, -1., watch_continuation, w) < 0) {
        event_watch_destroy (w);
        return NULL;
    }
    return w;
}

void event_watch_cancel (struct event_watch *w)
{
    (void)flux_job_event_watch_cancel (w->f);
}

void event_watch_destroy (struct event_watch *w)
{
    if (!w)
        return;
    if (w->destroyed)
        *w->destroyed = true;
    flux_future_destroy (w->f);
    free (w);
}
