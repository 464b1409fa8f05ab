/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* resource.acquire (RFC 28): one client at a time hears which resources there
 * are and which of them are up, and of each change.  The built-in scheduler
 * needs none of it; it goes on to use them.
 */

#include <errno.h>
#include <stdlib.h>

#include "manager/resource_private.h"
#include "wire/rjson.h"

struct acquirer {
    const flux_msg_t *msg; /* NULL: nobody */
    struct idset *up;      /* as told last */
    bool muted;            /* it wants to hear no more */
};

static char *encode (const struct idset *ids)
{
    return ids ? idset_encode (ids, IDSET_FLAG_RANGE) : NULL;
}

/* Ranks that may get jobs, of those that are not excluded. */
static struct idset *up_now (struct resources *res)
{
    struct idset *up = rset_ranks (res->all);
    struct idset *down = resources_down (res);

    if (up
        && ((down && idset_subtract (up, down) < 0)
            || (res->exclude && idset_subtract (up, res->exclude) < 0))) {
        idset_destroy (up);
        up = NULL;
    }
    idset_destroy (down);
    return up;
}

static void print (struct jbuf *b, const char *key, const struct idset *ids)
{
    char *s = encode (ids);

    jbuf_lit (b, b->len > 1 ? "," : "");
    jbuf_string (b, key);
    jbuf_lit (b, ":");
    jbuf_string (b, s);
    free (s);
}

static void respond (struct resources *res, struct jbuf *b)
{
    char *s = jbuf_take (b, NULL);

    if (s)
        router_respond (res->m->router, res->acquirer->msg, s);
    free (s);
}

void acquire_push (struct resources *res)
{
    struct acquirer *a = res->acquirer;
    struct idset *now, *gone, *came;
    struct jbuf b = { 0 };

    if (!a || !a->msg || a->muted || !(now = up_now (res)))
        return;
    gone = idset_difference (a->up, now);
    came = idset_difference (now, a->up);
    if (gone && came && !(idset_empty (gone) && idset_empty (came))) {
        jbuf_lit (&b, "{");
        if (!idset_empty (came))
            print (&b, "up", came);
        if (!idset_empty (gone))
            print (&b, "down", gone);
        jbuf_lit (&b, "}");
        respond (res, &b);
    }
    idset_destroy (gone);
    idset_destroy (came);
    idset_destroy (a->up);
    a->up = now;
}

static int handle_acquire (struct router *r,
                           const flux_msg_t *msg,
                           void *arg,
                           flux_error_t *error)
{
    struct resources *res = arg;
    struct acquirer *a = res->acquirer;
    struct rset *all;
    struct jbuf b = { 0 };
    char *R;

    if (a->msg)
        return err_set (error, EBUSY, "resources are acquired already");
    if (!(all = resources_schedulable (res)))
        return REQUEST_ERROR;
    R = rjson_encode (all, 0);
    rset_destroy (all);
    if (!R || !(a->up = up_now (res))) {
        free (R);
        return REQUEST_ERROR;
    }
    a->msg = flux_msg_incref (msg);
    jbuf_lit (&b, "{\"resources\":");
    jbuf_lit (&b, R);
    print (&b, "up", a->up);
    jbuf_lit (&b, "}");
    respond (res, &b);
    free (R);
    return REQUEST_LATER;
}

static void drop (struct acquirer *a)
{
    flux_msg_decref (a->msg);
    idset_destroy (a->up);
    a->msg = NULL;
    a->up = NULL;
    a->muted = false;
}

static int handle_cancel (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct acquirer *a = ((struct resources *)arg)->acquirer;

    if (a->msg && router_same_client (a->msg, msg)) {
        router_respond_error (r, a->msg, ECANCELED, NULL);
        drop (a);
    }
    return REQUEST_DONE;
}

static int handle_mute (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    ((struct resources *)arg)->acquirer->muted = true;
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "resource.acquire-mute", FLUX_ROLE_OWNER, 0, handle_mute },
    { "resource.acquire", FLUX_ROLE_OWNER, METHOD_STREAMING, handle_acquire },
    { "resource.acquire-cancel", FLUX_ROLE_OWNER, 0, handle_cancel },
    { NULL },
};

const struct request_row *acquire_rows (void)
{
    return rows;
}

void acquire_disconnect (struct resources *res, const flux_msg_t *msg)
{
    struct acquirer *a = res->acquirer;

    if (a->msg && router_same_client (a->msg, msg))
        drop (a);
}

struct acquirer *acquirer_create (void)
{
    return calloc (1, sizeof (struct acquirer));
}

void acquirer_destroy (struct acquirer *a)
{
    if (!a)
        return;
    drop (a);
    free (a);
}
