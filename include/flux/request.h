/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_REQUEST_H
#define FLUX_REQUEST_H

#include <flux/types.h>
#include <flux/message.h>

#ifdef __cplusplus
extern "C" {
#endif

int flux_request_decode (const flux_msg_t *msg,
                         const char **topic,
                         const char **s);

int flux_request_unpack (const flux_msg_t *msg,
                         const char **topic,
                         const char *fmt,
                         ...);

int flux_request_decode_raw (const flux_msg_t *msg,
                             const char **topic,
                             const void **data,
                             size_t *len);

flux_msg_t *flux_request_encode (const char *topic, const char *s);

flux_msg_t *flux_request_encode_raw (const char *topic,
                                     const void *data,
                                     size_t len);

#ifdef __cplusplus
}
#endif

#endif
