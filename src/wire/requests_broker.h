/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Payloads of the requests the router answers itself. */

#ifndef SLUICE_WIRE_REQUESTS_BROKER_H
#define SLUICE_WIRE_REQUESTS_BROKER_H

#include <stdint.h>
#include <sys/resource.h>

/* What ping adds to the keys of the request. */
struct ping_reply {
    const char *route; /* hops joined by "!" */
    uint32_t userid;
    uint32_t rolemask;
    uint32_t rank;
};

/* The answer to a ping: the request's object with the four keys added,
 * malloced.  NULL and EPROTO if the request is no JSON object, or ENOMEM.
 */
char *wire_ping_reply (const char *request, const struct ping_reply *reply);

/* The answer to rusage, malloced; NULL and ENOMEM.  Times are reals in
 * seconds, the rest integers as getrusage(2) gives them.
 */
char *wire_rusage_encode (const struct rusage *ru);

#endif
