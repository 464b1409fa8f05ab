/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux job id, info, last, list, list-ids, stats, timeleft */

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/fsd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def id_options[] = {
    { 't', "to", "FORM", "dec hex kvs dothex words f58 f58plain emoji." },
    { 0 },
};

static const struct option_def info_options[] = {
    { 'o', "original", NULL, "The jobspec as it was submitted." },
    { 'b', "base", NULL, "The jobspec or R before updates." },
    { 0 },
};

static const struct option_def list_options[] = {
    { 'c', "count", "N", "List at most N jobs." },
    { 's', "states", "STATES", "List jobs in these states." },
    { 'u', "user", "USER", "List jobs of this user, or of all." },
    { 0 },
};

static const struct option_def list_ids_options[] = {
    { 'W', "wait-state", "STATE", "Wait until jobs reach STATE." },
    { 0 },
};

static const struct option_def timeleft_options[] = {
    { 'H', "human", NULL, "Print a duration for people." },
    { 0 },
};

static void convert (const char *s, const char *form)
{
    flux_jobid_t id = parse_id (s);
    char key[128];

    if (!strcmp (form, "kvs")) {
        if (flux_job_kvs_key (key, sizeof (key), id, NULL) < 0)
            die ("%s: %s", s, strerror (errno));
        printf ("%s\n", key);
    }
    else
        printf ("%s\n", format_id (id, form));
}

static int run_id (struct opts *o)
{
    const char *form = opt_str (o, "to", "dec");
    char line[256];

    for (int i = 0; i < o->argc; i++)
        convert (o->argv[i], form);
    while (o->argc == 0 && fgets (line, sizeof (line), stdin)) {
        line[strcspn (line, "\n")] = '\0';
        convert (line, form);
    }
    return 0;
}

/* The submitted text is inside the signed J. */
static void print_original (flux_t *h, flux_jobid_t id)
{
    json_t *r = lookup_job (h, id, "J", 0);
    const char *J = json_string_value (json_object_get (r, "J"));
    flux_error_t e;
    char *s = flux_unwrap_string (J ? J : "", false, NULL, &e);

    if (!s)
        die ("%s: %s", id_str (id), e.text);
    printf ("%s\n", s);
    free (s);
    json_decref (r);
}

static int run_info (struct opts *o)
{
    const char *key;
    const char *s;
    size_t len;
    bool current;
    json_t *r;
    flux_t *h;

    if (o->argc != 2)
        die ("a job id and a key are required");
    key = o->argv[1];
    h = cmd_open ();
    if (opt_count (o, "original")) {
        if (strcmp (key, "jobspec") != 0)
            die ("--original is for jobspec only");
        print_original (h, parse_id (o->argv[0]));
        flux_close (h);
        return 0;
    }
    current = (!strcmp (key, "jobspec") || !strcmp (key, "R"))
              && !opt_count (o, "base");
    r = lookup_job (h,
                    parse_id (o->argv[0]),
                    key,
                    current ? FLUX_JOB_LOOKUP_CURRENT : 0);
    s = json_string_value (json_object_get (r, key));
    len = s ? strlen (s) : 0;
    printf ("%s%s", s ? s : "", len > 0 && s[len - 1] == '\n' ? "" : "\n");
    json_decref (r);
    flux_close (h);
    return 0;
}

static int run_last (struct opts *o)
{
    const char *arg = o->argc > 0 ? o->argv[0] : "1";
    char *slice;
    json_t *r;
    json_t *id;
    size_t i;
    flux_t *h;
    char *end;

    if (o->argc > 1)
        die ("at most one argument can be given");
    if (*arg == '[')
        slice = xstrdup (arg);
    else {
        long n = strtol (arg, &end, 10);
        if (end == arg || *end || n < 0)
            die ("'%s' is neither a number nor a [slice]", arg);
        slice = xasprintf ("[:%ld]", n);
    }
    h = cmd_open ();
    r = call_json (h,
                   "job-manager.history.get",
                   FLUX_NODEID_ANY,
                   json_pack ("{s:s}", "slice", slice));
    if (json_array_size (json_object_get (r, "jobs")) == 0)
        die ("job history is empty");
    json_array_foreach (json_object_get (r, "jobs"), i, id)
        printf ("%s\n", id_str (json_integer_value (id)));
    free (slice);
    json_decref (r);
    flux_close (h);
    return 0;
}

static void print_line (json_t *o)
{
    json_dumpf (o, stdout, JSON_COMPACT);
    printf ("\n");
}

static int list_states (const struct opts *o)
{
    const char *s = opt_str (o, "states", NULL);
    char *copy;
    char *save = NULL;
    int bits = 0;

    if (!s)
        return FLUX_JOB_STATE_PENDING | FLUX_JOB_STATE_RUNNING;
    copy = xstrdup (s);
    for (char *w = strtok_r (copy, ",", &save); w;
         w = strtok_r (NULL, ",", &save))
        bits |= !strcmp (w, "inactive") ? FLUX_JOB_STATE_INACTIVE
                                        : parse_states (w);
    free (copy);
    return bits;
}

static int run_list (struct opts *o)
{
    const char *user = opt_str (o, "user", NULL);
    json_int_t uid = user ? parse_user (user) : getuid ();
    flux_future_t *f;
    const char *s;
    flux_t *h = cmd_open ();

    if (uid == FLUX_USERID_UNKNOWN)
        uid = -1;
    f = flux_rpc_pack (h,
                       "job-list.list",
                       FLUX_NODEID_ANY,
                       FLUX_RPC_STREAMING,
                       "{s:i s:[s] s:{s:[{s:[I]},{s:[i]}]}}",
                       "max_entries",
                       (int)opt_int (o, "count", 0, 0, INT_MAX),
                       "attrs",
                       "all",
                       "constraint",
                       "and",
                       "userid",
                       uid,
                       "states",
                       list_states (o));
    if (!f)
        die ("%s", strerror (errno));
    while (flux_rpc_get (f, &s) == 0) {
        json_t *r = json_loads (s ? s : "{}", 0, NULL);
        size_t i;
        json_t *job;
        json_array_foreach (json_object_get (r, "jobs"), i, job)
            print_line (job);
        json_decref (r);
        flux_future_reset (f);
    }
    if (errno != ENODATA)
        die ("%s", future_text (f));
    flux_future_destroy (f);
    flux_close (h);
    return 0;
}

static int run_list_ids (struct opts *o)
{
    const char *wait = opt_str (o, "wait-state", NULL);
    flux_job_state_t state = 0;
    flux_t *h;

    if (o->argc < 1)
        die ("a job id is required");
    if (wait && flux_job_strtostate (wait, &state) < 0)
        die ("--wait-state: '%s' is not a job state", wait);
    h = cmd_open ();
    for (int i = 0; i < o->argc; i++) {
        json_t *request = json_pack ("{s:I s:[s]}",
                                     "id",
                                     (json_int_t)parse_id (o->argv[i]),
                                     "attrs",
                                     "all");
        json_t *r;
        if (wait)
            json_object_set_new (request, "state", json_integer (state));
        r = call_json (h, "job-list.list-id", FLUX_NODEID_ANY, request);
        print_line (json_object_get (r, "job"));
        json_decref (r);
    }
    flux_close (h);
    return 0;
}

static int run_stats (struct opts *o)
{
    flux_t *h = cmd_open ();
    json_t *r =
        call_json (h, "job-list.job-stats", FLUX_NODEID_ANY, json_object ());

    print_line (r);
    json_decref (r);
    flux_close (h);
    return 0;
}

static double timeleft_of (flux_t *h, flux_jobid_t id)
{
    json_t *r = call_json (h,
                           "job-list.list-id",
                           FLUX_NODEID_ANY,
                           json_pack ("{s:I s:[s,s]}",
                                      "id",
                                      (json_int_t)id,
                                      "attrs",
                                      "expiration",
                                      "state"));
    double expiration = 0.;
    int state = 0;

    json_unpack (r,
                 "{s:{s?F s?i}}",
                 "job",
                 "expiration",
                 &expiration,
                 "state",
                 &state);
    json_decref (r);
    if (state & FLUX_JOB_STATE_PENDING)
        die ("%s: job has not started", id_str (id));
    if (state != FLUX_JOB_STATE_RUN)
        return 0.;
    if (expiration == 0.)
        return INFINITY;
    expiration -= flux_reactor_time ();
    return expiration > 0. ? expiration : 0.;
}

static int run_timeleft (struct opts *o)
{
    flux_error_t e = { { 0 } };
    double left;
    flux_t *h;

    if (o->argc > 1)
        die ("at most one job id can be given");
    h = cmd_open ();
    if (o->argc == 1)
        left = timeleft_of (h, parse_id (o->argv[0]));
    else if (flux_job_timeleft (h, &e, &left) < 0)
        die ("%s", e.text);
    if (opt_count (o, "human")) {
        char buf[64];
        fsd_format (buf, sizeof (buf), left);
        printf ("%s\n", buf);
    }
    else
        printf ("%u\n", left >= UINT_MAX ? UINT_MAX : (unsigned)left);
    flux_close (h);
    return 0;
}

const struct command cmd_job_id = {
    .name = "id",
    .summary = "convert job ids to another form",
    .usage = "[--to=FORM] [JOBID...]",
    .options = { id_options },
    .run = run_id,
};

const struct command cmd_job_info = {
    .name = "info",
    .summary = "print what is kept of a job: jobspec, R, J, logs",
    .usage = "[--original] [--base] JOBID KEY",
    .options = { info_options },
    .run = run_info,
};

const struct command cmd_job_last = {
    .name = "last",
    .summary = "print the ids of my last jobs",
    .usage = "[N | [START:STOP:STEP]]",
    .run = run_last,
};

const struct command cmd_job_list = {
    .name = "list",
    .summary = "list jobs as JSON",
    .usage = "[OPTIONS]",
    .options = { list_options },
    .run = run_list,
};

const struct command cmd_job_list_ids = {
    .name = "list-ids",
    .summary = "print jobs as JSON",
    .usage = "[OPTIONS] JOBID...",
    .options = { list_ids_options },
    .run = run_list_ids,
};

const struct command cmd_job_stats = {
    .name = "stats",
    .summary = "print counts of jobs as JSON",
    .usage = "",
    .run = run_stats,
};

const struct command cmd_job_timeleft = {
    .name = "timeleft",
    .summary = "print the time a job has left",
    .usage = "[-H] [JOBID]",
    .options = { timeleft_options },
    .run = run_timeleft,
};
