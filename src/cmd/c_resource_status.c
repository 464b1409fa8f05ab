/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux resource status, drain, undrain: the administrator's view. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/resstatus.h"
#include "cmd/rowformat.h"
#include "cmd/util.h"

static const struct option_def status_options[] = {
    { 's', "states", "STATE,...", "Only resources in these states." },
    { 0 },
};

static const struct option_def table_options[] = {
    { 'q', "queue", "QUEUE,...", "Only nodes of these queues." },
    { 'i', "include", "TARGETS", "Only these ranks or hosts." },
    { 'o', "format", "NAME|FORMAT", "Choose the output (help: list names)." },
    { 'n', "no-header", NULL, "Leave out the header." },
    { 0, "skip-empty", NULL, "Leave out lines without resources." },
    { 0 },
};

static const struct option_def change_options[] = {
    { 'f', "force", NULL, "Overwrite the reason; twice: the time too." },
    { 'u', "update", NULL, "Change only nodes that are not there yet." },
    { 0 },
};

static const struct option_def reload_options[] = {
    { 'x', "xml", NULL, "PATH is a directory of hwloc's RANK.xml." },
    { 'f', "force", NULL, "Take ranks that there are not." },
    { 0 },
};

static const struct named_format status_formats[] = {
    { "default",
      "the columns most people want",
      "{state:>12} {up:>2} {nnodes:>6} {nodelist}" },
    { "long",
      "with the reason of drained nodes",
      "{state:>12} {up:>2} {nnodes:>6} +:{reason:<30.30} {nodelist}" },
    { 0 },
};

static const struct named_format drain_formats[] = {
    { "default",
      "the columns most people want",
      "{timestamp!d:%b%d %R::<12} {state:<8.8} {reason:<30.30+} {nodelist}" },
    { "long",
      "with ranks, and all of the reason",
      "{timestamp!d:%b%d %R::<12} {state:<8.8} {ranks:<8.8+} "
      "+:{reason:<30.30} {nodelist}" },
    { 0 },
};

static int run_status (struct opts *o)
{
    char *text = format_choose (status_formats,
                                opt_str (o, "format", NULL),
                                "FLUX_RESOURCE_STATUS_FORMAT_DEFAULT",
                                "flux-resource",
                                "status.formats");
    const char *list = opt_str (o, "states", NULL);
    int states = list ? node_states_parse (list) : NODE_USUAL;
    flux_t *h = cmd_open ();
    json_t *rows =
        node_rows (h, o, text, states, list && !opt_count (o, "skip-empty"));

    rows_print (o, text, &node_ops, rows);
    json_decref (rows);
    flux_close (h);
    free (text);
    return 0;
}

static int list_drained (const struct opts *o)
{
    char *text = format_choose (drain_formats,
                                opt_str (o, "format", NULL),
                                "FLUX_RESOURCE_DRAIN_FORMAT_DEFAULT",
                                "flux-resource",
                                "drain.formats");
    flux_t *h = cmd_open ();
    json_t *rows = node_rows (h, o, text, NODE_DRAINING | NODE_DRAINED, false);

    rows_print (o, text, &node_ops, rows);
    json_decref (rows);
    flux_close (h);
    free (text);
    return 0;
}

static int change (const struct opts *o, const char *topic)
{
    int force = opt_count (o, "force");
    json_t *request = json_pack ("{s:s}", "targets", o->argv[0]);
    const char *mode = NULL;
    char *reason;
    flux_future_t *f;
    flux_t *h;

    if (force && opt_count (o, "update"))
        die ("--force and --update exclude each other");
    if (opt_count (o, "update"))
        mode = "update";
    else if (force)
        mode = force > 1 ? "force-overwrite" : "overwrite";
    if (mode)
        json_object_set_new (request, "mode", json_string (mode));
    if (o->argc > 1) {
        reason = join_words (o->argc - 1, o->argv + 1);
        json_object_set_new (request, "reason", json_string (reason));
        free (reason);
    }
    h = cmd_open ();
    f = flux_rpc_pack (h, topic, 0, 0, "o", request);
    if (f && flux_rpc_get (f, NULL) < 0 && errno == EEXIST)
        die ("%s (try --force)", future_text (f));
    get_or_die (f, NULL);
    flux_future_destroy (f);
    flux_close (h);
    return 0;
}

static int run_drain (struct opts *o)
{
    if (o->argc == 0)
        return list_drained (o);
    return change (o, "resource.drain");
}

static int run_undrain (struct opts *o)
{
    if (o->argc == 0)
        die ("targets are required");
    return change (o, "resource.undrain");
}

static int run_reload (struct opts *o)
{
    char *path;
    flux_t *h;

    if (o->argc != 1)
        die ("a path is required");
    if (!(path = realpath (o->argv[0], NULL)))
        die ("%s: %s", o->argv[0], strerror (errno));
    h = cmd_open ();
    call (h,
          "resource.reload",
          0,
          json_pack ("{s:s s:b s:b}",
                     "path",
                     path,
                     "xml",
                     opt_count (o, "xml") > 0,
                     "force",
                     opt_count (o, "force") > 0));
    free (path);
    flux_close (h);
    return 0;
}

static int run_mute (struct opts *o)
{
    flux_t *h;

    if (o->argc > 0)
        die ("there are no arguments");
    h = cmd_open ();
    call (h, "resource.acquire-mute", 0, NULL);
    flux_close (h);
    return 0;
}

const struct command cmd_resource_reload = {
    .name = "reload",
    .summary = "replace the resources by those of a file",
    .usage = "[OPTIONS] PATH",
    .options = { reload_options },
    .run = run_reload,
};

const struct command cmd_resource_mute = {
    .name = "acquire-mute",
    .summary = "tell a scheduler no more of what becomes of resources",
    .usage = "",
    .run = run_mute,
};

const struct command cmd_resource_status = {
    .name = "status",
    .summary = "show the state of nodes",
    .usage = "[OPTIONS]",
    .options = { status_options, table_options },
    .run = run_status,
};

const struct command cmd_resource_drain = {
    .name = "drain",
    .summary = "take nodes out of service, or list those that are",
    .usage = "[OPTIONS] [TARGETS [REASON...]]",
    .options = { change_options, table_options },
    .run = run_drain,
};

const struct command cmd_resource_undrain = {
    .name = "undrain",
    .summary = "put nodes back into service",
    .usage = "[OPTIONS] TARGETS [REASON...]",
    .options = { change_options },
    .run = run_undrain,
};
