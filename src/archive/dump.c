/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux dump: the primary namespace as files of an archive. */

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <flux/core.h>
#include <jansson.h>

#include "archive/archive.h"
#include "cmd/util.h"
#include "wire/base64.h"

struct dump {
    flux_t *h;
    const struct opts *o;
    struct archive *a;
    struct archive_entry *entry;
    char *root;   /* the snapshot: a tree object */
    time_t mtime; /* of all files */
    unsigned int count;
};

/* Requests that are under way together, in each directory. */
#define REQUESTS 16

/* What is made when it is asked for is in no snapshot. */
static const char *const live[] = { "job", "resource", "checkpoint", NULL };

static void check (struct dump *d, int rc, const char *key)
{
    if (rc < ARCHIVE_WARN)
        die ("%s: %s", key, archive_error_string (d->a));
}

static bool is_live (const char *key)
{
    size_t n = strcspn (key, ".");

    for (int i = 0; live[i]; i++) {
        if (strlen (live[i]) == n && !strncmp (live[i], key, n))
            return true;
    }
    return false;
}

/* ---- files ---- */

static void begin_entry (struct dump *d, const char *key, int type, size_t size)
{
    char *path = xstrdup (key);

    for (char *s = path; *s; s++) {
        if (*s == '.')
            *s = '/';
    }
    archive_entry_clear (d->entry);
    archive_entry_set_pathname (d->entry, path);
    archive_entry_set_filetype (d->entry, type);
    archive_entry_set_perm (d->entry, 0644);
    archive_entry_set_mtime (d->entry, d->mtime, 0);
    archive_entry_set_uid (d->entry, getuid ());
    archive_entry_set_gid (d->entry, getgid ());
    archive_entry_set_size (d->entry, size);
    free (path);
    d->count++;
    archive_cmd_progress (d->o, "dump", key, d->count);
}

static void write_value (struct dump *d,
                         const char *key,
                         const void *data,
                         size_t len)
{
    begin_entry (d, key, AE_IFREG, len);
    check (d, archive_write_header (d->a, d->entry), key);
    if (archive_write_data (d->a, data, len) != (la_ssize_t)len)
        die ("%s: %s", key, archive_error_string (d->a));
}

static void write_link (struct dump *d, const char *key, json_t *data)
{
    const char *target, *ns = NULL;
    char *text;

    if (json_unpack (data, "{s:s s?s}", "target", &target, "namespace", &ns) < 0
        || asprintf (&text, "%s%s%s", ns ? ns : "", ns ? "::" : "", target) < 0)
        die ("%s: not a link", key);
    begin_entry (d, key, AE_IFLNK, 0);
    archive_entry_set_symlink (d->entry, text);
    check (d, archive_write_header (d->a, d->entry), key);
    free (text);
}

/* ---- the tree ---- */

static flux_future_t *look (struct dump *d, const char *key, int flags)
{
    flux_future_t *f;

    if (is_live (key))
        f = flux_kvs_lookup (d->h, "primary", flags, key);
    else
        f = flux_kvs_lookupat (d->h, flags, key, d->root);
    if (!f)
        die ("%s: %s", key, strerror (errno));
    return f;
}

/* Was it there?  What is gone is an error or, if asked for, a warning. */
static bool arrived (struct dump *d, flux_future_t *f, const char *key)
{
    if (flux_future_get (f, NULL) == 0)
        return true;
    /* A job that was purged meanwhile. */
    if (errno == ENOENT && !strncmp (key, "job.", 4))
        return false;
    if (!opt_count (d->o, "ignore-failed-read"))
        die ("%s: %s", key, future_text (f));
    fprintf (stderr, "flux-dump: %s: %s\n", key, future_text (f));
    return false;
}

static void dump_value (struct dump *d, const char *key, flux_future_t *f)
{
    const void *data;
    size_t len;

    if (arrived (d, f, key)) {
        if (flux_kvs_lookup_get_raw (f, &data, &len) < 0)
            die ("%s: %s", key, future_text (f));
        write_value (d, key, data, len);
    }
    flux_future_destroy (f);
}

static void dump_val (struct dump *d, const char *key, json_t *data)
{
    size_t len;
    void *bytes = base64_decode (json_string_value (data),
                                 json_string_length (data),
                                 &len);

    if (!bytes)
        die ("%s: not a value", key);
    write_value (d, key, bytes, len);
    free (bytes);
}

static void dump_dir (struct dump *d, const char *key, flux_future_t *f);
static void dump_entries (struct dump *d, const char *key, json_t *entries);

/* One entry of a directory. */
struct entry {
    char *key;
    const char *type;
    json_t *data;
    flux_future_t *f; /* asked for what is not in it */
};

static void entry_decode (struct entry *e, json_t *o)
{
    if (json_unpack (o, "{s:s s:o}", "type", &e->type, "data", &e->data) < 0)
        die ("%s: not a tree object", e->key);
}

/* A directory that is empty here may be one whose entries are not shown. */
static void ask (struct dump *d, struct entry *e)
{
    if (!strcmp (e->type, "valref"))
        e->f = look (d, e->key, 0);
    else if (!strcmp (e->type, "dirref")
             || (!strcmp (e->type, "dir") && json_object_size (e->data) == 0))
        e->f = look (d, e->key, FLUX_KVS_READDIR);
}

static void dump_entry (struct dump *d, struct entry *e)
{
    if (!strcmp (e->type, "val"))
        dump_val (d, e->key, e->data);
    else if (!strcmp (e->type, "valref"))
        dump_value (d, e->key, e->f);
    else if (!strcmp (e->type, "symlink"))
        write_link (d, e->key, e->data);
    else if (e->f)
        dump_dir (d, e->key, e->f);
    else
        dump_entries (d, e->key, e->data);
}

static int by_name (const void *a, const void *b)
{
    return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static void dump_entries (struct dump *d, const char *key, json_t *entries)
{
    size_t n = 0, asked = 0;
    size_t ahead = opt_int (d->o, "maxreqs", REQUESTS, 1, 1000);
    const char **names =
        xcalloc (json_object_size (entries) + 1, sizeof (*names));
    struct entry *list =
        xcalloc (json_object_size (entries) + 1, sizeof (*list));
    const char *name;
    json_t *o;

    json_object_foreach (entries, name, o)
    {
        names[n++] = name;
    }
    qsort (names, n, sizeof (*names), by_name);
    for (size_t i = 0; i < n; i++) {
        for (; asked < n && asked < i + ahead; asked++) {
            list[asked].key =
                xasprintf ("%s%s%s", key, *key ? "." : "", names[asked]);
            entry_decode (&list[asked],
                          json_object_get (entries, names[asked]));
            ask (d, &list[asked]);
        }
        dump_entry (d, &list[i]);
        free (list[i].key);
    }
    free (list);
    free (names);
}

static void dump_dir (struct dump *d, const char *key, flux_future_t *f)
{
    const char *text;
    json_t *o;

    if (arrived (d, f, key)) {
        if (flux_kvs_lookup_get_treeobj (f, &text) < 0
            || !(o = json_loads (text, 0, NULL)))
            die ("%s: %s", key, future_text (f));
        dump_entries (d, key, json_object_get (o, "data"));
        json_decref (o);
    }
    flux_future_destroy (f);
}

/* The root of a snapshot may show these, or not: go into them anyway. */
static void dump_root (struct dump *d)
{
    flux_future_t *f = look (d, ".", FLUX_KVS_READDIR);
    json_t *o, *entries;
    const char *text;

    if (flux_kvs_lookup_get_treeobj (f, &text) < 0
        || !(o = json_loads (text, 0, NULL)))
        die ("%s", future_text (f));
    entries = json_object_get (o, "data");
    for (int i = 0; live[i]; i++) {
        flux_future_t *g =
            flux_kvs_lookup (d->h, "primary", FLUX_KVS_READDIR, live[i]);
        json_object_del (entries, live[i]);
        if (g && flux_future_get (g, NULL) == 0)
            dump_dir (d, live[i], g);
        else
            flux_future_destroy (g);
    }
    dump_entries (d, "", entries);
    json_decref (o);
    flux_future_destroy (f);
}

/* ---- the archive ---- */

static void open_archive (struct dump *d, const char *path)
{
    bool to_stdout = !strcmp (path, "-");
    int rc;

    if (!(d->a = archive_write_new ()) || !(d->entry = archive_entry_new ()))
        die ("out of memory");
    if (to_stdout)
        rc = archive_write_set_format_pax_restricted (d->a);
    else
        rc = archive_write_set_format_filter_by_ext (d->a, path);
    check (d, rc, path);
    check (d,
           archive_write_open_filename (d->a, to_stdout ? NULL : path),
           path);
}

int archive_cmd_dump (struct opts *o)
{
    struct dump d = { .o = o, .mtime = time (NULL) };
    flux_future_t *f;
    const char *s;

    d.h = cmd_open ();
    if (!(f = flux_kvs_getroot (d.h, "primary", 0))
        || flux_kvs_getroot_get_treeobj (f, &s) < 0)
        die ("%s", f ? future_text (f) : strerror (errno));
    d.root = xstrdup (s);
    flux_future_destroy (f);
    open_archive (&d, o->argv[0]);
    dump_root (&d);
    check (&d, archive_write_close (d.a), o->argv[0]);
    archive_cmd_progress (o, "dump", NULL, d.count);
    archive_entry_free (d.entry);
    archive_write_free (d.a);
    free (d.root);
    flux_close (d.h);
    return 0;
}
