/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_TASKMAP_H
#define FLUX_TASKMAP_H

#include <flux/core.h>
#include <flux/idset.h>

#ifdef __cplusplus
extern "C" {
#endif

enum taskmap_flags {
    TASKMAP_ENCODE_WRAPPED = 1,
    TASKMAP_ENCODE_PMI =     1 << 1,
    TASKMAP_ENCODE_RAW =     1 << 2,
    TASKMAP_ENCODE_RAW_DERANGED = 1 << 3,
};

struct taskmap *taskmap_create (void);

void taskmap_destroy (struct taskmap *map);

int taskmap_append (struct taskmap *map, int nodeid, int nnodes, int ppn);

struct taskmap *taskmap_decode (const char *map, flux_error_t *errp);

char *taskmap_encode (const struct taskmap *map, int flags);

bool taskmap_unknown (const struct taskmap *map);

const struct idset *taskmap_taskids (const struct taskmap *map, int nodeid);

int taskmap_nodeid (const struct taskmap *map, int taskid);

int taskmap_ntasks (const struct taskmap *map, int nodeid);

int taskmap_nnodes (const struct taskmap *map);

int taskmap_total_ntasks (const struct taskmap *map);

int taskmap_check (const struct taskmap *a,
                   const struct taskmap *b,
                   flux_error_t *errp);

#ifdef __cplusplus
}
#endif

#endif
