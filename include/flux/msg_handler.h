/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Callbacks for messages (flux_msg_handler_create(3)), called while the reactor
 * of the handle runs.
 */

#ifndef FLUX_MSG_HANDLER_H
#define FLUX_MSG_HANDLER_H

#include <flux/types.h>
#include <flux/message.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct flux_msg_handler flux_msg_handler_t;

/* msg is borrowed: incref or copy it to answer later. */
typedef void (*flux_msg_handler_f) (flux_t *h,
                                    flux_msg_handler_t *mh,
                                    const flux_msg_t *msg,
                                    void *arg);

/* A stopped handler; match is copied.  A request goes to the newest handler of
 * exactly its topic, else to the newest that matches, else is answered ENOSYS;
 * an event goes to all.  NULL and errno.
 */
flux_msg_handler_t *flux_msg_handler_create (flux_t *h,
                                             const struct flux_match match,
                                             flux_msg_handler_f cb,
                                             void *arg);

/* May be called in any callback, its own included. */
void flux_msg_handler_destroy (flux_msg_handler_t *mh);

/* While any handler is started the reactor does not return of itself. */
void flux_msg_handler_start (flux_msg_handler_t *mh);
void flux_msg_handler_stop (flux_msg_handler_t *mh);

/* Whose messages are delivered: at first the OWNER's, who is never denied.
 * Requests of others are answered EPERM, the rest dropped.
 */
void flux_msg_handler_allow_rolemask (flux_msg_handler_t *mh,
                                      uint32_t rolemask);
void flux_msg_handler_deny_rolemask (flux_msg_handler_t *mh, uint32_t rolemask);

/* A row of a table of handlers; rolemask is added to OWNER. */
struct flux_msg_handler_spec {
    int typemask;
    const char *topic_glob;
    flux_msg_handler_f cb;
    uint32_t rolemask;
};
#define FLUX_MSGHANDLER_TABLE_END \
    {                             \
        0, NULL, NULL, 0          \
    }

/* Create and start a table of handlers, up to the row of zeros; with a
 * service_name each topic gets it and a dot before it.  *hp is for delvec.
 * 0, or -1 and errno, with none of them made.
 */
int flux_msg_handler_addvec_ex (flux_t *h,
                                const char *service_name,
                                const struct flux_msg_handler_spec tab[],
                                void *arg,
                                flux_msg_handler_t **hp[]);

int flux_msg_handler_addvec (flux_t *h,
                             const struct flux_msg_handler_spec tab[],
                             void *arg,
                             flux_msg_handler_t **msg_handlers[]);
void flux_msg_handler_delvec (flux_msg_handler_t *msg_handlers[]);

/* Give messages that no handler of a clone took back to the queue. */
int flux_dispatch_requeue (flux_t *h);

/* The watcher of the dispatcher, to ref and unref; owned by the handle. */
flux_watcher_t *flux_get_handle_watcher (flux_t *h);

#ifdef __cplusplus
}
#endif

#endif
