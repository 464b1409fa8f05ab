/* SPDX-License-Identifier: LGPL-3.0-or-later */

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
#include "wire/rjson.h"

static const struct option_def select_options[] = {
    { 's', "states", "STATE,...", "Only resources in these states." },
    { 'q', "queue", "QUEUE,...", "Only resources of these queues." },
    { 'i', "include", "TARGETS", "Only these ranks or hosts." },
    { 0 },
};

static const struct option_def table_options[] = {
    { 'o', "format", "NAME|FORMAT", "Choose the output (help: list names)." },
    { 'n', "no-header", NULL, "Leave out the header." },
    { 0, "skip-empty", NULL, "Leave out lines without resources." },
    { 0, "no-skip-empty", NULL, "Keep lines without resources." },
    { 0 },
};

static const struct row_field fields[] = {
    { "state", "STATE" },
    { "queue", "QUEUE" },
    { "properties", "PROPERTIES" },
    { "propertiesx", "PROPERTIES" },
    { "nnodes", "NNODES" },
    { "ncores", "NCORES" },
    { "ngpus", "NGPUS" },
    { "ranks", "RANKS" },
    { "nodelist", "NODELIST" },
    { "rlist", "LIST" },
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

static const struct named_format formats[] = {
    { "default",
      "the columns most people want",
      "{state:>10} ?+:{queue:<5} ?:{propertiesx:<10.10+} {nnodes:>6} "
      "+:{ncores:>6} {ngpus:>5} {nodelist}" },
    { "rlist",
      "with cores and GPUs of each rank",
      "{state:>10} ?+:{queue:<5} ?:{propertiesx:<10.10+} {nnodes:>6} "
      "+:{ncores:>6} {ngpus:>5} {rlist}" },
    { 0 },
};

/* Names of the queues (or other properties) that rank is in, joined. */
static char *names_of (struct resview *v, unsigned int rank, int what)
{
    const struct rset *all = v->sets[RES_ALL];
    json_t *queues = json_object_get (v->config, "queues");
    char *out = xstrdup ("");
    const char *name;
    json_t *o;
    char *more;

    if (what == 'q') {
        json_object_foreach (queues, name, o)
        {
            struct rset *r = queue_rset (v, name, RES_ALL);
            if (rset_find (r, rank)) {
                more = xasprintf ("%s%s%s", out, *out ? "," : "", name);
                free (out);
                out = more;
            }
            rset_destroy (r);
        }
        return out;
    }
    for (size_t i = 0; i < all->nproperties; i++) {
        name = all->properties[i].name;
        if (!rset_has_property (all, rank, name)
            || (what == 'x' && json_object_get (queues, name)))
            continue;
        more = xasprintf ("%s%s%s", out, *out ? "," : "", name);
        free (out);
        out = more;
    }
    return out;
}

static void set_text (json_t *row, const char *key, char *s)
{
    json_object_set_new (row, key, json_string (s ? s : ""));
    free (s);
}

/* queues: what --queue names; NULL. */
static json_t *make_row (struct resview *v,
                         const struct rset *r,
                         int state,
                         const char *queues)
{
    json_t *row = json_pack ("{s:s s:i s:i s:i}",
                             "state",
                             res_state_name (state),
                             "nnodes",
                             (int)rset_nnodes (r),
                             "ncores",
                             (int)rset_ncores (r),
                             "ngpus",
                             (int)rset_ngpus (r));

    set_text (row, "ranks", ranks_text (r));
    set_text (row, "nodelist", nodelist_text (r));
    set_text (row, "rlist", rset_summary (r));
    if (r->count > 0) {
        set_text (row, "queue", names_of (v, r->nodes[0].rank, 'q'));
        set_text (row, "properties", names_of (v, r->nodes[0].rank, 'p'));
        set_text (row, "propertiesx", names_of (v, r->nodes[0].rank, 'x'));
    }
    else if (queues)
        set_text (row, "queue", xstrdup (queues));
    return row;
}

/* Nodes that the output would tell apart stand on lines of their own. */
static char *group_key (struct resview *v, unsigned rank, const char *format)
{
    char *q = strstr (format, "{queue") ? names_of (v, rank, 'q') : NULL;
    char *p = strstr (format, "{properties") ? names_of (v, rank, 'p') : NULL;
    char *key = xasprintf ("%s/%s", q ? q : "", p ? p : "");

    free (q);
    free (p);
    return key;
}

static void add_rows (struct resview *v,
                      json_t *rows,
                      int state,
                      const char *format)
{
    struct rset *set = v->sets[state];
    struct idset *left = rset_ranks (set);

    while (!idset_empty (left)) {
        struct idset *same = idset_create (0, IDSET_FLAG_AUTOGROW);
        unsigned int first = idset_first (left);
        char *want = group_key (v, first, format);
        struct rset *r;

        for (unsigned int i = first; i != IDSET_INVALID_ID;
             i = idset_next (left, i)) {
            char *key = group_key (v, i, format);
            if (!strcmp (key, want))
                idset_set (same, i);
            free (key);
        }
        r = rset_of_ranks (set, same);
        json_array_append_new (rows, make_row (v, r, state, NULL));
        idset_subtract (left, same);
        rset_destroy (r);
        idset_destroy (same);
        free (want);
    }
    idset_destroy (left);
}

/* The states asked for, in order; -1 ends. */
static void state_list (const struct opts *o, const char *def, int *list)
{
    char *copy = xstrdup (opt_str (o, "states", def));
    char *save = NULL;
    int n = 0;

    for (char *w = strtok_r (copy, ",", &save); w && n < NR_RES_STATES;
         w = strtok_r (NULL, ",", &save)) {
        if ((list[n++] = res_state_parse (w)) < 0)
            die ("Invalid resource state %s specified", w);
    }
    list[n] = -1;
    free (copy);
}

static void get_view (struct resview *v, const struct opts *o)
{
    flux_t *h = cmd_open ();

    memset (v, 0, sizeof (*v));
    resview_get (v, h);
    resview_restrict (v, o);
    flux_close (h);
}

static int run_list (struct opts *o)
{
    char *text = format_choose (formats,
                                opt_str (o, "format", NULL),
                                "FLUX_RESOURCE_LIST_FORMAT_DEFAULT",
                                "flux-resource",
                                "list.formats");
    bool skip =
        opt_count (o, "skip-empty")
        || (opt_count (o, "include") && !opt_count (o, "no-skip-empty"));
    json_t *rows = json_array ();
    int states[NR_RES_STATES + 1];
    struct resview v;

    state_list (o, "free,allocated,down", states);
    get_view (&v, o);
    if (!strstr (text, "{state")) {
        /* without states there is one line for what is the same */
        struct rset *sum = rset_create ();
        for (int i = 0; states[i] >= 0; i++)
            rset_merge (sum, v.sets[states[i]]);
        rset_destroy (v.sets[states[0]]);
        v.sets[states[0]] = sum;
        states[1] = -1;
    }
    for (int i = 0; states[i] >= 0; i++) {
        if (v.sets[states[i]]->count > 0)
            add_rows (&v, rows, states[i], text);
        else if (!skip)
            json_array_append_new (rows,
                                   make_row (&v,
                                             v.sets[states[i]],
                                             states[i],
                                             opt_str (o, "queue", NULL)));
    }
    rows_print (o, text, &ops, rows);
    json_decref (rows);
    resview_clear (&v);
    free (text);
    return 0;
}

/* All states asked for as one set. */
static struct rset *sum_states (struct resview *v, const struct opts *o)
{
    struct rset *sum = rset_create ();
    int states[NR_RES_STATES + 1];

    state_list (o, "all", states);
    for (int i = 0; states[i] >= 0; i++)
        rset_merge (sum, v->sets[states[i]]);
    return sum;
}

static int run_info (struct opts *o)
{
    struct resview v;
    struct rset *r;
    size_t nodes, cores, gpus;

    get_view (&v, o);
    r = sum_states (&v, o);
    nodes = rset_nnodes (r);
    cores = rset_ncores (r);
    gpus = rset_ngpus (r);
    printf ("%zu Nodes, %zu Cores, %zu GPUs\n", nodes, cores, gpus);
    rset_destroy (r);
    resview_clear (&v);
    return 0;
}

static int run_R (struct opts *o)
{
    struct resview v;
    struct rset *r;
    char *s;

    get_view (&v, o);
    r = sum_states (&v, o);
    if (!(s = rjson_encode (r, 0)))
        die ("%s", strerror (errno));
    printf ("%s\n", s);
    free (s);
    rset_destroy (r);
    resview_clear (&v);
    return 0;
}

const struct command cmd_resource_list = {
    .name = "list",
    .summary = "show resources as the scheduler sees them",
    .usage = "[OPTIONS]",
    .options = { select_options, table_options },
    .run = run_list,
};

const struct command cmd_resource_info = {
    .name = "info",
    .summary = "count nodes, cores and GPUs",
    .usage = "[OPTIONS]",
    .options = { select_options },
    .run = run_info,
};

const struct command cmd_resource_R = {
    .name = "R",
    .summary = "print a resource set (RFC 20)",
    .usage = "[OPTIONS]",
    .options = { select_options },
    .run = run_R,
};

static const struct command *const subs[] = {
    &cmd_resource_list,     &cmd_resource_info,
    &cmd_resource_R,        &cmd_resource_status,
    &cmd_resource_drain,    &cmd_resource_undrain,
    &cmd_resource_reload,   &cmd_resource_mute,
    &cmd_resource_eventlog, NULL,
};

const struct command cmd_resource = {
    .name = "resource",
    .summary = "list nodes, and take them out of service",
    .usage = "SUBCOMMAND ...",
    .subs = subs,
    .usage_status = 2,
    .section = "instance",
};
