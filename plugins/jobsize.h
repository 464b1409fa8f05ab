/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* How much a jobspec asks for (RFC 14), for plugins. */

#ifndef SLUICE_PLUGINS_JOBSIZE_H
#define SLUICE_PLUGINS_JOBSIZE_H

#include <flux/core.h>
#include <jansson.h>

enum { JOBSIZE_NODES, JOBSIZE_CORES, JOBSIZE_GPUS, JOBSIZE_KINDS };

/* Doubles, since counts multiply and a request may be absurd. */
struct jobsize {
    double count[JOBSIZE_KINDS];
};

/* Multiply the counts down the tree of resources and add them up by kind;
 * what the jobspec leaves open (nodes of a request in cores, cores of whole
 * nodes) is 0.  Of a range the minimum counts.
 * 0, or -1 and a sentence: resources are malformed or nested too deep.
 */
int jobsize_count (json_t *jobspec, struct jobsize *size, flux_error_t *error);

#endif
