/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "msg/msg.h"

/* Enough for the topic and payload of most small requests. */
#define ARENA_DEFAULT 184

static int fail (int errnum)
{
    errno = errnum;
    return -1;
}

struct flux_msg *msg_alloc (size_t arena_size)
{
    struct flux_msg *msg;

    if (!(msg = malloc (sizeof (*msg) + arena_size)))
        return NULL;
    memset (msg, 0, sizeof (*msg));
    msg->refcount = 1;
    msg->userid = FLUX_USERID_UNKNOWN;
    msg->rolemask = FLUX_ROLE_NONE;
    msg->arena_size = arena_size;
    return msg;
}

void *msg_mem (struct flux_msg *msg, size_t size)
{
    char *ptr;

    if (size > msg->arena_size - msg->arena_used)
        return malloc (size ? size : 1);
    ptr = msg->arena + msg->arena_used;
    msg->arena_used += size;
    return ptr;
}

void msg_mem_free (struct flux_msg *msg, void *ptr)
{
    uintptr_t p = (uintptr_t)ptr;
    uintptr_t arena = (uintptr_t)msg->arena;

    if (p < arena || p > arena + msg->arena_size)
        free (ptr);
}

bool msg_type_valid (int type)
{
    return type == FLUX_MSGTYPE_REQUEST || type == FLUX_MSGTYPE_RESPONSE
           || type == FLUX_MSGTYPE_EVENT || type == FLUX_MSGTYPE_CONTROL;
}

/* Set the fields that depend on the type to their defaults. */
static void msg_type_defaults (struct flux_msg *msg, int type)
{
    msg->type = type;
    msg->aux1 = type == FLUX_MSGTYPE_REQUEST ? FLUX_NODEID_ANY : 0;
    msg->aux2 = FLUX_MATCHTAG_NONE;
}

flux_msg_t *flux_msg_create (int type)
{
    struct flux_msg *msg;

    if (!msg_type_valid (type)) {
        errno = EINVAL;
        return NULL;
    }
    if ((msg = msg_alloc (ARENA_DEFAULT)))
        msg_type_defaults (msg, type);
    return msg;
}

const flux_msg_t *flux_msg_incref (const flux_msg_t *msg)
{
    if (!msg) {
        errno = EINVAL;
        return NULL;
    }
    ((struct flux_msg *)msg)->refcount++;
    return msg;
}

void flux_msg_decref (const flux_msg_t *const_msg)
{
    struct flux_msg *msg = (struct flux_msg *)const_msg;
    int saved = errno;

    if (!msg || --msg->refcount > 0)
        return;
    /* Destructors may still look at the message. */
    msg->refcount = 1;
    auxlist_clear (&msg->aux);
    msg_payload_changed (msg);
    msg_mem_free (msg, msg->topic);
    msg_mem_free (msg, msg->payload);
    msg_mem_free (msg, msg->routes);
    free (msg);
    errno = saved;
}

void flux_msg_destroy (flux_msg_t *msg)
{
    flux_msg_decref (msg);
}

int flux_msg_aux_set (const flux_msg_t *msg,
                      const char *name,
                      void *aux,
                      flux_free_f destroy)
{
    if (!msg)
        return fail (EINVAL);
    return auxlist_set (&((struct flux_msg *)msg)->aux, name, aux, destroy);
}

void *flux_msg_aux_get (const flux_msg_t *msg, const char *name)
{
    if (!msg) {
        errno = EINVAL;
        return NULL;
    }
    return auxlist_get (msg->aux, name);
}

static size_t copy_size (const struct flux_msg *msg, bool payload)
{
    return msg->routes_len + ROUTE_ROOM
           + (msg->topic ? strlen (msg->topic) + 1 : 0)
           + (payload ? msg->payload_size : 0);
}

flux_msg_t *flux_msg_copy (const flux_msg_t *msg, bool payload)
{
    struct flux_msg *cpy;

    if (!msg) {
        errno = EINVAL;
        return NULL;
    }
    if (!(cpy = msg_alloc (copy_size (msg, payload))))
        return NULL;
    cpy->type = msg->type;
    cpy->flags = msg->flags & ~(FLUX_MSGFLAG_TOPIC | FLUX_MSGFLAG_PAYLOAD);
    cpy->userid = msg->userid;
    cpy->rolemask = msg->rolemask;
    cpy->aux1 = msg->aux1;
    cpy->aux2 = msg->aux2;
    if (msg->routes_len > 0) {
        if (msg_route_reserve (cpy, msg->routes_len) < 0)
            goto error;
        memcpy (cpy->routes, msg->routes, msg->routes_len);
        cpy->routes_len = msg->routes_len;
        cpy->routes_count = msg->routes_count;
    }
    if (msg->topic && flux_msg_set_topic (cpy, msg->topic) < 0)
        goto error;
    if (payload && msg->payload) {
        if (!(cpy->payload = msg_mem (cpy, msg->payload_size)))
            goto error;
        memcpy (cpy->payload, msg->payload, msg->payload_size);
        cpy->payload_size = msg->payload_size;
        cpy->flags |= FLUX_MSGFLAG_PAYLOAD;
    }
    return cpy;
error:
    flux_msg_destroy (cpy);
    return NULL;
}

int flux_msg_set_type (flux_msg_t *msg, int type)
{
    if (!msg || !msg_type_valid (type))
        return fail (EINVAL);
    msg_type_defaults (msg, type);
    return 0;
}

int flux_msg_get_type (const flux_msg_t *msg, int *type)
{
    if (!msg)
        return fail (EINVAL);
    if (type)
        *type = msg->type;
    return 0;
}

bool flux_msg_has_flag (const flux_msg_t *msg, int flag)
{
    return msg && (msg->flags & flag);
}

int flux_msg_set_flag (flux_msg_t *msg, int flag)
{
    const int both = FLUX_MSGFLAG_STREAMING | FLUX_MSGFLAG_NORESPONSE;

    if (!msg || (flag & ~MSGFLAGS_KNOWN))
        return fail (EINVAL);
    /* These tell of a frame: they cannot be true before it is there. */
    if (((flag & FLUX_MSGFLAG_TOPIC) && !msg->topic)
        || ((flag & FLUX_MSGFLAG_PAYLOAD) && !msg->payload)
        || ((msg->flags | flag) & both) == both)
        return fail (EINVAL);
    msg->flags |= flag;
    return 0;
}

int flux_msg_clear_flag (flux_msg_t *msg, int flag)
{
    if (!msg || (flag & ~MSGFLAGS_KNOWN))
        return fail (EINVAL);
    if ((flag & FLUX_MSGFLAG_TOPIC))
        flux_msg_set_topic (msg, NULL);
    if ((flag & FLUX_MSGFLAG_PAYLOAD))
        flux_msg_set_payload (msg, NULL, 0);
    if ((flag & FLUX_MSGFLAG_ROUTE))
        flux_msg_route_disable (msg);
    msg->flags &= ~flag;
    return 0;
}

int flux_msg_set_private (flux_msg_t *msg)
{
    return flux_msg_set_flag (msg, FLUX_MSGFLAG_PRIVATE);
}

bool flux_msg_is_private (const flux_msg_t *msg)
{
    return flux_msg_has_flag (msg, FLUX_MSGFLAG_PRIVATE);
}

/* The last one set of these two wins. */
int flux_msg_set_streaming (flux_msg_t *msg)
{
    if (!msg)
        return fail (EINVAL);
    msg->flags &= ~FLUX_MSGFLAG_NORESPONSE;
    return flux_msg_set_flag (msg, FLUX_MSGFLAG_STREAMING);
}

bool flux_msg_is_streaming (const flux_msg_t *msg)
{
    return flux_msg_has_flag (msg, FLUX_MSGFLAG_STREAMING);
}

int flux_msg_set_noresponse (flux_msg_t *msg)
{
    if (!msg)
        return fail (EINVAL);
    msg->flags &= ~FLUX_MSGFLAG_STREAMING;
    return flux_msg_set_flag (msg, FLUX_MSGFLAG_NORESPONSE);
}

bool flux_msg_is_noresponse (const flux_msg_t *msg)
{
    return flux_msg_has_flag (msg, FLUX_MSGFLAG_NORESPONSE);
}

int flux_msg_set_topic (flux_msg_t *msg, const char *topic)
{
    char *old;

    if (!msg)
        return fail (EINVAL);
    old = msg->topic;
    if (topic) {
        size_t size = strlen (topic) + 1;
        char *s;

        if (!(s = msg_mem (msg, size)))
            return -1;
        memcpy (s, topic, size);
        msg->topic = s;
        msg->flags |= FLUX_MSGFLAG_TOPIC;
    }
    else {
        msg->topic = NULL;
        msg->flags &= ~FLUX_MSGFLAG_TOPIC;
    }
    msg_mem_free (msg, old);
    return 0;
}

int flux_msg_get_topic (const flux_msg_t *msg, const char **topic)
{
    if (!msg || !topic)
        return fail (EINVAL);
    if (!msg->topic)
        return fail (EPROTO);
    *topic = msg->topic;
    return 0;
}

flux_msg_t *msg_new (int type, const char *topic, const void *data, size_t len)
{
    struct flux_msg *msg;

    if (!topic || (!data && len > 0)) {
        errno = EINVAL;
        return NULL;
    }
    if (!(msg = msg_alloc (strlen (topic) + 1 + len + ROUTE_ROOM)))
        return NULL;
    msg_type_defaults (msg, type);
    if (type != FLUX_MSGTYPE_EVENT)
        flux_msg_route_enable (msg);
    if (flux_msg_set_topic (msg, topic) < 0
        || (data && flux_msg_set_payload (msg, data, len) < 0)) {
        flux_msg_destroy (msg);
        return NULL;
    }
    return msg;
}

int msg_expect (const flux_msg_t *msg, int type, const char **topic)
{
    const char *s;

    if (!msg)
        return fail (EINVAL);
    if (msg->type != type)
        return fail (EPROTO);
    if (flux_msg_get_topic (msg, &s) < 0)
        return -1;
    if (topic)
        *topic = s;
    return 0;
}
