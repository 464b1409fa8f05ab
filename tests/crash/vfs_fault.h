/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A disk that fails, for SQLite: the default VFS with a layer over it.
 *
 * What is written and not synced is kept aside from the file proper.  At the
 * death each unsynced write is kept, lost or torn as a seeded generator says,
 * whatever the order they came in; after it nothing reaches the disk.
 */

#ifndef SLUICE_TESTS_CRASH_VFS_FAULT_H
#define SLUICE_TESTS_CRASH_VFS_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* Make it the VFS of all that opens from now on; once. */
int vfs_fault_install (void);
/* Die at the n-th write or sync from now (0: never). */
void vfs_fault_die_at (uint64_t n, uint32_t seed);
/* Writes and syncs since then; and has it died? */
uint64_t vfs_fault_count (void);
bool vfs_fault_dead (void);
/* The disk is full: no file grows. */
void vfs_fault_full (bool full);
/* Let the machine start again: what was unsynced at the death is decided. */
void vfs_fault_revive (void);

#endif
