/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Calls (flux_rpc(3), RFC 6).
 */

#ifndef FLUX_RPC_H
#define FLUX_RPC_H

#include <flux/types.h>
#include <flux/message.h>
#include <flux/future.h>

#ifdef __cplusplus
extern "C" {
#endif

/* NORESPONSE: fulfilled at once, with nothing.  STREAMING: responses until one
 * is an error, ENODATA at a good end; flux_future_reset after each.
 */
enum {
    FLUX_RPC_NORESPONSE = 1,
    FLUX_RPC_STREAMING = 2,
};

/* Send a request to the service of topic at nodeid, and get a future for its
 * response.  s may be NULL.  NULL and errno (EINVAL, or why it was not sent).
 * The future may be destroyed at any time: the response is dropped.
 */
flux_future_t *flux_rpc (flux_t *h,
                         const char *topic,
                         const char *s,
                         uint32_t nodeid,
                         int flags);

flux_future_t *flux_rpc_pack (flux_t *h,
                              const char *topic,
                              uint32_t nodeid,
                              int flags,
                              const char *fmt,
                              ...);

flux_future_t *flux_rpc_vpack (flux_t *h,
                               const char *topic,
                               uint32_t nodeid,
                               int flags,
                               const char *fmt,
                               va_list ap);

flux_future_t *flux_rpc_raw (flux_t *h,
                             const char *topic,
                             const void *data,
                             size_t len,
                             uint32_t nodeid,
                             int flags);

/* The same of a message made before, of which a copy is sent. */
flux_future_t *flux_rpc_message (flux_t *h,
                                 const flux_msg_t *msg,
                                 uint32_t nodeid,
                                 int flags);

/* The response's payload; waits for it if need be.  -1 and the errno of the
 * response (text: flux_future_error_string), or of the wait.  Borrowed from the
 * future.
 */
int flux_rpc_get (flux_future_t *f, const char **s);

int flux_rpc_get_unpack (flux_future_t *f, const char *fmt, ...);

int flux_rpc_get_raw (flux_future_t *f, const void **data, size_t *len);

/* The request's; NONE if it has none or f is no call. */
uint32_t flux_rpc_get_matchtag (flux_future_t *f);

uint32_t flux_rpc_get_nodeid (flux_future_t *f);

#ifdef __cplusplus
}
#endif

#endif
