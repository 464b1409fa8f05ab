/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* From what people write to a URI that flux_open(3) takes. */

#ifndef SLUICE_CMD_URI_H
#define SLUICE_CMD_URI_H

#include <stdbool.h>

#include <flux/core.h>

/* Resolve target: local:// and ssh:// are left as they are, "jobid:PATH" (the
 * default) walks from job to job ("/" is the root instance, ".." the parent),
 * "pid:PID" reads the environment of a process.  wait: until the job has a
 * URI.  A final "?local", "?remote" or "?wait" works as the options of
 * flux-uri(1) do.  To be freed; NULL, errno and a sentence.
 */
char *uri_resolve (const char *target, bool wait, flux_error_t *e);

/* uri in the form local://PATH, or ssh://HOST/PATH; to be freed. */
char *uri_local (const char *uri);
char *uri_remote (const char *uri);

#endif
