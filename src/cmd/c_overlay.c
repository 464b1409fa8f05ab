/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <flux/hostlist.h>
#include <flux/idset.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/fsd.h"
#include "cmd/hostset.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def status_options[] = {
    { 'r', "rank", "NODEID", "Begin at this rank (default 0)." },
    { 'v', "verbose", "[LEVEL]", "1: since when; 2: and round trip times." },
    { 't', "timeout", "FSD", "Wait so long for an answer (default 0.5s)." },
    { 0, "summary", NULL, "Print the state of the first rank only." },
    { 0, "down", NULL, "Print what is not full only." },
    { 0, "no-pretty", NULL, "Draw no tree." },
    { 0, "no-ghost", NULL, "Do not guess about ranks out of reach." },
    { 'L', "color", "[WHEN]", "Color: always, never or auto." },
    { 'H', "highlight", "TARGET", "Mark these ranks or hosts." },
    { 'w', "wait", "STATE", "Wait until the first rank is in STATE." },
    { 0 },
};

static const struct option_def errors_options[] = {
    { 't', "timeout", "FSD", "Wait so long for an answer (default 0.5s)." },
    { 0 },
};

static const struct option_def disconnect_options[] = {
    { 'r', "parent", "NODEID", "Take this rank for the parent." },
    { 0 },
};

struct tree {
    flux_t *h;
    const struct opts *o;
    struct hostlist *hosts;
    struct idset *marked;
    double timeout;
    int verbose;
};

/* The ranks of a set of ranks, or of hosts; dies. */
static struct idset *ranks_of (struct hostlist *map, const char *target)
{
    struct idset *ids = idset_decode (target);
    struct hostlist *hl;

    if (ids) {
        unsigned int last = idset_last (ids);
        if (last != IDSET_INVALID_ID && (int)last >= hostlist_count (map))
            die ("rank %u is not in host map", last);
        return ids;
    }
    if (!(hl = hostlist_decode (target)))
        die ("'%s' is neither a set of ranks nor of hosts", target);
    ids = idset_create (0, IDSET_FLAG_AUTOGROW);
    for (const char *host = hostlist_first (hl); host;
         host = hostlist_next (hl)) {
        int rank = hostlist_find (map, host);
        if (rank < 0)
            die ("host %s not found in host map", host);
        idset_set (ids, rank);
    }
    hostlist_destroy (hl);
    return ids;
}

static json_t *health (struct tree *t, int rank, const char *wait, double *took)
{
    double start = flux_reactor_time ();
    flux_future_t *f = wait ? flux_rpc_pack (t->h,
                                             "overlay.health",
                                             rank,
                                             0,
                                             "{s:s}",
                                             "wait",
                                             wait)
                            : flux_rpc (t->h, "overlay.health", NULL, rank, 0);
    json_t *r;

    if (!f)
        die ("%s", strerror (errno));
    if (t->timeout > 0 && !wait && flux_future_wait_for (f, t->timeout) < 0)
        die ("rank %d: %s", rank, strerror (errno));
    r = get_json_or_die (f, NULL);
    *took = flux_reactor_time () - start;
    flux_future_destroy (f);
    return r;
}

static const char *status_of (json_t *node)
{
    const char *s = json_string_value (json_object_get (node, "status"));

    return s ? s : "unknown";
}

/* before is what leads to the rank in the drawing. */
static void print_rank (struct tree *t,
                        json_t *node,
                        const char *before,
                        double took)
{
    int rank = json_integer_value (json_object_get (node, "rank"));
    double since = json_number_value (json_object_get (node, "duration"));
    const char *host = hostlist_nth (t->hosts, rank);
    bool marked = t->marked && idset_test (t->marked, rank);
    char text[32];

    if (opt_count (t->o, "down") && !strcmp (status_of (node), "full"))
        return;
    printf ("%s%s%d %s%s: %s",
            before,
            marked ? "<<" : "",
            rank,
            host ? host : "?",
            marked ? ">>" : "",
            status_of (node));
    if (t->verbose > 0) {
        fsd_format (text, sizeof (text), since);
        printf (" for %s", text);
    }
    if (t->verbose > 1 && took >= 0.)
        printf (" (%.3f ms)", took * 1E3);
    printf ("\n");
}

/* node is what health() said of a rank, or what its parent says of it. */
static void print_tree (struct tree *t,
                        json_t *node,
                        const char *before,
                        const char *below,
                        double took)
{
    json_t *children = json_object_get (node, "children");
    size_t count = json_array_size (children);
    bool pretty = !opt_count (t->o, "no-pretty");
    size_t i;
    json_t *child;

    print_rank (t, node, before, took);
    json_array_foreach (children, i, child)
    {
        bool last = i + 1 == count;
        char *lead = xasprintf ("%s%s",
                                below,
                                !pretty ? ""
                                : last  ? "└─ "
                                        : "├─ ");
        char *under = xasprintf ("%s%s",
                                 below,
                                 !pretty ? ""
                                 : last  ? "   "
                                         : "│  ");
        int rank = json_integer_value (json_object_get (child, "rank"));
        bool up = strcmp (status_of (child), "offline") != 0
                  && strcmp (status_of (child), "lost") != 0;
        json_t *whole = up ? health (t, rank, NULL, &took) : NULL;

        print_tree (t, whole ? whole : child, lead, under, up ? took : -1.);
        json_decref (whole);
        free (lead);
        free (under);
    }
}

static int run_status (struct opts *o)
{
    static const char *const states[] = { "full", "partial", "degraded",
                                          "lost", "offline", NULL };
    const char *wait = opt_str (o, "wait", NULL);
    const char *mark = opt_str (o, "highlight", NULL);
    const char *level = opt_str (o, "verbose", NULL);
    struct tree t = { .o = o };
    int rank = opt_int (o, "rank", 0, 0, 1L << 30);
    double took;
    json_t *r;
    int i = 0;

    while (wait && states[i] && strcmp (states[i], wait) != 0)
        i++;
    if (!states[i])
        die ("invalid --wait state");
    t.timeout = opt_fsd (o, "timeout", 0.5);
    /* "-vv" reads as "-v" with the value "v" */
    t.verbose = !level          ? opt_count (o, "verbose")
                : *level == 'v' ? 1 + (int)strspn (level, "v")
                                : atoi (level);
    want_color (o);
    t.h = cmd_open ();
    t.hosts = hostset_instance (t.h);
    if (mark)
        t.marked = ranks_of (t.hosts, mark);
    r = health (&t, rank, NULL, &took);
    if (wait && strcmp (status_of (r), wait) != 0) {
        json_decref (r);
        r = health (&t, rank, wait, &took);
    }
    if (opt_count (o, "summary"))
        printf ("%s\n", status_of (r));
    else
        print_tree (&t, r, "", "", took);
    json_decref (r);
    idset_destroy (t.marked);
    hostlist_destroy (t.hosts);
    flux_close (t.h);
    return 0;
}

/* Lost or offline children, one line for each reason.  Instances have one
 * level: all are children of rank 0.
 */
static int run_errors (struct opts *o)
{
    struct tree t = { .o = o, .timeout = opt_fsd (o, "timeout", 0.5) };
    json_t *reasons = json_object ();
    const char *reason;
    json_t *hosts;
    json_t *child;
    json_t *r;
    double took;
    size_t i;

    t.h = cmd_open ();
    t.hosts = hostset_instance (t.h);
    r = health (&t, 0, NULL, &took);
    json_array_foreach (json_object_get (r, "children"), i, child)
    {
        json_t *e = json_object_get (child, "error");
        int rank = json_integer_value (json_object_get (child, "rank"));
        const char *host = hostlist_nth (t.hosts, rank);

        if (!json_is_string (e) || !host)
            continue;
        if (!json_object_get (reasons, json_string_value (e)))
            json_object_set_new (reasons, json_string_value (e), json_array ());
        json_array_append_new (json_object_get (reasons, json_string_value (e)),
                               json_string (host));
    }
    json_object_foreach (reasons, reason, hosts)
    {
        struct hostlist *hl = hostlist_create ();
        json_t *host;
        char *s;

        json_array_foreach (hosts, i, host)
            hostlist_append (hl, json_string_value (host));
        s = hostlist_encode (hl);
        printf ("%s: %s\n", s, reason);
        free (s);
        hostlist_destroy (hl);
    }
    json_decref (reasons);
    json_decref (r);
    hostlist_destroy (t.hosts);
    flux_close (t.h);
    return 0;
}

static int run_lookup (struct opts *o)
{
    struct hostlist *map;
    struct hostlist *hl;
    struct idset *ids;
    struct idset *given;
    char *s;
    flux_t *h;

    if (o->argc != 1)
        die ("one target is required");
    h = cmd_open ();
    map = hostset_instance (h);
    ids = ranks_of (map, o->argv[0]);
    if ((given = idset_decode (o->argv[0]))) {
        hl = hostset_at (map, ids, true);
        s = hostlist_encode (hl);
        hostlist_destroy (hl);
    }
    else
        s = idset_encode (ids, IDSET_FLAG_RANGE);
    printf ("%s\n", s);
    free (s);
    idset_destroy (given);
    idset_destroy (ids);
    hostlist_destroy (map);
    flux_close (h);
    return 0;
}

/* The rank above rank, -1 for none: a walk through overlay.topology. */
static int find_parent (json_t *tree, int rank)
{
    json_t *child;
    size_t i;

    json_array_foreach (json_object_get (tree, "children"), i, child)
    {
        int found;
        if (json_integer_value (json_object_get (child, "rank")) == rank)
            return json_integer_value (json_object_get (tree, "rank"));
        if ((found = find_parent (child, rank)) >= 0)
            return found;
    }
    return -1;
}

static int parent_of (flux_t *h, const char *word)
{
    struct hostlist *map = hostset_instance (h);
    struct idset *ids = idset_decode (word);
    int rank = ids ? (int)idset_first (ids) : hostlist_find (map, word);
    json_t *tree;
    int parent;

    if (rank < 0 || rank >= hostlist_count (map))
        die ("%s is not a valid rank in this instance", word);
    tree = call_json (h, "overlay.topology", 0, json_pack ("{s:i}", "rank", 0));
    if ((parent = find_parent (tree, rank)) < 0)
        die ("%s has no parent", word);
    json_decref (tree);
    idset_destroy (ids);
    hostlist_destroy (map);
    return parent;
}

static int run_parentof (struct opts *o)
{
    flux_t *h;

    if (o->argc != 1)
        die ("one rank is required");
    h = cmd_open ();
    printf ("%d\n", parent_of (h, o->argv[0]));
    flux_close (h);
    return 0;
}

static int run_disconnect (struct opts *o)
{
    struct hostlist *map;
    struct idset *ids;
    int parent;
    flux_t *h;

    if (o->argc != 1)
        die ("one rank or host is required");
    h = cmd_open ();
    parent = parent_of (h, o->argv[0]);
    parent = opt_int (o, "parent", parent, 0, 1L << 30);
    map = hostset_instance (h);
    ids = ranks_of (map, o->argv[0]);
    call (h,
          "overlay.disconnect-subtree",
          parent,
          json_pack ("{s:i}", "rank", (int)idset_first (ids)));
    idset_destroy (ids);
    hostlist_destroy (map);
    flux_close (h);
    return 0;
}

static const struct command status = {
    .name = "status",
    .summary = "show which brokers are up",
    .usage = "[OPTIONS]",
    .options = { status_options },
    .run = run_status,
};

static const struct command errors = {
    .name = "errors",
    .summary = "say why brokers are not up",
    .usage = "[OPTIONS]",
    .options = { errors_options },
    .run = run_errors,
};

static const struct command lookup = {
    .name = "lookup",
    .summary = "turn ranks into hosts, or hosts into ranks",
    .usage = "TARGET",
    .run = run_lookup,
};

static const struct command parentof = {
    .name = "parentof",
    .summary = "print the rank above a rank",
    .usage = "RANK",
    .run = run_parentof,
};

static const struct command disconnect = {
    .name = "disconnect",
    .summary = "cut off a broker and what is below it",
    .usage = "[--parent=NODEID] TARGET",
    .options = { disconnect_options },
    .run = run_disconnect,
};

static const struct command trace = {
    .name = "trace",
    .summary = "trace messages between brokers (not available yet)",
    .usage = "...",
    .absent = "messages between brokers cannot be traced",
};

static const struct command *const subs[] = { &status,   &errors,     &lookup,
                                              &parentof, &disconnect, &trace,
                                              NULL };

const struct command cmd_overlay = {
    .name = "overlay",
    .summary = "show how brokers are connected",
    .usage = "SUBCOMMAND ...",
    .subs = subs,
    .section = "instance",
};
