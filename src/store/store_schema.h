/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The tables, and opening the file that has them. */

#ifndef SLUICE_STORE_STORE_SCHEMA_H
#define SLUICE_STORE_STORE_SCHEMA_H

#include <sqlite3.h>

#include "base/err.h"

/* Take the lock of directory dir, which is created if it is not there: a file
 * descriptor to close at the end.  -1 and EBUSY if another process has it.
 */
int store_lock (const char *dir, flux_error_t *error);

/* Open the store's file in dir for writing, with its tables, or for reading.
 * sync is "full", "normal" or "off"; NULL is "full".  NULL and EINVAL for
 * another sync or for tables of a version we do not know, EIO for what SQLite
 * refuses.
 */
sqlite3 *store_open_writer (const char *dir,
                            const char *sync,
                            flux_error_t *error);
sqlite3 *store_open_reader (const char *dir, flux_error_t *error);

/* The errno that comes nearest to what db says of its last failure. */
int store_errno (sqlite3 *db);

#endif
