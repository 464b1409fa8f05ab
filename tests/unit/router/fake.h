/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Clients of the router that are no sockets: what they are given is kept in
 * a list, and what they say is built here.
 */

#ifndef SLUICE_TESTS_ROUTER_FAKE_H
#define SLUICE_TESTS_ROUTER_FAKE_H

#include <errno.h>
#include <flux/message.h>
#include <flux/msglist.h>
#include <flux/request.h>
#include <flux/response.h>

#include "router/router.h"
#include "tap.h"

#define OWNER 100
#define GUEST 200

struct fake {
    struct router_client *c;
    struct flux_msglist *inbox;
    uint32_t tag;
};

static inline int fake_deliver (const flux_msg_t *msg, void *arg)
{
    struct fake *f = arg;

    return flux_msglist_append (f->inbox, msg);
}

static inline void fake_join (struct fake *f,
                              struct router *r,
                              uint32_t userid,
                              uint32_t role)
{
    f->tag = 0;
    f->inbox = flux_msglist_create ();
    f->c =
        router_client_add (r, userid, role | FLUX_ROLE_LOCAL, fake_deliver, f);
    if (!f->c || !f->inbox)
        bail_out ("cannot add a client");
}

static inline void fake_leave (struct fake *f)
{
    router_client_remove (f->c);
    flux_msglist_destroy (f->inbox);
    f->c = NULL;
}

/* Say a request with matchtag ++tag and these flags. */
static inline void fake_say (struct fake *f,
                             const char *topic,
                             const char *json,
                             int flags)
{
    flux_msg_t *msg = flux_request_encode (topic, json);

    if (!msg)
        bail_out ("cannot make a request");
    flux_msg_set_matchtag (msg, ++f->tag);
    if (flags)
        flux_msg_set_flag (msg, flags);
    router_client_recv (f->c, msg);
    flux_msg_decref (msg);
}

/* The oldest message not yet looked at; the caller's. */
static inline const flux_msg_t *fake_hear (struct fake *f)
{
    return flux_msglist_pop (f->inbox);
}

/* The errnum of the one response there is, -1 if none; *text is what came
 * with it, valid until the next call.
 */
static inline int fake_answer (struct fake *f, const char **text)
{
    static char buf[4096];
    const flux_msg_t *msg = fake_hear (f);
    const char *s = NULL;
    int errnum = -1;
    int type = 0;

    if (text)
        *text = buf;
    buf[0] = '\0';
    if (!msg)
        return -1;
    if (flux_msg_get_type (msg, &type) < 0 || type != FLUX_MSGTYPE_RESPONSE
        || flux_msg_get_errnum (msg, &errnum) < 0)
        errnum = -2;
    if (flux_msg_has_payload (msg) && flux_msg_get_string (msg, &s) == 0)
        snprintf (buf, sizeof (buf), "%s", s);
    flux_msg_decref (msg);
    return errnum;
}

/* Ask and get the answer. */
static inline int fake_ask (struct fake *f,
                            const char *topic,
                            const char *json,
                            const char **text)
{
    fake_say (f, topic, json, 0);
    return fake_answer (f, text);
}

#endif
