/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The attributes section of a jobspec, a function for each family of options.
 *
 * All return 0, or -1 and errno with a sentence naming option and value.
 * shell is attributes.system.shell.options, sys is attributes.system.
 */

#ifndef SLUICE_CMD_JOBSPEC_ATTR_H
#define SLUICE_CMD_JOBSPEC_ATTR_H

#include <flux/types.h>
#include <jansson.h>

#include "cmd/options.h"

/* --input, --output, --error, --unbuffered, --label-io */
int set_io (const struct opts *o, json_t *shell, long cc, flux_error_t *e);
/* --rlimit, on top of the limits carried by default */
int set_rlimits (const struct opts *o, json_t *shell, flux_error_t *e);
/* --requires */
int set_constraints (const struct opts *o, json_t *sys, flux_error_t *e);
/* --dependency, --begin-time */
int set_dependencies (const struct opts *o,
                      json_t *sys,
                      long cc,
                      flux_error_t *e);
/* --signal */
int set_signal (const struct opts *o, json_t *shell, flux_error_t *e);
/* --setopt, --taskmap */
int set_shell_options (const struct opts *o,
                       json_t *shell,
                       long cc,
                       flux_error_t *e);
/* --add-file (RFC 37) */
int set_files (const struct opts *o, json_t *sys, flux_error_t *e);
/* --setattr */
int set_attributes (const struct opts *o,
                    json_t *attributes,
                    long cc,
                    flux_error_t *e);

#endif
