/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux job attach, flux job status: both follow jobs to their end. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/attach.h"
#include "cmd/cmd.h"
#include "cmd/jobwatch.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static int run_attach (struct opts *o)
{
    struct attach_config c;
    flux_jobid_t id;
    flux_t *h;
    int status;

    if (o->argc != 1)
        die ("one job id is required");
    id = parse_id (o->argv[0]);
    attach_config_init (&c, o);
    h = cmd_open ();
    status = attach_run (h, id, &c);
    flux_close (h);
    return status;
}

const struct command cmd_job_attach = {
    .name = "attach",
    .summary = "follow a job: its output here, our input there",
    .usage = "[OPTIONS] JOBID",
    .options = { attach_options },
    .run = run_attach,
};

static const struct option_def status_options[] = {
    { 'e',
      "exception-exit-code",
      "N",
      "Exit code for jobs with an exception." },
    { 'j', "json", NULL, "Print the result of each job as JSON." },
    { 'v', "verbose", NULL, "Say how each job ended." },
    { 0 },
};

struct status {
    const struct opts *o;
    flux_reactor_t *r;
    int active;
    int highest;
};

struct result {
    struct status *s;
    json_t *json;
    struct jobwatch *w;
};

static void event_cb (struct jobwatch *w,
                      const struct entry *ent,
                      json_t *o,
                      bool is_exec,
                      void *arg)
{
    struct result *res = arg;
    json_t *j = res->json;
    const char *type = "";
    const char *note = "";
    int severity = -1;

    if (!strcmp (ent->name, "submit"))
        json_object_set_new (j, "t_submit", json_real (ent->timestamp));
    else if (!strcmp (ent->name, "alloc"))
        json_object_set_new (j, "t_run", json_real (ent->timestamp));
    else if (!strcmp (ent->name, "finish")) {
        json_object_set_new (j, "t_cleanup", json_real (ent->timestamp));
        json_object_set (j,
                         "waitstatus",
                         json_object_get (ent->context, "status"));
    }
    else if (!strcmp (ent->name, "exception")) {
        json_unpack (ent->context,
                     "{s?s s?i s?s}",
                     "type",
                     &type,
                     "severity",
                     &severity,
                     "note",
                     &note);
        if (severity == 0) {
            json_object_set_new (j, "exception_occurred", json_true ());
            json_object_set_new (j, "exception_type", json_string (type));
            json_object_set_new (j, "exception_note", json_string (note));
            json_object_set_new (j, "exception_severity", json_integer (0));
        }
    }
}

static void report (struct result *res, int code)
{
    const struct opts *o = res->s->o;
    const char *type =
        json_string_value (json_object_get (res->json, "exception_type"));

    if (opt_count (o, "json")) {
        json_dumpf (res->json, stdout, JSON_COMPACT);
        printf ("\n");
    }
    else if (!opt_count (o, "verbose"))
        return;
    else if (type)
        fprintf (stderr,
                 "flux-job: %s: exception type=%s\n",
                 id_str (res->w->id),
                 type);
    else
        fprintf (stderr,
                 "flux-job: %s: exited with exit code %d\n",
                 id_str (res->w->id),
                 code);
}

static int result_of (const struct result *res, int code)
{
    const char *type =
        json_string_value (json_object_get (res->json, "exception_type"));

    if (type && !strcmp (type, "cancel"))
        return FLUX_JOB_RESULT_CANCELED;
    if (type && !strcmp (type, "timeout"))
        return FLUX_JOB_RESULT_TIMEOUT;
    return type || code ? FLUX_JOB_RESULT_FAILED : FLUX_JOB_RESULT_COMPLETED;
}

static void done_cb (struct jobwatch *w, void *arg)
{
    struct result *res = arg;
    struct status *s = res->s;
    int code = w->exit_code;

    if (w->excepted && opt_count (s->o, "exception-exit-code"))
        code = opt_int (s->o, "exception-exit-code", 1, 0, 255);
    if (!w->errnum) {
        json_object_set_new (res->json,
                             "result",
                             json_integer (result_of (res, w->exit_code)));
        report (res, code);
    }
    if (code > s->highest)
        s->highest = code;
    if (--s->active == 0)
        flux_reactor_stop (s->r);
}

static const struct jobwatch_ops status_ops = {
    .event = event_cb,
    .done = done_cb,
};

static int run_status (struct opts *o)
{
    struct status s = { .o = o };
    struct result *results = xcalloc (o->argc + 1, sizeof (*results));
    flux_t *h;

    if (o->argc < 1)
        die ("a job id is required");
    for (int i = 0; i < o->argc; i++)
        parse_id (o->argv[i]);
    h = cmd_open ();
    s.r = flux_get_reactor (h);
    s.active = o->argc;
    for (int i = 0; i < o->argc; i++) {
        results[i].s = &s;
        results[i].json = json_pack ("{s:I s:b}",
                                     "id",
                                     (json_int_t)parse_id (o->argv[i]),
                                     "exception_occurred",
                                     0);
        results[i].w = jobwatch_start (h,
                                       parse_id (o->argv[i]),
                                       0,
                                       "clean",
                                       &status_ops,
                                       &results[i]);
        if (!results[i].w)
            die ("%s: %s", o->argv[i], strerror (errno));
    }
    if (flux_reactor_run (s.r, 0) < 0 && s.active > 0)
        die ("lost connection to the instance: %s", strerror (errno));
    for (int i = 0; i < o->argc; i++) {
        jobwatch_destroy (results[i].w);
        json_decref (results[i].json);
    }
    free (results);
    flux_close (h);
    return s.highest;
}

const struct command cmd_job_status = {
    .name = "status",
    .summary = "wait for jobs and exit with the largest exit code",
    .usage = "[OPTIONS] JOBID...",
    .options = { status_options },
    .run = run_status,
};
