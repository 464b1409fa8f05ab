/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Command line options to jobspec version 1 (RFC 25). */

#ifndef SLUICE_CMD_JOBSPEC_BUILD_H
#define SLUICE_CMD_JOBSPEC_BUILD_H

#include <flux/types.h>
#include <jansson.h>

#include "cmd/options.h"

/* Options of submit, run and bulksubmit that shape a job. */
extern const struct option_def resource_options[];
extern const struct option_def job_options[];
extern const struct option_def io_options[];

/* The jobspec for command argv, with {cc} in argv and in option values
 * replaced by cc when cc >= 0.  env is the environment to send (borrowed).
 * NULL and errno with a sentence naming the bad option and its value.
 */
json_t *jobspec_build (const struct opts *o,
                       int argc,
                       char **argv,
                       json_t *env,
                       long cc,
                       flux_error_t *e);

/* This process's environment after --env, --env-remove and --env-file. */
json_t *jobspec_env (const struct opts *o, flux_error_t *e);

/* --flags, --debug as submit flags; -1 and EINVAL for an unknown one. */
int jobspec_flags (const struct opts *o, flux_error_t *e);

/* s with each "{cc}" (and "{}") replaced; to be freed. */
char *replace_cc (const char *s, long cc);

#endif
