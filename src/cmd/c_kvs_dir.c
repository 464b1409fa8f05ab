/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux kvs dir, ls */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <flux/core.h>

#include "cmd/kvs.h"
#include "cmd/util.h"

static const struct option_def dir_options[] = {
    { 'R', "recursive", NULL, "Go into directories." },
    { 'd', "directory", NULL, "No values." },
    { 'w', "width", "N", "Cut values at N columns, 0: do not." },
    { 'a', "at", "TREEOBJ", "Look in this directory of a snapshot." },
    { 0 },
};

static const struct option_def ls_options[] = {
    { 'R', "recursive", NULL, "Go into directories." },
    { 'd', "directory", NULL, "Directories themselves, not what is in them." },
    { 'w', "width", "N", "Fill at most N columns, 0: one line." },
    { '1', "1", NULL, "One key a line." },
    { 'F', "classify", NULL, "Mark directories with . and links with @." },
    { 0 },
};

static long get_width (const struct opts *o)
{
    struct winsize w;
    long width = 80;

    if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
        width = w.ws_col;
    return opt_int (o, "width", width, 0, 1L << 30);
}

static int compare (const void *a, const void *b)
{
    return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* The names in dir, in order, NULL at the end. */
static const char **get_names (const flux_kvsdir_t *dir, flux_kvsitr_t **itr)
{
    size_t n = 0;
    const char **names =
        xcalloc (flux_kvsdir_get_size (dir) + 1, sizeof (*names));

    if (!(*itr = flux_kvsitr_create (dir)))
        die ("%s", strerror (errno));
    while ((names[n] = flux_kvsitr_next (*itr)))
        n++;
    qsort (names, n, sizeof (*names), compare);
    return names;
}

/* ---- dir ---- */

/* "a = value", up to the first newline, cut to the width. */
static void print_cut (const char *key, const char *value, long width)
{
    int len = strcspn (value, "\n");
    long room = width - (long)strlen (key) - 3;
    bool cut = value[len] && value[len + 1];

    if (width == 0) {
        printf ("%s = %s\n", key, value);
        return;
    }
    if (len + (cut ? 3 : 0) > room) {
        cut = true;
        len = room > 3 ? room - 3 : 0;
    }
    printf ("%s = %.*s%s\n", key, len, value, cut ? "..." : "");
}

static void dir_value (flux_t *h, const struct opts *o, const char *key)
{
    flux_future_t *f;
    const char *value;

    if (opt_count (o, "directory")) {
        printf ("%s\n", key);
        return;
    }
    f = kvs_look (h, o, 0, key);
    if (flux_kvs_lookup_get (f, &value) < 0)
        die ("%s: %s", key, future_text (f));
    print_cut (key, value ? value : "", get_width (o));
    flux_future_destroy (f);
}

static void dir_link (flux_t *h, const struct opts *o, const char *key)
{
    flux_future_t *f = kvs_look (h, o, FLUX_KVS_READLINK, key);
    const char *ns, *target;

    if (flux_kvs_lookup_get_symlink (f, &ns, &target) < 0)
        die ("%s: %s", key, future_text (f));
    printf ("%s -> %s%s%s\n", key, ns ? ns : "", ns ? "::" : "", target);
    flux_future_destroy (f);
}

/* One below the top has a line of its own if it has nothing in it. */
static void print_dir (flux_t *h,
                       const struct opts *o,
                       const char *key,
                       bool top)
{
    flux_future_t *f = kvs_look (h, o, FLUX_KVS_READDIR, key);
    const flux_kvsdir_t *dir;
    flux_kvsitr_t *itr;
    const char **names;

    if (flux_kvs_lookup_get_dir (f, &dir) < 0)
        die ("%s: %s", key, future_text (f));
    names = get_names (dir, &itr);
    if (!names[0] && !top)
        printf ("%s.\n", key);
    for (size_t i = 0; names[i]; i++) {
        char *sub = flux_kvsdir_key_at (dir, names[i]);
        if (flux_kvsdir_issymlink (dir, names[i]))
            dir_link (h, o, sub);
        else if (!flux_kvsdir_isdir (dir, names[i]))
            dir_value (h, o, sub);
        else if (opt_count (o, "recursive"))
            print_dir (h, o, sub, false);
        else
            printf ("%s.\n", sub);
        free (sub);
    }
    free (names);
    flux_kvsitr_destroy (itr);
    flux_future_destroy (f);
}

static int run_dir (struct opts *o)
{
    flux_t *h;

    if (o->argc > 1)
        die ("at most one key can be given");
    h = cmd_open ();
    print_dir (h, o, o->argc > 0 ? o->argv[0] : ".", true);
    flux_close (h);
    return 0;
}

/* ---- ls ---- */

/* In columns, in the order of lines. */
static void print_columns (const struct opts *o, char **names, size_t n)
{
    long width = get_width (o);
    size_t widest = 0, columns;

    for (size_t i = 0; i < n; i++)
        widest = strlen (names[i]) > widest ? strlen (names[i]) : widest;
    columns = width == 0 ? n : width / (widest + 4);
    if (opt_count (o, "1") || columns == 0)
        columns = 1;
    for (size_t i = 0; i < n; i++) {
        if ((i + 1) % columns == 0 || i + 1 == n)
            printf ("%s\n", names[i]);
        else
            printf ("%-*s", (int)widest + 4, names[i]);
    }
}

static void ls_entries (const struct opts *o,
                        const flux_kvsdir_t *dir,
                        const char **names)
{
    size_t n = 0;
    char **shown = xcalloc (flux_kvsdir_get_size (dir) + 1, sizeof (*shown));

    for (; names[n]; n++) {
        const char *mark = "";
        if (opt_count (o, "classify")) {
            if (flux_kvsdir_isdir (dir, names[n]))
                mark = ".";
            else if (flux_kvsdir_issymlink (dir, names[n]))
                mark = "@";
        }
        shown[n] = xasprintf ("%s%s", names[n], mark);
    }
    print_columns (o, shown, n);
    for (size_t i = 0; i < n; i++)
        free (shown[i]);
    free (shown);
}

/* Print what is in the directory f looks up, and in those below. */
static void ls_dir (flux_t *h,
                    const struct opts *o,
                    flux_future_t *f,
                    const char *key,
                    bool title)
{
    const flux_kvsdir_t *dir;
    flux_kvsitr_t *itr;
    const char **names;

    if (flux_kvs_lookup_get_dir (f, &dir) < 0)
        die ("%s: %s", key, future_text (f));
    names = get_names (dir, &itr);
    if (title)
        printf ("%s:\n", key);
    ls_entries (o, dir, names);
    for (size_t i = 0; names[i] && opt_count (o, "recursive"); i++) {
        char *sub = flux_kvsdir_key_at (dir, names[i]);
        if (flux_kvsdir_isdir (dir, names[i])) {
            flux_future_t *g = kvs_look (h, o, FLUX_KVS_READDIR, sub);
            printf ("\n");
            ls_dir (h, o, g, sub, true);
            flux_future_destroy (g);
        }
        free (sub);
    }
    free (names);
    flux_kvsitr_destroy (itr);
}

/* Is it to be shown as a link, wherever it leads to? */
static bool shown_link (flux_t *h, const struct opts *o, const char *key)
{
    flux_future_t *f;
    bool yes;

    if (!opt_count (o, "classify") && !opt_count (o, "directory"))
        return false;
    f = kvs_look (h, o, FLUX_KVS_READLINK, key);
    yes = flux_future_get (f, NULL) == 0;
    flux_future_destroy (f);
    return yes;
}

/* Values and links of the arguments come first, then directories. */
static int run_ls (struct opts *o)
{
    static char *root[] = { "." };
    char **keys = o->argc > 0 ? o->argv : root;
    size_t n = o->argc > 0 ? o->argc : 1, nplain = 0;
    flux_future_t **dirs = xcalloc (n, sizeof (*dirs));
    char **plain = xcalloc (n, sizeof (*plain));
    bool title = n > 1 || opt_count (o, "recursive");
    bool first;
    int status = 0;
    flux_t *h = cmd_open ();

    for (size_t i = 0; i < n; i++) {
        flux_future_t *f;
        bool found;

        if (shown_link (h, o, keys[i])) {
            plain[nplain++] = xasprintf ("%s%s",
                                         keys[i],
                                         opt_count (o, "classify") ? "@" : "");
            continue;
        }
        f = kvs_look (h, o, FLUX_KVS_READDIR, keys[i]);
        found = flux_future_get (f, NULL) == 0;
        if (found && !opt_count (o, "directory")) {
            dirs[i] = f;
            continue;
        }
        if (found || errno == ENOTDIR)
            plain[nplain++] = xstrdup (keys[i]);
        else {
            warn_msg ("%s: %s", keys[i], future_text (f));
            status = 1;
        }
        flux_future_destroy (f);
    }
    print_columns (o, plain, nplain);
    first = nplain == 0;
    for (size_t i = 0; i < n; i++) {
        if (!dirs[i])
            continue;
        if (!first)
            printf ("\n");
        first = false;
        ls_dir (h, o, dirs[i], keys[i], title);
        flux_future_destroy (dirs[i]);
    }
    for (size_t i = 0; i < nplain; i++)
        free (plain[i]);
    free (plain);
    free (dirs);
    flux_close (h);
    return status;
}

const struct command cmd_kvs_dir = {
    .name = "dir",
    .summary = "print the keys and values of a directory",
    .usage = "[OPTIONS] [KEY]",
    .options = { kvs_namespace_options, dir_options },
    .run = run_dir,
};

const struct command cmd_kvs_ls = {
    .name = "ls",
    .summary = "list directories",
    .usage = "[OPTIONS] [KEY...]",
    .options = { kvs_namespace_options, ls_options },
    .run = run_ls,
};
