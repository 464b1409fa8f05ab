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
#include "cmd/resview.h"
#include "cmd/rowformat.h"
#include "cmd/util.h"

static const struct option_def status_options[] = {
    { 's', "states", "STATE,...", "Only resources in these states." },
    { 0 },
};

static const struct option_def table_options[] = {
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

static const struct row_field fields[] = {
    { "state", "STATE" },
    { "statex", "STATE" },
    { "status", "STATUS" },
    { "up", "UP" },
    { "up.ascii", "UP" },
    { "nnodes", "NNODES" },
    { "ranks", "RANKS" },
    { "nodelist", "NODELIST" },
    { "timestamp", "TIME" },
    { "reason", "REASON" },
    { 0 },
};

static const char *head (const char *name)
{
    return row_head (fields, name);
}

static const struct format_ops ops = {
    .get = row_get,
    .head = head,
};

static const struct named_format status_formats[] = {
    { "default",
      "the columns most people want",
      "{state:>12} {up:>2} {nnodes:>6} {nodelist}" },
    { "long",
      "with the reason of drained nodes",
      "{state:>12} {up:>2} {nnodes:>6} {nodelist:<20} {reason}" },
    { 0 },
};

static const struct named_format drain_formats[] = {
    { "default",
      "the columns most people want",
      "{timestamp!d:%b%d %R::<12} {state:<8.8} {reason:<30} {nodelist}" },
    { "long",
      "with ranks",
      "{timestamp!d:%FT%T::<20} {state:<9} {ranks:<6} {reason:<30} "
      "{nodelist}" },
    { 0 },
};

struct admin {
    struct rset *all;
    struct idset *online;
    struct idset *allocated;
    struct idset *include; /* NULL: all */
    json_t *status;
    json_t *rows;
};

static struct idset *get_idset (json_t *o, const char *key)
{
    const char *s = json_string_value (json_object_get (o, key));
    struct idset *ids = s ? idset_decode (s) : NULL;

    return ids ? ids : idset_create (0, IDSET_FLAG_AUTOGROW);
}

static void admin_get (struct admin *a, flux_t *h, const struct opts *o)
{
    const char *include = opt_str (o, "include", NULL);
    json_t *sched = call_json (h, "resource.sched-status", 0, NULL);
    struct rset *r = rset_from_json (json_object_get (sched, "allocated"));

    a->status = call_json (h, "resource.status", 0, NULL);
    a->all = rset_from_json (json_object_get (a->status, "R"));
    a->online = get_idset (a->status, "online");
    a->allocated = rset_ranks (r);
    a->rows = json_array ();
    if (include)
        a->include = target_ranks (a->all, include);
    rset_destroy (r);
    json_decref (sched);
}

static void admin_clear (struct admin *a)
{
    rset_destroy (a->all);
    idset_destroy (a->online);
    idset_destroy (a->allocated);
    idset_destroy (a->include);
    json_decref (a->status);
    json_decref (a->rows);
}

static void add_row (struct admin *a,
                     const char *state,
                     const struct idset *ids,
                     bool online,
                     double t,
                     const char *reason)
{
    struct rset *r = rset_of_ranks (a->all, ids);
    char *nodes = nodelist_text (r);
    char *ranks = ranks_text (r);
    char *marked = xasprintf ("%s%s", state, online ? "" : "*");

    json_array_append_new (a->rows,
                           json_pack ("{s:s s:s s:s s:s s:s s:i s:s s:s s:f "
                                      "s:s}",
                                      "state",
                                      marked,
                                      "statex",
                                      state,
                                      "status",
                                      online ? "online" : "offline",
                                      "up",
                                      online ? "✔" : "✗",
                                      "up.ascii",
                                      online ? "y" : "n",
                                      "nnodes",
                                      (int)rset_nnodes (r),
                                      "ranks",
                                      ranks,
                                      "nodelist",
                                      nodes,
                                      "timestamp",
                                      t,
                                      "reason",
                                      reason));
    free (marked);
    free (ranks);
    free (nodes);
    rset_destroy (r);
}

/* A line for those that are up, and one for those that are not. */
static void add_split (struct admin *a,
                       const char *state,
                       const struct idset *ids,
                       double t,
                       const char *reason,
                       bool keep_empty)
{
    struct idset *some =
        a->include ? idset_intersect (ids, a->include) : idset_copy (ids);
    struct idset *up = idset_intersect (some, a->online);
    struct idset *down = idset_difference (some, a->online);

    if (!idset_empty (up) || (keep_empty && idset_empty (down)))
        add_row (a, state, up, true, t, reason);
    if (!idset_empty (down))
        add_row (a, state, down, false, t, reason);
    idset_destroy (up);
    idset_destroy (down);
    idset_destroy (some);
}

static bool wanted (const struct opts *o, const char *state)
{
    const char *list = opt_str (o, "states", "all");
    size_t n = strlen (state);

    if (!strcmp (list, "all"))
        return true;
    for (const char *s = list; *s; s += strcspn (s, ","), s += *s == ',') {
        size_t len = strcspn (s, ",");
        if ((len == n && !strncmp (s, state, n))
            || (len == 5 && !strncmp (s, "drain", 5)
                && !strncmp (state, "drain", 5)))
            return true;
    }
    return false;
}

/* Drained nodes that still run jobs are only on their way. */
static void add_drained (struct admin *a, const struct opts *o)
{
    const char *targets;
    json_t *d;

    json_object_foreach (json_object_get (a->status, "drain"), targets, d)
    {
        struct idset *ids = idset_decode (targets);
        struct idset *busy = idset_intersect (ids, a->allocated);
        struct idset *idle = idset_difference (ids, a->allocated);
        const char *reason = "";
        double t = 0.;

        json_unpack (d, "{s?F s?s}", "timestamp", &t, "reason", &reason);
        if (wanted (o, "draining"))
            add_split (a, "draining", busy, t, reason, false);
        if (wanted (o, "drained"))
            add_split (a, "drained", idle, t, reason, false);
        idset_destroy (busy);
        idset_destroy (idle);
        idset_destroy (ids);
    }
}

/* States that are shown only if they are asked for by name. */
static void add_asked (struct admin *a, const struct opts *o)
{
    struct idset *offline;

    if (!opt_count (o, "states") || !strcmp (opt_str (o, "states", ""), "all"))
        return;
    if (wanted (o, "allocated"))
        add_split (a, "allocated", a->allocated, 0., "", true);
    if (wanted (o, "online"))
        add_split (a, "online", a->online, 0., "", true);
    if (wanted (o, "offline")) {
        offline = get_idset (a->status, "offline");
        add_split (a, "offline", offline, 0., "", true);
        idset_destroy (offline);
    }
}

static int run_status (struct opts *o)
{
    char *text = format_choose (status_formats,
                                opt_str (o, "format", NULL),
                                "FLUX_RESOURCE_STATUS_FORMAT_DEFAULT",
                                "flux-resource",
                                "status.formats");
    flux_t *h = cmd_open ();
    struct admin a = { 0 };
    struct idset *avail;
    struct idset *exclude;
    struct idset *torpid;
    const char *targets;
    json_t *d;

    admin_get (&a, h, o);
    avail = rset_ranks (a.all);
    exclude = get_idset (a.status, "exclude");
    torpid = get_idset (a.status, "torpid");
    idset_subtract (avail, exclude);
    idset_subtract (avail, torpid);
    json_object_foreach (json_object_get (a.status, "drain"), targets, d)
        idset_decode_subtract (avail, targets, -1, NULL);
    if (wanted (o, "avail"))
        add_split (&a, "avail", avail, 0., "", opt_count (o, "states") > 0);
    if (wanted (o, "exclude"))
        add_split (&a, "exclude", exclude, 0., "", false);
    if (wanted (o, "torpid"))
        add_split (&a, "torpid", torpid, 0., "", false);
    add_drained (&a, o);
    add_asked (&a, o);
    rows_print (o, text, &ops, a.rows);
    idset_destroy (avail);
    idset_destroy (exclude);
    idset_destroy (torpid);
    admin_clear (&a);
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
    struct admin a = { 0 };

    admin_get (&a, h, o);
    add_drained (&a, o);
    rows_print (o, text, &ops, a.rows);
    admin_clear (&a);
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
