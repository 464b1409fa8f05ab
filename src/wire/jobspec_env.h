/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Finding a jobspec's environment without parsing it.
 *
 * The environment is most of a submitted jobspec, is removed from it, and
 * would take most of the time of parsing it.
 */

#ifndef SLUICE_WIRE_JOBSPEC_ENV_H
#define SLUICE_WIRE_JOBSPEC_ENV_H

#include <stdbool.h>
#include <stddef.h>

/* If text has attributes.system.environment, and that is, byte for byte, a
 * JSON object of distinct variables whose values are strings or null, then
 * true, and text[*start] to text[*end - 1] is that object.  Replaced by {},
 * text is a good jobspec exactly if it is one as it stands.
 *
 * False for all that is not plainly so, good or bad: escapes in names, bytes
 * beyond ASCII, more than 500 variables.
 */
bool jobspec_env_find (const char *text,
                       size_t len,
                       size_t *start,
                       size_t *end);

/* The variables of what was found, text[start] to text[end - 1], as an
 * environment: "NAME=VALUE" each, in their order, NULL at the end; what is null
 * is left out.  One block of memory: the caller frees the array alone.  NULL
 * and ENOMEM.
 */
char **jobspec_env_vector (const char *text, size_t start, size_t end);

#endif
