/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Futures one after another (flux_future_and_then(3)).
 *
 * The next future keeps the previous one: it holds a reference from the
 * start, and if the user has not destroyed the previous one by the time the
 * next is destroyed, does so for him.
 */

#include <errno.h>
#include <stdlib.h>

#include "lib/future_impl.h"

#define CHAIN_AUX "flux::chain"

struct chain {
    flux_future_t *prev;
    flux_future_t *next;
    bool prev_released;
    bool continued; /* the user said what becomes of next */
    flux_continuation_f and_cb;
    void *and_arg;
    flux_continuation_f or_cb;
    void *or_arg;
};

static void chain_destroy (void *arg)
{
    struct chain *c = arg;

    flux_future_aux_set (c->prev, CHAIN_AUX, NULL, NULL);
    c->prev->on_release = NULL;
    if (!c->prev_released)
        flux_future_destroy (c->prev);
    flux_future_decref (c->prev);
    free (c);
}

static void prev_released (void *arg)
{
    struct chain *c = arg;

    c->prev_released = true;
}

/* Let f run where next does at the moment. */
static void share_context (flux_future_t *f, flux_future_t *next)
{
    flux_t *h;
    flux_reactor_t *r;

    if (f->h && (h = flux_future_get_flux (next)))
        f->h = h;
    if ((r = flux_future_get_reactor (next)))
        f->r = r;
}

static void chain_cb (flux_future_t *prev, void *arg)
{
    struct chain *c = arg;
    flux_future_t *next = c->next;

    /* The callback may destroy either. */
    flux_future_incref (next);
    if (flux_future_has_error (prev)) {
        if (c->or_cb)
            c->or_cb (prev, c->or_arg);
    }
    else if (c->and_cb)
        c->and_cb (prev, c->and_arg);
    if (!c->continued && prev->result
        && flux_future_fulfill_with (next, prev) < 0)
        flux_future_fulfill_error (next, errno, NULL);
    flux_future_decref (next);
}

static void chain_init (flux_future_t *next, void *arg)
{
    struct chain *c = arg;

    share_context (c->prev, next);
    if (flux_future_then (c->prev, -1., chain_cb, c) < 0)
        flux_future_fulfill_error (next, errno, NULL);
}

static struct chain *chain_create (flux_future_t *prev)
{
    struct chain *c;

    if (!(c = calloc (1, sizeof (*c))))
        return NULL;
    c->prev = prev;
    if (!(c->next = flux_future_create (chain_init, c))
        || flux_future_aux_set (prev, CHAIN_AUX, c, NULL) < 0)
        goto error;
    if (flux_future_aux_set (c->next, NULL, c, chain_destroy) < 0) {
        flux_future_aux_set (prev, CHAIN_AUX, NULL, NULL);
        goto error;
    }
    flux_future_incref (prev);
    prev->on_release = prev_released;
    prev->release_arg = c;
    c->next->h = prev->h;
    c->next->r = prev->r;
    return c;
error:
    flux_future_destroy (c->next);
    free (c);
    return NULL;
}

static struct chain *chain_get (flux_future_t *prev)
{
    struct chain *c = prev ? auxlist_get (prev->aux, CHAIN_AUX) : NULL;

    if (!c)
        errno = EINVAL;
    return c;
}

static struct chain *chain_get_or_create (flux_future_t *prev)
{
    struct chain *c = chain_get (prev);

    return c || !prev ? c : chain_create (prev);
}

flux_future_t *flux_future_and_then (flux_future_t *f,
                                     flux_continuation_f cb,
                                     void *arg)
{
    struct chain *c;

    if (!(c = chain_get_or_create (f)))
        return NULL;
    c->and_cb = cb;
    c->and_arg = arg;
    return c->next;
}

flux_future_t *flux_future_or_then (flux_future_t *f,
                                    flux_continuation_f cb,
                                    void *arg)
{
    struct chain *c;

    if (!(c = chain_get_or_create (f)))
        return NULL;
    c->or_cb = cb;
    c->or_arg = arg;
    return c->next;
}

static void continue_cb (flux_future_t *f, void *arg)
{
    flux_future_t *next = arg;

    if (flux_future_fulfill_with (next, f) < 0)
        flux_future_fulfill_error (next, errno, NULL);
}

int flux_future_continue (flux_future_t *prev, flux_future_t *f)
{
    struct chain *c;

    if (!(c = chain_get (prev)))
        return -1;
    c->continued = true;
    if (!f)
        return 0;
    share_context (f, c->next);
    if (flux_future_aux_set (c->next, NULL, f, (flux_free_f)flux_future_destroy)
        < 0)
        return -1;
    return flux_future_then (f, -1., continue_cb, c->next);
}

void flux_future_continue_error (flux_future_t *prev,
                                 int errnum,
                                 const char *errstr)
{
    struct chain *c;

    if ((c = chain_get (prev))) {
        c->continued = true;
        flux_future_fulfill_error (c->next, errnum, errstr);
    }
}

int flux_future_fulfill_next (flux_future_t *prev,
                              void *result,
                              flux_free_f free_fn)
{
    struct chain *c;

    if (!(c = chain_get (prev)))
        return -1;
    c->continued = true;
    flux_future_fulfill (c->next, result, free_fn);
    return 0;
}
