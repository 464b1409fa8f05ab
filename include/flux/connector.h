/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* For those who make handles over a transport of their own.  Users of handles
 * do not need this.
 */

#ifndef FLUX_CONNECTOR_H
#define FLUX_CONNECTOR_H

#include <flux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef flux_t *(connector_init_f)(const char *uri,
                                   int flags,
                                   flux_error_t *errp);

/* What a handle can do; a NULL member answers ENOSYS (options: EINVAL).  send
 * and recv follow errno: EAGAIN with FLUX_O_NONBLOCK in flags.  pollevents
 * answers FLUX_POLL bits, pollfd a descriptor that becomes readable when they
 * change.  send_new takes the message over and sets it to NULL.
 */
struct flux_handle_ops {
    int (*setopt) (void *impl, const char *option, const void *val, size_t len);
    int (*getopt) (void *impl, const char *option, void *val, size_t len);
    int (*pollfd) (void *impl);
    int (*pollevents) (void *impl);
    int (*send) (void *impl, const flux_msg_t *msg, int flags);
    flux_msg_t *(*recv) (void *impl, int flags);
    int (*reconnect) (void *impl);

    void (*impl_destroy) (void *impl);

    int (*send_new) (void *impl, flux_msg_t **msg, int flags);

    void *_pad[4];
};

/* A handle with one reference; it destroys impl with impl_destroy.  NULL and
 * errno, with impl untouched.  ops is borrowed.
 */
flux_t *flux_handle_create (void *impl,
                            const struct flux_handle_ops *ops,
                            int flags);
void flux_handle_destroy (flux_t *hp);

#ifdef __cplusplus
}
#endif

#endif
