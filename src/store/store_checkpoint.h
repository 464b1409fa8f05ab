/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Checkpoints of the SQLite store, which no commit waits for.
 *
 * SQLite's own come with the commit that finds the log long: copying 32 MiB
 * and waiting for the disk takes 30 to 90 ms, and all that is written meanwhile
 * waits.  Here a thread copies, while the writer goes on; when little is left
 * the writer copies that, after which the log begins anew.
 */

#ifndef SLUICE_STORE_STORE_CHECKPOINT_H
#define SLUICE_STORE_STORE_CHECKPOINT_H

#include <flux/types.h>
#include <sqlite3.h>

struct checkpointer;

/* For the database in dir, that db writes to from one thread.  sync is as in
 * store_open.  NULL, errno and a sentence.
 */
struct checkpointer *checkpointer_create (sqlite3 *db,
                                          const char *dir,
                                          const char *sync,
                                          flux_error_t *error);
/* Before db is closed, when it is written no more. */
void checkpointer_destroy (struct checkpointer *cp);

#endif
