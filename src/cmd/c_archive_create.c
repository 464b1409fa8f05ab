/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux archive create */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/filearchive.h"
#include "cmd/blobs.h"
#include "cmd/util.h"
#include "wire/base64.h"

static const struct option_def options[] = {
    { 0, "overwrite", NULL, "Replace an archive of this name." },
    { 0, "append", NULL, "Add to an archive of this name." },
    { 'C', "directory", "DIR", "Change to DIR first." },
    { 0, "preserve", NULL, "Has no effect: blobs are always kept." },
    { 'v', "verbose", "[LEVEL]", "List files on standard error." },
    { 0, "chunksize", "N", "Make blobs of at most N bytes, if not 1M." },
    { 0,
      "small-file-threshold",
      "N",
      "Make no blobs of files up to N bytes, if not 1K." },
    { 0, "mmap", NULL, "Refused: files are copied." },
    { 0 },
};

struct creation {
    flux_t *h;
    const struct opts *o;
    json_t *list;
    json_t *blobs; /* names of all that were stored */
    size_t chunk;
    size_t small;
};

/* "1.5M" in bytes. */
static size_t get_size (const struct opts *o, const char *name, size_t def)
{
    const char *s = opt_str (o, name, NULL), *unit;
    static const char units[] = "kKMG";
    double n;
    char *end;

    if (!s)
        return def;
    n = strtod (s, &end);
    if (end != s && *end && (unit = strchr (units, *end))) {
        int shift = unit - units < 2 ? 10 : 10 * (unit - units);
        n *= 1L << shift;
        end++;
    }
    if (end == s || *end || !(n >= 0.) || n > INT_MAX)
        die ("--%s: %s is not a size up to %d bytes", name, s, INT_MAX);
    return n;
}

/* ---- what is in a file ---- */

static char *read_region (int fd, const char *path, off_t at, size_t len)
{
    char *buf = xcalloc (1, len + 1);
    size_t done = 0;

    while (done < len) {
        ssize_t n = pread (fd, buf + done, len - done, at + done);
        if (n <= 0)
            die ("%s: %s", path, n < 0 ? strerror (errno) : "it got shorter");
        done += n;
    }
    return buf;
}

static void add_small (json_t *file, int fd, const char *path, size_t len)
{
    char *data = read_region (fd, path, 0, len);
    json_t *text = memchr (data, 0, len) ? NULL : json_stringn (data, len);

    if (text) {
        json_object_set_new (file, "encoding", json_string ("utf-8"));
        json_object_set_new (file, "data", text);
    }
    else {
        char *b64 = base64_encode (data, len);
        json_object_set_new (file, "encoding", json_string ("base64"));
        json_object_set_new (file, "data", json_string (b64));
        free (b64);
    }
    free (data);
}

static void add_region (struct creation *c,
                        json_t *vec,
                        int fd,
                        const char *path,
                        off_t at,
                        off_t end)
{
    char ref[BLOBREF_SIZE];

    while (at < end) {
        size_t n = end - at;
        char *data;
        if (c->chunk > 0 && n > c->chunk)
            n = c->chunk;
        data = read_region (fd, path, at, n);
        blob_store (c->h, data, n, ref);
        json_array_append_new (
            vec,
            json_pack ("[I,I,s]", (json_int_t)at, (json_int_t)n, ref));
        json_array_append_new (c->blobs, json_string (ref));
        free (data);
        at += n;
    }
}

/* Regions that have data; holes are left out. */
static void add_large (struct creation *c,
                       json_t *file,
                       int fd,
                       const char *path,
                       off_t size)
{
    json_t *vec = json_array ();
    off_t at = 0, end;

    while (at < size) {
        off_t data = lseek (fd, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            break;
        if (data < 0 || (end = lseek (fd, data, SEEK_HOLE)) < 0)
            data = at, end = size;
        add_region (c, vec, fd, path, data, end < size ? end : size);
        at = end;
    }
    if (json_array_size (vec) > 0) {
        json_object_set_new (file, "encoding", json_string ("blobvec"));
        json_object_set_new (file, "data", vec);
    }
    else
        json_decref (vec);
}

static void add_content (struct creation *c,
                         json_t *file,
                         const char *path,
                         off_t size)
{
    int fd = open (path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        die ("%s: %s", path, strerror (errno));
    json_object_set_new (file, "size", json_integer (size));
    if (size > 0 && (size_t)size <= c->small)
        add_small (file, fd, path, size);
    else if (size > 0)
        add_large (c, file, fd, path, size);
    close (fd);
}

static void add_link (json_t *file, const char *path)
{
    char target[PATH_MAX];
    ssize_t n = readlink (path, target, sizeof (target) - 1);

    if (n < 0)
        die ("%s: %s", path, strerror (errno));
    json_object_set_new (file, "data", json_stringn (target, n));
}

/* ---- files and what is below them ---- */

static void add_file (struct creation *c, const char *path);

static void add_below (struct creation *c, const char *path)
{
    struct dirent **names;
    int n = scandir (path, &names, NULL, alphasort);

    if (n < 0)
        die ("%s: %s", path, strerror (errno));
    for (int i = 0; i < n; i++) {
        if (strcmp (names[i]->d_name, ".") && strcmp (names[i]->d_name, "..")) {
            char *full = xasprintf ("%s/%s", path, names[i]->d_name);
            add_file (c, full);
            free (full);
        }
        free (names[i]);
    }
    free (names);
}

/* The path in the archive; RFC 37 has no "..", no "." and no first "/". */
static const char *inner_path (const char *path)
{
    while (*path == '/' || !strncmp (path, "./", 2))
        path++;
    return path;
}

static void add_file (struct creation *c, const char *path)
{
    const char *name = inner_path (path);
    struct stat st;
    json_t *file;

    if (lstat (path, &st) < 0)
        die ("%s: %s", path, strerror (errno));
    if (!S_ISREG (st.st_mode) && !S_ISDIR (st.st_mode) && !S_ISLNK (st.st_mode))
        die ("%s: not a file, directory or symbolic link", path);
    if (opt_count (c->o, "verbose"))
        fprintf (stderr, "%s\n", path);
    /* "." itself needs no object. */
    if (*name && strcmp (name, ".") != 0) {
        if (!(file = json_pack ("{s:s s:i s:I s:I}",
                                "path",
                                name,
                                "mode",
                                (int)st.st_mode,
                                "mtime",
                                (json_int_t)st.st_mtime,
                                "ctime",
                                (json_int_t)st.st_ctime)))
            die ("%s: the name is not UTF-8", path);
        if (S_ISREG (st.st_mode))
            add_content (c, file, path, st.st_size);
        else if (S_ISLNK (st.st_mode))
            add_link (file, path);
        json_array_append_new (c->list, file);
    }
    if (S_ISDIR (st.st_mode))
        add_below (c, path);
}

static void check_path (const char *path)
{
    for (const char *s = path; (s = strstr (s, "..")); s += 2) {
        if ((s == path || s[-1] == '/') && (!s[2] || s[2] == '/'))
            die ("%s: a path with .. cannot be archived", path);
    }
}

/* ---- the archive ---- */

/* Each blob has a key: what a tree refers to is kept. */
static void put_blobs (struct creation *c, flux_kvs_txn_t *txn)
{
    json_t *ref;
    size_t i;

    json_array_foreach (c->blobs, i, ref)
    {
        const char *name = json_string_value (ref);
        char *suffix = xasprintf ("_blobs.%s", name);
        char *key = archive_key (c->o, suffix);
        char *o =
            xasprintf ("{\"ver\":1,\"type\":\"valref\",\"data\":[\"%s\"]}",
                       name);
        if (flux_kvs_txn_put_treeobj (txn, 0, key, o) < 0)
            die ("%s: %s", key, strerror (errno));
        free (o);
        free (key);
        free (suffix);
    }
}

static void commit (struct creation *c)
{
    flux_kvs_txn_t *txn = flux_kvs_txn_create ();
    char *text = json_dumps (c->list, JSON_COMPACT);
    char *key = archive_key (c->o, "");
    flux_future_t *f;

    if (!txn || !text || flux_kvs_txn_put (txn, 0, key, text) < 0)
        die ("%s: %s", key, strerror (errno));
    put_blobs (c, txn);
    if (!(f = flux_kvs_commit (c->h, archive_ns (c->o), 0, txn)))
        die ("%s: %s", key, strerror (errno));
    if (flux_future_get (f, NULL) < 0)
        die ("%s: %s", key, future_text (f));
    flux_future_destroy (f);
    flux_kvs_txn_destroy (txn);
    free (key);
    free (text);
}

static int run (struct opts *o)
{
    struct creation c = {
        .o = o,
        .chunk = get_size (o, "chunksize", 1024 * 1024),
        .small = get_size (o, "small-file-threshold", 1024),
    };

    if (o->argc < 1)
        die ("at least one file is required");
    if (opt_count (o, "mmap"))
        die ("--mmap: files are not mapped into the broker; without it they "
             "are copied");
    for (int i = 0; i < o->argc; i++)
        check_path (o->argv[i]);
    archive_chdir (o);
    c.h = cmd_open ();
    c.list = archive_read (c.h, o, true);
    if (c.list && !opt_count (o, "overwrite") && !opt_count (o, "append"))
        die ("archive.%s exists", opt_str (o, "name", "main"));
    if (c.list && opt_count (o, "overwrite")) {
        archive_unlink (c.h, o);
        json_decref (c.list);
        c.list = NULL;
    }
    if (!c.list)
        c.list = json_array ();
    c.blobs = json_array ();
    for (int i = 0; i < o->argc; i++)
        add_file (&c, o->argv[i]);
    commit (&c);
    json_decref (c.blobs);
    json_decref (c.list);
    flux_close (c.h);
    return 0;
}

const struct command cmd_archive_create = {
    .name = "create",
    .summary = "archive files",
    .usage = "[OPTIONS] PATH...",
    .options = { options, archive_common_options },
    .run = run,
};
