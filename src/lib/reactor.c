/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>

#include <flux/core.h>

#include "base/clock.h"
#include "lib/handle_host.h"
#include "lib/watcher_private.h"

struct flux_reactor {
    struct loop *loop;
    bool wrapped; /* the loop is another's */
    int refs;
    bool stopped;
    int errnum; /* of flux_reactor_stop_error; 0: none */
};

static flux_reactor_t *reactor_create (struct loop *loop)
{
    flux_reactor_t *r;

    if (!(r = calloc (1, sizeof (*r))))
        return NULL;
    r->refs = 1;
    r->wrapped = loop != NULL;
    if (!loop && !(loop = loop_create (NULL))) {
        free (r);
        return NULL;
    }
    r->loop = loop;
    return r;
}

flux_reactor_t *flux_reactor_create (int flags)
{
    if (flags != 0) {
        errno = EINVAL;
        return NULL;
    }
    return reactor_create (NULL);
}

flux_reactor_t *flux_priv_reactor_wrap (struct loop *loop)
{
    if (!loop) {
        errno = EINVAL;
        return NULL;
    }
    return reactor_create (loop);
}

void flux_reactor_incref (flux_reactor_t *r)
{
    if (r)
        r->refs++;
}

void flux_reactor_decref (flux_reactor_t *r)
{
    int saved_errno = errno;

    if (!r || --r->refs > 0)
        return;
    if (!r->wrapped)
        loop_destroy (r->loop);
    free (r);
    errno = saved_errno;
}

void flux_reactor_destroy (flux_reactor_t *r)
{
    flux_reactor_decref (r);
}

struct loop *reactor_loop (flux_reactor_t *r)
{
    return r->loop;
}

enum loop_class reactor_class (flux_reactor_t *r)
{
    return r->wrapped ? LOOP_HOLDABLE : LOOP_ALWAYS;
}

static int run_result (flux_reactor_t *r)
{
    if (r->errnum) {
        errno = r->errnum;
        return -1;
    }
    return loop_active (r->loop);
}

/* A run may be started from within another; a stop ends the inner one. */
int flux_reactor_run (flux_reactor_t *r, int flags)
{
    bool outer_stopped;
    int outer_errnum;
    int rc;

    if (!r || (flags & ~(FLUX_REACTOR_NOWAIT | FLUX_REACTOR_ONCE))) {
        errno = EINVAL;
        return -1;
    }
    if (r->wrapped) {
        /* the broker's loop is turned by the broker */
        errno = EDEADLK;
        return -1;
    }
    flux_reactor_incref (r);
    outer_stopped = r->stopped;
    outer_errnum = r->errnum;
    r->stopped = false;
    r->errnum = 0;
    while (loop_active (r->loop) > 0) {
        loop_turn (r->loop, !(flags & FLUX_REACTOR_NOWAIT));
        if (flags || r->stopped)
            break;
    }
    rc = run_result (r);
    r->stopped = outer_stopped;
    r->errnum = outer_errnum;
    flux_reactor_decref (r);
    return rc;
}

void flux_reactor_stop (flux_reactor_t *r)
{
    if (!r || r->wrapped)
        return;
    r->stopped = true;
    r->errnum = 0;
    loop_stop (r->loop);
}

void flux_reactor_stop_error (flux_reactor_t *r)
{
    int errnum = errno ? errno : EINVAL;

    if (!r || r->wrapped)
        return;
    flux_reactor_stop (r);
    r->errnum = errnum;
}

double flux_reactor_now (flux_reactor_t *r)
{
    return loop_now (r->loop);
}

void flux_reactor_now_update (flux_reactor_t *r)
{
    loop_now_update (r->loop);
}

double flux_reactor_time (void)
{
    struct clock real = CLOCK_REAL_INIT;

    return clock_now (&real);
}
