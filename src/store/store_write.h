/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The writer's side of the SQLite store: batches become transactions. */

#ifndef SLUICE_STORE_STORE_WRITE_H
#define SLUICE_STORE_STORE_WRITE_H

#include <sqlite3.h>

#include "store/batch.h"

struct writer;

/* Takes db over (also on failure).  NULL and errno. */
struct writer *writer_create (sqlite3 *db, flux_error_t *error);
void writer_destroy (struct writer *w);

/* Make a list of batches durable in one transaction, whole or not at all.
 * -1 and errno, with a sentence.
 */
int writer_apply (struct writer *w, struct batch *list, flux_error_t *error);

/* The number of the last log row that is durable. */
int64_t writer_log_seq (const struct writer *w);

/* Can the file be written?  A transaction that changes nothing of note. */
int writer_probe (struct writer *w, flux_error_t *error);

#endif
