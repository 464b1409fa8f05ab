/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The bytes of a message: a sequence of frames, each with its length before
 * it (RFC 3): routes, delimiter, topic, payload, and last the 20 bytes of the
 * protocol header.  Everything here may come from a stranger.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "msg/msg.h"

#define LONG_FRAME 255 /* from this length on the length takes 1 + 4 bytes */

static size_t part_size (size_t len)
{
    return len + (len < LONG_FRAME ? 1 : 5);
}

ssize_t flux_msg_encode_size (const flux_msg_t *msg)
{
    size_t size = part_size (PROTO_SIZE);

    if (!msg) {
        errno = EINVAL;
        return -1;
    }
    if ((msg->flags & FLUX_MSGFLAG_ROUTE)) {
        const char *id = msg->routes;

        for (unsigned int i = 0; i < msg->routes_count; i++) {
            size_t len = strlen (id);

            size += part_size (len);
            id += len + 1;
        }
        size += part_size (0);
    }
    if (msg->topic)
        size += part_size (strlen (msg->topic));
    if (msg->payload)
        size += part_size (msg->payload_size);
    if (size > UINT32_MAX) {
        errno = EOVERFLOW;
        return -1;
    }
    return size;
}

static unsigned char *put_u32 (unsigned char *p, uint32_t val)
{
    uint32_t be = htonl (val);

    memcpy (p, &be, 4);
    return p + 4;
}

static unsigned char *put_part (unsigned char *p, const void *data, size_t len)
{
    if (len < LONG_FRAME)
        *p++ = len;
    else {
        *p++ = LONG_FRAME;
        p = put_u32 (p, len);
    }
    if (len > 0)
        memcpy (p, data, len);
    return p + len;
}

/* The newest hop goes first. */
static unsigned char *put_routes (unsigned char *p, const flux_msg_t *msg)
{
    size_t end = msg->routes_len;

    while (end > 0) {
        size_t start = end - 1;

        while (start > 0 && msg->routes[start - 1] != '\0')
            start--;
        p = put_part (p, msg->routes + start, end - 1 - start);
        end = start;
    }
    return put_part (p, NULL, 0);
}

static unsigned char *put_proto (unsigned char *p, const flux_msg_t *msg)
{
    *p++ = PROTO_SIZE;
    *p++ = PROTO_MAGIC;
    *p++ = PROTO_VERSION;
    *p++ = msg->type;
    *p++ = msg->flags;
    p = put_u32 (p, msg->userid);
    p = put_u32 (p, msg->rolemask);
    p = put_u32 (p, msg->aux1);
    return put_u32 (p, msg->aux2);
}

int flux_msg_encode (const flux_msg_t *msg, void *buf, size_t size)
{
    unsigned char *p = buf;
    ssize_t need = flux_msg_encode_size (msg);

    if (need < 0)
        return -1;
    if (!buf || size < (size_t)need) {
        errno = EINVAL;
        return -1;
    }
    if ((msg->flags & FLUX_MSGFLAG_ROUTE))
        p = put_routes (p, msg);
    if (msg->topic)
        p = put_part (p, msg->topic, strlen (msg->topic));
    if (msg->payload)
        p = put_part (p, msg->payload, msg->payload_size);
    put_proto (p, msg);
    return 0;
}

static uint32_t get_u32 (const unsigned char *p)
{
    uint32_t be;

    memcpy (&be, p, 4);
    return ntohl (be);
}

struct part {
    const unsigned char *data;
    size_t len;
};

/* Take the next part off [*p, end).  A length that runs over the end, or
 * that is written longer than it needs to be, is refused.
 */
static int get_part (const unsigned char **p,
                     const unsigned char *end,
                     struct part *part)
{
    size_t len;

    if (*p >= end)
        return -1;
    len = *(*p)++;
    if (len == LONG_FRAME) {
        if (end - *p < 4)
            return -1;
        len = get_u32 (*p);
        *p += 4;
        if (len < LONG_FRAME)
            return -1;
    }
    if (len > (size_t)(end - *p))
        return -1;
    part->data = *p;
    part->len = len;
    *p += len;
    return 0;
}

/* Routes in wire order, from start up to the delimiter. */
struct routes {
    const unsigned char *start;
    size_t size;
    unsigned int count;
};

static int scan_routes (const unsigned char **p,
                        const unsigned char *end,
                        struct routes *r)
{
    struct part part;

    r->start = *p;
    while (get_part (p, end, &part) == 0) {
        if (part.len == 0)
            return 0;
        if (memchr (part.data, '\0', part.len))
            return -1;
        r->size += part.len + 1;
        r->count++;
    }
    return -1;
}

static int copy_routes (struct flux_msg *msg,
                        const struct routes *r,
                        const unsigned char *end)
{
    const unsigned char *p = r->start;
    size_t pos = r->size;
    struct part part;

    if (r->count == 0)
        return 0;
    if (msg_route_reserve (msg, r->size) < 0)
        return -1;
    while (get_part (&p, end, &part) == 0 && part.len > 0) {
        pos -= part.len + 1;
        memcpy (msg->routes + pos, part.data, part.len);
        msg->routes[pos + part.len] = '\0';
    }
    msg->routes_len = r->size;
    msg->routes_count = r->count;
    return 0;
}

static int check_proto (const unsigned char *proto)
{
    const int both = FLUX_MSGFLAG_STREAMING | FLUX_MSGFLAG_NORESPONSE;

    return proto[0] == PROTO_MAGIC && proto[1] == PROTO_VERSION
           && msg_type_valid (proto[2]) && (proto[3] & both) != both;
}

static void get_proto (struct flux_msg *msg, const unsigned char *proto)
{
    msg->type = proto[2];
    msg->flags = proto[3];
    msg->userid = get_u32 (proto + 4);
    msg->rolemask = get_u32 (proto + 8);
    msg->aux1 = get_u32 (proto + 12);
    msg->aux2 = get_u32 (proto + 16);
}

static flux_msg_t *assemble (const unsigned char *proto,
                             const struct routes *routes,
                             const struct part *topic,
                             const struct part *payload)
{
    struct flux_msg *msg;

    if (!(msg = msg_alloc (routes->size + topic->len + 1 + payload->len
                           + ROUTE_ROOM)))
        return NULL;
    get_proto (msg, proto);
    if ((msg->flags & FLUX_MSGFLAG_TOPIC)) {
        msg->topic = msg_mem (msg, topic->len + 1);
        memcpy (msg->topic, topic->data, topic->len);
        msg->topic[topic->len] = '\0';
    }
    if ((msg->flags & FLUX_MSGFLAG_PAYLOAD)) {
        msg->payload = msg_mem (msg, payload->len);
        memcpy (msg->payload, payload->data, payload->len);
        msg->payload_size = payload->len;
    }
    if (copy_routes (msg, routes, proto) < 0) {
        flux_msg_destroy (msg);
        return NULL;
    }
    return msg;
}

flux_msg_t *flux_msg_decode (const void *buf, size_t size)
{
    const unsigned char *p = buf;
    const unsigned char *end;
    struct routes routes = { 0 };
    struct part topic = { 0 };
    struct part payload = { 0 };
    int flags;

    if (!buf) {
        errno = EINVAL;
        return NULL;
    }
    if (size < PROTO_SIZE + 1)
        goto eproto;
    end = p + size - PROTO_SIZE - 1;
    if (*end != PROTO_SIZE || !check_proto (end + 1))
        goto eproto;
    flags = end[4];
    if ((flags & FLUX_MSGFLAG_ROUTE) && scan_routes (&p, end, &routes) < 0)
        goto eproto;
    if ((flags & FLUX_MSGFLAG_TOPIC)
        && (get_part (&p, end, &topic) < 0
            || memchr (topic.data, '\0', topic.len)))
        goto eproto;
    if ((flags & FLUX_MSGFLAG_PAYLOAD) && get_part (&p, end, &payload) < 0)
        goto eproto;
    if (p != end)
        goto eproto;
    return assemble (end + 1, &routes, &topic, &payload);
eproto:
    errno = EPROTO;
    return NULL;
}
