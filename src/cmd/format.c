/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd/format.h"
#include "cmd/format_value.h"
#include "cmd/util.h"

enum {
    MAX_WIDTH = 10000,
};

static bool is_align (char c)
{
    return c == '<' || c == '>' || c == '^' || c == '=';
}

/* [[fill]align][0][width][.precision][type][h][+] */
static int parse_spec (struct format_field *f, const char *s, flux_error_t *e)
{
    const char *start = s;

    f->fill = ' ';
    f->precision = -1;
    if (s[0] && is_align (s[1])) {
        f->fill = s[0];
        f->align = s[1];
        s += 2;
    }
    else if (is_align (s[0]))
        f->align = *s++;
    if (*s == '0' && isdigit ((unsigned char)s[1])) {
        f->fill = '0';
        s++;
    }
    while (isdigit ((unsigned char)*s) && f->width < MAX_WIDTH)
        f->width = f->width * 10 + *s++ - '0';
    if (*s == '.') {
        f->precision = 0;
        s++;
        if (!isdigit ((unsigned char)*s))
            goto inval;
        while (isdigit ((unsigned char)*s) && f->precision < MAX_WIDTH)
            f->precision = f->precision * 10 + *s++ - '0';
    }
    if (*s && strchr ("sdfxXgeobc%", *s))
        f->type = *s++;
    if (*s == 'h') {
        f->hyphen = true;
        s++;
    }
    if (*s == '+') {
        f->mark = true;
        s++;
    }
    if (!*s)
        return 0;
inval:
    return err_set (e, EINVAL, "invalid format '%s' of field", start);
}

/* "%H:%M::>20": a form for strftime, then a spec */
static int parse_date_spec (struct format_field *f,
                            const char *s,
                            flux_error_t *e)
{
    const char *sep = strstr (s, "::");

    f->strftime = sep ? xasprintf ("%.*s", (int)(sep - s), s) : xstrdup (s);
    if (!sep && *s && strchr (s, '%')) {
        size_t len = strlen (f->strftime);
        if (len > 0 && f->strftime[len - 1] == 'h') {
            f->strftime[len - 1] = '\0';
            f->hyphen = true;
        }
        f->fill = ' ';
        f->precision = -1;
        return 0;
    }
    if (!sep && *s) {
        free (f->strftime);
        f->strftime = xstrdup ("");
        return parse_spec (f, s, e);
    }
    return parse_spec (f, sep ? sep + 2 : "", e);
}

static bool take_suffix (char *s, const char *suffix)
{
    size_t n = strlen (s);
    size_t k = strlen (suffix);

    if (n < k || strcmp (s + n - k, suffix) != 0)
        return false;
    s[n - k] = '\0';
    return true;
}

/* Inside the braces: NAME[!C][:SPEC] */
static int parse_field (struct format *fmt,
                        char *before,
                        char *inner,
                        flux_error_t *e)
{
    struct format_field *f;
    char *spec;
    char *bang;

    fmt->fields =
        realloc (fmt->fields, (fmt->count + 1) * sizeof (*fmt->fields));
    if (!fmt->fields)
        die ("out of memory");
    f = &fmt->fields[fmt->count++];
    memset (f, 0, sizeof (*f));
    f->before = before;
    if (take_suffix (before, "?+:"))
        f->collapse = f->grow = true;
    else if (take_suffix (before, "?:"))
        f->collapse = true;
    else if (take_suffix (before, "+:"))
        f->grow = true;
    if ((spec = strchr (inner, ':')))
        *spec++ = '\0';
    if ((bang = strchr (inner, '!'))) {
        *bang++ = '\0';
        if (!*bang || bang[1] || !strchr ("DdFHPsra", *bang))
            return err_set (e, EINVAL, "unknown conversion '!%s'", bang);
        f->conversion = *bang;
    }
    f->name = xstrdup (inner);
    if (!fmt->ops->head (f->name))
        return err_set (e, EINVAL, "unknown format field '%s'", f->name);
    if (f->conversion == 'd')
        return parse_date_spec (f, spec ? spec : "", e);
    return parse_spec (f, spec ? spec : "", e);
}

/* Text up to the next "{" (or the end), with doubled braces undone. */
static int take_text (const char **s, char **text, flux_error_t *e)
{
    size_t len = 0;
    char *out = xcalloc (1, strlen (*s) + 1);

    while (**s) {
        if ((**s == '{' || **s == '}') && (*s)[1] == **s)
            (*s)++;
        else if (**s == '{')
            break;
        else if (**s == '}') {
            free (out);
            return err_set (e, EINVAL, "single '}' in format");
        }
        out[len++] = *(*s)++;
    }
    *text = out;
    return 0;
}

static const char *take_sort (struct format *f, const char *s)
{
    size_t n;

    if (strncmp (s, "sort:", 5) != 0)
        return s;
    s += 5;
    n = strcspn (s, " ");
    f->sort = xasprintf ("%.*s", (int)n, s);
    return s + n + (s[n] == ' ');
}

int format_parse (struct format *f,
                  const char *s,
                  const struct format_ops *ops,
                  flux_error_t *e)
{
    char *text = NULL;
    const char *end;

    memset (f, 0, sizeof (*f));
    f->ops = ops;
    s = take_sort (f, s);
    while (true) {
        char *inner;
        int rc;

        if (take_text (&s, &text, e) < 0)
            goto error;
        if (!*s) {
            f->after = text;
            return 0;
        }
        if (!(end = strchr (s, '}'))) {
            free (text);
            err_set (e, EINVAL, "'{' without '}' in format");
            goto error;
        }
        inner = xasprintf ("%.*s", (int)(end - s - 1), s + 1);
        rc = parse_field (f, text, inner, e);
        free (inner);
        if (rc < 0)
            goto error;
        s = end + 1;
    }
error:
    format_clear (f);
    errno = EINVAL;
    return -1;
}

void format_clear (struct format *f)
{
    for (int i = 0; i < f->count; i++) {
        free (f->fields[i].before);
        free (f->fields[i].name);
        free (f->fields[i].strftime);
    }
    free (f->fields);
    free (f->after);
    free (f->sort);
    memset (f, 0, sizeof (*f));
}

void format_fit (struct format *f, void **rows, size_t count, bool header)
{
    for (int i = 0; i < f->count; i++) {
        struct format_field *field = &f->fields[i];
        bool empty = true;
        size_t widest = 0;

        if (!field->collapse && !field->grow)
            continue;
        for (size_t k = 0; k < count; k++) {
            struct value v = { 0 };
            char *s;

            f->ops->get (field->name, rows[k], &v);
            s = format_convert (field, &v);
            if (!value_is_empty (&v, s))
                empty = false;
            if (text_width (s) > widest)
                widest = text_width (s);
            free (s);
            value_clear (&v);
        }
        field->hidden = field->collapse && empty;
        if (field->grow) {
            if (header && text_width (f->ops->head (field->name)) > widest)
                widest = text_width (f->ops->head (field->name));
            if ((int)widest > field->width)
                field->width = widest;
            if (field->precision >= 0)
                field->precision = field->width;
        }
    }
}

/* A field that is left out takes the text before it along; the first one
 * that stays loses the blank that would begin the line.
 */
static const char *before_text (const struct format *f, int i, bool first)
{
    const char *s = f->fields[i].before;

    if (first && i > 0)
        s += strspn (s, " ");
    return s;
}

void format_header (const struct format *f, FILE *out)
{
    bool first = true;

    for (int i = 0; i < f->count; i++) {
        const struct format_field *field = &f->fields[i];
        char *s;

        if (field->hidden)
            continue;
        fputs (before_text (f, i, first), out);
        first = false;
        s = format_pad (field,
                        xstrdup (f->ops->head (field->name)),
                        VAL_STR,
                        false);
        fputs (s, out);
        free (s);
    }
    fprintf (out, "%s\n", f->after);
}

void format_row (const struct format *f, void *row, FILE *out)
{
    bool first = true;

    for (int i = 0; i < f->count; i++) {
        const struct format_field *field = &f->fields[i];
        struct value v = { 0 };
        char *s;

        if (field->hidden)
            continue;
        fputs (before_text (f, i, first), out);
        first = false;
        f->ops->get (field->name, row, &v);
        s = format_convert (field, &v);
        s = format_pad (field, s, v.type, true);
        fputs (s, out);
        free (s);
        value_clear (&v);
    }
    fprintf (out, "%s\n", f->after);
}

char *format_text (const struct format *f, void *row)
{
    char *s = NULL;
    size_t size;
    FILE *out = open_memstream (&s, &size);

    if (!out)
        die ("out of memory");
    row ? format_row (f, row, out) : format_header (f, out);
    fclose (out);
    s[strcspn (s, "\n")] = '\0';
    return s;
}
