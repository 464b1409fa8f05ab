/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux job-exec-override and flux post-job-event: a hand in the life of a
 * job, for tests.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static void send_override (const char *event, const char *id, json_t *status)
{
    json_t *request = json_pack ("{s:s s:I s:o*}",
                                 "event",
                                 event,
                                 "jobid",
                                 (json_int_t)parse_id (id),
                                 "status",
                                 status);
    flux_t *h = cmd_open ();

    call (h, "job-exec.override", FLUX_NODEID_ANY, request);
    flux_close (h);
}

static int run_start (struct opts *o)
{
    if (o->argc != 1)
        die_usage ("one job id is required");
    send_override ("start", o->argv[0], NULL);
    return 0;
}

static int run_finish (struct opts *o)
{
    char *end;
    long status;

    if (o->argc != 2)
        die_usage ("a job id and a wait status are required");
    status = strtol (o->argv[1], &end, 0);
    if (*o->argv[1] == '\0' || *end || status < 0 || status > 0xffff)
        die ("'%s' is not a wait status", o->argv[1]);
    send_override ("finish", o->argv[0], json_integer (status));
    return 0;
}

static const struct command start = {
    .name = "start",
    .summary = "let a pretended job start",
    .usage = "JOBID",
    .run = run_start,
};

static const struct command finish = {
    .name = "finish",
    .summary = "let a pretended job end",
    .usage = "JOBID STATUS",
    .run = run_finish,
};

static const struct command *const subs[] = { &start, &finish, NULL };

const struct command cmd_job_exec_override = {
    .name = "job-exec-override",
    .summary = "start and end jobs that are only pretended",
    .usage = "start|finish JOBID [STATUS]",
    .subs = subs,
    .section = "jobs",
};

static json_t *context_of (struct opts *o)
{
    json_t *context = json_object ();

    for (int i = 2; i < o->argc; i++) {
        char *copy = xstrdup (o->argv[i]);
        char *eq = strchr (copy, '=');

        if (!eq || eq == copy)
            die ("'%s' is not KEY=VALUE", o->argv[i]);
        *eq = '\0';
        if (json_set_path (context, copy, json_or_string (eq + 1)) < 0)
            die ("'%s': cannot set this key", o->argv[i]);
        free (copy);
    }
    return context;
}

static int run_post (struct opts *o)
{
    json_t *request, *context;
    flux_future_t *f;
    flux_t *h;

    if (o->argc < 2)
        die_usage ("a job id and the name of an event are required");
    request = json_pack ("{s:I s:s}",
                         "id",
                         (json_int_t)parse_id (o->argv[0]),
                         "name",
                         o->argv[1]);
    context = context_of (o);
    if (json_object_size (context) > 0)
        json_object_set (request, "context", context);
    json_decref (context);
    h = cmd_open ();
    f = flux_rpc_pack (h,
                       "job-manager.post-event.post",
                       FLUX_NODEID_ANY,
                       0,
                       "o",
                       request);
    if (!f || flux_rpc_get (f, NULL) < 0) {
        if (errno == ENOENT)
            die ("No such job %s", o->argv[0]);
        die ("%s", f ? future_text (f) : strerror (errno));
    }
    flux_future_destroy (f);
    flux_close (h);
    return 0;
}

const struct command cmd_post_job_event = {
    .name = "post-job-event",
    .summary = "add an event to the eventlog of an active job",
    .usage = "JOBID NAME [KEY=VALUE...]",
    .section = "jobs",
    .run = run_post,
};
