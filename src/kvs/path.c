/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvs/path.h"

static size_t count_parts (const char *key)
{
    size_t n = 0;

    for (const char *s = key; *s; s++)
        n += *s != '.' && (s == key || s[-1] == '.');
    return n;
}

/* One block: the pointers, and behind them the text they point into. */
struct path *path_parse (const char *key)
{
    size_t n = count_parts (key), size = strlen (key) + 1;
    struct path *p;
    char *text, *save = NULL;

    if (!*key || n > PATH_MAX_DEPTH) {
        errno = EINVAL;
        return NULL;
    }
    if (!(p = malloc (sizeof (*p) + n * sizeof (p->names[0]) + size)))
        return NULL;
    text = memcpy ((char *)&p->names[n], key, size);
    p->n = 0;
    for (char *s = strtok_r (text, ".", &save); s;
         s = strtok_r (NULL, ".", &save))
        p->names[p->n++] = s;
    return p;
}

char *path_join (const struct path *p, size_t first)
{
    size_t size = 2;
    char *key, *end;

    for (size_t i = first; i < p->n; i++)
        size += strlen (p->names[i]) + 1;
    if (!(key = malloc (size)))
        return NULL;
    strcpy (key, ".");
    end = key;
    for (size_t i = first; i < p->n; i++) {
        if (i > first)
            *end++ = '.';
        end = stpcpy (end, p->names[i]);
    }
    return key;
}

struct path *path_redirect (const char *target,
                            const struct path *p,
                            size_t first)
{
    char *rest = path_join (p, first), *key = NULL;
    struct path *to = NULL;

    if (rest && asprintf (&key, "%s.%s", target, rest) >= 0)
        to = path_parse (key);
    free (rest);
    free (key);
    return to;
}
