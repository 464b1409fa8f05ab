/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Base64, the standard alphabet with padding (RFC 4648, section 4). */

#ifndef SLUICE_WIRE_BASE64_H
#define SLUICE_WIRE_BASE64_H

#include <stddef.h>

/* Malloced text; NULL and ENOMEM. */
char *base64_encode (const void *data, size_t len);
/* Malloced bytes with a NUL after them; NULL and EINVAL for what is not
 * exactly one encoding (no white space, no bits left over).
 */
void *base64_decode (const char *s, size_t len, size_t *outlen);

#endif
