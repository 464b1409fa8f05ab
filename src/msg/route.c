/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The route stack: the ids of the hops a request took, so that its response
 * finds the way back (RFC 3).  The newest hop is "last" in time but first on
 * the wire; here the oldest stands first, so push and pop work on the end.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "msg/msg.h"

#define SHORT_ID 8 /* as much of an id as people want to see */

int msg_route_reserve (struct flux_msg *msg, size_t n)
{
    size_t cap;
    char *buf;

    if (n <= msg->routes_cap - msg->routes_len)
        return 0;
    cap = msg->routes_len + n + ROUTE_ROOM;
    /* The first time take what the arena has: it was sized for this. */
    if (!msg->routes && msg->arena_size - msg->arena_used < cap
        && msg->arena_size - msg->arena_used >= n)
        cap = n;
    if (!(buf = msg_mem (msg, cap)))
        return -1;
    if (msg->routes_len > 0)
        memcpy (buf, msg->routes, msg->routes_len);
    msg_mem_free (msg, msg->routes);
    msg->routes = buf;
    msg->routes_cap = cap;
    return 0;
}

void flux_msg_route_enable (flux_msg_t *msg)
{
    if (msg)
        msg->flags |= FLUX_MSGFLAG_ROUTE;
}

void flux_msg_route_clear (flux_msg_t *msg)
{
    if (msg) {
        msg->routes_len = 0;
        msg->routes_count = 0;
    }
}

void flux_msg_route_disable (flux_msg_t *msg)
{
    flux_msg_route_clear (msg);
    if (msg)
        msg->flags &= ~FLUX_MSGFLAG_ROUTE;
}

/* EPROTO, as every use of the stack of a message that has none. */
static int expect_routes (const flux_msg_t *msg)
{
    if (!msg) {
        errno = EINVAL;
        return -1;
    }
    if (!(msg->flags & FLUX_MSGFLAG_ROUTE)) {
        errno = EPROTO;
        return -1;
    }
    return 0;
}

/* An empty id would read as the delimiter. */
int flux_msg_route_push (flux_msg_t *msg, const char *id)
{
    size_t size;

    if (!id || !*id) {
        errno = EINVAL;
        return -1;
    }
    if (expect_routes (msg) < 0)
        return -1;
    size = strlen (id) + 1;
    if (msg_route_reserve (msg, size) < 0)
        return -1;
    memcpy (msg->routes + msg->routes_len, id, size);
    msg->routes_len += size;
    msg->routes_count++;
    return 0;
}

/* Where the newest id starts; there is at least one. */
static size_t newest (const flux_msg_t *msg)
{
    size_t pos = msg->routes_len - 1;

    while (pos > 0 && msg->routes[pos - 1] != '\0')
        pos--;
    return pos;
}

int flux_msg_route_delete_last (flux_msg_t *msg)
{
    if (expect_routes (msg) < 0)
        return -1;
    if (msg->routes_count > 0) {
        msg->routes_len = newest (msg);
        msg->routes_count--;
    }
    return 0;
}

const char *flux_msg_route_first (const flux_msg_t *msg)
{
    if (!msg || msg->routes_count == 0)
        return NULL;
    return msg->routes;
}

const char *flux_msg_route_last (const flux_msg_t *msg)
{
    if (!msg || msg->routes_count == 0)
        return NULL;
    return msg->routes + newest (msg);
}

int flux_msg_route_count (const flux_msg_t *msg)
{
    if (expect_routes (msg) < 0)
        return -1;
    return (int)msg->routes_count;
}

char *flux_msg_route_string (const flux_msg_t *msg)
{
    char *s;
    char *p;
    const char *id;

    if (expect_routes (msg) < 0)
        return NULL;
    if (!(s = malloc (msg->routes_count * (SHORT_ID + 1) + 1)))
        return NULL;
    p = s;
    id = msg->routes;
    for (unsigned int i = 0; i < msg->routes_count; i++) {
        size_t len = strlen (id);
        size_t n = len < SHORT_ID ? len : SHORT_ID;

        if (i > 0)
            *p++ = '!';
        memcpy (p, id, n);
        p += n;
        id += len + 1;
    }
    *p = '\0';
    return s;
}

bool flux_msg_route_match_first (const flux_msg_t *msg1, const flux_msg_t *msg2)
{
    const char *a = flux_msg_route_first (msg1);
    const char *b = flux_msg_route_first (msg2);

    if (!a || !b)
        return a == b;
    return !strcmp (a, b);
}
