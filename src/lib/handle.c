/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Handles: their life and what hangs on them.  Messages: handle_io.c. */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/handle_impl.h"

static int fail (int errnum)
{
    errno = errnum;
    return -1;
}

flux_t *flux_handle_create (void *impl,
                            const struct flux_handle_ops *ops,
                            int flags)
{
    flux_t *h;

    if (!ops) {
        errno = EINVAL;
        return NULL;
    }
    if (!(h = calloc (1, sizeof (*h))))
        return NULL;
    h->refcount = 1;
    h->flags = flags;
    h->root = h;
    h->impl = impl;
    h->ops = ops;
    h->epollfd = -1;
    h->eventfd = -1;
    return h;
}

static void root_close (flux_t *h)
{
    rpc_forget_handle (h);
    if (h->ops->impl_destroy)
        h->ops->impl_destroy (h->impl);
    tagpool_clear (&h->tags);
    msgq_clear (&h->rxq);
    if (h->epollfd >= 0)
        close (h->epollfd);
    if (h->eventfd >= 0)
        close (h->eventfd);
    if (h->conf)
        flux_conf_decref (h->conf);
}

void flux_handle_destroy (flux_t *h)
{
    int saved = errno;

    if (!h || --h->refcount > 0)
        return;
    /* Destructors of aux items may still use the handle. */
    h->refcount = 1;
    auxlist_clear (&h->aux);
    dispatch_close (h->dispatch);
    if (h->root == h)
        root_close (h);
    else
        flux_handle_destroy (h->root);
    if (h->reactor_owned)
        flux_reactor_destroy (h->reactor);
    free (h);
    errno = saved;
}

void flux_close (flux_t *h)
{
    flux_handle_destroy (h);
}

flux_t *flux_incref (flux_t *h)
{
    if (h)
        h->refcount++;
    return h;
}

void flux_decref (flux_t *h)
{
    flux_handle_destroy (h);
}

flux_t *flux_clone (flux_t *orig)
{
    flux_t *h;

    if (!orig) {
        errno = EINVAL;
        return NULL;
    }
    if (!(h = calloc (1, sizeof (*h))))
        return NULL;
    h->refcount = 1;
    h->flags = orig->flags | FLUX_O_CLONE;
    h->root = flux_incref (orig->root);
    h->comms_error = orig->comms_error;
    h->comms_error_arg = orig->comms_error_arg;
    h->epollfd = -1;
    h->eventfd = -1;
    return h;
}

flux_t *handle_clone_for_wait (flux_t *h)
{
    flux_t *clone;

    if ((clone = flux_clone (h)))
        clone->for_wait = true;
    return clone;
}

flux_reactor_t *flux_get_reactor (flux_t *h)
{
    if (!h) {
        errno = EINVAL;
        return NULL;
    }
    if (!h->reactor) {
        if (!(h->reactor = flux_reactor_create (0)))
            return NULL;
        h->reactor_owned = true;
    }
    return h->reactor;
}

int flux_set_reactor (flux_t *h, flux_reactor_t *r)
{
    if (!h || !r)
        return fail (EINVAL);
    if (h->reactor)
        return fail (EEXIST);
    h->reactor = r;
    return 0;
}

const flux_conf_t *flux_get_conf (flux_t *h)
{
    if (!h) {
        errno = EINVAL;
        return NULL;
    }
    if (!h->root->conf)
        h->root->conf = flux_conf_create ();
    return h->root->conf;
}

int flux_set_conf_new (flux_t *h, const flux_conf_t *conf)
{
    const flux_conf_t *old;

    if (!h || !conf)
        return fail (EINVAL);
    old = h->root->conf;
    h->root->conf = conf;
    flux_conf_decref (old);
    return 0;
}

int flux_reconnect (flux_t *h)
{
    flux_t *root;

    if (!h)
        return fail (EINVAL);
    root = h->root;
    if (!root->ops->reconnect)
        return fail (ENOSYS);
    if (root->ops->reconnect (root->impl) < 0)
        return -1;
    if ((root->flags & FLUX_O_RPCTRACK))
        rpc_fail_all (root, ECONNRESET);
    return 0;
}

/* Options: those of the handle itself are answered here, all others by the
 * connector.
 */

int flux_opt_set (flux_t *h, const char *option, const void *val, size_t len)
{
    if (!h || !option)
        return fail (EINVAL);
    if (!h->root->ops->setopt)
        return fail (EINVAL);
    return h->root->ops->setopt (h->root->impl, option, val, len);
}

static int get_queue_count (flux_t *root, void *val, size_t len)
{
    size_t count = root->rxq.count;
    size_t more = 0;

    if (!val || len != sizeof (count))
        return fail (EINVAL);
    if (root->ops->getopt
        && root->ops->getopt (root->impl,
                              FLUX_OPT_RECV_QUEUE_COUNT,
                              &more,
                              sizeof (more))
               == 0)
        count += more;
    *(size_t *)val = count;
    return 0;
}

int flux_opt_get (flux_t *h, const char *option, void *val, size_t len)
{
    if (!h || !option)
        return fail (EINVAL);
    if (!strcmp (option, FLUX_OPT_RECV_QUEUE_COUNT))
        return get_queue_count (h->root, val, len);
    if (!h->root->ops->getopt)
        return fail (EINVAL);
    return h->root->ops->getopt (h->root->impl, option, val, len);
}

void flux_comms_error_set (flux_t *h, flux_comms_error_f fun, void *arg)
{
    if (h) {
        h->comms_error = fun;
        h->comms_error_arg = arg;
    }
}

void *flux_aux_get (flux_t *h, const char *name)
{
    if (!h) {
        errno = EINVAL;
        return NULL;
    }
    return auxlist_get (h->aux, name);
}

int flux_aux_set (flux_t *h, const char *name, void *aux, flux_free_f destroy)
{
    if (!h)
        return fail (EINVAL);
    return auxlist_set (&h->aux, name, aux, destroy);
}

void flux_flags_set (flux_t *h, int flags)
{
    /* Whether it is a clone and tracks RPCs is decided at its creation. */
    if (h)
        h->flags |= flags & ~(FLUX_O_CLONE | FLUX_O_RPCTRACK);
}

void flux_flags_unset (flux_t *h, int flags)
{
    if (h)
        h->flags &= ~(flags & ~(FLUX_O_CLONE | FLUX_O_RPCTRACK));
}

int flux_flags_get (flux_t *h)
{
    return h ? h->flags : 0;
}

uint32_t flux_matchtag_alloc (flux_t *h)
{
    if (!h) {
        errno = EINVAL;
        return FLUX_MATCHTAG_NONE;
    }
    return tagpool_alloc (&h->root->tags, TAG_USER, NULL, false);
}

void flux_matchtag_free (flux_t *h, uint32_t matchtag)
{
    if (h)
        tagpool_free (&h->root->tags, matchtag);
}

uint32_t flux_matchtag_avail (flux_t *h)
{
    return h ? UINT32_MAX - h->root->tags.used : 0;
}

void flux_get_msgcounters (flux_t *h, flux_msgcounters_t *mcs)
{
    if (h && mcs)
        *mcs = h->root->counters;
}

void flux_clr_msgcounters (flux_t *h)
{
    if (h)
        memset (&h->root->counters, 0, sizeof (h->root->counters));
}

int flux_priv_handle_set_host (flux_t *h, const struct flux_priv_host *host)
{
    if (!h || !host || !host->wait || !host->turn || !host->awaits)
        return fail (EINVAL);
    h->root->host = *host;
    h->root->hosted = true;
    return 0;
}

void handle_wait_begin (flux_t *h)
{
    if (h && h->root->hosted)
        h->root->host.wait (h->root->host.arg, true);
}

void handle_wait_end (flux_t *h)
{
    int saved = errno;

    if (h && h->root->hosted)
        h->root->host.wait (h->root->host.arg, false);
    errno = saved;
}
