/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include <flux/disconnect.h>
#include "router/private.h"

static const struct request_row own_rows[] = {
    { "event.subscribe", FLUX_ROLE_USER, 0, event_subscribe },
    { "event.unsubscribe", FLUX_ROLE_USER, 0, event_unsubscribe },
    { "event.publish", FLUX_ROLE_USER, 0, event_publish },
    { "service.add", FLUX_ROLE_USER, 0, client_service_add },
    { "service.remove", FLUX_ROLE_USER, 0, client_service_remove },
    { NULL },
};

void router_make_uuid (char uuid[ROUTER_UUID_SIZE])
{
    uuid_t bin;

    uuid_generate (bin);
    uuid_unparse_lower (bin, uuid);
}

struct router *router_create (struct loop *loop,
                              uint32_t owner,
                              uint32_t rank,
                              uint32_t size)
{
    struct router *r;

    if (!(r = calloc (1, sizeof (*r))))
        return NULL;
    r->loop = loop;
    r->owner = owner;
    r->rank = rank;
    r->size = size;
    r->held_tail = &r->held_head;
    router_make_uuid (r->uuid);
    r->held_work = loop_work_create (loop, LOOP_HOLDABLE, held_cb, r);
    if (!r->held_work || router_methods_add (r, own_rows, NULL) < 0) {
        router_destroy (r);
        return NULL;
    }
    return r;
}

void router_destroy (struct router *r)
{
    struct router_client *c, *ctmp;
    struct method *m, *mtmp;
    int saved_errno = errno;

    if (!r)
        return;
    held_clear (r);
    HASH_ITER (hh, r->clients, c, ctmp)
    router_client_remove (c);
    held_clear (r);
    HASH_ITER (hh, r->methods, m, mtmp)
    method_destroy (r, m);
    standard_destroy_all (r);
    hidden_clear (r);
    loop_source_destroy (r->held_work);
    free (r);
    errno = saved_errno;
}

uint32_t router_owner (const struct router *r)
{
    return r->owner;
}

void router_set_size (struct router *r, uint32_t size)
{
    r->size = size;
}

const char *router_uuid (const struct router *r)
{
    return r->uuid;
}

bool router_may (const flux_msg_t *msg, uint32_t userid)
{
    return flux_msg_authorize (msg, userid) == 0;
}

bool router_is_owner (const flux_msg_t *msg)
{
    uint32_t rolemask;

    return flux_msg_get_rolemask (msg, &rolemask) == 0
           && (rolemask & FLUX_ROLE_OWNER);
}

bool router_same_client (const flux_msg_t *a, const flux_msg_t *b)
{
    return flux_msg_has_payload (b) ? flux_cancel_match (b, a)
                                    : flux_disconnect_match (b, a);
}
