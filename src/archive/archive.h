/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux-kvs-archive: what flux dump and flux restore hand on to. */

#ifndef SLUICE_ARCHIVE_ARCHIVE_H
#define SLUICE_ARCHIVE_ARCHIVE_H

#include "cmd/options.h"

/* The command line, whose options are those of flux(1)'s tables. */
int archive_cmd_dump (struct opts *o);
int archive_cmd_restore (struct opts *o);

/* Say on stderr that so many keys were done: with verbose name, else the
 * number if stderr is a terminal; at the end (name NULL) the number.
 */
void archive_cmd_progress (const struct opts *o,
                           const char *verb,
                           const char *name,
                           unsigned int count);

#endif
