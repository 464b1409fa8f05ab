/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux kvs get, put, namespace */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/kvs.h"
#include "cmd/util.h"

static const struct option_def get_options[] = {
    { 'r', "raw", NULL, "No newline after a value." },
    { 't', "treeobj", NULL, "Print the tree object of RFC 11." },
    { 'a', "at", "TREEOBJ", "Look in this directory of a snapshot." },
    { 'l', "label", NULL, "Print KEY= before each value." },
    { 'W', "waitcreate", NULL, "Wait for keys that do not exist." },
    { 'S', "stream", NULL, "Have large values sent in pieces." },
    { 0 },
};

static const struct option_def watch_options[] = {
    { 'w', "watch", NULL, "Print the value again when it is written." },
    { 'c', "count", "N", "With --watch: end after N values." },
    { 'u', "uniq", NULL, "With --watch: only values that are different." },
    { 'A', "append", NULL, "With --watch: only what is appended." },
    { 'f', "full", NULL, "With --watch: see changes of directories above." },
    { 0 },
};

static const struct option_def put_options[] = {
    { 'r', "raw", NULL, "VALUE may be -, standard input." },
    { 't', "treeobj", NULL, "VALUE is a tree object of RFC 11." },
    { 'n', "no-merge", NULL, "Commit apart from others." },
    { 'A', "append", NULL, "Append to values." },
    { 'S', "sync", NULL, "Wait until it is on disk (as always)." },
    { 0 },
};

static const struct option_def create_options[] = {
    { 'o', "owner", "USER", "The owner, if not that of the instance." },
    { 'r', "rootref", "BLOBREF", "Begin with this root." },
    { 0 },
};

/* ---- get ---- */

struct get {
    const struct opts *o;
    flux_reactor_t *r;
    long count; /* values that each key has to give */
    int active; /* lookups that go on */
};

/* How many values were printed for a key; hangs on its future. */
struct printed {
    long n;
};

static int get_flags (const struct opts *o)
{
    static const struct {
        const char *option;
        int flag;
    } table[] = {
        { "treeobj", FLUX_KVS_TREEOBJ }, { "waitcreate", FLUX_KVS_WAITCREATE },
        { "stream", FLUX_KVS_STREAM },   { "watch", FLUX_KVS_WATCH },
        { "uniq", FLUX_KVS_WATCH_UNIQ }, { "append", FLUX_KVS_WATCH_APPEND },
        { "full", FLUX_KVS_WATCH_FULL },
    };
    int flags = 0;

    for (size_t i = 0; i < sizeof (table) / sizeof (table[0]); i++) {
        if (opt_count (o, table[i].option))
            flags |= table[i].flag;
    }
    if (!(flags & FLUX_KVS_WATCH)
        && (opt_count (o, "uniq") || opt_count (o, "append")
            || opt_count (o, "full") || opt_count (o, "count")))
        die ("--count, --uniq, --append and --full go with --watch");
    if ((flags & FLUX_KVS_WATCH) && (flags & FLUX_KVS_STREAM))
        die ("--watch and --stream exclude each other");
    return flags;
}

static int print_value (const struct opts *o, flux_future_t *f)
{
    const char *treeobj;
    const void *data;
    size_t len;

    if (opt_count (o, "treeobj")) {
        if (flux_kvs_lookup_get_treeobj (f, &treeobj) < 0)
            return -1;
        printf ("%s\n", treeobj);
    }
    else {
        if (flux_kvs_lookup_get_raw (f, &data, &len) < 0)
            return -1;
        if (opt_count (o, "label"))
            printf ("%s=", flux_kvs_lookup_get_key (f));
        fwrite (data, 1, len, stdout);
        if (len > 0 && !opt_count (o, "raw"))
            putchar ('\n');
    }
    fflush (stdout);
    return 0;
}

/* One answer of a stream; ENODATA is a good end. */
static void answer_cb (flux_future_t *f, void *arg)
{
    struct get *g = arg;
    struct printed *p = flux_future_aux_get (f, "printed");

    if (print_value (g->o, f) < 0) {
        if (errno != ENODATA)
            die ("%s: %s", flux_kvs_lookup_get_key (f), future_text (f));
        g->active--;
    }
    else if (++p->n == g->count) {
        flux_kvs_lookup_cancel (f);
        flux_future_destroy (f);
        g->active--;
    }
    else
        flux_future_reset (f);
    if (g->active == 0)
        flux_reactor_stop (g->r);
}

static void start_stream (struct get *g, flux_future_t *f)
{
    struct printed *p = xcalloc (1, sizeof (*p));

    if (flux_future_aux_set (f, "printed", p, free) < 0
        || flux_future_then (f, -1., answer_cb, g) < 0)
        die ("%s", strerror (errno));
    g->active++;
}

static int run_get (struct opts *o)
{
    int flags = get_flags (o);
    bool stream = flags & (FLUX_KVS_WATCH | FLUX_KVS_STREAM);
    struct get g = { .o = o };
    flux_future_t *f;
    flux_t *h;

    if (o->argc < 1)
        die ("at least one key is required");
    g.count = opt_int (o, "count", -1, 1, INT32_MAX);
    h = cmd_open ();
    g.r = flux_get_reactor (h);
    for (int i = 0; i < o->argc; i++) {
        f = kvs_look (h, o, flags, o->argv[i]);
        if (stream)
            start_stream (&g, f);
        else {
            if (print_value (o, f) < 0)
                die ("%s: %s", o->argv[i], future_text (f));
            flux_future_destroy (f);
        }
    }
    if (stream && flux_reactor_run (g.r, 0) < 0)
        die ("lost connection to the instance: %s", strerror (errno));
    flux_close (h);
    return 0;
}

/* ---- put ---- */

static char *read_stdin (size_t *len)
{
    size_t size = 4096;
    char *buf = xcalloc (1, size);
    size_t n;

    *len = 0;
    while ((n = fread (buf + *len, 1, size - *len - 1, stdin)) > 0) {
        *len += n;
        if (size - *len < 2 && !(buf = realloc (buf, size *= 2)))
            die ("out of memory");
    }
    buf[*len] = '\0';
    return buf;
}

/* Add one KEY=VALUE. */
static void put_one (const struct opts *o, flux_kvs_txn_t *txn, const char *arg)
{
    int flags = opt_count (o, "append") ? FLUX_KVS_APPEND : 0;
    bool treeobj = opt_count (o, "treeobj");
    const char *eq = strchr (arg, '=');
    char *key, *value;
    size_t len;
    int rc;

    if (!eq)
        die ("%s: an argument has the form KEY=VALUE", arg);
    key = xasprintf ("%.*s", (int)(eq - arg), arg);
    if (!strcmp (eq + 1, "-") && (treeobj || opt_count (o, "raw")))
        value = read_stdin (&len);
    else {
        value = xstrdup (eq + 1);
        len = strlen (value);
    }
    rc = treeobj ? flux_kvs_txn_put_treeobj (txn, 0, key, value)
                 : flux_kvs_txn_put_raw (txn, flags, key, value, len);
    if (rc < 0)
        die ("%s: %s", key, strerror (errno));
    free (value);
    free (key);
}

static int run_put (struct opts *o)
{
    flux_kvs_txn_t *txn = flux_kvs_txn_create ();
    int flags = 0;
    flux_t *h;

    if (o->argc < 1)
        die ("at least one KEY=VALUE is required");
    if (!txn)
        die ("out of memory");
    for (int i = 0; i < o->argc; i++)
        put_one (o, txn, o->argv[i]);
    if (opt_count (o, "no-merge"))
        flags |= FLUX_KVS_NO_MERGE;
    if (opt_count (o, "sync"))
        flags |= FLUX_KVS_SYNC;
    h = cmd_open ();
    kvs_commit_or_die (h, o, flags, txn);
    flux_close (h);
    return 0;
}

/* ---- namespace ---- */

static int run_create (struct opts *o)
{
    const char *ref = opt_str (o, "rootref", NULL);
    const char *user = opt_str (o, "owner", NULL);
    uint32_t owner = user ? parse_user (user) : FLUX_USERID_UNKNOWN;
    flux_t *h;

    if (o->argc < 1)
        die ("at least one name is required");
    h = cmd_open ();
    for (int i = 0; i < o->argc; i++) {
        const char *name = o->argv[i];
        flux_future_t *f =
            ref ? flux_kvs_namespace_create_with (h, name, ref, owner, 0)
                : flux_kvs_namespace_create (h, name, owner, 0);
        if (!f || flux_future_get (f, NULL) < 0)
            die ("%s: %s", name, f ? future_text (f) : strerror (errno));
        flux_future_destroy (f);
    }
    flux_close (h);
    return 0;
}

static int run_remove (struct opts *o)
{
    flux_t *h;

    if (o->argc < 1)
        die ("at least one name is required");
    h = cmd_open ();
    for (int i = 0; i < o->argc; i++) {
        flux_future_t *f = flux_kvs_namespace_remove (h, o->argv[i]);
        if (!f || flux_future_get (f, NULL) < 0)
            die ("%s: %s", o->argv[i], f ? future_text (f) : strerror (errno));
        flux_future_destroy (f);
    }
    flux_close (h);
    return 0;
}

static int run_list (struct opts *o)
{
    flux_t *h = cmd_open ();
    json_t *r = call_json (h, "kvs.namespace-list", FLUX_NODEID_ANY, NULL);
    json_t *ns;
    size_t i;

    printf ("%-36s %10s %10s\n", "NAMESPACE", "OWNER", "FLAGS");
    json_array_foreach (json_object_get (r, "namespaces"), i, ns)
    {
        const char *name;
        json_int_t owner;
        int flags;
        if (json_unpack (ns,
                         "{s:s s:I s:i}",
                         "namespace",
                         &name,
                         "owner",
                         &owner,
                         "flags",
                         &flags)
            < 0)
            die ("the instance sent a bad list of namespaces");
        printf ("%-36s %10lld 0x%08x\n", name, (long long)owner, flags);
    }
    json_decref (r);
    flux_close (h);
    return 0;
}

static const struct command create = {
    .name = "create",
    .summary = "create namespaces",
    .usage = "[OPTIONS] NAME...",
    .options = { create_options },
    .run = run_create,
};

static const struct command remove_ = {
    .name = "remove",
    .summary = "remove namespaces",
    .usage = "NAME...",
    .run = run_remove,
};

static const struct command list = {
    .name = "list",
    .summary = "list namespaces",
    .usage = "",
    .run = run_list,
};

static const struct command *const subs[] = { &create, &remove_, &list, NULL };

const struct command cmd_kvs_namespace = {
    .name = "namespace",
    .summary = "create, remove and list namespaces",
    .usage = "SUBCOMMAND ...",
    .subs = subs,
};

const struct command cmd_kvs_get = {
    .name = "get",
    .summary = "print values",
    .usage = "[OPTIONS] KEY...",
    .options = { kvs_namespace_options, get_options, watch_options },
    .run = run_get,
};

const struct command cmd_kvs_put = {
    .name = "put",
    .summary = "set values",
    .usage = "[OPTIONS] KEY=VALUE...",
    .options = { kvs_namespace_options, kvs_root_options, put_options },
    .run = run_put,
};
