/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Filling the state of an instance that does not run from a KVS snapshot
 * (flux-restore(1), content.restore in flux-broker-attributes(7)).
 *
 * Entries come in any order, named as flux-dump(1) names them ("a/b" for key
 * a.b).  Those of jobs (RFC 16) become jobs again: the broker that starts
 * with this state replays their eventlogs, lists those that ended and goes on
 * with the others.  All else becomes the primary namespace.
 */

#ifndef SLUICE_KVS_RESTORE_H
#define SLUICE_KVS_RESTORE_H

#include <stddef.h>

#include "base/err.h"
#include "loop/loop.h"

struct restorer;

/* Open the state in dir, which may not have jobs or a namespace that was
 * written to: NULL and EEXIST; EBUSY if a broker has it; as store_open.
 */
struct restorer *restorer_create (struct loop *loop,
                                  const char *dir,
                                  flux_error_t *error);
/* One value; and a symbolic link "KEY" or "NAMESPACE::KEY".  -1 and EINVAL
 * for names that are no keys, EIO, ENOMEM; nothing of the entry is kept.
 */
int restorer_value (struct restorer *r,
                    const char *name,
                    const void *data,
                    size_t len,
                    flux_error_t *error);
int restorer_link (struct restorer *r,
                   const char *name,
                   const char *target,
                   flux_error_t *error);
/* All has come: make it durable and the state usable. */
int restorer_finish (struct restorer *r, flux_error_t *error);
/* Without restorer_finish before, jobs are left that cannot be replayed: the
 * directory is good for nothing.
 */
void restorer_destroy (struct restorer *r);

#endif
