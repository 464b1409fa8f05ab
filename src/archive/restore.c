/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux restore: files of an archive as keys, below one key of a running
 * instance, or as the state of one that does not run.
 */

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <flux/core.h>

#include "base/clock.h"
#include "archive/archive.h"
#include "cmd/util.h"
#include "kvs/restore.h"

/* Operations, or bytes, of one commit. */
#define COMMIT_OPS 500
#define COMMIT_BYTES (4UL * 1024 * 1024)

struct restore {
    const struct opts *o;
    const char *path;
    long size_limit; /* < 0: none */
    unsigned int count;
    struct restorer *offline;
    /* or else */
    flux_t *h;
    char ns[64]; /* where keys are put until all are there */
    flux_kvs_txn_t *txn;
    unsigned int ops;
    size_t bytes;
};

/* ---- reading ---- */

static struct archive *open_archive (const char *path)
{
    struct archive *a = archive_read_new ();

    if (!a)
        die ("out of memory");
    archive_read_support_format_all (a);
    archive_read_support_filter_all (a);
    if (archive_read_open_filename (a, strcmp (path, "-") ? path : NULL, 65536)
        != ARCHIVE_OK)
        die ("%s: %s", path, archive_error_string (a));
    return a;
}

static char *read_data (struct archive *a, const char *path, size_t *len)
{
    char *buf = NULL;
    size_t size = 0;
    la_ssize_t n;

    *len = 0;
    do {
        if (size - *len < 65536) {
            size = size * 2 + 131072;
            if (!(buf = realloc (buf, size)))
                die ("out of memory");
        }
        if ((n = archive_read_data (a, buf + *len, size - *len - 1)) < 0)
            die ("%s: %s", path, archive_error_string (a));
        *len += n;
    } while (n > 0);
    buf[*len] = '\0';
    return buf;
}

/* ---- a running instance ---- */

static void commit (struct restore *r)
{
    flux_future_t *f = flux_kvs_commit (r->h, r->ns, 0, r->txn);

    if (!f)
        die ("commit: %s", strerror (errno));
    if (flux_future_get (f, NULL) < 0)
        die ("commit: %s", future_text (f));
    flux_future_destroy (f);
    flux_kvs_txn_destroy (r->txn);
    if (!(r->txn = flux_kvs_txn_create ()))
        die ("out of memory");
    r->ops = 0;
    r->bytes = 0;
}

static char *key_of (const char *name)
{
    char *key;

    while (*name == '/' || !strncmp (name, "./", 2))
        name++;
    key = xstrdup (name);
    for (char *s = key; *s; s++) {
        if (*s == '/')
            *s = '.';
    }
    return key;
}

static void put_link (struct restore *r, const char *key, const char *target)
{
    const char *sep = strstr (target, "::");
    char *ns = sep ? strndup (target, sep - target) : NULL;

    if (flux_kvs_txn_symlink (r->txn, 0, key, ns, sep ? sep + 2 : target) < 0)
        die ("%s: %s", key, strerror (errno));
    free (ns);
}

static void put_online (struct restore *r,
                        const char *name,
                        const char *target,
                        const char *data,
                        size_t len)
{
    char *key = key_of (name);

    if (target)
        put_link (r, key, target);
    else if (flux_kvs_txn_put_raw (r->txn, 0, key, data, len) < 0)
        die ("%s: %s", key, strerror (errno));
    free (key);
    r->bytes += len;
    if (++r->ops == COMMIT_OPS || r->bytes >= COMMIT_BYTES)
        commit (r);
}

static void wait_or_die (flux_future_t *f, const char *what)
{
    if (!f)
        die ("%s: %s", what, strerror (errno));
    if (flux_future_get (f, NULL) < 0)
        die ("%s: %s", what, future_text (f));
    flux_future_destroy (f);
}

/* Keys gather in a namespace of their own, whose root then is put at the
 * key: whole or not at all.
 */
static void begin_online (struct restore *r)
{
    r->h = cmd_open ();
    snprintf (r->ns, sizeof (r->ns), "restore-%d", (int)getpid ());
    if (!(r->txn = flux_kvs_txn_create ()))
        die ("out of memory");
    wait_or_die (
        flux_kvs_namespace_create (r->h, r->ns, FLUX_USERID_UNKNOWN, 0),
        r->ns);
}

static void end_online (struct restore *r)
{
    const char *key = opt_str (r->o, "key", NULL);
    flux_future_t *f;
    const char *root;

    commit (r);
    if (!(f = flux_kvs_getroot (r->h, r->ns, 0))
        || flux_kvs_getroot_get_treeobj (f, &root) < 0)
        die ("%s: %s", r->ns, f ? future_text (f) : strerror (errno));
    if (flux_kvs_txn_put_treeobj (r->txn, 0, key, root) < 0)
        die ("%s: %s", key, strerror (errno));
    flux_future_destroy (f);
    wait_or_die (flux_kvs_commit (r->h, NULL, 0, r->txn), key);
    wait_or_die (flux_kvs_namespace_remove (r->h, r->ns), r->ns);
    flux_kvs_txn_destroy (r->txn);
    flux_close (r->h);
}

/* ---- entries ---- */

static void put (struct restore *r,
                 const char *name,
                 const char *target,
                 const char *data,
                 size_t len)
{
    flux_error_t error;
    int rc;

    if (!r->offline) {
        put_online (r, name, target, data, len);
        return;
    }
    if (target)
        rc = restorer_link (r->offline, name, target, &error);
    else
        rc = restorer_value (r->offline, name, data, len, &error);
    if (rc < 0)
        die ("%s: %s", name, error.text);
}

static void restore_entry (struct restore *r,
                           struct archive *a,
                           struct archive_entry *entry)
{
    const char *name = archive_entry_pathname (entry);
    char *data = NULL;
    size_t len = 0;

    if (!name)
        die ("%s: an entry has no name", r->path);
    switch (archive_entry_filetype (entry)) {
    case AE_IFDIR:
        return;
    case AE_IFREG:
        data = read_data (a, r->path, &len);
        if (r->size_limit >= 0 && len > (size_t)r->size_limit)
            fprintf (stderr,
                     "flux-restore: %s: skipped, it has %zu bytes\n",
                     name,
                     len);
        else
            put (r, name, NULL, data, len);
        free (data);
        break;
    case AE_IFLNK:
        put (r, name, archive_entry_symlink (entry), NULL, 0);
        break;
    default:
        die ("%s: %s is neither a file nor a link", r->path, name);
    }
    r->count++;
    archive_cmd_progress (r->o, "restore", name, r->count);
}

/* Call restore_entry for each, or with r NULL only see that all is there. */
static void walk (struct restore *r, const char *path)
{
    struct archive *a = open_archive (path);
    struct archive_entry *entry;
    size_t len;
    int rc;

    while ((rc = archive_read_next_header (a, &entry)) == ARCHIVE_OK
           || rc == ARCHIVE_WARN) {
        if (r)
            restore_entry (r, a, entry);
        else
            free (read_data (a, path, &len));
    }
    if (rc != ARCHIVE_EOF)
        die ("%s: %s", path, archive_error_string (a));
    archive_read_free (a);
}

/* "1.5M" in bytes. */
static long parse_size (const char *s)
{
    double n;
    char *end;

    n = strtod (s, &end);
    if (end == s || n < 0.)
        n = -1.;
    else if (*end == 'k' || *end == 'K')
        n *= 1024., end++;
    else if (*end == 'M')
        n *= 1024. * 1024., end++;
    else if (*end == 'G')
        n *= 1024. * 1024. * 1024., end++;
    if (n < 0. || *end || n > INT_MAX)
        die ("--size-limit: %s is not a size up to %d bytes", s, INT_MAX);
    return n;
}

static void restore_offline (struct restore *r, const char *dir)
{
    struct clock clock = CLOCK_REAL_INIT;
    struct loop *loop = loop_create (&clock);
    flux_error_t error;

    /* An archive that is cut short leaves no state that is. */
    if (strcmp (r->path, "-") != 0)
        walk (NULL, r->path);
    if (!loop)
        die ("out of memory");
    if (!(r->offline = restorer_create (loop, dir, &error)))
        die ("%s", error.text);
    walk (r, r->path);
    if (restorer_finish (r->offline, &error) < 0)
        die ("%s: %s", dir, error.text);
    restorer_destroy (r->offline);
    loop_destroy (loop);
}

int archive_cmd_restore (struct opts *o)
{
    struct restore r = { .o = o, .path = o->argv[0], .size_limit = -1 };
    const char *size = opt_str (o, "size-limit", NULL);
    const char *dir = opt_str (o, "statedir", NULL);

    if (size)
        r.size_limit = parse_size (size);
    if (dir)
        restore_offline (&r, dir);
    else {
        begin_online (&r);
        walk (&r, r.path);
        end_online (&r);
    }
    archive_cmd_progress (o, "restore", NULL, r.count);
    return 0;
}
