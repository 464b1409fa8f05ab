/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* For a program of this package that has subprocesses of its own. */

#ifndef SLUICE_LIB_SUBPROCESS_HOST_H
#define SLUICE_LIB_SUBPROCESS_HOST_H

#include <flux/subprocess.h>

/* waitpid(2) has told the caller, and so will not tell the library, that this
 * local process has ended.  What follows from it is told from the loop.
 */
void flux_priv_subprocess_exited (flux_subprocess_t *p, int status);

#endif
