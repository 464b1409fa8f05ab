/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_TASKMAP_H
#define FLUX_TASKMAP_H

#include <flux/core.h>
#include <flux/idset.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which tasks run on which nodes (RFC 34).  Forms of text: a JSON array (0), in
 * a versioned object, PMI-1's vector, idsets with semicolons between.
 */
enum taskmap_flags {
    TASKMAP_ENCODE_WRAPPED = 1,
    TASKMAP_ENCODE_PMI = 1 << 1,
    TASKMAP_ENCODE_RAW = 1 << 2,
    TASKMAP_ENCODE_RAW_DERANGED = 1 << 3,
};

/* An empty, that is unknown, map. */
struct taskmap *taskmap_create (void);

void taskmap_destroy (struct taskmap *map);

/* The next nnodes * ppn task ids, ppn on each node from nodeid on.  EINVAL,
 * ERANGE, ENOMEM.
 */
int taskmap_append (struct taskmap *map, int nodeid, int nnodes, int ppn);

/* Any form.  NULL, errno and a sentence. */
struct taskmap *taskmap_decode (const char *map, flux_error_t *errp);

/* At most one flag; the caller frees the text. */
char *taskmap_encode (const struct taskmap *map, int flags);

/* No tasks.  What follows answers -1 or NULL with EINVAL for such a map, and
 * ENOENT for a node or task that is not in it.
 */
bool taskmap_unknown (const struct taskmap *map);

/* The set belongs to map. */
const struct idset *taskmap_taskids (const struct taskmap *map, int nodeid);

int taskmap_nodeid (const struct taskmap *map, int taskid);

int taskmap_ntasks (const struct taskmap *map, int nodeid);

int taskmap_nnodes (const struct taskmap *map);

int taskmap_total_ntasks (const struct taskmap *map);

/* 0 if both have as many tasks and nodes; else -1, EINVAL and a sentence. */
int taskmap_check (const struct taskmap *a,
                   const struct taskmap *b,
                   flux_error_t *errp);

#ifdef __cplusplus
}
#endif

#endif
