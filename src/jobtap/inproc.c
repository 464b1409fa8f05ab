/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The handle that plugins are lent: an ordinary flux_t whose messages go to
 * the router in this process, and whose reactor is the broker's loop.
 *
 * Requests leave on the next turn of the loop, not inside flux_send(): what a
 * plugin asks for in a callback has not happened when the call returns, as it
 * would not with a socket between.  Answers leave when all is durable that was
 * posted before.
 *
 * While a plugin waits for a reply the loop is held and turned.  A reply from
 * a method that touches jobs can never come then (the job is in the middle of
 * its event), so that wait is ended with EDEADLK.
 */

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "jobtap/private.h"
#include "lib/handle_host.h"

struct tap_inproc {
    int refs; /* one for the owner, one for each answer that waits */
    struct loop *loop;
    struct manager *manager;
    struct router_client *client;
    struct flux_msglist *out; /* requests to be sent on the next turn */
    struct flux_msglist *in;
    int eventfd; /* readable while there is something in `in` */
    struct loop_source *flush;
    flux_reactor_t *reactor;
    flux_t *h;
};

static int deliver (const flux_msg_t *msg, void *arg)
{
    struct tap_inproc *in = arg;

    if (flux_msglist_append (in->in, msg) < 0)
        return -1;
    if (flux_msglist_count (in->in) == 1)
        eventfd_write (in->eventfd, 1);
    return 0;
}

static void flush (struct tap_inproc *in)
{
    const flux_msg_t *msg;

    while ((msg = flux_msglist_pop (in->out))) {
        router_client_recv (in->client, msg);
        flux_msg_decref (msg);
    }
}

static void flush_cb (struct loop_source *src, int revents, void *arg)
{
    flush (arg);
}

static int op_pollfd (void *impl)
{
    struct tap_inproc *in = impl;

    return in->eventfd;
}

static int op_pollevents (void *impl)
{
    struct tap_inproc *in = impl;

    return FLUX_POLLOUT | (flux_msglist_count (in->in) ? FLUX_POLLIN : 0);
}

/* ---- answers ---- */

struct answer {
    struct tap_inproc *in;
    flux_msg_t *msg;
};

static void inproc_unref (struct tap_inproc *in)
{
    if (--in->refs == 0)
        free (in);
}

/* What is not durable never happened, and so its answer is an error. */
static void answer_cb (void *arg, int errnum)
{
    struct answer *a = arg;

    if (errnum != 0
        && (flux_msg_set_errnum (a->msg, errnum) < 0
            || flux_msg_set_string (a->msg, "the job store has failed") < 0))
        log_errno ("jobtap", "answering a request");
    else if (a->in->client)
        router_client_recv (a->in->client, a->msg);
    flux_msg_destroy (a->msg);
    inproc_unref (a->in);
    free (a);
}

/* Takes msg over. */
static int answer (struct tap_inproc *in, flux_msg_t *msg)
{
    struct answer *a = malloc (sizeof (*a));

    if (!a) {
        flux_msg_destroy (msg);
        return -1;
    }
    *a = (struct answer){ in, msg };
    in->refs++;
    if (!in->manager)
        answer_cb (a, 0);
    else if (manager_when_durable (in->manager, answer_cb, a) < 0)
        answer_cb (a, ENOMEM);
    return 0;
}

static int op_send (void *impl, const flux_msg_t *msg, int flags)
{
    struct tap_inproc *in = impl;
    flux_msg_t *copy;
    int type;
    int rc;

    if (flux_msg_get_type (msg, &type) < 0)
        return -1;
    /* The caller may change its message after it was sent. */
    if (!(copy = flux_msg_copy (msg, true)))
        return -1;
    if (type == FLUX_MSGTYPE_RESPONSE)
        return answer (in, copy);
    rc = flux_msglist_append (in->out, copy);
    flux_msg_decref (copy);
    loop_kick (in->flush);
    return rc;
}

static flux_msg_t *op_recv (void *impl, int flags)
{
    struct tap_inproc *in = impl;
    const flux_msg_t *msg = flux_msglist_pop (in->in);
    eventfd_t count;

    if (!msg)
        errno = EWOULDBLOCK;
    else if (flux_msglist_count (in->in) == 0)
        eventfd_read (in->eventfd, &count);
    return (flux_msg_t *)msg;
}

static const struct flux_handle_ops inproc_ops = {
    .pollfd = op_pollfd,
    .pollevents = op_pollevents,
    .send = op_send,
    .recv = op_recv,
};

static void host_wait (void *arg, bool begin)
{
    struct tap_inproc *in = arg;

    if (begin)
        loop_hold (in->loop);
    else
        loop_release (in->loop);
}

static void host_turn (void *arg, double timeout)
{
    struct tap_inproc *in = arg;
    struct loop_source *timer = NULL;

    if (timeout >= 0.
        && !(timer = loop_timer_create (in->loop,
                                        LOOP_ALWAYS,
                                        timeout,
                                        0.,
                                        NULL,
                                        NULL)))
        return;
    loop_turn (in->loop, true);
    if (timer)
        loop_source_destroy (timer);
}

static void host_awaits (void *arg, uint32_t matchtag)
{
    struct tap_inproc *in = arg;

    /* The request may still wait for its turn; it has to find the loop held,
     * or it would be served in the middle of the callback.
     */
    loop_hold (in->loop);
    flush (in);
    router_deadlock (in->client, matchtag);
    loop_release (in->loop);
}

static int handle_create (struct tap_inproc *in)
{
    struct flux_priv_host host = {
        .wait = host_wait,
        .turn = host_turn,
        .awaits = host_awaits,
        .arg = in,
    };

    if (!(in->h = flux_handle_create (in, &inproc_ops, 0))
        || flux_priv_handle_set_host (in->h, &host) < 0
        || !(in->reactor = flux_priv_reactor_wrap (in->loop))
        || flux_set_reactor (in->h, in->reactor) < 0)
        return -1;
    return 0;
}

struct tap_inproc *tap_inproc_create (struct loop *loop,
                                      struct router *router,
                                      struct manager *manager,
                                      flux_t **h)
{
    struct tap_inproc *in;

    if (!(in = calloc (1, sizeof (*in))))
        return NULL;
    in->refs = 1;
    in->loop = loop;
    in->manager = manager;
    in->eventfd = eventfd (0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (in->eventfd < 0 || !(in->in = flux_msglist_create ())
        || !(in->out = flux_msglist_create ())
        || !(in->flush = loop_work_create (loop, LOOP_ALWAYS, flush_cb, in))
        || !(in->client = router_client_add (router,
                                             router_owner (router),
                                             FLUX_ROLE_OWNER | FLUX_ROLE_LOCAL,
                                             deliver,
                                             in))
        || handle_create (in) < 0) {
        int saved = errno;

        tap_inproc_destroy (in);
        errno = saved;
        return NULL;
    }
    *h = in->h;
    return in;
}

void tap_inproc_destroy (struct tap_inproc *in)
{
    if (!in)
        return;
    flux_close (in->h);
    flux_reactor_destroy (in->reactor);
    if (in->client)
        router_client_remove (in->client);
    in->client = NULL;
    if (in->flush)
        loop_source_destroy (in->flush);
    flux_msglist_destroy (in->in);
    flux_msglist_destroy (in->out);
    if (in->eventfd >= 0)
        close (in->eventfd);
    inproc_unref (in);
}
