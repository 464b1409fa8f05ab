/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <flux/hostlist.h>
#include <flux/idset.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/hostset.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/rowformat.h"
#include "cmd/util.h"

static const struct option_def list_options[] = {
    { 'i', "include", "TARGETS", "Only these ranks or hosts." },
    { 'o', "format", "NAME|FORMAT", "Choose the output (help: list names)." },
    { 'n', "no-header", NULL, "Leave out the header." },
    { 0 },
};

static const struct option_def kill_options[] = {
    { 's', "signal", "SIGNUM", "Send this instead of SIGTERM." },
    { 't', "targets", "TARGETS", "On these ranks or hosts." },
    { 'j', "jobid", "JOBID", "That of this job." },
    { 0, "all", NULL, "All there is." },
    { 0 },
};

static const struct row_field fields[] = {
    { "id", "JOBID" },
    { "id.f58", "JOBID" },
    { "id.f58plain", "JOBID" },
    { "id.dec", "JOBID" },
    { "id.hex", "JOBID" },
    { "id.kvs", "JOBID" },
    { "id.dothex", "JOBID" },
    { "id.words", "JOBID" },
    { "id.emoji", "JOBID" },
    { "runtime", "RUNTIME" },
    { "nnodes", "NNODES" },
    { "ranks", "RANKS" },
    { "nodelist", "NODELIST" },
    { "allocated.nnodes", "NNODES" },
    { "allocated.ranks", "RANKS" },
    { "allocated.nodelist", "NODELIST" },
    { "pending.nnodes", "#ACTIVE" },
    { "pending.ranks", "ACTIVE_RANKS" },
    { "pending.nodelist", "ACTIVE_NODES" },
    { 0 },
};

static const struct named_format formats[] = {
    { "default",
      "the columns most people want",
      "{id.f58:>12} {nnodes:>6} {pending.nnodes:>7} {runtime!F:>8} "
      "{nodelist}" },
    { "pending",
      "nodes where it still runs only",
      "{id.f58:>12} {pending.nnodes:>7} {runtime!F:>8} {pending.nodelist}" },
    { 0 },
};

static void get (const char *name, void *row, struct value *v)
{
    json_t *id = json_object_get (row, "id");

    if (!strncmp (name, "id.", 3))
        value_copy (v, format_id (json_integer_value (id), name + 3));
    else if (!strcmp (name, "id"))
        value_copy (v, id_str (json_integer_value (id)));
    else
        row_get (name, row, v);
}

static const char *head (const char *name)
{
    return row_head (fields, name);
}

static const struct format_ops ops = {
    .get = get,
    .head = head,
};

/* The ranks of a set of ranks, or of hosts.  Dies if it is neither, or a host
 * is not there.
 */
static struct idset *ranks_of (flux_t *h, const char *targets)
{
    struct hostlist *map, *hl;
    struct idset *ids = idset_decode (targets);

    if (ids)
        return ids;
    if (!(hl = hostlist_decode (targets)))
        die ("'%s' is neither a set of ranks nor of hosts", targets);
    map = hostset_instance (h);
    ids = idset_create (0, IDSET_FLAG_AUTOGROW);
    for (const char *s = hostlist_first (hl); s; s = hostlist_next (hl)) {
        if (hostlist_find (map, s) < 0)
            die ("host %s not found in the hostlist of the instance", s);
        for (int i = 0; i < hostlist_count (map); i++) {
            if (!strcmp (hostlist_nth (map, i), s))
                idset_set (ids, i);
        }
    }
    hostlist_destroy (map);
    hostlist_destroy (hl);
    return ids;
}

/* ---- list ---- */

/* PREFIX.nnodes, .ranks and .nodelist of row; the number of ranks. */
static size_t set_ranks (json_t *row,
                         const char *prefix,
                         struct hostlist *map,
                         const struct idset *ids)
{
    struct hostlist *hl = hostlist_create ();
    char *ranks = idset_encode (ids, IDSET_FLAG_RANGE);
    char *key, *hosts;

    for (unsigned int i = idset_first (ids); i != IDSET_INVALID_ID;
         i = idset_next (ids, i)) {
        const char *host = hostlist_nth (map, (int)i);
        hostlist_append (hl, host ? host : "?");
    }
    hosts = hostlist_encode (hl);
    key = xasprintf ("%snnodes", prefix);
    json_object_set_new (row, key, json_integer (idset_count (ids)));
    free (key);
    key = xasprintf ("%sranks", prefix);
    json_object_set_new (row, key, json_string (ranks ? ranks : ""));
    free (key);
    key = xasprintf ("%snodelist", prefix);
    json_object_set_new (row, key, json_string (hosts ? hosts : ""));
    free (key);
    free (ranks);
    free (hosts);
    hostlist_destroy (hl);
    return idset_count (ids);
}

static struct idset *member (json_t *o, const char *key, struct idset *include)
{
    const char *s = json_string_value (json_object_get (o, key));
    struct idset *ids = idset_decode (s ? s : "");
    struct idset *some;

    if (!ids)
        die ("job-manager.stats-get: malformed response");
    if (!include)
        return ids;
    some = idset_intersect (ids, include);
    idset_destroy (ids);
    return some;
}

static void add_row (json_t *rows,
                     struct hostlist *map,
                     const char *id,
                     json_t *o,
                     struct idset *include)
{
    double t = json_number_value (json_object_get (o, "t_start"));
    struct idset *allocated = member (o, "allocated", include);
    struct idset *pending = member (o, "pending", include);
    json_t *row = json_pack ("{s:I s:f}",
                             "id",
                             (json_int_t)parse_id (id),
                             "runtime",
                             flux_reactor_time () - t);

    set_ranks (row, "pending.", map, pending);
    set_ranks (row, "allocated.", map, allocated);
    if (set_ranks (row, "", map, allocated) > 0)
        json_array_append (rows, row);
    json_decref (row);
    idset_destroy (allocated);
    idset_destroy (pending);
}

static int run_list (struct opts *o)
{
    char *text = format_choose (formats,
                                opt_str (o, "format", NULL),
                                "FLUX_HOUSEKEEPING_LIST_FORMAT_DEFAULT",
                                "flux-housekeeping",
                                "list.formats");
    const char *targets = opt_str (o, "include", NULL);
    flux_t *h = cmd_open ();
    struct hostlist *map = hostset_instance (h);
    struct idset *include = targets ? ranks_of (h, targets) : NULL;
    json_t *stats = call_json (h, "job-manager.stats-get", 0, NULL);
    json_t *running = json_get_path (stats, "housekeeping.running");
    json_t *rows = json_array ();
    const char *id;
    json_t *entry;

    json_object_foreach (running, id, entry)
        add_row (rows, map, id, entry, include);
    rows_print (o, text, &ops, rows);
    json_decref (rows);
    json_decref (stats);
    idset_destroy (include);
    hostlist_destroy (map);
    flux_close (h);
    free (text);
    return 0;
}

/* ---- kill ---- */

static int run_kill (struct opts *o)
{
    const char *targets = opt_str (o, "targets", NULL);
    const char *job = opt_str (o, "jobid", NULL);
    const char *signame = opt_str (o, "signal", "TERM");
    int signum = parse_signal (signame);
    json_t *payload;
    flux_t *h;

    if (o->argc > 0)
        die ("unrecognized argument: %s", o->argv[0]);
    if (!targets && !job && !opt_count (o, "all"))
        die ("specify at least one of --targets, --jobid, or --all");
    if (opt_count (o, "all") && (targets || job))
        die ("--all cannot be used with --targets or --jobid");
    if (signum < 0)
        die ("%s: not a signal", signame);
    payload = json_pack ("{s:i}", "signum", signum);
    if (job)
        json_object_set_new (payload, "jobid", json_integer (parse_id (job)));
    h = cmd_open ();
    if (targets) {
        struct idset *ids = ranks_of (h, targets);
        char *ranks = idset_encode (ids, IDSET_FLAG_RANGE);

        json_object_set_new (payload, "ranks", json_string (ranks));
        free (ranks);
        idset_destroy (ids);
    }
    call (h, "job-manager.housekeeping-kill", 0, payload);
    flux_close (h);
    return 0;
}

static const struct command cmd_list = {
    .name = "list",
    .summary = "show what is being cleaned",
    .usage = "[OPTIONS]",
    .options = { list_options },
    .run = run_list,
};

static const struct command cmd_kill = {
    .name = "kill",
    .summary = "end housekeeping commands",
    .usage = "[OPTIONS]",
    .options = { kill_options },
    .run = run_kill,
};

static const struct command *const subs[] = { &cmd_list, &cmd_kill, NULL };

const struct command cmd_housekeeping = {
    .name = "housekeeping",
    .summary = "list and end what cleans nodes after jobs",
    .usage = "SUBCOMMAND ...",
    .subs = subs,
    .usage_status = 2,
    .section = "instance",
};
