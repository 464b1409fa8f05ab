/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* R version 1 (RFC 20): typed resources <-> JSON text. */

#ifndef SLUICE_WIRE_RJSON_H
#define SLUICE_WIRE_RJSON_H

#include "base/err.h"
#include "base/text.h"
#include "res/rset.h"

/* Malloced compact text; starttime and expiration are reals.  An empty set is
 * a valid R with an empty R_lite and nodelist [""].  nslots 0 leaves it out.
 */
char *rjson_encode (const struct rset *r, unsigned int nslots);
struct rset *rjson_decode (const char *text, flux_error_t *error);

#endif
