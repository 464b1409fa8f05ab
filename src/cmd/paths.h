/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Where things are, relative to this program, so that the tree can move. */

#ifndef SLUICE_CMD_PATHS_H
#define SLUICE_CMD_PATHS_H

/* PREFIX/rest where the program is PREFIX/bin/flux; to be freed. */
char *prefix_path (const char *rest);

/* The first executable flux-NAME in FLUX_EXEC_PATH_PREPEND, FLUX_EXEC_PATH
 * and PREFIX/libexec/flux, or, for a program that has not been installed, in
 * the build tree beside it.  To be freed; NULL and ENOENT.
 */
char *find_exec (const char *name);

/* Put FLUX_EXEC_PATH, FLUX_MODULE_PATH and FLUX_CONNECTOR_PATH into the
 * environment, and bin first in PATH, as flux-environment(7) says.
 */
void setup_environment (void);

/* As execv; says why and exits 127 (not found) or 126. */
void exec_or_die (const char *path, char **argv) __attribute__ ((noreturn));

#endif
