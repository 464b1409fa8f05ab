/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The inside of kvs-watch: watch.c tells, watch_requests.c is asked. */

#ifndef SLUICE_KVS_WATCH_H
#define SLUICE_KVS_WATCH_H

#include "kvs/private.h"

/* Flags of kvs.lookup that a watched lookup takes, too. */
#define LOOKUP_FLAGS (FLUX_KVS_READDIR | FLUX_KVS_READLINK | FLUX_KVS_TREEOBJ)

struct watcher {
    const flux_msg_t *msg;
    char *ns;
    char *key;   /* without empty parts */
    uint64_t id; /* of the job whose view it is, 0 if of none */
    char *name;  /* of what is viewed, "eventlog" */
    int flags;
    bool started; /* the first answer was sent */
    json_t *last; /* the last answer */
    struct watcher *prev, *next;
};

struct watches {
    struct kvs *k;
    struct watcher *list;
    unsigned int count;
};

void watcher_free (struct watcher *w);
/* Take it out of the list, without a word; and: with an error, which may be
 * ENODATA.
 */
void watcher_drop (struct watches *ws, struct watcher *w);
void watcher_end (struct watches *ws, struct watcher *w, int errnum);
/* Answer for the first time, or wait on; w may be gone after it. */
void watcher_start (struct watches *ws, struct watcher *w);
/* Send val, which it takes, in pieces, and the end. */
void watcher_stream (struct watches *ws, struct watcher *w, json_t *val);

#endif
