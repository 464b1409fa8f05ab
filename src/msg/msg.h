/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Inside a message (for src/msg only).
 *
 * A message is one block of memory: this struct and behind it an arena that
 * topic, payload and routes are taken from while it has room, so that a
 * decoded message costs one allocation and a small new one no more.
 * Pointers outside the arena are from malloc.
 */

#ifndef SLUICE_MSG_MSG_H
#define SLUICE_MSG_MSG_H

#include <jansson.h>
#include <stddef.h>

#include <flux/message.h>
#include "msg/auxlist.h"

#define PROTO_MAGIC 0x8e
#define PROTO_VERSION 1
#define PROTO_SIZE 20

#define MSGFLAGS_KNOWN 0xff
/* Flags that say which frames there are, and follow the message's content. */
#define MSGFLAGS_FRAMES \
    (FLUX_MSGFLAG_TOPIC | FLUX_MSGFLAG_PAYLOAD | FLUX_MSGFLAG_ROUTE)

/* Room for one more hop, a UUID, in every message. */
#define ROUTE_ROOM 40

struct flux_msg {
    int refcount;
    uint8_t type;
    uint8_t flags;
    uint32_t userid;
    uint32_t rolemask;
    uint32_t aux1; /* nodeid, errnum, sequence or control type */
    uint32_t aux2; /* matchtag or control status */

    char *topic;
    void *payload;
    size_t payload_size;
    /* Route ids, each NUL-terminated, the oldest hop first. */
    char *routes;
    size_t routes_len;
    size_t routes_cap;
    unsigned int routes_count;

    json_t *json; /* the payload, parsed by the first unpack */
    char *last_error;
    struct auxitem *aux;

    size_t arena_size;
    size_t arena_used;
    char arena[];
};

/* A message of no type yet with an arena of the given size. */
struct flux_msg *msg_alloc (size_t arena_size);

/* Memory for a part of msg, and giving it back. */
void *msg_mem (struct flux_msg *msg, size_t size);
void msg_mem_free (struct flux_msg *msg, void *ptr);

bool msg_type_valid (int type);

/* Forget what was derived from the payload. */
void msg_payload_changed (struct flux_msg *msg);

/* Make room for n more bytes of routes. */
int msg_route_reserve (struct flux_msg *msg, size_t n);

/* A message of the type with route enabled if it is a request or a response,
 * the topic (EINVAL if NULL) and, unless NULL, the payload.
 */
flux_msg_t *msg_new (int type, const char *topic, const void *data, size_t len);

/* Check that msg is of the type and has a topic, and get it (EPROTO); EINVAL
 * if msg is NULL.
 */
int msg_expect (const flux_msg_t *msg, int type, const char **topic);

/* flux_request_decode(3), flux_request_unpack(3), flux_request_decode_raw(3)
 * and those of events: what is the same for both types.
 */
int msg_decode (const flux_msg_t *msg,
                int type,
                const char **topic,
                const char **s);
int msg_vunpack_as (const flux_msg_t *msg,
                    int type,
                    const char **topic,
                    const char *fmt,
                    va_list ap);
int msg_decode_raw (const flux_msg_t *msg,
                    int type,
                    const char **topic,
                    const void **data,
                    size_t *len);

#endif
