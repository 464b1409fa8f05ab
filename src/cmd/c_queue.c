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
#include "cmd/queuelist.h"
#include "cmd/util.h"

static const struct option_def list_options[] = {
    { 'q', "queue", "QUEUE,...", "Only these queues." },
    { 'n', "no-header", NULL, "Leave out the header." },
    { 'o', "format", "NAME|FORMAT", "Choose the output (help: list names)." },
    { 0 },
};

static const struct option_def queue_options[] = {
    { 'q', "queue", "NAME", "Select one queue." },
    { 'a', "all", NULL, "Select all queues." },
    { 'v', "verbose", NULL, "Say more about the job manager." },
    { 0 },
};

static const struct option_def change_options[] = {
    { 0, "quiet", NULL, "Print only errors." },
    { 0 },
};

static const struct option_def stop_options[] = {
    { 0, "nocheckpoint", NULL, "Do not keep this over a restart." },
    { 'm', "message", "REASON", "Give a reason." },
    { 0 },
};

static const struct option_def wait_options[] = {
    { 't', "timeout", "FSD", "Give up after this long." },
    { 0, "quiet", NULL, "Print only errors." },
    { 0 },
};

static const char *queue_name (const struct opts *o)
{
    const char *name = opt_str (o, "queue", o->argc > 0 ? o->argv[0] : NULL);

    if (o->argc > 1 || (o->argc == 1 && opt_count (o, "queue")))
        die_usage ("only one queue can be given");
    if (name && opt_count (o, "all"))
        die_usage ("--all cannot be used with a queue");
    return name;
}

static void print_reason (json_t *r, const char *key)
{
    const char *s = json_string_value (json_object_get (r, key));

    printf ("%s%s\n", s && *s ? ": " : "", s ? s : "");
}

/* What to tell of a queue. */
enum {
    TELL_ENABLE = 1,
    TELL_START = 2,
    TELL_COUNTS = 4,
};

static void print_one (flux_t *h, const char *name, int what)
{
    json_t *r =
        call_json (h,
                   "job-manager.queue-status",
                   0,
                   name ? json_pack ("{s:s}", "name", name) : json_object ());
    const char *before = name ? name : "";
    const char *colon = name ? ": " : "";
    int enable = 0;
    int start = 0;

    json_unpack (r, "{s?b s?b}", "enable", &enable, "start", &start);
    if (what & TELL_ENABLE) {
        printf ("%s%sJob submission is %s",
                before,
                colon,
                enable ? "enabled" : "disabled");
        print_reason (r, enable ? "" : "disable_reason");
    }
    if (what & TELL_START) {
        printf ("%s%sScheduling is %s",
                before,
                colon,
                start ? "started" : "stopped");
        print_reason (r, start ? "" : "stop_reason");
    }
    json_decref (r);
}

static void print_status (flux_t *h, const char *name, int what)
{
    json_t *r = call_json (h, "job-manager.queue-list", FLUX_NODEID_ANY, NULL);
    json_t *queues = json_object_get (r, "queues");
    int queued = 0, pending = 0, running = 0;
    size_t i;
    json_t *q;

    if (name || json_array_size (queues) == 0)
        print_one (h, name, what);
    else {
        json_array_foreach (queues, i, q)
            print_one (h, json_string_value (q), what);
    }
    json_decref (r);
    if (!(what & TELL_COUNTS))
        return;
    r = call_json (h, "job-manager.alloc-query", FLUX_NODEID_ANY, NULL);
    json_unpack (r,
                 "{s?i s?i s?i}",
                 "queue_length",
                 &queued,
                 "alloc_pending",
                 &pending,
                 "running",
                 &running);
    printf ("%d alloc requests queued\n", queued);
    printf ("%d alloc requests pending to scheduler\n", pending);
    printf ("%d running jobs\n", running);
    json_decref (r);
}

static int run_status (struct opts *o)
{
    const char *name = queue_name (o);
    flux_t *h = cmd_open ();

    print_status (h,
                  name,
                  TELL_ENABLE | TELL_START
                      | (opt_count (o, "verbose") ? TELL_COUNTS : 0));
    flux_close (h);
    return 0;
}

static int change (const struct opts *o,
                   const char *topic,
                   const char *key,
                   bool on)
{
    const char *name = queue_name (o);
    const char *message = opt_str (o, "message", NULL);
    bool all = opt_count (o, "all") > 0;
    json_t *request = json_pack ("{s:b s:b}", key, on, "all", all);
    flux_t *h = cmd_open ();

    if (name)
        json_object_set_new (request, "name", json_string (name));
    if (message)
        json_object_set_new (request, "reason", json_string (message));
    else if (!on && !strcmp (key, "enable"))
        json_object_set_new (request,
                             "reason",
                             json_string ("disabled by administrator"));
    if (opt_count (o, "nocheckpoint"))
        json_object_set_new (request, "nocheckpoint", json_true ());
    call (h, topic, 0, request);
    if (!opt_count (o, "quiet"))
        print_status (h,
                      name,
                      (!strcmp (key, "enable") ? TELL_ENABLE : TELL_START)
                          | (opt_count (o, "verbose") ? TELL_COUNTS : 0));
    flux_close (h);
    return 0;
}

static int run_enable (struct opts *o)
{
    return change (o, "job-manager.queue-enable", "enable", true);
}

static int run_disable (struct opts *o)
{
    return change (o, "job-manager.queue-enable", "enable", false);
}

static int run_start (struct opts *o)
{
    return change (o, "job-manager.queue-start", "start", true);
}

static int run_stop (struct opts *o)
{
    return change (o, "job-manager.queue-start", "start", false);
}

static int wait_for (const struct opts *o, const char *topic, bool count)
{
    double timeout = opt_fsd (o, "timeout", -1.);
    flux_future_t *f;
    int pending = 0;
    flux_t *h;

    if (o->argc > 0)
        die_usage ("there are no arguments");
    h = cmd_open ();
    f = flux_rpc (h, topic, NULL, FLUX_NODEID_ANY, 0);
    if (!f)
        die ("%s", strerror (errno));
    if (isinf (timeout))
        timeout = -1.;
    if (flux_future_wait_for (f, timeout) < 0)
        die ("%s", errno == ETIMEDOUT ? "timeout" : strerror (errno));
    if (flux_rpc_get (f, NULL) < 0)
        die ("%s", future_text (f));
    if (count && !opt_count (o, "quiet")
        && flux_rpc_get_unpack (f, "{s:i}", "pending", &pending) == 0)
        printf ("%d jobs\n", pending);
    flux_future_destroy (f);
    flux_close (h);
    return 0;
}

static int run_drain (struct opts *o)
{
    return wait_for (o, "job-manager.drain", false);
}

static int run_idle (struct opts *o)
{
    return wait_for (o, "job-manager.idle", true);
}

static const struct command list = {
    .name = "list",
    .summary = "list queues with their limits",
    .usage = "[OPTIONS]",
    .options = { list_options },
    .run = queue_list_run,
};

static const struct command status = {
    .name = "status",
    .summary = "show whether queues take and start jobs",
    .usage = "[OPTIONS] [QUEUE]",
    .options = { queue_options },
    .run = run_status,
};

static const struct command enable = {
    .name = "enable",
    .summary = "let jobs be submitted",
    .usage = "[OPTIONS] [QUEUE]",
    .options = { queue_options, change_options },
    .run = run_enable,
};

static const struct command disable = {
    .name = "disable",
    .summary = "refuse new jobs",
    .usage = "[OPTIONS] -m REASON [QUEUE]",
    .options = { queue_options, change_options, stop_options },
    .run = run_disable,
};

static const struct command start = {
    .name = "start",
    .summary = "let jobs be started",
    .usage = "[OPTIONS] [QUEUE]",
    .options = { queue_options, change_options },
    .run = run_start,
};

static const struct command stop = {
    .name = "stop",
    .summary = "start no more jobs",
    .usage = "[OPTIONS] [QUEUE]",
    .options = { queue_options, change_options, stop_options },
    .run = run_stop,
};

static const struct command drain = {
    .name = "drain",
    .summary = "wait until there are no active jobs",
    .usage = "[OPTIONS]",
    .options = { wait_options },
    .run = run_drain,
};

static const struct command idle = {
    .name = "idle",
    .summary = "wait until no job runs",
    .usage = "[OPTIONS]",
    .options = { wait_options },
    .run = run_idle,
};

static const struct command *const subs[] = {
    &list, &status, &enable, &disable, &start, &stop, &drain, &idle, NULL,
};

const struct command cmd_queue = {
    .name = "queue",
    .summary = "list and change queues",
    .usage = "SUBCOMMAND ...",
    .subs = subs,
    .usage_status = 2,
    .section = "instance",
};
