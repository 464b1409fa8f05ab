/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Signed requests, mechanism "none" (RFC 15, RFC 39): HEADER.PAYLOAD.none */

#ifndef SLUICE_WIRE_SIGN_H
#define SLUICE_WIRE_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The longest J that is accepted: the longest jobspec in base64, a header. */
enum {
    SIGN_MAX_SIZE = 6 * 1024 * 1024,
};

/* Malloced J; NULL and ENOMEM. */
char *sign_none_wrap (const void *payload, size_t len, uint32_t userid);
/* Malloced payload (NUL added after len bytes) and the signer that the header
 * claims: the caller compares it with the sender.  -1 and EINVAL if J is
 * malformed, has a header other than version 1, or is of another mechanism,
 * whose name then goes to mech, a buffer of 32, if not NULL.
 */
int sign_none_unwrap (const char *J,
                      char **payload,
                      size_t *len,
                      uint32_t *userid,
                      char *mech,
                      flux_error_t *error);

#endif
