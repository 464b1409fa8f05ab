/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* JSON text from outside -> a jansson object, within bounds. */

#ifndef SLUICE_WIRE_JLOAD_H
#define SLUICE_WIRE_JLOAD_H

#include <jansson.h>

#include "base/err.h"

/* What is refused without parsing it: a small text must not cost much memory
 * or stack.
 */
enum {
    JLOAD_MAX_DEPTH = 100,
    JLOAD_MAX_VALUES = 500000,
};

/* Parse text (any bytes, not terminated) that must be one JSON object without
 * duplicate keys.  what names it in errors ("jobspec").  NULL and EINVAL.
 */
json_t *jload_object (const char *text,
                      size_t len,
                      const char *what,
                      flux_error_t *error);

/* The same where strings may have NUL characters in them. */
json_t *jload_object_nul (const char *text,
                          size_t len,
                          const char *what,
                          flux_error_t *error);

/* "an integer", "a string", ... for errors that say what was found. */
const char *jload_type (const json_t *value);

/* The value as short text for errors: at most 40 characters, in buf. */
const char *jload_show (const json_t *value, char buf[48]);

/* Bytes as RFC 24 carries them: value is text, or base64 where encoding says so
 * (NULL: "UTF-8").  Malloced, with a NUL after them; NULL and EINVAL for what
 * is neither.
 */
void *jload_bytes (const json_t *value, const char *encoding, size_t *len);

#endif
