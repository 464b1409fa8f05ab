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
/* The same as a text with its typed form beside it: rjson_of does not decode
 * what was just encoded.  NULL and ENOMEM.
 */
struct text *rjson_text (const struct rset *r, unsigned int nslots);

/* The typed form of text; the caller destroys it.  NULL and EINVAL, naming
 * the key: "R: execution.R_lite[0].rank: ...".  A nodelist that names nobody
 * ([""], or absent) leaves the hosts unknown; else it names as many hosts as
 * there are ranks.  Ranks and ids are bounded (RJSON_MAX_*).
 */
enum {
    RJSON_MAX_RANK = 0xfffff,
    RJSON_MAX_ID = 0xffff,
    RJSON_MAX_SIZE = 64 * 1024 * 1024,
};
struct rset *rjson_decode (const char *text, flux_error_t *error);

/* The typed form, cached in the text (aux) until the text goes; borrowed.
 * NULL and EINVAL if it is no R (or aux is used for another purpose).
 */
const struct rset *rjson_of (struct text *R);

/* The text parsed, without its "scheduling" key, cached likewise; borrowed,
 * and not to be changed.
 */
struct json_t;
struct json_t *rjson_json (struct text *R);

/* The text with another execution.expiration (seconds since the epoch; 0:
 * unlimited); malloced.
 */
char *rjson_set_expiration (const char *text, double t, flux_error_t *error);

#endif
