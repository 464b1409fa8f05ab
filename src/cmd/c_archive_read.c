/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux archive list, extract */

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/filearchive.h"
#include "cmd/blobs.h"
#include "cmd/util.h"
#include "wire/base64.h"

static const struct option_def list_options[] = {
    { 'l', "long", NULL, "Print type, mode and size, too." },
    { 0, "raw", NULL, "Print the objects as JSON." },
    { 0 },
};

static const struct option_def extract_options[] = {
    { 't', "list-only", NULL, "Only list the files." },
    { 'C', "directory", "DIR", "Change to DIR first." },
    { 'v', "verbose", "[LEVEL]", "List files on standard error." },
    { 0, "overwrite", NULL, "Replace files that exist." },
    { 0, "waitcreate", "[FSD]", "Wait for the archive, at most so long." },
    { 0 },
};

/* One file object; what is missing is NULL or 0. */
struct file {
    const char *path;
    int mode;
    double mtime; /* < 0: none */
    json_int_t size;
    const char *encoding;
    json_t *data;
};

static void decode (json_t *o, struct file *file)
{
    *file = (struct file){ .mtime = -1. };
    if (json_unpack (o,
                     "{s:s s:i s?F s?I s?s s?o}",
                     "path",
                     &file->path,
                     "mode",
                     &file->mode,
                     "mtime",
                     &file->mtime,
                     "size",
                     &file->size,
                     "encoding",
                     &file->encoding,
                     "data",
                     &file->data)
        < 0)
        die ("an object of the archive is none of RFC 37");
}

static bool matches (const struct opts *o, const struct file *file)
{
    return o->argc == 0 || fnmatch (o->argv[0], file->path, 0) == 0;
}

/* ---- list ---- */

static void print (const struct opts *o,
                   json_t *object,
                   const struct file *file)
{
    char type = S_ISDIR (file->mode) ? 'd' : S_ISLNK (file->mode) ? 'l' : 'f';

    if (opt_count (o, "raw")) {
        json_dumpf (object, stdout, JSON_COMPACT);
        printf ("\n");
    }
    else if (opt_count (o, "long"))
        printf ("%c %04o %8lld %s%s%s\n",
                type,
                (unsigned int)file->mode & 07777,
                (long long)file->size,
                file->path,
                type == 'l' ? " -> " : "",
                type == 'l' ? json_string_value (file->data) : "");
    else
        printf ("%s\n", file->path);
}

static int run_list (struct opts *o)
{
    flux_t *h = cmd_open ();
    json_t *list = archive_read (h, o, false), *object;
    struct file file;
    size_t i;

    if (o->argc > 1)
        die ("more than one pattern");
    json_array_foreach (list, i, object)
    {
        decode (object, &file);
        if (matches (o, &file))
            print (o, object, &file);
    }
    json_decref (list);
    flux_close (h);
    return 0;
}

/* ---- extract ---- */

/* Nothing is written outside of the directory. */
static void check_path (const char *path)
{
    bool bad = *path == '/' || !*path;

    for (const char *s = path; *s && !bad; s += strcspn (s, "/")) {
        s += strspn (s, "/");
        bad = !strncmp (s, "..", 2) && (!s[2] || s[2] == '/');
    }
    if (bad)
        die ("%s: leads out of the directory", path);
}

static void make_parents (const char *path)
{
    char *copy = xstrdup (path);
    struct stat st;

    for (char *s = copy; (s = strchr (s, '/')); s++) {
        *s = '\0';
        if (mkdir (copy, 0777) < 0 && errno != EEXIST)
            die ("%s: %s", copy, strerror (errno));
        /* a link that was extracted before might lead anywhere */
        if (lstat (copy, &st) < 0 || !S_ISDIR (st.st_mode))
            die ("%s: not a directory", copy);
        *s = '/';
    }
    free (copy);
}

static void write_at (int fd,
                      const struct file *file,
                      off_t at,
                      const char *data,
                      size_t len)
{
    while (len > 0) {
        ssize_t n = pwrite (fd, data, len, at);
        if (n < 0)
            die ("%s: %s", file->path, strerror (errno));
        data += n;
        at += n;
        len -= n;
    }
}

static void write_blob (flux_t *h,
                        int fd,
                        const struct file *file,
                        json_t *region)
{
    json_int_t at, size;
    const char *ref;
    const void *data;
    flux_future_t *f;
    size_t len;

    if (json_unpack (region, "[I,I,s]", &at, &size, &ref) < 0)
        die ("%s: its data is no blobvec of RFC 37", file->path);
    f = blob_load (h, ref);
    if (flux_rpc_get_raw (f, &data, &len) < 0)
        die ("%s: %s: %s", file->path, ref, future_text (f));
    if (len != (size_t)size)
        die ("%s: %s has not the size it should have", file->path, ref);
    write_at (fd, file, at, data, len);
    flux_future_destroy (f);
}

static void write_content (flux_t *h, int fd, const struct file *file)
{
    json_t *region;
    char *text;
    size_t i, len;

    if (!file->data)
        return;
    if (!file->encoding) {
        if (!(text = json_dumps (file->data, JSON_ENCODE_ANY | JSON_COMPACT)))
            die ("%s: out of memory", file->path);
        write_at (fd, file, 0, text, strlen (text));
        free (text);
    }
    else if (!strcmp (file->encoding, "utf-8"))
        write_at (fd,
                  file,
                  0,
                  json_string_value (file->data),
                  json_string_length (file->data));
    else if (!strcmp (file->encoding, "base64")) {
        if (!(text = base64_decode (json_string_value (file->data),
                                    json_string_length (file->data),
                                    &len)))
            die ("%s: its data is not base64", file->path);
        write_at (fd, file, 0, text, len);
        free (text);
    }
    else if (!strcmp (file->encoding, "blobvec")) {
        json_array_foreach (file->data, i, region)
        {
            write_blob (h, fd, file, region);
        }
    }
    else
        die ("%s: encoding %s is not known", file->path, file->encoding);
}

static void extract_file (flux_t *h, const struct opts *o, struct file *file)
{
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd;

    if (opt_count (o, "overwrite"))
        (void)unlink (file->path);
    if ((fd = open (file->path, flags, file->mode & 0777)) < 0)
        die ("%s: %s", file->path, strerror (errno));
    write_content (h, fd, file);
    if ((file->data == NULL || file->size > 0)
        && ftruncate (fd, file->size) < 0)
        die ("%s: %s", file->path, strerror (errno));
    if (fchmod (fd, file->mode & 0777) < 0)
        die ("%s: %s", file->path, strerror (errno));
    close (fd);
}

static void extract_link (const struct opts *o, const struct file *file)
{
    const char *target = json_string_value (file->data);

    if (opt_count (o, "overwrite"))
        (void)unlink (file->path);
    if (!target || symlink (target, file->path) < 0)
        die ("%s: %s",
             file->path,
             target ? strerror (errno) : "a link without a target");
}

static void extract_dir (const struct file *file)
{
    struct stat st;

    if (mkdir (file->path, 0777) == 0)
        return;
    if (errno != EEXIST || lstat (file->path, &st) < 0 || !S_ISDIR (st.st_mode))
        die ("%s: %s", file->path, strerror (EEXIST));
}

static void set_mtime (const struct file *file)
{
    struct timespec t[2] = { { .tv_nsec = UTIME_OMIT } };

    t[1].tv_sec = file->mtime;
    if (file->mtime >= 0.)
        (void)utimensat (AT_FDCWD, file->path, t, AT_SYMLINK_NOFOLLOW);
}

static void extract (flux_t *h, const struct opts *o, struct file *file)
{
    check_path (file->path);
    if (opt_count (o, "verbose"))
        fprintf (stderr, "%s\n", file->path);
    make_parents (file->path);
    if (S_ISDIR (file->mode))
        extract_dir (file);
    else if (S_ISLNK (file->mode))
        extract_link (o, file);
    else if (S_ISREG (file->mode))
        extract_file (h, o, file);
    else
        die ("%s: not a file, directory or symbolic link", file->path);
    set_mtime (file);
}

/* A directory gets its mode when all is in it: one that may not be written
 * to keeps nothing out.
 */
static void set_dir_modes (const struct opts *o, json_t *list)
{
    struct file file;
    json_t *object;
    size_t i;

    json_array_foreach (list, i, object)
    {
        decode (object, &file);
        if (!matches (o, &file) || !S_ISDIR (file.mode))
            continue;
        if (chmod (file.path, file.mode & 0777) < 0)
            die ("%s: %s", file.path, strerror (errno));
        set_mtime (&file);
    }
}

static int run_extract (struct opts *o)
{
    flux_t *h = cmd_open ();
    json_t *list, *object;
    struct file file;
    size_t i;

    if (o->argc > 1)
        die ("more than one pattern");
    archive_chdir (o);
    list = archive_read (h, o, false);
    json_array_foreach (list, i, object)
    {
        decode (object, &file);
        if (!matches (o, &file))
            continue;
        if (opt_count (o, "list-only"))
            printf ("%s\n", file.path);
        else
            extract (h, o, &file);
    }
    if (!opt_count (o, "list-only"))
        set_dir_modes (o, list);
    json_decref (list);
    flux_close (h);
    return 0;
}

const struct command cmd_archive_list = {
    .name = "list",
    .summary = "list the files of an archive",
    .usage = "[OPTIONS] [PATTERN]",
    .options = { list_options, archive_common_options },
    .run = run_list,
};

const struct command cmd_archive_extract = {
    .name = "extract",
    .summary = "write the files of an archive",
    .usage = "[OPTIONS] [PATTERN]",
    .options = { extract_options, archive_common_options },
    .run = run_extract,
};
