/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* TOML text to JSON; the one C++ file of the library does it. */

#ifndef SLUICE_LIB_CONF_TOML_H
#define SLUICE_LIB_CONF_TOML_H

#include <flux/types.h>
#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A new object; dates and times become strings as TOML writes them.  name is
 * for the error, "NAME:LINE: what".  NULL and EINVAL or ENOMEM.
 */
json_t *conf_toml_parse (const char *text,
                         size_t len,
                         const char *name,
                         flux_error_t *error);

#ifdef __cplusplus
}
#endif

#endif
