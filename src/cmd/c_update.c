/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <jansson.h>

#include "base/fsd.h"
#include "cmd/cmd.h"
#include "cmd/eventlog.h"
#include "cmd/fsd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 'n', "dry-run", NULL, "Print the updates as JSON; change nothing." },
    { 'v', "verbose", NULL, "Say what was updated." },
    { 0, "wait", NULL, "Wait until the job's eventlog has the updates." },
    { 0 },
};

#define DURATION "attributes.system.duration"

static const struct {
    const char *alias;
    const char *key;
} aliases[] = {
    { "name", "attributes.system.job.name" },
};

/* The full key for what was typed; to be freed. */
static char *full_key (const char *key)
{
    static const char *const tops[] = { "attributes.", "tasks.", "resources." };

    for (size_t i = 0; i < sizeof (aliases) / sizeof (aliases[0]); i++) {
        if (!strcmp (aliases[i].alias, key))
            return xstrdup (aliases[i].key);
    }
    for (size_t i = 0; i < sizeof (tops) / sizeof (tops[0]); i++) {
        if (!strncmp (key, tops[i], strlen (tops[i])))
            return xstrdup (key);
    }
    return xasprintf ("attributes.system.%s", key);
}

/* The duration the job has now; 0 when it has no limit. */
static double current_duration (flux_t *h, flux_jobid_t id)
{
    json_t *r = lookup_job (h, id, "jobspec", FLUX_JOB_LOOKUP_CURRENT);
    const char *s = json_string_value (json_object_get (r, "jobspec"));
    json_t *jobspec = json_loads (s ? s : "{}", 0, NULL);
    double d = json_number_value (json_get_path (jobspec, DURATION));

    json_decref (jobspec);
    json_decref (r);
    return d;
}

static double parse_duration (flux_t *h, flux_jobid_t id, const char *s)
{
    bool relative = *s == '+' || *s == '-';
    double now = relative ? current_duration (h, id) : 0.;
    char text[32];
    double d;

    if (relative && now == 0.)
        die ("duration for %s is unlimited, can't update by %s",
             id_str (id),
             s);
    if (fsd_decode (s + relative, &d) < 0)
        die ("'%s' is not a duration (for example 90s, 1.5h, +10m)", s);
    if (!relative)
        return isinf (d) ? 0. : d;
    if (*s == '+')
        return now + d;
    if (d >= now) {
        fsd_format (text, sizeof (text), now);
        die ("current duration for %s (%s) cannot be reduced by %s",
             id_str (id),
             text,
             s + 1);
    }
    return now - d;
}

static json_t *parse_updates (flux_t *h, flux_jobid_t id, const struct opts *o)
{
    json_t *updates = json_object ();

    for (int i = 1; i < o->argc; i++) {
        const char *eq = strchr (o->argv[i], '=');
        char *word;
        char *key;
        json_t *val;

        if (!eq || eq == o->argv[i])
            die_usage ("'%s' is not of the form KEY=VALUE", o->argv[i]);
        word = xasprintf ("%.*s", (int)(eq - o->argv[i]), o->argv[i]);
        key = full_key (word);
        if (!strcmp (key, DURATION))
            val = json_real (parse_duration (h, id, eq + 1));
        else
            val = json_or_string (eq + 1);
        if (!val || json_object_set_new (updates, key, val) < 0)
            die ("%s: the value is not UTF-8 text", word);
        free (word);
        free (key);
    }
    return updates;
}

struct wait {
    flux_reactor_t *r;
    json_t *updates;
    bool seen;
};

static void entry_cb (struct event_watch *w,
                      const struct entry *ent,
                      json_t *o,
                      int errnum,
                      const char *text,
                      void *arg)
{
    struct wait *wt = arg;
    const char *key;
    json_t *val;

    if (!ent) {
        if (!wt->seen)
            warn_msg ("the update never came: %s",
                      errnum == ENODATA ? "the job is over" : text);
        flux_reactor_stop (wt->r);
        return;
    }
    if (strcmp (ent->name, "jobspec-update") != 0)
        return;
    json_object_foreach (wt->updates, key, val)
    {
        json_t *got = json_object_get (ent->context, key);
        if (!got
            || (json_is_number (val)
                    ? json_number_value (got) != json_number_value (val)
                    : !json_equal (got, val)))
            return;
    }
    wt->seen = true;
    flux_reactor_stop (wt->r);
}

static int wait_for (flux_t *h, flux_jobid_t id, json_t *updates)
{
    struct wait wt = { .r = flux_get_reactor (h), .updates = updates };
    struct event_watch *w =
        event_watch_start (h, id, "eventlog", 0, entry_cb, &wt);

    if (!w)
        die ("%s", strerror (errno));
    if (flux_reactor_run (wt.r, 0) < 0 && !wt.seen)
        die ("lost connection to the instance: %s", strerror (errno));
    event_watch_destroy (w);
    return wt.seen ? 0 : 1;
}

static void say_updated (json_t *updates)
{
    const char *key;
    json_t *val;

    json_object_foreach (updates, key, val)
    {
        char *s = json_is_string (val) ? xstrdup (json_string_value (val))
                                       : json_dumps (val, JSON_ENCODE_ANY);
        info_msg ("updated %s to %s", key, s);
        free (s);
    }
}

static int run (struct opts *o)
{
    flux_jobid_t id;
    json_t *updates;
    flux_t *h;
    int status = 0;

    if (o->argc < 2)
        die_usage ("a job id and KEY=VALUE words are required");
    id = parse_id (o->argv[0]);
    h = cmd_open ();
    updates = parse_updates (h, id, o);
    if (opt_count (o, "dry-run")) {
        json_dumpf (updates, stdout, 0);
        printf ("\n");
    }
    else {
        call (
            h,
            "job-manager.update",
            FLUX_NODEID_ANY,
            json_pack ("{s:I s:O}", "id", (json_int_t)id, "updates", updates));
        if (opt_count (o, "wait"))
            status = wait_for (h, id, updates);
        if (status == 0 && opt_count (o, "verbose"))
            say_updated (updates);
    }
    json_decref (updates);
    flux_close (h);
    return status;
}

const struct command cmd_update = {
    .name = "update",
    .summary = "change attributes of an active job",
    .usage = "[OPTIONS] JOBID KEY=VALUE...",
    .options = { options },
    .usage_status = 2,
    .section = "jobs",
    .run = run,
};
