/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* For plugins written in the style of flux-core's own, which include what
 * its configure makes.  Compile them with the folder that
 *   pkg-config --variable=compatdir flux-core
 * names added to the include path.
 */

#ifndef SLUICE_COMPAT_CONFIG_H
#define SLUICE_COMPAT_CONFIG_H

#include <flux/version.h>

#define PACKAGE_NAME "flux-core"
#define PACKAGE_VERSION FLUX_CORE_VERSION_STRING
#define PACKAGE_STRING PACKAGE_NAME " " PACKAGE_VERSION

#endif
