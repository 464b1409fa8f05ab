/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/jobspec_env.h"

struct scan {
    const char *p;
    const char *end;
};

static bool at (struct scan *s, char c)
{
    return s->p < s->end && *s->p == c;
}

static void skip_space (struct scan *s)
{
    while (at (s, ' ') || at (s, '\n') || at (s, '\t') || at (s, '\r'))
        s->p++;
}

static bool take (struct scan *s, char c)
{
    skip_space (s);
    if (!at (s, c))
        return false;
    s->p++;
    return true;
}

struct span {
    const char *s;
    size_t len;
};

static bool span_is (const struct span *a, const char *b)
{
    return a->len == strlen (b) && !memcmp (a->s, b, a->len);
}

/* A string of ASCII; *escapes says if it has any, of which \u is left to the
 * parser.
 */
static bool take_string (struct scan *s, struct span *span, bool *escapes)
{
    if (!take (s, '"'))
        return false;
    span->s = s->p;
    *escapes = false;
    for (; s->p < s->end; s->p++) {
        unsigned char c = *s->p;

        if (c == '"') {
            span->len = s->p++ - span->s;
            return true;
        }
        if (c < 0x20 || c >= 0x80)
            return false;
        if (c != '\\')
            continue;
        *escapes = true;
        s->p++;
        if (s->p == s->end || !*s->p || !strchr ("\"\\/bfnrt", *s->p))
            return false;
    }
    return false;
}

/* ---- the environment itself ---- */

enum {
    MAX_VARS = 500,
    TABLE_SIZE = 1024,
};

struct names {
    struct span table[TABLE_SIZE];
    unsigned int count;
};

/* False if the name is there already, or there are too many. */
static bool add_name (struct names *names, const struct span *name)
{
    uint32_t h = 2166136261u;
    unsigned int i;

    if (++names->count > MAX_VARS)
        return false;
    for (size_t k = 0; k < name->len; k++)
        h = (h ^ (unsigned char)name->s[k]) * 16777619u;
    for (i = h % TABLE_SIZE; names->table[i].s; i = (i + 1) % TABLE_SIZE) {
        if (names->table[i].len == name->len
            && !memcmp (names->table[i].s, name->s, name->len))
            return false;
    }
    names->table[i] = *name;
    return true;
}

static bool take_variable (struct scan *s, struct names *names)
{
    struct span name, value;
    bool escapes;

    if (!take_string (s, &name, &escapes) || escapes || name.len == 0
        || memchr (name.s, '=', name.len) || !add_name (names, &name)
        || !take (s, ':'))
        return false;
    skip_space (s);
    if (s->end - s->p >= 4 && !memcmp (s->p, "null", 4)) {
        s->p += 4;
        return true;
    }
    return take_string (s, &value, &escapes);
}

static bool take_environment (struct scan *s)
{
    struct names names = { 0 };

    if (!take (s, '{'))
        return false;
    if (take (s, '}'))
        return true;
    do {
        if (!take_variable (s, &names))
            return false;
    } while (take (s, ','));
    return take (s, '}');
}

/* ---- the way there ---- */

/* Pass over a value.  What is in it is the parser's to judge: here only
 * strings and brackets count.
 */
static bool pass_value (struct scan *s)
{
    int depth = 0;

    skip_space (s);
    while (s->p < s->end) {
        struct span span;
        bool escapes;

        if (*s->p == '"') {
            if (!take_string (s, &span, &escapes))
                return false;
            continue;
        }
        if (*s->p == '{' || *s->p == '[')
            depth++;
        else if (depth == 0 && (*s->p == ',' || *s->p == '}' || *s->p == ']'))
            return true;
        else if (*s->p == '}' || *s->p == ']')
            depth--;
        s->p++;
    }
    return false;
}

/* Go to the value of a key of the object that begins here. */
static bool enter (struct scan *s, const char *key)
{
    struct span name;
    bool escapes;

    if (!take (s, '{'))
        return false;
    do {
        if (!take_string (s, &name, &escapes) || escapes || !take (s, ':'))
            return false;
        if (span_is (&name, key))
            return true;
    } while (pass_value (s) && take (s, ','));
    return false;
}

bool jobspec_env_find (const char *text, size_t len, size_t *start, size_t *end)
{
    struct scan s = { text, text + len };

    if (!enter (&s, "attributes") || !enter (&s, "system")
        || !enter (&s, "environment"))
        return false;
    skip_space (&s);
    *start = s.p - text;
    if (!take_environment (&s))
        return false;
    *end = s.p - text;
    return true;
}

/* ---- as an environment ---- */

static char *copy_string (char *dst, const struct span *span, bool escapes)
{
    static const char from[] = "bfnrt";
    static const char to[] = "\b\f\n\r\t";
    const char *end = span->s + span->len;

    if (!escapes)
        return (char *)memcpy (dst, span->s, span->len) + span->len;
    for (const char *p = span->s; p < end; p++) {
        const char *special;

        if (*p == '\\' && (special = strchr (from, *++p)))
            *dst++ = to[special - from];
        else
            *dst++ = *p;
    }
    return dst;
}

/* Unescaped text is no longer than it was, and "NAME":"VALUE" than NAME=VALUE
 * with its NUL.
 */
char **jobspec_env_vector (const char *text, size_t start, size_t end)
{
    struct scan s = { text + start, text + end };
    struct span name, value;
    size_t n = 0, max = 1;
    bool escapes;
    char **v, *p;

    for (const char *c = s.p; c < s.end; c++)
        max += *c == ':';
    if (!(v = malloc ((max + 1) * sizeof (*v) + (end - start))))
        return NULL;
    p = (char *)(v + max + 1);
    take (&s, '{');
    while (take_string (&s, &name, &escapes) && take (&s, ':')) {
        if (take_string (&s, &value, &escapes)) {
            v[n++] = p;
            p = copy_string (p, &name, false);
            *p++ = '=';
            p = copy_string (p, &value, escapes);
            *p++ = '\0';
        }
        else
            s.p += strlen ("null");
        take (&s, ',');
    }
    v[n] = NULL;
    return v;
}
