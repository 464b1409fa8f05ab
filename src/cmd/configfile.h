/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Configuration from files: TOML, or JSON. */

#ifndef SLUICE_CMD_CONFIGFILE_H
#define SLUICE_CMD_CONFIGFILE_H

#include <jansson.h>

/* The object in a file (JSON when its name ends in .json, else TOML) or in
 * the *.toml files of a directory; "system", "security" and "imp" are the
 * directories of that part of a system's configuration.  New; dies.
 */
json_t *configfile_read (const char *path);

/* The object in standard input, JSON or TOML; new; dies. */
json_t *configfile_stdin (void);

#endif
