/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/rowformat.h"
#include "cmd/util.h"

void row_get (const char *name, void *row, struct value *v)
{
    json_t *o = json_object_get (row, name);

    if (json_is_string (o))
        value_str (v, json_string_value (o));
    else if (json_is_integer (o))
        value_int (v, json_integer_value (o));
    else if (json_is_real (o))
        value_real (v, json_real_value (o));
    else
        value_none (v);
}

const char *row_head (const struct row_field *fields, const char *name)
{
    for (; fields->name; fields++) {
        if (!strcmp (fields->name, name))
            return fields->head;
    }
    return NULL;
}

void rows_print (const struct opts *o,
                 const char *text,
                 const struct format_ops *ops,
                 json_t *rows)
{
    bool header = !opt_count (o, "no-header");
    size_t count = json_array_size (rows);
    void **list = xcalloc (count + 1, sizeof (*list));
    struct format f;
    flux_error_t e;

    if (format_parse (&f, text, ops, &e) < 0)
        die ("--format: %s", e.text);
    for (size_t i = 0; i < count; i++)
        list[i] = json_array_get (rows, i);
    if (f.sort && format_sort (ops, f.sort, list, count, &e) < 0)
        die ("--format: %s", e.text);
    format_fit (&f, list, count, header);
    if (header)
        format_header (&f, stdout);
    for (size_t i = 0; i < count; i++)
        format_row (&f, list[i], stdout);
    format_clear (&f);
    free (list);
}
