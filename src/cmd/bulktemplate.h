/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Templates of flux-bulksubmit(1): "{}", "{1}", "{0.%}", "{seq}", ... */

#ifndef SLUICE_CMD_BULKTEMPLATE_H
#define SLUICE_CMD_BULKTEMPLATE_H

#include <flux/types.h>
#include <jansson.h>

struct bulk_row {
    const char **words; /* one of each list of inputs */
    int count;
    size_t seq;      /* from 0 */
    json_t *defined; /* method name -> {input: result}, or NULL */
};

/* s with what is in braces replaced, to be freed; "{cc}" is left alone.
 * "{{" and "}}" stand for themselves.  NULL and EINVAL with a sentence
 * naming a replacement that means nothing, or an index without input.
 */
char *bulk_expand (const struct bulk_row *row, const char *s, flux_error_t *e);

/* Results of Python expression code for each of the inputs (an array of
 * strings, each to be seen as x), an object; asks python3.  Dies.
 */
json_t *bulk_define (const char *name, const char *code, json_t *inputs);

#endif
