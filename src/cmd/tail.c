/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/jobwatch.h"
#include "cmd/tail.h"
#include "cmd/util.h"

struct line {
    char *rank;
    char *data;
    size_t len;
    bool is_err;
    bool label;
};

struct tail {
    struct line *lines; /* a ring */
    int size;
    int count;
    int first;
};

static void line_clear (struct line *l)
{
    free (l->rank);
    free (l->data);
    memset (l, 0, sizeof (*l));
}

struct tail *tail_create (int lines)
{
    struct tail *t = xcalloc (1, sizeof (*t));

    t->lines = xcalloc (lines + 1, sizeof (*t->lines));
    t->size = lines;
    return t;
}

void tail_destroy (struct tail *t)
{
    if (!t)
        return;
    for (int i = 0; i < t->size; i++)
        line_clear (&t->lines[i]);
    free (t->lines);
    free (t);
}

static struct line *next_line (struct tail *t)
{
    struct line *l;

    if (t->count < t->size)
        return &t->lines[(t->first + t->count++) % t->size];
    l = &t->lines[t->first];
    t->first = (t->first + 1) % t->size;
    line_clear (l);
    return l;
}

void tail_add (struct tail *t,
               const char *rank,
               const char *data,
               size_t len,
               bool is_err,
               bool label)
{
    while (len > 0 && t->size > 0) {
        const char *nl = memchr (data, '\n', len);
        size_t n = nl ? (size_t)(nl - data) + 1 : len;
        struct line *l = next_line (t);

        l->rank = xstrdup (rank);
        l->data = xcalloc (1, n + 1);
        memcpy (l->data, data, n);
        l->len = n;
        l->is_err = is_err;
        l->label = label;
        data += n;
        len -= n;
    }
}

void tail_flush (struct tail *t)
{
    for (int i = 0; i < t->count; i++) {
        struct line *l = &t->lines[(t->first + i) % t->size];
        FILE *f = l->is_err ? stderr : stdout;

        write_output (f, NULL, l->rank, l->data, l->len, l->label);
        fflush (f);
        line_clear (l);
    }
    t->count = t->first = 0;
}
