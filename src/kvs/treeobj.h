/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* RFC 11 tree objects as JSON. */

#ifndef SLUICE_KVS_TREEOBJ_H
#define SLUICE_KVS_TREEOBJ_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum treeobj_type {
    TREE_BAD,
    TREE_VAL,
    TREE_VALREF,
    TREE_DIR,
    TREE_DIRREF,
    TREE_SYMLINK,
};

/* What o is, and its data (borrowed; may be NULL to not ask). */
enum treeobj_type treeobj_type (json_t *o, json_t **data);

/* Is all of o well formed, down to the last entry?  -1 and EPROTO. */
int treeobj_check (json_t *o, flux_error_t *error);

/* New objects; NULL and ENOMEM. */
json_t *treeobj_val (const void *data, size_t len);
json_t *treeobj_dir (void);
json_t *treeobj_dirref (const char *ref);
json_t *treeobj_valref (void); /* with no references yet */

/* The bytes of a val: malloced, with a NUL.  NULL and EINVAL, ENOMEM. */
void *treeobj_decode_val (json_t *o, size_t *len);

#endif
