/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/err.h"
#include "cmd/format_value.h"
#include "cmd/fsd.h"
#include "cmd/util.h"

void value_none (struct value *v)
{
    v->type = VAL_NONE;
    v->s = "";
}

void value_str (struct value *v, const char *s)
{
    v->type = VAL_STR;
    v->s = s ? s : "";
}

void value_copy (struct value *v, const char *s)
{
    size_t len = strlen (s);

    v->type = VAL_STR;
    if (len < sizeof (v->buf)) {
        memcpy (v->buf, s, len + 1);
        v->s = v->buf;
    }
    else
        v->s = v->owned = xstrdup (s);
}

void value_int (struct value *v, long long i)
{
    v->type = VAL_INT;
    v->i = i;
    v->s = NULL;
}

void value_named_int (struct value *v, long long i, const char *s)
{
    value_int (v, i);
    snprintf (v->buf, sizeof (v->buf), "%s", s);
    v->s = v->buf;
}

void value_real (struct value *v, double d)
{
    v->type = VAL_REAL;
    v->d = d;
}

void value_bool (struct value *v, bool b)
{
    v->type = VAL_BOOL;
    v->i = b;
}

void value_clear (struct value *v)
{
    free (v->owned);
    v->owned = NULL;
}

/* Characters, not bytes: continuation bytes of UTF-8 do not count. */
size_t text_width (const char *s)
{
    size_t n = 0;

    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

static double as_real (const struct value *v)
{
    return v->type == VAL_REAL                         ? v->d
           : v->type == VAL_INT || v->type == VAL_BOOL ? (double)v->i
                                                       : 0.;
}

static void convert_date (const struct format_field *f,
                          const struct value *v,
                          char *buf,
                          size_t size)
{
    double t = as_real (v);
    time_t sec = t;
    const char *form = "%Y-%m-%dT%H:%M:%S";
    struct tm tm;

    *buf = '\0';
    if (t <= 0)
        return;
    localtime_r (&sec, &tm);
    if (f->conversion == 'd')
        form = f->strftime && *f->strftime ? f->strftime : "%FT%T";
    strftime (buf, size, form, &tm);
}

static void convert_percent (double d, char *buf, size_t size)
{
    double p = d * 100.;

    if (p >= 10. || p == 0.)
        snprintf (buf, size, "%.0f%%", p);
    else if (p >= 1.)
        snprintf (buf, size, "%.1f%%", p);
    else
        snprintf (buf, size, "%.2g%%", p);
}

/* Python writes 1.0, not 1. */
static void print_real (double d, char *buf, size_t size)
{
    int digits = 1;

    do {
        snprintf (buf, size, "%.*g", digits, d);
    } while (strtod (buf, NULL) != d && ++digits <= 17);
    if (strchr (buf, 'e') && fabs (d) < 1E16 && fabs (d) >= 1.)
        snprintf (buf, size, "%.0f", d);
    if (!strpbrk (buf, ".einf"))
        strncat (buf, ".0", size - strlen (buf) - 1);
}

static void print_plain (const struct format_field *f,
                         const struct value *v,
                         char *buf,
                         size_t size)
{
    switch (v->type) {
    case VAL_BOOL:
        snprintf (buf, size, "%s", v->i ? "True" : "False");
        break;
    case VAL_INT:
        if (v->s && !f->width && !f->align && !f->type)
            snprintf (buf, size, "%s", v->s);
        else if (f->type == 'x' || f->type == 'X')
            snprintf (buf, size, f->type == 'x' ? "%llx" : "%llX", v->i);
        else if (f->type == 'f')
            snprintf (buf,
                      size,
                      "%.*f",
                      f->precision < 0 ? 6 : f->precision,
                      (double)v->i);
        else
            snprintf (buf, size, "%lld", v->i);
        break;
    case VAL_REAL:
        if (f->type == 'd')
            snprintf (buf, size, "%.0f", v->d);
        else if (f->type == 'f' || f->precision >= 0)
            snprintf (buf,
                      size,
                      f->type == 'f' ? "%.*f" : "%.*g",
                      f->precision < 0 ? 6 : f->precision,
                      v->d);
        else
            print_real (v->d, buf, size);
        break;
    default:
        *buf = '\0';
    }
}

static bool is_nothing (const char *s)
{
    static const char *const nothings[] = { "",
                                            "0s",
                                            "0.0",
                                            "0:00:00",
                                            "1970-01-01T00:00:00" };

    for (size_t i = 0; i < sizeof (nothings) / sizeof (nothings[0]); i++) {
        if (!strcmp (s, nothings[i]))
            return true;
    }
    return false;
}

char *format_convert (const struct format_field *f, const struct value *v)
{
    char buf[256] = "";
    const char *s = buf;
    bool is_number = v->type == VAL_REAL || v->type == VAL_INT;

    if (f->conversion == 'D' || f->conversion == 'd')
        convert_date (f, v, buf, sizeof (buf));
    else if (f->conversion == 'F') {
        if (is_number)
            fsd_format (buf, sizeof (buf), as_real (v));
        else if (v->type == VAL_STR)
            s = v->s;
    }
    else if (f->conversion == 'H') {
        if (is_number)
            hms_format (buf, sizeof (buf), as_real (v));
    }
    else if (f->conversion == 'P') {
        if (is_number)
            convert_percent (as_real (v), buf, sizeof (buf));
    }
    else if (v->type == VAL_STR)
        s = v->s;
    else
        print_plain (f, v, buf, sizeof (buf));
    if (f->hyphen && is_nothing (s))
        s = "-";
    return xstrdup (s);
}

bool value_is_empty (const struct value *v, const char *s)
{
    if (v->type == VAL_NONE || !strcmp (s, "-"))
        return true;
    if (v->type == VAL_INT && v->i == 0)
        return true;
    if (v->type == VAL_REAL && v->d == 0)
        return true;
    return is_nothing (s);
}

/* The first n characters end here. */
static char *after_chars (char *s, size_t n)
{
    while (*s) {
        if (((unsigned char)*s & 0xc0) != 0x80 && n-- == 0)
            break;
        s++;
    }
    return s;
}

static void cut_text (const struct format_field *f, char *s)
{
    if (text_width (s) <= (size_t)f->precision)
        return;
    *after_chars (s, f->precision) = '\0';
    if (f->mark && f->precision > 0)
        strcpy (after_chars (s, f->precision - 1), "+");
}

char *format_pad (const struct format_field *f,
                  char *s,
                  enum value_type type,
                  bool cut)
{
    bool is_text = type == VAL_STR || type == VAL_NONE || f->conversion;
    size_t width;
    size_t left;
    size_t right;
    char *out;
    char align = f->align;

    if (cut && is_text && f->precision >= 0)
        cut_text (f, s);
    width = text_width (s);
    if ((size_t)f->width <= width)
        return s;
    if (!align)
        align = is_text ? '<' : '>';
    left = align == '<' ? 0 : f->width - width;
    if (align == '^')
        left /= 2;
    right = f->width - width - left;
    out = xcalloc (1, strlen (s) + left + right + 1);
    memset (out, cut ? f->fill : ' ', left);
    strcpy (out + left, s);
    memset (out + left + strlen (s), cut ? f->fill : ' ', right);
    free (s);
    return out;
}

static int compare_values (const struct value *a, const struct value *b)
{
    int rank_a = a->type == VAL_NONE ? 0 : a->type == VAL_STR ? 2 : 1;
    int rank_b = b->type == VAL_NONE ? 0 : b->type == VAL_STR ? 2 : 1;

    if (rank_a == 2 && !*a->s)
        rank_a = 0;
    if (rank_b == 2 && !*b->s)
        rank_b = 0;
    if (rank_a != rank_b)
        return rank_a < rank_b ? -1 : 1;
    if (rank_a == 0)
        return 0;
    if (rank_a == 2)
        return strcmp (a->s, b->s);
    if (a->type == VAL_INT && b->type == VAL_INT)
        return a->i < b->i ? -1 : a->i > b->i;
    return as_real (a) < as_real (b) ? -1 : as_real (a) > as_real (b);
}

struct sort_row {
    void *row;
    size_t index; /* keeps equal rows in their order */
    struct value v;
};

static int compare_rows (const void *x, const void *y, void *arg)
{
    const struct sort_row *a = x;
    const struct sort_row *b = y;
    int c = compare_values (&a->v, &b->v);

    if (c == 0)
        return a->index < b->index ? -1 : 1;
    return *(bool *)arg ? -c : c;
}

static void sort_by (const struct format_ops *ops,
                     const char *key,
                     bool reverse,
                     void **rows,
                     size_t count)
{
    struct sort_row *list = xcalloc (count, sizeof (*list));

    for (size_t i = 0; i < count; i++) {
        list[i].row = rows[i];
        list[i].index = i;
        ops->get (key, rows[i], &list[i].v);
    }
    /* sorting moves values, so their text must not lie inside them */
    for (size_t i = 0; i < count; i++) {
        if (list[i].v.s == list[i].v.buf)
            list[i].v.s = list[i].v.owned = xstrdup (list[i].v.buf);
    }
    qsort_r (list, count, sizeof (*list), compare_rows, &reverse);
    for (size_t i = 0; i < count; i++) {
        rows[i] = list[i].row;
        value_clear (&list[i].v);
    }
    free (list);
}

int format_sort (const struct format_ops *ops,
                 const char *keys,
                 void **rows,
                 size_t count,
                 flux_error_t *e)
{
    char *copy = xstrdup (keys);
    char *save = NULL;

    for (char *k = strtok_r (copy, ",", &save); k;
         k = strtok_r (NULL, ",", &save)) {
        if (!ops->head (k + (*k == '-'))) {
            err_set (e, EINVAL, "unknown sort key '%s'", k);
            free (copy);
            return -1;
        }
    }
    strcpy (copy, keys);
    /* The last key first: each pass keeps the order of the one before. */
    while (*copy) {
        char *last = strrchr (copy, ',');
        char *key = last ? last + 1 : copy;
        bool reverse = *key == '-';

        if (*key)
            sort_by (ops, key + reverse, reverse, rows, count);
        *(last ? last : copy) = '\0';
    }
    free (copy);
    return 0;
}
