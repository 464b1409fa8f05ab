/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Futures side by side (flux_future_wait_all_create(3)). */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "lib/future_impl.h"
#include "lib/handle_impl.h"

#define COMPOSITE_AUX "flux::composite"

struct child {
    flux_future_t *f;
    struct child *prev;
    struct child *next;
    char name[];
};

struct composite {
    flux_future_t *f;
    bool any;
    bool started;
    struct child *children;
    struct child *cursor;
};

static void composite_destroy (void *arg)
{
    struct composite *c = arg;
    struct child *child;

    while ((child = c->children)) {
        DL_DELETE (c->children, child);
        flux_future_destroy (child->f);
        free (child);
    }
    free (c);
}

static bool is_complete (struct composite *c)
{
    struct child *child;

    DL_FOREACH (c->children, child)
    {
        if (flux_future_is_ready (child->f) == c->any)
            return c->any;
    }
    return !c->any;
}

static void check (struct composite *c)
{
    if (!flux_future_is_ready (c->f) && is_complete (c))
        flux_future_fulfill (c->f, NULL, NULL);
}

static void child_cb (flux_future_t *f, void *arg)
{
    check (arg);
}

/* Wait for f where the composite waits at the moment.  A child on another
 * connection keeps its handle.
 */
static int watch (struct composite *c, flux_future_t *f)
{
    flux_t *h = c->f->h ? flux_future_get_flux (c->f) : NULL;
    flux_reactor_t *r = flux_future_get_reactor (c->f);

    if (f->h && h && f->h->root == h->root)
        f->h = h;
    if (r)
        f->r = r;
    return flux_future_then (f, -1., child_cb, c);
}

static void composite_init (flux_future_t *f, void *arg)
{
    struct composite *c = arg;
    struct child *child;

    c->started = true;
    DL_FOREACH (c->children, child)
    {
        if (watch (c, child->f) < 0) {
            flux_future_fatal_error (f, errno, NULL);
            return;
        }
    }
    check (c);
}

static flux_future_t *composite_create (bool any)
{
    struct composite *c;
    flux_future_t *f;

    if (!(c = calloc (1, sizeof (*c))))
        return NULL;
    c->any = any;
    if (!(f = flux_future_create (composite_init, c))
        || flux_future_aux_set (f, COMPOSITE_AUX, c, composite_destroy) < 0) {
        flux_future_destroy (f);
        free (c);
        return NULL;
    }
    c->f = f;
    return f;
}

flux_future_t *flux_future_wait_all_create (void)
{
    return composite_create (false);
}

flux_future_t *flux_future_wait_any_create (void)
{
    return composite_create (true);
}

static struct composite *composite_get (flux_future_t *f)
{
    struct composite *c = flux_future_aux_get (f, COMPOSITE_AUX);

    if (!c)
        errno = EINVAL;
    return c;
}

static struct child *child_find (struct composite *c, const char *name)
{
    struct child *child;

    DL_FOREACH (c->children, child)
    {
        if (!strcmp (child->name, name))
            return child;
    }
    return NULL;
}

int flux_future_push (flux_future_t *cf, const char *name, flux_future_t *f)
{
    struct composite *c;
    struct child *child;

    if (!cf || !name || !f || cf == f) {
        errno = EINVAL;
        return -1;
    }
    if (!(c = composite_get (cf)))
        return -1;
    if (child_find (c, name)) {
        errno = EEXIST;
        return -1;
    }
    if (!(child = calloc (1, sizeof (*child) + strlen (name) + 1)))
        return -1;
    child->f = f;
    strcpy (child->name, name);
    DL_APPEND (c->children, child);
    /* A composite that was told of no reactor runs where its children do. */
    if (!cf->h)
        cf->h = f->h;
    if (!cf->r)
        cf->r = f->r;
    if (c->started && watch (c, f) < 0) {
        DL_DELETE (c->children, child);
        free (child);
        return -1;
    }
    return 0;
}

static const char *point (struct composite *c, struct child *child)
{
    c->cursor = child;
    return child ? child->name : NULL;
}

const char *flux_future_first_child (flux_future_t *cf)
{
    struct composite *c = composite_get (cf);

    return c ? point (c, c->children) : NULL;
}

const char *flux_future_next_child (flux_future_t *cf)
{
    struct composite *c = composite_get (cf);

    return c && c->cursor ? point (c, c->cursor->next) : NULL;
}

flux_future_t *flux_future_get_child (flux_future_t *cf, const char *name)
{
    struct composite *c;
    struct child *child;

    if (!name) {
        errno = EINVAL;
        return NULL;
    }
    if (!(c = composite_get (cf)))
        return NULL;
    if (!(child = child_find (c, name))) {
        errno = ENOENT;
        return NULL;
    }
    return child->f;
}
