/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Futures: a result that will come.  Waiting for it: future_wait.c. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "lib/future_impl.h"

static int fail (int errnum)
{
    errno = errnum;
    return -1;
}

static void result_decref (struct result *res)
{
    int saved = errno;

    if (!res || --res->refcount > 0)
        return;
    if (res->free_fn)
        res->free_fn (res->value);
    free (res->errstr);
    free (res);
    errno = saved;
}

static struct result *result_create (void *value, flux_free_f free_fn)
{
    struct result *res;

    if (!(res = calloc (1, sizeof (*res)))) {
        if (free_fn)
            free_fn (value);
        return NULL;
    }
    res->refcount = 1;
    res->value = value;
    res->free_fn = free_fn;
    return res;
}

static struct result *result_error (int errnum, const char *errstr)
{
    struct result *res;

    if (!(res = result_create (NULL, NULL)))
        return NULL;
    res->is_error = true;
    res->errnum = errnum ? errnum : EINVAL;
    res->errstr = errstr ? strdup (errstr) : NULL;
    return res;
}

flux_future_t *flux_future_create (flux_future_init_f cb, void *arg)
{
    flux_future_t *f;

    if (!(f = calloc (1, sizeof (*f))))
        return NULL;
    f->refcount = 1;
    f->init = cb;
    f->init_arg = arg;
    return f;
}

void flux_future_incref (flux_future_t *f)
{
    if (f)
        f->refcount++;
}

static void drop_results (flux_future_t *f)
{
    struct result_item *item;

    while ((item = f->later)) {
        DL_DELETE (f->later, item);
        result_decref (item->result);
        free (item);
    }
    result_decref (f->result);
    f->result = NULL;
}

/* What the init callback hung on aux (watchers, children) goes before the
 * reactors it runs on.
 */
void flux_future_decref (flux_future_t *f)
{
    int saved = errno;

    if (!f || --f->refcount > 0)
        return;
    f->refcount = 1;
    future_ctx_quiet (f);
    auxlist_clear (&f->aux);
    future_ctx_destroy (f);
    drop_results (f);
    flux_future_decref (f->source);
    free (f);
    errno = saved;
}

void flux_future_destroy (flux_future_t *f)
{
    if (f && f->on_release) {
        void (*cb) (void *arg) = f->on_release;

        f->on_release = NULL;
        cb (f->release_arg);
    }
    flux_future_decref (f);
}

int flux_future_aux_set (flux_future_t *f,
                         const char *name,
                         void *aux,
                         flux_free_f destroy)
{
    if (!f)
        return fail (EINVAL);
    return auxlist_set (&f->aux, name, aux, destroy);
}

void *flux_future_aux_get (flux_future_t *f, const char *name)
{
    void *aux;

    if (!f) {
        errno = EINVAL;
        return NULL;
    }
    if (!(aux = auxlist_get (f->aux, name)) && errno == ENOENT && f->source)
        aux = flux_future_aux_get (f->source, name);
    return aux;
}

void flux_future_set_flux (flux_future_t *f, flux_t *h)
{
    if (f)
        f->h = h;
}

flux_t *flux_future_get_flux (flux_future_t *f)
{
    flux_t *h = NULL;

    if (f)
        h = f->in_now && f->now->h ? f->now->h : f->h;
    if (!h)
        errno = EINVAL;
    return h;
}

void flux_future_set_reactor (flux_future_t *f, flux_reactor_t *r)
{
    if (f)
        f->r = r;
}

flux_reactor_t *future_own_reactor (flux_future_t *f)
{
    if (f->r || !f->h)
        return f->r;
    return flux_get_reactor (f->h);
}

flux_reactor_t *flux_future_get_reactor (flux_future_t *f)
{
    flux_reactor_t *r = NULL;

    if (f)
        r = f->in_now ? f->now->r : future_own_reactor (f);
    if (!r)
        errno = EINVAL;
    return r;
}

bool flux_future_is_ready (flux_future_t *f)
{
    return f && f->result;
}

/* Of a future that cannot remember what it was told (res NULL) the waiters
 * are at least told that.
 */
static void add_result (flux_future_t *f, struct result *res)
{
    struct result_item *item;

    if (f->fatal) {
        result_decref (res);
        return;
    }
    if (!res && !(res = result_error (ENOMEM, NULL)))
        return;
    if (!f->result) {
        f->result = res;
        future_wake (f);
    }
    else if ((item = calloc (1, sizeof (*item)))) {
        item->result = res;
        DL_APPEND (f->later, item);
    }
    else
        result_decref (res);
}

void flux_future_fulfill (flux_future_t *f, void *value, flux_free_f free_fn)
{
    if (f)
        add_result (f, result_create (value, free_fn));
}

void flux_future_fulfill_error (flux_future_t *f,
                                int errnum,
                                const char *errstr)
{
    if (f)
        add_result (f, result_error (errnum, errstr));
}

static void fulfill_fatal (flux_future_t *f, struct result *res)
{
    bool was_ready = f->result != NULL;

    if (f->fatal || !res) {
        result_decref (res);
        return;
    }
    drop_results (f);
    f->result = res;
    f->fatal = true;
    if (!was_ready)
        future_wake (f);
}

void flux_future_fatal_error (flux_future_t *f, int errnum, const char *errstr)
{
    if (f)
        fulfill_fatal (f, result_error (errnum, errstr));
}

int flux_future_fulfill_with (flux_future_t *f, flux_future_t *p)
{
    if (!f || !p || f == p)
        return fail (EINVAL);
    if (!p->result)
        return fail (EAGAIN);
    if (f->source && f->source != p)
        return fail (EEXIST);
    if (!f->source) {
        flux_future_incref (p);
        f->source = p;
    }
    p->result->refcount++;
    if (p->fatal)
        fulfill_fatal (f, p->result);
    else
        add_result (f, p->result);
    return 0;
}

bool flux_future_has_error (flux_future_t *f)
{
    return f && f->result && f->result->is_error;
}

const char *flux_future_error_string (flux_future_t *f)
{
    if (!flux_future_has_error (f))
        return NULL;
    if (f->result->errstr)
        return f->result->errstr;
    return flux_strerror (f->result->errnum);
}

int flux_future_get (flux_future_t *f, const void **value)
{
    if (!f)
        return fail (EINVAL);
    if (!f->result && flux_future_wait_for (f, -1.) < 0)
        return -1;
    if (f->result->is_error)
        return fail (f->result->errnum);
    if (value)
        *value = f->result->value;
    return 0;
}

void flux_future_reset (flux_future_t *f)
{
    struct result_item *item;

    if (!f || f->fatal)
        return;
    result_decref (f->result);
    f->result = NULL;
    if ((item = f->later)) {
        DL_DELETE (f->later, item);
        f->result = item->result;
        free (item);
    }
    future_rearm (f);
}
