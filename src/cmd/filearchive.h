/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux archive: files as RFC 37 objects under one key. */

#ifndef SLUICE_CMD_FILEARCHIVE_H
#define SLUICE_CMD_FILEARCHIVE_H

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/options.h"

/* -n and --no-force-primary, of all of them. */
extern const struct option_def archive_common_options[];

/* "archive.NAME", with suffix; to be freed. */
char *archive_key (const struct opts *o, const char *suffix);
/* The namespace it is in; NULL: the default one. */
const char *archive_ns (const struct opts *o);
/* Change to the directory of -C, or die. */
void archive_chdir (const struct opts *o);
/* The file objects; NULL if there is no such key and missing_ok. */
json_t *archive_read (flux_t *h, const struct opts *o, bool missing_ok);
/* Unlink the archive. */
void archive_unlink (flux_t *h, const struct opts *o);

extern const struct command cmd_archive_create;
extern const struct command cmd_archive_list;
extern const struct command cmd_archive_extract;

#endif
