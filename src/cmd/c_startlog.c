/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* When the instance was started and stopped: admin.eventlog. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/eventlog.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

#define KEY "admin.eventlog"
/* The present start is written down as the instance starts, which takes as
 * long as the disk.  If it does not come someone has changed the log. */
#define PATIENCE 2.

static const struct option_def options[] = {
    { 0, "check", NULL, "Exit with 1 if the start before had no end." },
    { 0, "quiet", NULL, "Do not print the list." },
    { 'v', "show-version", NULL, "Tell the version that was started." },
    { 0 },
};

/* What is known of the life that is being read. */
struct life {
    bool open; /* started, and not finished yet */
    bool crashed_before;
    double start;
    const char *version;
};

struct listing {
    bool quiet;
    bool versions;
    struct life life;
    double last; /* time of the last entry */
};

static void print_time (double t)
{
    time_t sec = t;
    struct tm tm;
    char buf[32];

    localtime_r (&sec, &tm);
    strftime (buf, sizeof (buf), "%Y-%m-%d %H:%M", &tm);
    fputs (buf, stdout);
}

/* Two digits will do. */
static void print_duration (double d)
{
    static const struct {
        double below, unit;
        const char *name;
    } forms[] = {
        { 0.1, 0.001, "ms" },   { 60., 1., "s" },       { 3600., 60., "m" },
        { 86400., 3600., "h" }, { 1e300, 86400., "d" },
    };
    size_t i = 0;

    if (d <= 0.) {
        printf ("(0s)");
        return;
    }
    while (d >= forms[i].below)
        i++;
    d /= forms[i].unit;
    printf (d < 99.5 ? "(%.2g%s)" : "(%.0f%s)", d, forms[i].name);
}

/* end is NULL: at the last entry's time. */
static void print_life (const struct listing *l, const char *end, double t)
{
    if (l->quiet)
        return;
    if (l->versions)
        printf ("%25s  ", l->life.version ? l->life.version : "");
    print_time (l->life.start);
    printf (" - ");
    if (end)
        printf ("%s", end);
    else
        print_time (t);
    if (!end || !strcmp (end, "running")) {
        printf (" ");
        print_duration (t - l->life.start);
    }
    printf ("\n");
}

static void read_entry (struct listing *l, const struct entry *ent)
{
    struct life *life = &l->life;

    if (!strcmp (ent->name, "start")) {
        if (life->open)
            print_life (l, "crashed", 0.);
        life->crashed_before = life->open;
        life->open = true;
        life->start = ent->timestamp;
        life->version =
            json_string_value (json_object_get (ent->context, "core_version"));
    }
    else if (!strcmp (ent->name, "finish") && life->open) {
        print_life (l, NULL, ent->timestamp);
        life->open = false;
    }
}

/* The entries, as an array; dies if it is none. */
static json_t *parse (const char *text)
{
    json_t *all = json_array ();

    while (*text) {
        size_t len = strcspn (text, "\n");
        json_t *o = json_loadb (text, len, 0, NULL);
        struct entry ent;

        if (!o || entry_unpack (o, &ent) < 0)
            die (KEY ": an entry is not one of an eventlog");
        json_array_append_new (all, o);
        text += len + (text[len] == '\n');
    }
    return all;
}

/* Does the log tell of the start at time t? */
static bool tells (json_t *log, double t)
{
    struct entry ent;
    size_t i;
    json_t *o;

    json_array_foreach (log, i, o)
    {
        if (entry_unpack (o, &ent) == 0 && !strcmp (ent.name, "start")
            && ent.timestamp > t - 0.01)
            return true;
    }
    return false;
}

static json_t *read_log (flux_t *h)
{
    int flags = FLUX_KVS_WATCH | FLUX_KVS_WAITCREATE;
    flux_future_t *f = flux_kvs_lookup (h, NULL, flags, KEY);
    json_t *log = NULL;
    double started = 0.;
    const char *text;

    (void)flux_get_instance_starttime (h, &started);
    while (f && flux_future_wait_for (f, PATIENCE) == 0
           && flux_kvs_lookup_get (f, &text) == 0) {
        json_decref (log);
        log = parse (text ? text : "");
        if (tells (log, started))
            break;
        flux_future_reset (f);
    }
    if (!log)
        die ("fetching " KEY ": %s",
             errno == ETIMEDOUT ? strerror (ENOENT) : future_text (f));
    (void)flux_kvs_lookup_cancel (f);
    flux_future_destroy (f);
    return log;
}

static int run (struct opts *o)
{
    flux_t *h = cmd_open ();
    json_t *log = read_log (h);
    struct listing l = {
        .quiet = opt_count (o, "quiet") > 0,
        .versions = opt_count (o, "show-version") > 0,
    };
    struct entry ent;
    size_t i;
    json_t *v;

    json_array_foreach (log, i, v)
    {
        if (entry_unpack (v, &ent) == 0)
            read_entry (&l, &ent);
    }
    if (l.life.open)
        print_life (&l, "running", flux_reactor_time ());
    json_decref (log);
    flux_close (h);
    return opt_count (o, "check") > 0 && l.life.crashed_before;
}

const struct command cmd_startlog = {
    .name = "startlog",
    .summary = "tell when the instance was started and stopped",
    .usage = "[OPTIONS]",
    .options = { options },
    .section = "instance",
    .run = run,
};
