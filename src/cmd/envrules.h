/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The environment of a job, from this one and the rules of flux-submit(1):
 * "-PATTERN" removes, "^FILE" reads rules, "VAR=VAL" sets (with $VAR of the
 * environment made so far), "PATTERN" brings back.  A pattern is a glob, or
 * between slashes a regular expression.
 */

#ifndef SLUICE_CMD_ENVRULES_H
#define SLUICE_CMD_ENVRULES_H

#include <flux/types.h>
#include <jansson.h>

/* A new object with all of this process's environment. */
json_t *env_current (void);

/* Apply one rule to env.  -1 and EINVAL with a sentence for a bad pattern,
 * an unknown variable in VAL or an unreadable file.
 */
int env_apply (json_t *env, const char *rule, flux_error_t *e);

/* Apply the rules of a file, one a line; blank lines and # are skipped. */
int env_apply_file (json_t *env, const char *path, flux_error_t *e);

#endif
