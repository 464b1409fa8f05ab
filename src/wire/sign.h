/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Signed requests, mechanism "none" (RFC 15, RFC 39): HEADER.PAYLOAD.none */

#ifndef SLUICE_WIRE_SIGN_H
#define SLUICE_WIRE_SIGN_H

#include "base/err.h"

/* Malloced J. */
char *sign_none_wrap (const void *payload, size_t len, uint32_t userid);
/* Malloced payload (NUL added after len bytes) and the signer; -1 and EINVAL
 * if J is malformed, EPROTONOSUPPORT-like EINVAL for another mechanism (its
 * name goes to mech, a buffer of 32, if not NULL).
 */
int sign_none_unwrap (const char *J,
                      char **payload,
                      size_t *len,
                      uint32_t *userid,
                      char *mech,
                      flux_error_t *error);

#endif
