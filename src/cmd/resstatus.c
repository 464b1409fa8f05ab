/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/resstatus.h"
#include "cmd/resview.h"
#include "cmd/rowformat.h"
#include "cmd/util.h"

/* In the order of their lines. */
static const struct {
    const char *name;
    int bits;
} states[] = {
    { "avail", NODE_AVAIL },
    { "exclude", NODE_EXCLUDE },
    { "allocated", NODE_ALLOCATED },
    { "torpid", NODE_TORPID },
    { "housekeeping", NODE_HOUSEKEEPING },
    { "draining", NODE_DRAINING },
    { "drained", NODE_DRAINED },
    { "drain", NODE_DRAINING | NODE_DRAINED },
    { "online", NODE_ONLINE },
    { "offline", NODE_OFFLINE },
    { "all", NODE_STATES },
};
enum {
    NSTATES = 7, /* of nodes */
    NNAMES = sizeof (states) / sizeof (states[0]),
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
    { "color_up", "" },
    { "color_off", "" },
    { 0 },
};

static const char *head (const char *name)
{
    return row_head (fields, name);
}

const struct format_ops node_ops = {
    .get = row_get,
    .head = head,
};

static int state_bits (const char *name)
{
    for (int i = 0; i < NNAMES; i++) {
        if (!strcmp (states[i].name, name))
            return states[i].bits;
    }
    return 0;
}

static void list_states (void)
{
    char *all = xstrdup ("");

    for (int i = 0; i < NNAMES; i++) {
        char *more =
            xasprintf ("%s%s%s", all, i > 0 ? "," : "", states[i].name);
        free (all);
        all = more;
    }
    info_msg ("valid states: %s", all);
    free (all);
}

int node_states_parse (const char *list)
{
    char *copy = xstrdup (list);
    char *save = NULL;
    int bits = 0;

    for (char *w = strtok_r (copy, ",", &save); w;
         w = strtok_r (NULL, ",", &save)) {
        int more = state_bits (w);
        if (!more) {
            list_states ();
            die ("Invalid resource state %s specified", w);
        }
        bits |= more;
    }
    free (copy);
    return bits & NODE_STATES ? bits : bits | NODE_USUAL;
}

/* ---- the nodes of a state ---- */

/* What will be a row. */
struct line {
    const char *state;
    bool online;
    double t;
    const char *reason;
    struct idset *ids;
};

struct admin {
    struct rset *all;
    struct idset *online;
    struct idset *allocated;
    struct idset *drained;
    struct idset *wanted; /* by --queue and --include */
    json_t *status;
    struct line *lines;
    size_t count;
};

static struct idset *new_idset (void)
{
    return idset_create (0, IDSET_FLAG_AUTOGROW);
}

static struct idset *get_idset (json_t *o, const char *key)
{
    const char *s = json_string_value (json_object_get (o, key));
    struct idset *ids = s ? idset_decode (s) : NULL;

    return ids ? ids : new_idset ();
}

static void keep (struct idset **ids, struct idset *others)
{
    struct idset *both = idset_intersect (*ids, others);

    idset_destroy (*ids);
    idset_destroy (others);
    *ids = both;
}

static void admin_get (struct admin *a, flux_t *h, const struct opts *o)
{
    const char *include = opt_str (o, "include", NULL);
    json_t *sched = call_json (h, "resource.sched-status", 0, NULL);
    struct rset *r = rset_from_json (json_object_get (sched, "allocated"));
    struct idset *queues;
    const char *targets;
    json_t *d;

    a->status = call_json (h, "resource.status", 0, NULL);
    a->all = rset_from_json (json_object_get (a->status, "R"));
    a->online = get_idset (a->status, "online");
    a->allocated = rset_ranks (r);
    a->drained = new_idset ();
    json_object_foreach (json_object_get (a->status, "drain"), targets, d) (
        void) idset_decode_add (a->drained, targets, -1, NULL);
    a->wanted = rset_ranks (a->all);
    if (include)
        keep (&a->wanted, target_ranks (a->all, include));
    if ((queues = queue_option_ranks (h, o, a->all)))
        keep (&a->wanted, queues);
    rset_destroy (r);
    json_decref (sched);
}

static void admin_clear (struct admin *a)
{
    rset_destroy (a->all);
    idset_destroy (a->online);
    idset_destroy (a->allocated);
    idset_destroy (a->drained);
    idset_destroy (a->wanted);
    json_decref (a->status);
    for (size_t i = 0; i < a->count; i++)
        idset_destroy (a->lines[i].ids);
    free (a->lines);
}

static struct idset *avail (struct admin *a)
{
    struct idset *ids = rset_ranks (a->all);
    struct idset *exclude = get_idset (a->status, "exclude");
    struct idset *torpid = get_idset (a->status, "torpid");

    idset_subtract (ids, exclude);
    idset_subtract (ids, torpid);
    idset_subtract (ids, a->drained);
    idset_destroy (exclude);
    idset_destroy (torpid);
    return ids;
}

/* Guests may not be told. */
static struct idset *housekeeping (flux_t *h)
{
    flux_future_t *f = flux_rpc (h, "job-manager.stats-get", NULL, 0, 0);
    struct idset *ids = new_idset ();
    json_t *running, *entry;
    const char *id;

    if (f
        && flux_rpc_get_unpack (f,
                                "{s:{s:o}}",
                                "housekeeping",
                                "running",
                                &running)
               == 0) {
        json_object_foreach (running, id, entry)
        {
            struct idset *pending = get_idset (entry, "pending");

            idset_add (ids, pending);
            idset_destroy (pending);
        }
    }
    flux_future_destroy (f);
    return ids;
}

/* ---- lines ---- */

static void add_line (struct admin *a,
                      const char *state,
                      bool online,
                      double t,
                      const char *reason,
                      struct idset *ids)
{
    void *p = realloc (a->lines, (a->count + 1) * sizeof (*a->lines));

    if (!p)
        die ("out of memory");
    a->lines = p;
    a->lines[a->count++] =
        (struct line){ state, online, t, reason ? reason : "", ids };
}

/* A line for those that are up, and one for those that are not.  Takes ids. */
static void add_split (struct admin *a,
                       const char *state,
                       double t,
                       const char *reason,
                       int bits,
                       struct idset *ids)
{
    struct idset *up, *down;

    keep (&ids, idset_copy (a->wanted));
    up = idset_intersect (ids, a->online);
    down = idset_difference (ids, a->online);
    if (idset_empty (up) || (bits & NODE_OFFLINE && !(bits & NODE_ONLINE)))
        idset_destroy (up);
    else
        add_line (a, state, true, t, reason, up);
    if (idset_empty (down) || (bits & NODE_ONLINE && !(bits & NODE_OFFLINE)))
        idset_destroy (down);
    else
        add_line (a, state, false, t, reason, down);
    idset_destroy (ids);
}

/* Drained nodes that still run jobs are only on their way. */
static void add_drained (struct admin *a,
                         const char *state,
                         int bits,
                         bool busy)
{
    const char *targets;
    json_t *d;

    json_object_foreach (json_object_get (a->status, "drain"), targets, d)
    {
        struct idset *ids = idset_decode (targets);
        const char *reason = "";
        double t = 0.;

        json_unpack (d, "{s?F s?s}", "timestamp", &t, "reason", &reason);
        add_split (a,
                   state,
                   t,
                   reason,
                   bits,
                   busy ? idset_intersect (ids, a->allocated)
                        : idset_difference (ids, a->allocated));
        idset_destroy (ids);
    }
}

static void add_state (struct admin *a,
                       flux_t *h,
                       const char *name,
                       int state,
                       int bits)
{
    struct idset *ids = NULL;

    switch (state) {
    case NODE_AVAIL:
        ids = avail (a);
        break;
    case NODE_EXCLUDE:
    case NODE_TORPID:
        ids = get_idset (a->status, name);
        break;
    case NODE_ALLOCATED:
        ids = idset_copy (a->allocated);
        break;
    case NODE_HOUSEKEEPING:
        ids = housekeeping (h);
        break;
    default:
        add_drained (a, name, bits, state == NODE_DRAINING);
        return;
    }
    add_split (a, name, 0., NULL, bits, ids);
}

/* Has a line from first on nodes that are (not) online? */
static bool has (const struct admin *a, size_t first, bool online)
{
    for (size_t i = first; i < a->count; i++) {
        if (a->lines[i].online == online)
            return true;
    }
    return false;
}

/* A state that has no nodes is said to be up, unless those that are not are
 * asked for: of these the drained ones are of no interest.
 */
static void add_empty (struct admin *a, int i, size_t first, int bits)
{
    bool online = bits & NODE_ONLINE, offline = bits & NODE_OFFLINE;
    bool none = a->count == first;

    if (!has (a, first, true) && (online || (none && !offline)))
        add_line (a, states[i].name, true, 0., NULL, new_idset ());
    if (!has (a, first, false) && offline
        && !(states[i].bits & (NODE_DRAINING | NODE_DRAINED)))
        add_line (a, states[i].name, false, 0., NULL, new_idset ());
}

static void add_lines (struct admin *a, flux_t *h, int bits, bool keep_empty)
{
    for (int i = 0; i < NSTATES; i++) {
        size_t first = a->count;

        if (!(bits & states[i].bits))
            continue;
        add_state (a, h, states[i].name, states[i].bits, bits);
        if (keep_empty)
            add_empty (a, i, first, bits);
    }
}

/* ---- rows ---- */

/* ids is NULL: without what counts nodes. */
static json_t *make_row (const struct admin *a,
                         const struct line *line,
                         const struct idset *ids)
{
    struct rset *r = ids ? rset_of_ranks (a->all, ids) : rset_create ();
    char *marked = xasprintf ("%s%s", line->state, line->online ? "" : "*");
    char *nodes = nodelist_text (r);
    char *ranks = ranks_text (r);
    bool color = isatty (STDOUT_FILENO) && !getenv ("NO_COLOR");
    json_t *row =
        json_pack ("{s:s s:s s:s s:s s:s s:i s:s s:s s:f s:s s:s s:s}",
                   "state",
                   marked,
                   "statex",
                   line->state,
                   "status",
                   line->online ? "online" : "offline",
                   "up",
                   line->online ? "✔" : "✗",
                   "up.ascii",
                   line->online ? "y" : "n",
                   "nnodes",
                   (int)rset_nnodes (r),
                   "ranks",
                   ranks,
                   "nodelist",
                   nodes,
                   "timestamp",
                   line->t,
                   "reason",
                   line->reason,
                   "color_up",
                   !color         ? ""
                   : line->online ? "\033[32m"
                                  : "\033[31m",
                   "color_off",
                   color ? "\033[0m" : "");

    free (marked);
    free (nodes);
    free (ranks);
    rset_destroy (r);
    return row;
}

/* How the line would be shown, but for its nodes. */
static char *show (const struct admin *a,
                   const struct format *f,
                   const struct line *line)
{
    json_t *row = make_row (a, line, NULL);
    char *s = NULL;
    size_t size;
    FILE *out = open_memstream (&s, &size);

    if (!out)
        die ("out of memory");
    format_row (f, row, out);
    fclose (out);
    json_decref (row);
    return s;
}

static json_t *make_rows (struct admin *a, const char *text)
{
    json_t *rows = json_array ();
    struct format f;
    flux_error_t e;

    if (format_parse (&f, text, &node_ops, &e) < 0)
        die ("--format: %s", e.text);
    for (size_t i = 0; i < a->count; i++) {
        struct line *line = &a->lines[i];
        char *shown = line->ids ? show (a, &f, line) : NULL;

        for (size_t k = i + 1; shown && k < a->count; k++) {
            char *other = a->lines[k].ids ? show (a, &f, &a->lines[k]) : NULL;

            if (other && !strcmp (shown, other)) {
                idset_add (line->ids, a->lines[k].ids);
                idset_destroy (a->lines[k].ids);
                a->lines[k].ids = NULL;
            }
            free (other);
        }
        if (shown)
            json_array_append_new (rows, make_row (a, line, line->ids));
        free (shown);
    }
    format_clear (&f);
    return rows;
}

json_t *node_rows (flux_t *h,
                   const struct opts *o,
                   const char *text,
                   int bits,
                   bool keep_empty)
{
    struct admin a = { 0 };
    json_t *rows;

    admin_get (&a, h, o);
    add_lines (&a, h, bits, keep_empty);
    rows = make_rows (&a, text);
    admin_clear (&a);
    return rows;
}
