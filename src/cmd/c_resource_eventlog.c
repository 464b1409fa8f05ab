/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux resource eventlog: the journal of RFC 44. */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <flux/hostlist.h>
#include <flux/idset.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/eventlog.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 'f', "format", "FORMAT", "Print entries as text or json." },
    { 'T', "time-format", "FORMAT", "Print times raw, iso, offset or human." },
    { 'H', "human", NULL, "The same as -T human -f text." },
    { 'L', "color", "[WHEN]", "Color: always, never or auto." },
    { 'F', "follow", NULL, "Wait for more events." },
    { 'w', "wait", "EVENT", "Wait for EVENT and stop." },
    { 'm', "match-context", "KEY=VAL", "With --wait: only with this context." },
    { 't', "timeout", "FSD", "With --wait: give up after this long." },
    { 'i', "include", "TARGETS", "Only events of these hosts or ranks." },
    { 0 },
};

struct log {
    const struct opts *o;
    struct entry_printer p;
    struct idset *include; /* NULL: all */
    const char *wait;
};

static struct idset *parse_targets (flux_t *h, const char *targets)
{
    const char *s = flux_attr_get (h, "hostlist");
    struct hostlist *map = hostlist_decode (s ? s : "");
    struct idset *ids = idset_decode (targets);
    struct hostlist *hl;

    if (!ids) {
        if (!(hl = hostlist_decode (targets)))
            die ("'%s' is neither a set of ranks nor of hosts", targets);
        ids = idset_create (0, IDSET_FLAG_AUTOGROW);
        for (s = hostlist_first (hl); s; s = hostlist_next (hl)) {
            int rank = hostlist_find (map, s);
            if (rank < 0)
                die ("host %s is not in this instance", s);
            idset_set (ids, rank);
        }
        hostlist_destroy (hl);
    }
    else if (!idset_empty (ids)
             && (int)idset_last (ids) >= hostlist_count (map))
        die ("rank %u is not in this instance", idset_last (ids));
    hostlist_destroy (map);
    return ids;
}

/* Events name their ranks as idset or, the restart, as ranks. */
static bool concerns (const struct log *l, const struct entry *ent)
{
    json_t *o = json_object_get (ent->context, "idset");
    struct idset *ids;
    bool common;

    if (!l->include)
        return true;
    if (!o)
        o = json_object_get (ent->context, "ranks");
    if (!json_is_string (o) || !(ids = idset_decode (json_string_value (o))))
        return false;
    common = idset_has_intersection (ids, l->include);
    idset_destroy (ids);
    return common;
}

static bool has_context (const struct log *l, const struct entry *ent)
{
    const char *kv;

    for (int i = 0; (kv = opt_nth (l->o, "match-context", i)); i++) {
        char *key = xasprintf ("%.*s", (int)strcspn (kv, "="), kv);
        const char *want = kv[strlen (key)] ? kv + strlen (key) + 1 : "";
        json_t *val = json_object_get (ent->context, key);
        json_t *w = json_or_string (want);
        bool same =
            json_is_string (val) ? !strcmp (json_string_value (val), want)
            : json_is_number (val)
                ? fabs (json_number_value (val) - json_number_value (w)) < 1E-5
                : val && json_equal (val, w);
        json_decref (w);
        free (key);
        if (!same)
            return false;
    }
    return true;
}

/* Print what came; true when the event waited for is among it. */
static bool print_events (struct log *l, json_t *events)
{
    struct entry ent;
    json_t *o;
    size_t i;

    json_array_foreach (events, i, o)
    {
        if (entry_unpack (o, &ent) < 0)
            die ("the instance sent a bad event");
        if (!concerns (l, &ent))
            continue;
        entry_print (&l->p, stdout, o, NULL);
        fflush (stdout);
        if (l->wait && !strcmp (ent.name, l->wait) && has_context (l, &ent))
            return true;
    }
    return false;
}

static int read_journal (struct log *l, flux_t *h)
{
    double timeout = opt_fsd (l->o, "timeout", -1.);
    bool follow = opt_count (l->o, "follow") > 0;
    double end = flux_reactor_time () + timeout;
    flux_future_t *f =
        flux_rpc (h, "resource.journal", NULL, 0, FLUX_RPC_STREAMING);
    const char *s;

    if (!f)
        die ("%s", strerror (errno));
    while (true) {
        json_t *r;
        json_t *events;
        bool stop;

        if (l->wait && timeout >= 0.
            && flux_future_wait_for (f, fmax (end - flux_reactor_time (), 0.))
                   < 0) {
            warn_msg ("%s: timeout waiting for event '%s'",
                      "eventlog",
                      l->wait);
            return 1;
        }
        if (flux_rpc_get (f, &s) < 0)
            die ("%s", future_text (f));
        r = json_loads (s ? s : "{}", 0, NULL);
        events = json_object_get (r, "events");
        stop = print_events (l, events)
               /* the log so far ends in an empty message */
               || (!l->wait && !follow && json_array_size (events) == 0);
        json_decref (r);
        if (stop)
            break;
        flux_future_reset (f);
    }
    flux_future_destroy (f);
    return 0;
}

static int run (struct opts *o)
{
    static const char *const names[] = {
        "restart", "resource-define", "online", "offline", "drain",
        "undrain", "torpid",          "lively", NULL
    };
    const char *form = opt_str (o, "format", "text");
    const char *time = opt_str (o, "time-format", "raw");
    const char *include = opt_str (o, "include", NULL);
    struct log l = { .o = o, .wait = opt_str (o, "wait", NULL) };
    flux_t *h;
    int status;
    int i = 0;

    if (entry_form_parse (form, &l.p.form) < 0)
        die ("--format: '%s' is not text or json", form);
    if (opt_count (o, "human"))
        time = "human";
    if (time_form_parse (time, &l.p.time) < 0)
        die ("--time-format: '%s' is not raw, iso, offset or human", time);
    while (l.wait && names[i] && strcmp (names[i], l.wait) != 0)
        i++;
    if (!names[i])
        die ("--wait: '%s' is not an event of resources", l.wait);
    l.p.color = want_color (o);
    h = cmd_open ();
    if (include)
        l.include = parse_targets (h, include);
    status = read_journal (&l, h);
    idset_destroy (l.include);
    flux_close (h);
    return status;
}

const struct command cmd_resource_eventlog = {
    .name = "eventlog",
    .summary = "print what happened to nodes",
    .usage = "[OPTIONS]",
    .options = { options },
    .run = run,
};
