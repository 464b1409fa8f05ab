/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux archive: what its subcommands share, and remove. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/filearchive.h"
#include "cmd/list.h"
#include "cmd/util.h"

const struct option_def archive_common_options[] = {
    { 'n', "name", "NAME", "The archive's name, if not main." },
    { 0,
      "no-force-primary",
      NULL,
      "In the default namespace, not the primary one." },
    { 0 },
};

static const struct option_def remove_options[] = {
    { 'f', "force", NULL, "A missing archive is no error." },
    { 0 },
};

char *archive_key (const struct opts *o, const char *suffix)
{
    return xasprintf ("archive.%s%s", opt_str (o, "name", "main"), suffix);
}

const char *archive_ns (const struct opts *o)
{
    return opt_count (o, "no-force-primary") ? NULL : "primary";
}

void archive_chdir (const struct opts *o)
{
    const char *dir = opt_str (o, "directory", NULL);

    if (dir && chdir (dir) < 0)
        die ("%s: %s", dir, strerror (errno));
}

/* Wait for it if that is asked for. */
static flux_future_t *look (flux_t *h, const struct opts *o, const char *key)
{
    bool wait = opt_count (o, "waitcreate") > 0;
    double timeout = -1.;
    flux_future_t *f;

    if (wait && opt_str (o, "waitcreate", NULL))
        timeout = opt_fsd (o, "waitcreate", -1.);
    f = flux_kvs_lookup (h,
                         archive_ns (o),
                         wait ? FLUX_KVS_WAITCREATE : 0,
                         key);
    if (!f)
        die ("%s: %s", key, strerror (errno));
    if (timeout >= 0. && flux_future_wait_for (f, timeout) < 0)
        die ("%s: %s", key, strerror (errno));
    return f;
}

json_t *archive_read (flux_t *h, const struct opts *o, bool missing_ok)
{
    char *key = archive_key (o, "");
    flux_future_t *f = look (h, o, key);
    json_t *list = NULL;
    const char *text;

    if (flux_kvs_lookup_get (f, &text) < 0) {
        if (errno != ENOENT || !missing_ok)
            die ("%s: %s", key, future_text (f));
    }
    else if (!(list = json_loads (text ? text : "", JSON_ALLOW_NUL, NULL))
             || !json_is_array (list))
        die ("%s: not an archive of RFC 37", key);
    flux_future_destroy (f);
    free (key);
    return list;
}

void archive_unlink (flux_t *h, const struct opts *o)
{
    flux_kvs_txn_t *txn = flux_kvs_txn_create ();
    char *key = archive_key (o, ""), *blobs = archive_key (o, "_blobs");
    flux_future_t *f;

    if (!txn || flux_kvs_txn_unlink (txn, 0, key) < 0
        || flux_kvs_txn_unlink (txn, 0, blobs) < 0
        || !(f = flux_kvs_commit (h, archive_ns (o), 0, txn)))
        die ("%s: %s", key, strerror (errno));
    if (flux_future_get (f, NULL) < 0)
        die ("%s: %s", key, future_text (f));
    flux_future_destroy (f);
    flux_kvs_txn_destroy (txn);
    free (blobs);
    free (key);
}

static int run_remove (struct opts *o)
{
    flux_t *h = cmd_open ();
    json_t *list = archive_read (h, o, true);

    if (!list && !opt_count (o, "force"))
        die ("archive.%s does not exist", opt_str (o, "name", "main"));
    if (list)
        archive_unlink (h, o);
    json_decref (list);
    flux_close (h);
    return 0;
}

static const struct command remove_command = {
    .name = "remove",
    .summary = "remove an archive",
    .usage = "[OPTIONS]",
    .options = { remove_options, archive_common_options },
    .run = run_remove,
};

static const struct command *const subs[] = {
    &cmd_archive_create,
    &cmd_archive_list,
    &cmd_archive_extract,
    &remove_command,
    NULL,
};

const struct command cmd_archive = {
    .name = "archive",
    .summary = "keep files in the key-value store",
    .usage = "COMMAND [OPTIONS]",
    .subs = subs,
    .section = "other",
};
