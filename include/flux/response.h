/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Responses (RFC 6).  Decoding a response that reports a failure fails with its
 * errno; EPROTO if the message is no response.
 */

#ifndef FLUX_RESPONSE_H
#define FLUX_RESPONSE_H

#include <flux/types.h>
#include <flux/message.h>

#ifdef __cplusplus
extern "C" {
#endif

/* topic and s may be NULL; s is set to NULL if there is no payload. */
int flux_response_decode (const flux_msg_t *msg,
                          const char **topic,
                          const char **s);

int flux_response_decode_raw (const flux_msg_t *msg,
                              const char **topic,
                              const void **data,
                              size_t *len);

/* The text of a failure; ENOENT if there is none. */
int flux_response_decode_error (const flux_msg_t *msg, const char **errstr);

/* A new response by hand, for tests and gateways; services use flux_respond.
 */
flux_msg_t *flux_response_encode (const char *topic, const char *s);

flux_msg_t *flux_response_encode_raw (const char *topic,
                                      const void *data,
                                      size_t len);

flux_msg_t *flux_response_encode_error (const char *topic,
                                        int errnum,
                                        const char *errstr);

/* The response to a request: its topic, matchtag, routes and STREAMING flag,
 * no payload, no credentials.
 */
flux_msg_t *flux_response_derive (const flux_msg_t *request, int errnum);

/* Answer request (flux_respond(3)); nothing is sent if it is NORESPONSE.
 * 0, or -1 and errno.
 */
int flux_respond (flux_t *h, const flux_msg_t *request, const char *s);

int flux_respond_pack (flux_t *h,
                       const flux_msg_t *request,
                       const char *fmt,
                       ...);

int flux_respond_raw (flux_t *h,
                      const flux_msg_t *request,
                      const void *data,
                      int len);

/* errnum 0 is sent as EINVAL; errstr is text for people, or NULL. */
int flux_respond_error (flux_t *h,
                        const flux_msg_t *request,
                        int errnum,
                        const char *errstr);

#ifdef __cplusplus
}
#endif

#endif
