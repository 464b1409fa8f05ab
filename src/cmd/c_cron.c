/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def delete_options[] = {
    { 'k', "kill", NULL, "End a command that runs." },
    { 0 },
};

static const struct option_def dump_options[] = {
    { 'k', "key", "KEY", "Print this value only." },
    { 0 },
};

static const struct option_def sync_options[] = {
    { 'd', "disable", NULL, "Wait for no event." },
    { 'e', "epsilon", "FSD", "Run at once what is due so soon after it." },
    { 0 },
};

static json_int_t parse_entry (const char *s)
{
    char *end;
    long n;

    if (!strncmp (s, "cron-", 5))
        s += 5;
    n = strtol (s, &end, 10);
    if (*s == '\0' || *end || n < 1)
        die ("'%s' is not the number of an entry", s);
    return n;
}

static const char *get_str (json_t *o, const char *path)
{
    const char *s = json_string_value (json_get_path (o, path));

    return s ? s : "";
}

static json_int_t get_int (json_t *o, const char *path)
{
    return json_integer_value (json_get_path (o, path));
}

static double get_real (json_t *o, const char *path)
{
    return json_number_value (json_get_path (o, path));
}

/* "2 seconds ago"; the result lasts until the next call. */
static const char *ago (double t)
{
    static const struct {
        double seconds;
        const char *unit;
    } units[] = { { 86400., "day" },
                  { 3600., "hour" },
                  { 60., "minute" },
                  { 1., "second" } };
    static char buf[64];
    double since = flux_reactor_time () - t;

    if (t <= 0.)
        return "None";
    for (size_t i = 0; i < sizeof (units) / sizeof (units[0]); i++) {
        long n = lround (floor (since / units[i].seconds));

        if (n < 1)
            continue;
        snprintf (buf,
                  sizeof (buf),
                  "%ld %s%s ago",
                  n,
                  units[i].unit,
                  n == 1 ? "" : "s");
        return buf;
    }
    return "now";
}

/* ---- list ---- */

static void print_entry (json_t *e)
{
    json_t *task = json_array_get (json_object_get (e, "tasks"), 0);
    json_int_t repeat = get_int (e, "repeat");
    json_int_t count = get_int (e, "stats.count");
    json_t *code = json_object_get (task, "code");
    char *runs = repeat
                     ? xasprintf ("%jd/%jd", (intmax_t)count, (intmax_t)repeat)
                     : xasprintf ("%jd", (intmax_t)count);
    char *status = !task  ? xstrdup ("None")
                   : code ? xasprintf ("%s:rc=%jd",
                                       get_str (task, "state"),
                                       (intmax_t)json_integer_value (code))
                          : xstrdup (get_str (task, "state"));

    printf ("%6jd %-15.15s %-8s %9s %18s  %-18s\n",
            (intmax_t)get_int (e, "id"),
            get_str (e, "name"),
            json_is_true (json_object_get (e, "stopped")) ? "Stopped"
                                                          : "Active",
            runs,
            ago (get_real (e, "stats.lastrun")),
            status);
    free (runs);
    free (status);
}

static json_t *get_entries (flux_t *h)
{
    return call_json (h, "cron.list", 0, NULL);
}

static int run_list (struct opts *o)
{
    flux_t *h = cmd_open ();
    json_t *answer = get_entries (h);
    json_t *e;
    size_t i;

    printf ("%6s %-15s %-8s %9s %18s  %-18s\n",
            "ID",
            "CMD/NAME",
            "STATE",
            "#RUNS",
            "LASTRUN",
            "STATUS");
    json_array_foreach (json_object_get (answer, "entries"), i, e)
        print_entry (e);
    json_decref (answer);
    flux_close (h);
    return 0;
}

/* ---- start, stop, delete ---- */

/* One request for each word; the status. */
static int for_each (struct opts *o, const char *verb, const char *done)
{
    char *topic = xasprintf ("cron.%s", verb);
    flux_t *h = cmd_open ();
    int rc = 0;

    if (o->argc == 0)
        die_usage ("the number of an entry is needed");
    for (int i = 0; i < o->argc; i++) {
        json_int_t id = parse_entry (o->argv[i]);
        flux_future_t *f = flux_rpc_pack (h,
                                          topic,
                                          0,
                                          0,
                                          "{s:I s:b}",
                                          "id",
                                          id,
                                          "kill",
                                          opt_count (o, "kill"));
        json_t *e;

        if (!f || flux_rpc_get_unpack (f, "o", &e) < 0) {
            warn_msg ("%s", f ? future_text (f) : strerror (errno));
            rc = 1;
        }
        else if (strcmp (verb, "delete") != 0)
            printf ("%s cron-%jd\n", done, (intmax_t)id);
        else if (get_real (e, "stats.lastrun") > 0.)
            printf ("%s cron-%jd: %s last ran %s\n",
                    done,
                    (intmax_t)id,
                    get_str (e, "name"),
                    ago (get_real (e, "stats.lastrun")));
        else
            printf ("%s cron-%jd: %s\n",
                    done,
                    (intmax_t)id,
                    get_str (e, "name"));
        flux_future_destroy (f);
    }
    flux_close (h);
    free (topic);
    return rc;
}

static int run_start (struct opts *o)
{
    return for_each (o, "start", "Started");
}

static int run_stop (struct opts *o)
{
    return for_each (o, "stop", "Stopped");
}

static int run_delete (struct opts *o)
{
    return for_each (o, "delete", "Removed");
}

/* ---- dump ---- */

static void print_value (const char *key, json_t *v, bool bare)
{
    if (!bare)
        printf ("%s = ", key);
    if (json_is_string (v))
        printf (bare ? "%s\n" : "\"%s\"\n", json_string_value (v));
    else if (json_is_integer (v))
        printf ("%jd\n", (intmax_t)json_integer_value (v));
    else if (json_is_real (v)
             && json_real_value (v) == rint (json_real_value (v)))
        printf ("%.1f\n", json_real_value (v));
    else if (json_is_real (v))
        printf ("%.14g\n", json_real_value (v));
    else
        printf ("%s\n", json_is_true (v) ? "true" : "false");
}

/* All values below o, or (only) one; how many. */
static int dump (const char *prefix, json_t *o, const char *only)
{
    const char *name;
    json_t *v;
    int n = 0;

    json_object_foreach (o, name, v)
    {
        char *key = xasprintf ("%s%s", prefix, name);
        char *below = xasprintf ("%s.", key);
        json_t *task;
        size_t i;

        if (json_is_object (v))
            n += dump (below, v, only);
        else if (json_is_array (v)) {
            json_array_foreach (v, i, task)
            {
                char *each = xasprintf ("task.%zu.", i + 1);

                n += dump (each, task, only);
                free (each);
            }
        }
        else if (!only || !strcmp (only, key)) {
            print_value (key, v, only != NULL);
            n++;
        }
        free (below);
        free (key);
    }
    return n;
}

static int run_dump (struct opts *o)
{
    const char *only = opt_str (o, "key", NULL);
    flux_t *h = cmd_open ();
    json_t *answer = get_entries (h);
    json_t *e;
    size_t k;

    if (o->argc == 0)
        die_usage ("the number of an entry is needed");
    for (int i = 0; i < o->argc; i++) {
        json_int_t id = parse_entry (o->argv[i]);
        bool found = false;

        json_array_foreach (json_object_get (answer, "entries"), k, e)
        {
            if (get_int (e, "id") != id)
                continue;
            found = true;
            if (dump ("", e, only) == 0)
                die ("cron-%jd has no %s", (intmax_t)id, only);
        }
        if (!found)
            die ("cron-%jd: no such entry", (intmax_t)id);
    }
    json_decref (answer);
    flux_close (h);
    return 0;
}

/* ---- sync ---- */

static int run_sync (struct opts *o)
{
    double epsilon = opt_fsd (o, "epsilon", -1.);
    json_t *payload = json_object ();
    flux_t *h = cmd_open ();
    json_t *r;

    if (o->argc > 1)
        die_usage ("only one topic can be given");
    if (o->argc == 1)
        json_object_set_new (payload, "topic", json_string (o->argv[0]));
    if (opt_count (o, "disable"))
        json_object_set_new (payload, "disable", json_true ());
    if (epsilon >= 0.)
        json_object_set_new (payload, "sync_epsilon", json_real (epsilon));
    r = call_json (h, "cron.sync", 0, payload);
    if (json_object_get (r, "sync_disabled"))
        printf ("sync: sync disabled.\n");
    else
        printf ("sync: sync to event \"%s\" epsilon=%.3fs.\n",
                get_str (r, "sync_event"),
                get_real (r, "sync_epsilon"));
    json_decref (r);
    flux_close (h);
    return 0;
}

static const struct command sub_list = {
    .name = "list",
    .summary = "show all entries",
    .run = run_list,
};

static const struct command sub_start = {
    .name = "start",
    .summary = "start entries that are stopped",
    .usage = "ID...",
    .run = run_start,
};

static const struct command sub_stop = {
    .name = "stop",
    .summary = "stop entries; they stay in the list",
    .usage = "ID...",
    .run = run_stop,
};

static const struct command sub_delete = {
    .name = "delete",
    .summary = "remove entries",
    .usage = "[-k] ID...",
    .options = { delete_options },
    .run = run_delete,
};

static const struct command sub_dump = {
    .name = "dump",
    .summary = "print all that is known of entries",
    .usage = "[-k KEY] ID...",
    .options = { dump_options },
    .run = run_dump,
};

static const struct command sub_sync = {
    .name = "sync",
    .summary = "have commands wait for an event",
    .usage = "[OPTIONS] [TOPIC]",
    .options = { sync_options },
    .run = run_sync,
};

static const struct command *const subs[] = {
    &cmd_cron_interval, &cmd_cron_event, &cmd_cron_tab, &cmd_cron_at,
    &sub_list,          &sub_start,      &sub_stop,     &sub_delete,
    &sub_dump,          &sub_sync,       NULL,
};

const struct command cmd_cron = {
    .name = "cron",
    .summary = "run commands at times and after events",
    .usage = "SUBCOMMAND ...",
    .subs = subs,
    .section = "instance",
};
