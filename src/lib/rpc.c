/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Remote procedure calls (RFC 6).
 *
 * While a response is awaited its matchtag belongs to the struct rpc, and
 * whoever takes the response from the handle gives it to us (rpc_deliver).
 * So an RPC needs no message handler, and a synchronous wait no reactor.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/future_impl.h"
#include "lib/handle_impl.h"

#define RPC_AUX "flux::rpc"

struct rpc {
    flux_future_t *f;
    flux_t *root; /* NULL once no response is awaited */
    uint32_t matchtag;
    uint32_t nodeid;
    struct dispatch *held; /* kept going for us */
    bool awaited;          /* the host knows of the wait */
};

/* No (more) response is awaited. */
static void rpc_end (struct rpc *rpc)
{
    rpc->root = NULL;
    if (rpc->held) {
        dispatch_unhold (rpc->held);
        rpc->held = NULL;
    }
}

static void rpc_destroy (void *arg)
{
    struct rpc *rpc = arg;
    struct tag *tag;

    if (rpc->root && (tag = tagpool_lookup (&rpc->root->tags, rpc->matchtag))) {
        tag->state = TAG_RETIRED;
        tag->owner = NULL;
        if ((rpc->root->flags & FLUX_O_MATCHDEBUG))
            fprintf (stderr,
                     "matchtag %u: RPC destroyed before its last response\n",
                     rpc->matchtag);
    }
    rpc_end (rpc);
    free (rpc);
}

void rpc_forget_handle (flux_t *h)
{
    for (uint32_t i = 1; i < h->tags.size; i++) {
        if (h->tags.tags[i].state == TAG_RPC) {
            struct rpc *rpc = h->tags.tags[i].owner;

            rpc_end (rpc);
            rpc->f->h = NULL;
        }
    }
}

void rpc_fail_all (flux_t *h, int errnum)
{
    for (uint32_t i = 1; i < h->tags.size; i++) {
        struct rpc *rpc = h->tags.tags[i].owner;

        if (h->tags.tags[i].state == TAG_RPC) {
            tagpool_free (&h->tags, i);
            rpc_end (rpc);
            flux_future_fulfill_error (rpc->f, errnum, NULL);
        }
        else if (h->tags.tags[i].state == TAG_RETIRED)
            tagpool_free (&h->tags, i);
    }
}

static void fulfill (flux_future_t *f, const flux_msg_t *msg)
{
    const char *errstr = NULL;

    if (flux_response_decode (msg, NULL, NULL) == 0)
        flux_future_fulfill (f,
                             (void *)flux_msg_incref (msg),
                             (flux_free_f)flux_msg_decref);
    else {
        int saved = errno;

        (void)flux_response_decode_error (msg, &errstr);
        flux_future_fulfill_error (f, saved, errstr);
    }
}

bool rpc_deliver (flux_t *h, const flux_msg_t *msg)
{
    flux_t *root = h->root;
    uint32_t matchtag;
    int errnum;
    struct tag *tag;
    struct rpc *rpc;

    if (flux_msg_get_errnum (msg, &errnum) < 0
        || flux_msg_get_matchtag (msg, &matchtag) < 0
        || flux_msg_route_count (msg) > 0
        || !(tag = tagpool_lookup (&root->tags, matchtag))
        || tag->state != TAG_RPC)
        return false;
    rpc = tag->owner;
    if (!tag->streaming || errnum != 0) {
        tagpool_free (&root->tags, matchtag);
        rpc_end (rpc);
    }
    fulfill (rpc->f, msg);
    return true;
}

static void tell_host (struct rpc *rpc)
{
    if (rpc->root && rpc->root->hosted && !rpc->awaited) {
        rpc->awaited = true;
        rpc->root->host.awaits (rpc->root->host.arg, rpc->matchtag);
    }
}

/* Keep the dispatcher of the context's handle going until the response. */
static void rpc_init (flux_future_t *f, void *arg)
{
    struct rpc *rpc = arg;
    flux_t *h = flux_future_get_flux (f);
    struct dispatch *d;

    if (!rpc->root || !h)
        return;
    if (!(d = dispatch_get (h))) {
        flux_future_fulfill_error (f, errno, NULL);
        return;
    }
    dispatch_hold (d);
    if (rpc->held)
        dispatch_unhold (rpc->held);
    rpc->held = d;
    if (h->for_wait)
        tell_host (rpc);
}

static int rpc_wait (flux_future_t *f, double timeout, void *arg)
{
    struct rpc *rpc = arg;
    flux_t *h = f->h;
    double deadline = timeout > 0. ? handle_now (h) + timeout : 0.;

    if (!rpc->root) {
        errno = EDEADLK; /* all responses have been seen */
        return -1;
    }
    tell_host (rpc);
    handle_pump_queue (h);
    while (!f->result) {
        double left = timeout > 0. ? deadline - handle_now (h) : timeout;

        if (timeout > 0. && left <= 0.)
            break;
        if (handle_pump (h, left) < 0)
            return f->result ? 0 : -1;
        if (timeout == 0.)
            break;
        if (!f->result && !rpc->root) {
            errno = EDEADLK;
            return -1;
        }
    }
    if (!f->result) {
        errno = ETIMEDOUT;
        return -1;
    }
    return 0;
}

static struct rpc *rpc_create (flux_future_t *f, flux_t *h, uint32_t nodeid)
{
    struct rpc *rpc;

    if (!(rpc = calloc (1, sizeof (*rpc))))
        return NULL;
    rpc->f = f;
    rpc->nodeid = nodeid;
    if (flux_future_aux_set (f, RPC_AUX, rpc, rpc_destroy) < 0) {
        free (rpc);
        return NULL;
    }
    f->h = h;
    f->init = rpc_init;
    f->init_arg = rpc;
    f->wait = rpc_wait;
    f->wait_arg = rpc;
    return rpc;
}

/* UPSTREAM is on the wire a flag, and the sender's own rank (RFC 3). */
static int set_nodeid (flux_t *h, flux_msg_t *msg, uint32_t nodeid)
{
    uint32_t rank;

    if (nodeid != FLUX_NODEID_UPSTREAM)
        return flux_msg_set_nodeid (msg, nodeid);
    if (flux_get_rank (h, &rank) < 0)
        return -1;
    flux_msg_set_flag (msg, FLUX_MSGFLAG_UPSTREAM);
    return flux_msg_set_nodeid (msg, rank);
}

static int rpc_send (struct rpc *rpc, flux_t *h, flux_msg_t **msg, int flags)
{
    bool streaming = (flags & FLUX_RPC_STREAMING);
    int saved;

    rpc->matchtag = tagpool_alloc (&h->root->tags, TAG_RPC, rpc, streaming);
    if (rpc->matchtag == FLUX_MATCHTAG_NONE)
        return -1;
    flux_msg_set_matchtag (*msg, rpc->matchtag);
    if (streaming)
        flux_msg_set_streaming (*msg);
    if (flux_send_new (h, msg, 0) == 0) {
        rpc->root = h->root;
        return 0;
    }
    saved = errno;
    tagpool_free (&h->root->tags, rpc->matchtag);
    errno = saved;
    return -1;
}

/* Send *msg, which has all but nodeid, tag and flags, and which is gone on
 * success.
 */
static flux_future_t *rpc_start (flux_t *h,
                                 flux_msg_t **msg,
                                 uint32_t nodeid,
                                 int flags)
{
    flux_future_t *f;
    struct rpc *rpc;

    if (!(f = flux_future_create (NULL, NULL)))
        return NULL;
    if (!(rpc = rpc_create (f, h, nodeid)) || set_nodeid (h, *msg, nodeid) < 0)
        goto error;
    if ((flags & FLUX_RPC_NORESPONSE)) {
        flux_msg_set_noresponse (*msg);
        if (flux_send_new (h, msg, 0) < 0)
            goto error;
        flux_future_fulfill (f, NULL, NULL);
    }
    else if (rpc_send (rpc, h, msg, flags) < 0)
        goto error;
    return f;
error:
    flux_future_destroy (f);
    return NULL;
}

static bool flags_valid (int flags)
{
    return flags == 0 || flags == FLUX_RPC_NORESPONSE
           || flags == FLUX_RPC_STREAMING;
}

/* As rpc_start, of a message that is ours in any case (NULL: errno is set). */
static flux_future_t *rpc_of (flux_t *h,
                              flux_msg_t *msg,
                              uint32_t nodeid,
                              int flags)
{
    flux_future_t *f = NULL;

    if (!msg)
        return NULL;
    if (!h || !flags_valid (flags))
        errno = EINVAL;
    else
        f = rpc_start (h, &msg, nodeid, flags);
    flux_msg_destroy (msg);
    return f;
}

flux_future_t *flux_rpc (flux_t *h,
                         const char *topic,
                         const char *s,
                         uint32_t nodeid,
                         int flags)
{
    return rpc_of (h, flux_request_encode (topic, s), nodeid, flags);
}

flux_future_t *flux_rpc_raw (flux_t *h,
                             const char *topic,
                             const void *data,
                             size_t len,
                             uint32_t nodeid,
                             int flags)
{
    return rpc_of (h,
                   flux_request_encode_raw (topic, data, len),
                   nodeid,
                   flags);
}

flux_future_t *flux_rpc_vpack (flux_t *h,
                               const char *topic,
                               uint32_t nodeid,
                               int flags,
                               const char *fmt,
                               va_list ap)
{
    flux_msg_t *msg;

    if (!(msg = flux_request_encode (topic, NULL)))
        return NULL;
    if (flux_msg_vpack (msg, fmt, ap) < 0) {
        flux_msg_destroy (msg);
        return NULL;
    }
    return rpc_of (h, msg, nodeid, flags);
}

flux_future_t *flux_rpc_pack (flux_t *h,
                              const char *topic,
                              uint32_t nodeid,
                              int flags,
                              const char *fmt,
                              ...)
{
    flux_future_t *f;
    va_list ap;

    va_start (ap, fmt);
    f = flux_rpc_vpack (h, topic, nodeid, flags, fmt, ap);
    va_end (ap);
    return f;
}

flux_future_t *flux_rpc_message (flux_t *h,
                                 const flux_msg_t *msg,
                                 uint32_t nodeid,
                                 int flags)
{
    int type;

    if (!msg || flux_msg_get_type (msg, &type) < 0
        || type != FLUX_MSGTYPE_REQUEST) {
        errno = EINVAL;
        return NULL;
    }
    return rpc_of (h, flux_msg_copy (msg, true), nodeid, flags);
}

/* The response; NULL, with no error, of a future fulfilled by none. */
static int get_response (flux_future_t *f, const flux_msg_t **msg)
{
    const void *value;

    if (flux_future_get (f, &value) < 0)
        return -1;
    *msg = value;
    return 0;
}

int flux_rpc_get (flux_future_t *f, const char **s)
{
    const flux_msg_t *msg;

    if (get_response (f, &msg) < 0)
        return -1;
    if (!msg) {
        if (s)
            *s = NULL;
        return 0;
    }
    return flux_response_decode (msg, NULL, s);
}

int flux_rpc_get_raw (flux_future_t *f, const void **data, size_t *len)
{
    const flux_msg_t *msg;

    if (get_response (f, &msg) < 0)
        return -1;
    return flux_response_decode_raw (msg, NULL, data, len);
}

int flux_rpc_get_unpack (flux_future_t *f, const char *fmt, ...)
{
    const flux_msg_t *msg;
    va_list ap;
    int rc;

    if (!fmt) {
        errno = EINVAL;
        return -1;
    }
    if (get_response (f, &msg) < 0
        || flux_response_decode (msg, NULL, NULL) < 0)
        return -1;
    va_start (ap, fmt);
    rc = flux_msg_vunpack (msg, fmt, ap);
    va_end (ap);
    return rc;
}

uint32_t flux_rpc_get_matchtag (flux_future_t *f)
{
    struct rpc *rpc = flux_future_aux_get (f, RPC_AUX);

    return rpc ? rpc->matchtag : FLUX_MATCHTAG_NONE;
}

uint32_t flux_rpc_get_nodeid (flux_future_t *f)
{
    struct rpc *rpc = flux_future_aux_get (f, RPC_AUX);

    return rpc ? rpc->nodeid : FLUX_NODEID_ANY;
}
