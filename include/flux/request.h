/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Requests (RFC 6).  Decoding fails with EPROTO if the message is no request or
 * has no topic.  topic and payload are borrowed from it; each may be NULL if it
 * is not wanted.
 */

#ifndef FLUX_REQUEST_H
#define FLUX_REQUEST_H

#include <flux/types.h>
#include <flux/message.h>

#ifdef __cplusplus
extern "C" {
#endif

/* s: the payload as text, NULL if there is none. */
int flux_request_decode (const flux_msg_t *msg,
                         const char **topic,
                         const char **s);

/* The payload as JSON (flux_msg_unpack); there has to be one. */
int flux_request_unpack (const flux_msg_t *msg,
                         const char **topic,
                         const char *fmt,
                         ...);

/* The payload's bytes; NULL and 0 if there is none. */
int flux_request_decode_raw (const flux_msg_t *msg,
                             const char **topic,
                             const void **data,
                             size_t *len);

/* A new request with an empty route stack; s may be NULL.  NULL and EINVAL
 * without a topic.
 */
flux_msg_t *flux_request_encode (const char *topic, const char *s);

flux_msg_t *flux_request_encode_raw (const char *topic,
                                     const void *data,
                                     size_t len);

#ifdef __cplusplus
}
#endif

#endif
