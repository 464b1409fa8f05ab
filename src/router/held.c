/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Requests that wait while a plugin waits.
 *
 * They are carried out in their order by a source that is itself set aside
 * while the loop is held.  As soon as one waits, later ones queue behind it.
 */

#include <errno.h>
#include <stdlib.h>

#include "router/private.h"

int held_add (struct router *r, const flux_msg_t *msg)
{
    struct held *h;

    if (!(h = calloc (1, sizeof (*h))))
        return -1;
    h->msg = flux_msg_incref (msg);
    *r->held_tail = h;
    r->held_tail = &h->next;
    loop_kick (r->held_work);
    return 0;
}

/* Take the entry *hp out; its message is the caller's to release. */
static const flux_msg_t *held_take (struct router *r, struct held **hp)
{
    struct held *h = *hp;
    const flux_msg_t *msg = h->msg;

    *hp = h->next;
    if (!h->next)
        r->held_tail = hp;
    free (h);
    return msg;
}

void held_clear (struct router *r)
{
    while (r->held_head)
        flux_msg_decref (held_take (r, &r->held_head));
}

void held_cb (struct loop_source *src, int revents, void *arg)
{
    struct router *r = arg;

    while (r->held_head && !loop_held (r->loop)) {
        const flux_msg_t *msg = held_take (r, &r->held_head);

        dispatch_request (r, msg, true);
        flux_msg_decref (msg);
    }
    if (r->held_head)
        loop_kick (r->held_work);
}

bool router_deadlock (struct router_client *c, uint32_t matchtag)
{
    struct router *r = c->router;
    const flux_msg_t *msg;

    for (struct held **hp = &r->held_head; *hp; hp = &(*hp)->next) {
        if (client_of (r, (*hp)->msg) != c
            || !flux_msg_cmp_matchtag ((*hp)->msg, matchtag)
            || flux_msg_is_noresponse ((*hp)->msg))
            continue;
        msg = held_take (r, hp);
        router_respond_error (r,
                              msg,
                              EDEADLK,
                              "the answer would have to wait for the plugin "
                              "that waits for it");
        flux_msg_decref (msg);
        return true;
    }
    return false;
}
