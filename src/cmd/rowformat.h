/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Output formats for rows that are JSON objects, their keys the fields. */

#ifndef SLUICE_CMD_ROWFORMAT_H
#define SLUICE_CMD_ROWFORMAT_H

#include <jansson.h>

#include "cmd/format.h"
#include "cmd/options.h"

struct row_field {
    const char *name;
    const char *head;
};

/* The value at key name of row, for format_ops.get. */
void row_get (const char *name, void *row, struct value *v);

/* The head of name in fields (ends in {0}); NULL. */
const char *row_head (const struct row_field *fields, const char *name);

/* Print all rows (an array) by text, with options --no-header and the text's
 * own sort order; dies on a bad format.
 */
void rows_print (const struct opts *o,
                 const char *text,
                 const struct format_ops *ops,
                 json_t *rows);

#endif
