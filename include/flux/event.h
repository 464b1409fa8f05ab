/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Events: subscribing, publishing (RFC 3), and their messages.
 */

#ifndef FLUX_EVENT_H
#define FLUX_EVENT_H

#include <flux/types.h>
#include <flux/message.h>
#include <flux/future.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Not for flux_event_publish(), which takes FLUX_MSGFLAG_PRIVATE. */
enum event_flags {
    FLUX_EVENT_PRIVATE = 1,
};

/* Get events whose topic starts with topic ("": all); waits for the broker.
 * Each subscription has to be taken back for itself.  0, or -1 and errno
 * (ENOENT: there is none to take back).
 */
int flux_event_subscribe (flux_t *h, const char *topic);
int flux_event_unsubscribe (flux_t *h, const char *topic);
/* The same without waiting; flags as flux_rpc. */
flux_future_t *flux_event_subscribe_ex (flux_t *h,
                                        const char *topic,
                                        int flags);
flux_future_t *flux_event_unsubscribe_ex (flux_t *h,
                                          const char *topic,
                                          int flags);

/* As flux_request_decode and its family, for events. */
int flux_event_decode (const flux_msg_t *msg,
                       const char **topic,
                       const char **s);

int flux_event_unpack (const flux_msg_t *msg,
                       const char **topic,
                       const char *fmt,
                       ...);

flux_msg_t *flux_event_encode (const char *topic, const char *s);

flux_msg_t *flux_event_pack (const char *topic, const char *fmt, ...);

flux_msg_t *flux_event_encode_raw (const char *topic,
                                   const void *data,
                                   size_t len);

int flux_event_decode_raw (const flux_msg_t *msg,
                           const char **topic,
                           const void **data,
                           size_t *len);

/* Publish (flux_event_publish(3)): fulfilled when the broker has numbered it.
 * flags: 0 or FLUX_MSGFLAG_PRIVATE.  NULL and errno.
 */
flux_future_t *flux_event_publish (flux_t *h,
                                   const char *topic,
                                   int flags,
                                   const char *s);

flux_future_t *flux_event_publish_pack (flux_t *h,
                                        const char *topic,
                                        int flags,
                                        const char *fmt,
                                        ...);

flux_future_t *flux_event_publish_raw (flux_t *h,
                                       const char *topic,
                                       int flags,
                                       const void *data,
                                       size_t len);

/* The number; waits for it. */
int flux_event_publish_get_seq (flux_future_t *f, int *seq);

#ifdef __cplusplus
}
#endif

#endif
