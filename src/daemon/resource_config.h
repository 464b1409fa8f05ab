/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The resource table of the configuration (flux-config-resource(5)). */

#ifndef SLUICE_DAEMON_RESOURCE_CONFIG_H
#define SLUICE_DAEMON_RESOURCE_CONFIG_H

#include <jansson.h>

#include "base/err.h"
#include "res/rset.h"

/* What resource.config describes, else the file that resource.path names,
 * with the text of the file that resource.scheduling names.  *r is NULL if
 * neither is there.  Hosts get ranks in the order in which they are first
 * named.  -1, EINVAL (or why a file cannot be read) and a sentence.
 */
int resource_config_load (const json_t *config,
                          struct rset **r,
                          flux_error_t *error);

/* The resources in a file (RFC 20), some.  label begins the sentence.  NULL,
 * EINVAL and a sentence.
 */
struct rset *resource_file_load (const char *label,
                                 const char *path,
                                 flux_error_t *error);

#endif
