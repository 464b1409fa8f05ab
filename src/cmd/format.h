/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Output formats in the manner of Python's format strings, as described in
 * OUTPUT FORMAT of flux-jobs(1): "{id.f58:>12} ?:{queue:<8.8} {name:<10.10+}".
 */

#ifndef SLUICE_CMD_FORMAT_H
#define SLUICE_CMD_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <flux/types.h>

enum value_type {
    VAL_NONE, /* printed as nothing */
    VAL_STR,
    VAL_INT,
    VAL_REAL,
    VAL_BOOL,
};

/* The value of a field.  Text is in s, which may point into buf. */
struct value {
    enum value_type type;
    const char *s;
    long long i;
    double d;
    char *owned; /* freed by value_clear; for text that does not fit buf */
    char buf[128];
};

void value_str (struct value *v, const char *s); /* borrowed */
void value_copy (struct value *v, const char *s);
void value_int (struct value *v, long long i);
/* A number that is printed as s (short) unless the field says how. */
void value_named_int (struct value *v, long long i, const char *s);
void value_real (struct value *v, double d);
void value_bool (struct value *v, bool b);
void value_none (struct value *v);
void value_clear (struct value *v);

/* What rows a format is for.  get fills in the value of a field of a row;
 * head says what stands above a column, NULL for an unknown field.
 */
struct format_ops {
    void (*get) (const char *field, void *row, struct value *v);
    const char *(*head) (const char *field);
};

struct format_field {
    char *before; /* text before the field */
    char *name;
    char conversion; /* after "!": D d F H P, or 0 */
    bool collapse;   /* ?: */
    bool grow;       /* +: */
    bool hidden;     /* collapsed */
    /* from the part after ":" */
    char fill;
    char align; /* 0: by type */
    int width;
    int precision;  /* -1: none */
    char type;      /* d s f x ...; 0: none */
    bool hyphen;    /* h */
    bool mark;      /* + */
    char *strftime; /* of !d */
};

struct format {
    struct format_field *fields;
    int count;
    char *after; /* text after the last field */
    char *sort;  /* of a "sort:" prefix, or NULL */
    const struct format_ops *ops;
};

/* Read s.  -1 and EINVAL with a sentence naming what is wrong: a brace, a
 * conversion, a width, or a field that ops does not know.
 */
int format_parse (struct format *f,
                  const char *s,
                  const struct format_ops *ops,
                  flux_error_t *e);
void format_clear (struct format *f);

/* Settle ?: and +: by looking at all rows. */
void format_fit (struct format *f, void **rows, size_t count, bool header);

void format_header (const struct format *f, FILE *out);
void format_row (const struct format *f, void *row, FILE *out);
/* The same (NULL: the header) as text without the newline; to be freed. */
char *format_text (const struct format *f, void *row);

/* Sort rows by keys "k1,-k2"; unset values come first.  -1 and EINVAL for an
 * unknown key.
 */
int format_sort (const struct format_ops *ops,
                 const char *keys,
                 void **rows,
                 size_t count,
                 flux_error_t *e);

/* How many columns s takes. */
size_t text_width (const char *s);

/* A format with a name. */
struct named_format {
    const char *name;
    const char *description;
    const char *format;
};

/* What to use for option --format: a named format (the list ends in {0}), one
 * from config files PROGRAM.json, or the argument itself.  "help" and
 * "get-config=NAME" print and exit.  arg may be NULL: then variable envname,
 * then "default".  table is the dotted place of formats in the files.  The
 * result is to be freed.
 */
char *format_choose (const struct named_format *list,
                     const char *arg,
                     const char *envname,
                     const char *program,
                     const char *table);

#endif
