/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bulkinput.h"
#include "cmd/util.h"

static const struct {
    const char *word;
    bool file;
    bool linked;
} separators[] = {
    { ":::", false, false },
    { ":::+", false, true },
    { "::::", true, false },
    { "::::+", true, true },
};

/* Which separator s is; -1 for none. */
static int separator (const char *s)
{
    for (size_t i = 0; i < sizeof (separators) / sizeof (separators[0]); i++) {
        if (!strcmp (s, separators[i].word))
            return (int)i;
    }
    return -1;
}

int bulk_split (int argc, char **argv)
{
    int i = 0;

    while (i < argc && separator (argv[i]) < 0)
        i++;
    return i;
}

static void add_word (struct bulk_list *l, const char *s, size_t len)
{
    if (l->count == l->size) {
        l->size = l->size ? 2 * l->size : 16;
        l->words = realloc (l->words, l->size * sizeof (*l->words));
        if (!l->words)
            die ("out of memory");
    }
    l->words[l->count++] = xasprintf ("%.*s", (int)len, s);
}

static void add_text (struct bulk_list *l, const char *s, const char *sep)
{
    bool blank = !strcmp (sep, "none");

    while (*s) {
        const char *end = blank ? s + strcspn (s, " \t\n") : strstr (s, sep);
        size_t len = end ? (size_t)(end - s) : strlen (s);

        /* a text file ends in a newline, whatever separates its words */
        if (!s[len] && len > 0 && s[len - 1] == '\n')
            len--;
        if (!blank || len > 0)
            add_word (l, s, len);
        if (!end || !*end)
            break;
        s = end + (blank ? 1 : strlen (sep));
    }
}

static void add_file (struct bulk_list *l, const char *path, const char *sep)
{
    FILE *f = !strcmp (path, "-") ? stdin : fopen (path, "r");
    char *text = NULL;
    size_t size = 0;

    if (!f)
        die ("%s: %s", path, strerror (errno));
    if (getdelim (&text, &size, '\0', f) > 0)
        add_text (l, text, sep);
    if (ferror (f))
        die ("%s: %s", path, strerror (errno));
    free (text);
    if (f != stdin)
        fclose (f);
}

static struct bulk_list *add_list (struct bulk_inputs *in, bool linked)
{
    struct bulk_list *l;

    in->lists = realloc (in->lists, (in->nlists + 1) * sizeof (*in->lists));
    if (!in->lists)
        die ("out of memory");
    l = &in->lists[in->nlists++];
    memset (l, 0, sizeof (*l));
    l->linked = linked && in->nlists > 1;
    return l;
}

void bulk_read (struct bulk_inputs *in, int argc, char **argv, const char *sep)
{
    struct bulk_list *l = NULL;
    int kind = 0;

    memset (in, 0, sizeof (*in));
    if (argc == 0)
        add_file (add_list (in, false), "-", sep);
    for (int i = 0; i < argc; i++) {
        int k = separator (argv[i]);

        if (k >= 0) {
            kind = k;
            l = add_list (in, separators[k].linked);
        }
        else if (l && separators[kind].file)
            add_file (l, argv[i], sep);
        else if (l)
            add_word (l, argv[i], strlen (argv[i]));
    }
    in->total = 1;
    for (int i = 0; i < in->nlists; i++) {
        if (!in->lists[i].linked || in->lists[i].count == 0)
            in->total *= in->lists[i].count;
    }
}

void bulk_clear (struct bulk_inputs *in)
{
    for (int i = 0; i < in->nlists; i++) {
        for (size_t k = 0; k < in->lists[i].count; k++)
            free (in->lists[i].words[k]);
        free (in->lists[i].words);
    }
    free (in->lists);
}

void bulk_combination (const struct bulk_inputs *in,
                       size_t n,
                       const char **words)
{
    int i = in->nlists;

    while (i > 0) {
        int first = i - 1;
        size_t at;

        /* a list and all that are linked to it go by one index */
        while (in->lists[first].linked)
            first--;
        at = n % in->lists[first].count;
        n /= in->lists[first].count;
        for (int k = first; k < i; k++)
            words[k] = in->lists[k].words[at % in->lists[k].count];
        i = first;
    }
}
