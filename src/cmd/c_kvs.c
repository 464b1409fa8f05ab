/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux kvs: changes of the tree, and its root; the list of subcommands. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/kvs.h"
#include "cmd/list.h"
#include "cmd/util.h"

const struct option_def kvs_namespace_options[] = {
    { 'N', "namespace", "NAME", "The namespace, if not the primary one." },
    { 0 },
};

const struct option_def kvs_root_options[] = {
    { 'O', "treeobj-root", NULL, "Print the new root as a tree object." },
    { 'b', "blobref", NULL, "Print the new root as a blobref." },
    { 's', "sequence", NULL, "Print the new version." },
    { 0 },
};

static const struct option_def unlink_options[] = {
    { 'R', "recursive", NULL, "Directories and all that is in them, too." },
    { 'f', "force", NULL, "Missing keys are no error." },
    { 0 },
};

static const struct option_def link_options[] = {
    { 'T', "target-namespace", "NAME", "The namespace TARGET is in." },
    { 0 },
};

static const struct option_def readlink_options[] = {
    { 'a', "at", "TREEOBJ", "Look in this directory of a snapshot." },
    { 'o', "namespace-only", NULL, "Print only the target's namespace, if it has one." },
    { 'k', "key-only", NULL, "Print only the target's key." },
    { 0 },
};

static const struct option_def copy_options[] = {
    { 'S', "src-namespace", "NAME", "The namespace of SOURCE." },
    { 'D', "dst-namespace", "NAME", "The namespace of DESTINATION." },
    { 0 },
};

static const struct option_def getroot_options[] = {
    { 'o', "owner", NULL, "Print the user id of the namespace's owner." },
    { 'b', "blobref", NULL, "Print the root as a blobref." },
    { 's', "sequence", NULL, "Print the version." },
    { 0 },
};

/* ---- helpers ---- */

static const char *kvs_ns (const struct opts *o)
{
    return opt_str (o, "namespace", NULL);
}

void kvs_commit_or_die (flux_t *h,
                        const struct opts *o,
                        int flags,
                        flux_kvs_txn_t *txn)
{
    flux_future_t *f = flux_kvs_commit (h, kvs_ns (o), flags, txn);
    const char *s;
    int seq;

    if (!f)
        die ("commit: %s", strerror (errno));
    if (flux_future_get (f, NULL) < 0)
        die ("%s", future_text (f));
    if (opt_count (o, "treeobj-root")
        && flux_kvs_commit_get_treeobj (f, &s) == 0)
        printf ("%s\n", s);
    else if (opt_count (o, "blobref")
             && flux_kvs_commit_get_rootref (f, &s) == 0)
        printf ("%s\n", s);
    else if (opt_count (o, "sequence")
             && flux_kvs_commit_get_sequence (f, &seq) == 0)
        printf ("%d\n", seq);
    flux_future_destroy (f);
    flux_kvs_txn_destroy (txn);
}

flux_future_t *kvs_look (flux_t *h,
                         const struct opts *o,
                         int flags,
                         const char *key)
{
    const char *at = opt_str (o, "at", NULL);
    flux_future_t *f;

    f = at ? flux_kvs_lookupat (h, flags, key, at)
           : flux_kvs_lookup (h, kvs_ns (o), flags, key);
    if (!f)
        die ("%s: %s", key, strerror (errno));
    return f;
}

static flux_kvs_txn_t *new_txn (void)
{
    flux_kvs_txn_t *txn = flux_kvs_txn_create ();

    if (!txn)
        die ("out of memory");
    return txn;
}

/* ---- changes ---- */

static int run_mkdir (struct opts *o)
{
    flux_kvs_txn_t *txn = new_txn ();
    flux_t *h;

    if (o->argc < 1)
        die ("at least one key is required");
    for (int i = 0; i < o->argc; i++) {
        if (flux_kvs_txn_mkdir (txn, 0, o->argv[i]) < 0)
            die ("%s: %s", o->argv[i], strerror (errno));
    }
    h = cmd_open ();
    kvs_commit_or_die (h, o, 0, txn);
    flux_close (h);
    return 0;
}

static int run_link (struct opts *o)
{
    flux_kvs_txn_t *txn = new_txn ();
    flux_t *h;

    if (o->argc != 2)
        die ("a target and a key are required");
    if (flux_kvs_txn_symlink (txn,
                              0,
                              o->argv[1],
                              opt_str (o, "target-namespace", NULL),
                              o->argv[0])
        < 0)
        die ("%s: %s", o->argv[1], strerror (errno));
    h = cmd_open ();
    kvs_commit_or_die (h, o, 0, txn);
    flux_close (h);
    return 0;
}

/* Is it there, and no directory with something in it?  0 to leave it out. */
static int check_unlink (flux_t *h, const struct opts *o, const char *key)
{
    flux_future_t *f = kvs_look (h, o, FLUX_KVS_TREEOBJ, key);
    const flux_kvsdir_t *dir;
    const char *treeobj;

    if (flux_kvs_lookup_get_treeobj (f, &treeobj) < 0) {
        if (errno != ENOENT || !opt_count (o, "force"))
            die ("cannot unlink '%s': %s", key, future_text (f));
        flux_future_destroy (f);
        return 0;
    }
    if (!opt_count (o, "recursive") && !strstr (treeobj, "\"symlink\"")) {
        flux_future_destroy (f);
        f = kvs_look (h, o, FLUX_KVS_READDIR, key);
        if (flux_kvs_lookup_get_dir (f, &dir) == 0
            && flux_kvsdir_get_size (dir) > 0)
            die ("cannot unlink '%s': %s", key, strerror (ENOTEMPTY));
    }
    flux_future_destroy (f);
    return 1;
}

static int run_unlink (struct opts *o)
{
    flux_kvs_txn_t *txn = new_txn ();
    flux_t *h;

    if (o->argc < 1)
        die ("at least one key is required");
    h = cmd_open ();
    for (int i = 0; i < o->argc; i++) {
        if (check_unlink (h, o, o->argv[i])
            && flux_kvs_txn_unlink (txn, 0, o->argv[i]) < 0)
            die ("cannot unlink '%s': %s", o->argv[i], strerror (errno));
    }
    kvs_commit_or_die (h, o, 0, txn);
    flux_close (h);
    return 0;
}

typedef flux_future_t *(*copy_f) (flux_t *h,
                                  const char *srcns,
                                  const char *srckey,
                                  const char *dstns,
                                  const char *dstkey,
                                  int flags);

static int copy_with (struct opts *o, copy_f copy)
{
    flux_future_t *f;
    flux_t *h;

    if (o->argc != 2)
        die ("a source and a destination are required");
    h = cmd_open ();
    f = copy (h,
              opt_str (o, "src-namespace", NULL),
              o->argv[0],
              opt_str (o, "dst-namespace", NULL),
              o->argv[1],
              0);
    if (!f || flux_future_get (f, NULL) < 0)
        die ("%s: %s", o->argv[0], f ? future_text (f) : strerror (errno));
    flux_future_destroy (f);
    flux_close (h);
    return 0;
}

static int run_copy (struct opts *o)
{
    return copy_with (o, flux_kvs_copy);
}

static int run_move (struct opts *o)
{
    return copy_with (o, flux_kvs_move);
}

/* ---- questions ---- */

static int run_readlink (struct opts *o)
{
    const char *ns, *target;
    flux_t *h;

    if (o->argc < 1)
        die ("at least one key is required");
    h = cmd_open ();
    for (int i = 0; i < o->argc; i++) {
        flux_future_t *f = kvs_look (h, o, FLUX_KVS_READLINK, o->argv[i]);
        if (flux_kvs_lookup_get_symlink (f, &ns, &target) < 0)
            die ("%s: %s", o->argv[i], future_text (f));
        if (opt_count (o, "namespace-only"))
            printf ("%s\n", ns ? ns : target);
        else if (ns && !opt_count (o, "key-only"))
            printf ("%s::%s\n", ns, target);
        else
            printf ("%s\n", target);
        flux_future_destroy (f);
    }
    flux_close (h);
    return 0;
}

static int run_getroot (struct opts *o)
{
    flux_t *h = cmd_open ();
    flux_future_t *f = flux_kvs_getroot (h, kvs_ns (o), 0);
    const char *s = "";
    uint32_t owner = 0;
    int seq = 0;

    if (!f || flux_kvs_getroot_get_treeobj (f, &s) < 0
        || flux_kvs_getroot_get_sequence (f, &seq) < 0
        || flux_kvs_getroot_get_owner (f, &owner) < 0)
        die ("%s", f ? future_text (f) : strerror (errno));
    if (opt_count (o, "owner"))
        printf ("%lu\n", (unsigned long)owner);
    else if (opt_count (o, "sequence"))
        printf ("%d\n", seq);
    else {
        if (opt_count (o, "blobref"))
            (void)flux_kvs_getroot_get_blobref (f, &s);
        printf ("%s\n", s);
    }
    flux_future_destroy (f);
    flux_close (h);
    return 0;
}

static int run_version (struct opts *o)
{
    flux_t *h = cmd_open ();
    int version;

    if (flux_kvs_get_version (h, kvs_ns (o), &version) < 0)
        die ("%s", strerror (errno));
    printf ("%d\n", version);
    flux_close (h);
    return 0;
}

static int run_wait (struct opts *o)
{
    char *end = NULL;
    long version = o->argc == 1 ? strtol (o->argv[0], &end, 10) : 0;
    flux_t *h;

    if (o->argc != 1 || end == o->argv[0] || *end || version < 0
        || version > INT32_MAX)
        die ("a version, a number from 0, is required");
    h = cmd_open ();
    if (flux_kvs_wait_version (h, kvs_ns (o), version) < 0)
        die ("%s", strerror (errno));
    flux_close (h);
    return 0;
}

static int run_sync (struct opts *o)
{
    flux_t *h = cmd_open ();

    kvs_commit_or_die (h, o, FLUX_KVS_SYNC, new_txn ());
    flux_close (h);
    return 0;
}

/* ---- tables ---- */

static const struct command cmd_mkdir = {
    .name = "mkdir",
    .summary = "make directories",
    .usage = "[OPTIONS] KEY...",
    .options = { kvs_namespace_options, kvs_root_options },
    .run = run_mkdir,
};

static const struct command cmd_link = {
    .name = "link",
    .summary = "make a key lead to another",
    .usage = "[OPTIONS] TARGET KEY",
    .options = { kvs_namespace_options, kvs_root_options, link_options },
    .run = run_link,
};

static const struct command cmd_unlink = {
    .name = "unlink",
    .summary = "remove keys",
    .usage = "[OPTIONS] KEY...",
    .options = { kvs_namespace_options, kvs_root_options, unlink_options },
    .run = run_unlink,
};

static const struct command cmd_readlink = {
    .name = "readlink",
    .summary = "print where links lead to",
    .usage = "[OPTIONS] KEY...",
    .options = { kvs_namespace_options, readlink_options },
    .run = run_readlink,
};

static const struct command cmd_copy = {
    .name = "copy",
    .summary = "copy a value or a directory",
    .usage = "[OPTIONS] SOURCE DESTINATION",
    .options = { copy_options },
    .run = run_copy,
};

static const struct command cmd_move = {
    .name = "move",
    .summary = "copy, and unlink the source",
    .usage = "[OPTIONS] SOURCE DESTINATION",
    .options = { copy_options },
    .run = run_move,
};

static const struct command cmd_getroot = {
    .name = "getroot",
    .summary = "print the root of a namespace",
    .usage = "[OPTIONS]",
    .options = { kvs_namespace_options, getroot_options },
    .run = run_getroot,
};

static const struct command cmd_kvs_version = {
    .name = "version",
    .summary = "print the version of a namespace",
    .usage = "[OPTIONS]",
    .options = { kvs_namespace_options },
    .run = run_version,
};

static const struct command cmd_kvs_wait = {
    .name = "wait",
    .summary = "wait for a version",
    .usage = "[OPTIONS] VERSION",
    .options = { kvs_namespace_options },
    .run = run_wait,
};

static const struct command cmd_sync = {
    .name = "sync",
    .summary = "wait until all is on disk",
    .usage = "[OPTIONS]",
    .options = { kvs_namespace_options },
    .run = run_sync,
};

static const struct command *const subs[] = {
    &cmd_kvs_get,  &cmd_kvs_put, &cmd_kvs_dir,       &cmd_kvs_ls,
    &cmd_mkdir,    &cmd_link,    &cmd_readlink,      &cmd_unlink,
    &cmd_copy,     &cmd_move,    &cmd_getroot,       &cmd_kvs_version,
    &cmd_kvs_wait, &cmd_sync,    &cmd_kvs_namespace, &cmd_kvs_eventlog,
    NULL,
};

const struct command cmd_kvs = {
    .name = "kvs",
    .summary = "read and write the key-value store",
    .usage = "SUBCOMMAND ...",
    .subs = subs,
    .section = "instance",
};
