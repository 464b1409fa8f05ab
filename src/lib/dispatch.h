/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Inside a handle's dispatcher: who gets which message
 * (flux_msg_handler_create(3)).
 */

#ifndef SLUICE_LIB_DISPATCH_H
#define SLUICE_LIB_DISPATCH_H

#include <uthash.h>

#include "lib/handle_impl.h"

/* Handlers of requests whose topic is no glob, by topic. */
struct exact {
    struct flux_msg_handler *handlers; /* the newest first */
    UT_hash_handle hh;
    char topic[];
};

struct flux_msg_handler {
    struct dispatch *d;
    int refcount; /* more than one while called */
    bool running;
    bool destroyed;
    struct flux_match match;
    char *topic;
    uint32_t rolemask;
    flux_msg_handler_f cb;
    void *arg;
    struct exact *exact; /* the list it is in, if that is of one topic */
    struct flux_msg_handler *prev;
    struct flux_msg_handler *next;
};

struct dispatch {
    flux_t *h; /* NULL once the handle is closed */
    int refcount;
    int running; /* started handlers and awaited responses */
    flux_watcher_t *w;
    struct exact *exact;
    struct flux_msg_handler *tagged;   /* responses to one matchtag */
    struct flux_msg_handler *handlers; /* all others, the newest first */
    struct msgq unmatched;             /* of a clone: for its root */
};

/* msg_handler.c: match and call. */
void dispatch_message (struct dispatch *d, const flux_msg_t *msg);

struct dispatch *dispatch_incref (struct dispatch *d);
void dispatch_decref (struct dispatch *d);

#endif
