/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_CONF_H
#define FLUX_CONF_H

#include <flux/types.h>
#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Configuration: a JSON object, read from TOML (flux_conf_create(3)).  Counted;
 * decref accepts NULL.  NULL or -1 with EINVAL or ENOMEM, and a sentence.
 */
typedef struct flux_conf flux_conf_t;

flux_conf_t *flux_conf_create (void);
flux_conf_t *flux_conf_copy (const flux_conf_t *conf);
const flux_conf_t *flux_conf_incref (const flux_conf_t *conf);
void flux_conf_decref (const flux_conf_t *conf);

/* A TOML file, or all *.toml of a directory in order of name, merged.  An
 * error names file and line.  Also what open(2) may say.
 */
flux_conf_t *flux_conf_parse (const char *path, flux_error_t *error);

/* Merge value in: KEY.KEY=VALUE (JSON, else a string), text of a JSON object,
 * TOML text with a newline, or a file, JSON if its name ends in .json.  After
 * an error conf is unchanged.
 */
int flux_conf_update (flux_conf_t *conf,
                      const char *value,
                      flux_error_t *error);

/* As json_unpack; what is unpacked belongs to conf. */
int flux_conf_vunpack (const flux_conf_t *conf,
                       flux_error_t *error,
                       const char *fmt,
                       va_list ap);

int flux_conf_unpack (const flux_conf_t *conf,
                      flux_error_t *error,
                      const char *fmt,
                      ...);

flux_conf_t *flux_conf_vpack (const char *fmt, va_list ap);
flux_conf_t *flux_conf_pack (const char *fmt, ...);

#ifdef __cplusplus
}
#endif

#endif
