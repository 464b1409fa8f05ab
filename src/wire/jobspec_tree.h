/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The check of a parsed jobspec (RFC 14, 25), and its typed form. */

#ifndef SLUICE_WIRE_JOBSPEC_TREE_H
#define SLUICE_WIRE_JOBSPEC_TREE_H

#include <jansson.h>

#include "wire/jobspec.h"

/* Parse, and check into js, whose strings are borrowed from the result;
 * constraints and dependencies stay NULL (see system_key).  NULL and EINVAL.
 */
json_t *jobspec_tree_load (const char *text,
                           size_t len,
                           struct jobspec *js,
                           flux_error_t *error);

/* Say in the error that at path something else was expected: -1, EINVAL. */
int jobspec_bad (flux_error_t *error,
                 const char *path,
                 const char *expected,
                 const json_t *value);
/* 0 if o has only keys of the list (ended by NULL), else -1 and EINVAL. */
int jobspec_only_keys (json_t *o,
                       const char *path,
                       const char *const *allowed,
                       flux_error_t *error);
/* An integer of 1 to INT_MAX? */
bool jobspec_is_count (const json_t *value);

/* A value below o by names, ended by NULL; NULL if there is none. */
json_t *jobspec_tree_get (json_t *o, ...) __attribute__ ((sentinel));

#endif
